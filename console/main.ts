// The entry of the chat page: it connects the session, the connection and the views. It has no rules of the chat.

import { openChat } from "../src/browser/index.ts";
import { Alerts } from "./alerts.ts";
import { ask } from "./ask-dialog.ts";
import { copyText } from "./clipboard.ts";
import { byClass, byId } from "./dom.ts";
import { Drawers } from "./drawers.ts";
import { FindBar } from "./find-bar.ts";
import { GateView, serverWords } from "./gate-view.ts";
import { joinCommand, roomLink } from "./invitation.ts";
import { LogView } from "./log-view.ts";
import { savedFor, takeLogin } from "./login.ts";
import { MemberView } from "./member-view.ts";
import { RoomView } from "./room-view.ts";
import { keep, restore } from "./saved-chat.ts";
import { ChatSession } from "./session.ts";
import type { SessionHost } from "./session-host.ts";
import { SideView } from "./side-view.ts";
import { showToast } from "./toasts.ts";

const REFRESH_MS = 30_000;
const PING_MS = 60_000;
const REOPEN_MS = 3000;

// Next to the page, so that it also works below a path of a proxy. Scripts are in a folder of the page's own.
const SOCKET_URL = new URL(/* @vite-ignore */ "../socket", import.meta.url).href.replace(/^http/, "ws");

let drawing = false;
let ids = 0;
const idPrefix = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) =>
	byte.toString(36).padStart(2, "0"),
).join("");

const host: SessionHost = {
	// A browser runs the timers of a hidden page once a minute.
	open: (options) => openChat(SOCKET_URL, { ...options, pingIntervalMs: PING_MS }),
	save: keep,
	changed: drawSoon,
	alert: (place, from, text) => alerts.alert(place, from, text),
	announce: showToast,
	later: (run) => setTimeout(run, REOPEN_MS),
	newId: () => `${idPrefix}-${++ids}`,
	now: () => Date.now(),
	isWatched: () => document.visibilityState === "visible" && document.hasFocus(),
};
const replaceAddress = (address: string): void => history.replaceState(null, "", address);
const login = takeLogin(location, replaceAddress);
const session: ChatSession = new ChatSession(host, savedFor(restore(), login), roomOfAddress(), login?.token);
const alerts = new Alerts((place) => session.show(place));
const drawers = new Drawers();
const gate = new GateView(
	session,
	{ link: roomLink(location, roomOfAddress()), command: joinCommand(location, SOCKET_URL) },
	location.host,
);
const log = new LogView(
	session,
	{ invite: () => void invite(), askForRoom: () => void askForRoom() },
	byId("log", HTMLElement),
	byId("to-end", HTMLButtonElement),
);
const find = new FindBar(log, drawSoon);
const room = new RoomView(session, () => {
	find.close();
	log.follow();
});
const side = new SideView(session, chosen);
const members = new MemberView(session, chosen);

byId("invite", HTMLElement).addEventListener("click", () => void invite());
byId("new-room", HTMLElement).addEventListener("click", () => void askForRoom());
for (const button of byClass("set-topic")) button.addEventListener("click", () => void askForTopic());
for (const button of [...byClass("leave"), byId("close", HTMLElement)]) button.addEventListener("click", leave);
byId("sign-out", HTMLElement).addEventListener("click", () => {
	session.signOut();
	room.forget();
	location.reload();
});
byId("banner-retry", HTMLElement).addEventListener("click", () => {
	if (session.connection.is === "open" && session.active) session.join(session.active.name);
	else session.connect();
});
addEventListener("hashchange", () => {
	const next = takeLogin(location, replaceAddress);
	if (next && !(session.phase === "in" && session.me === next.name)) session.login(next.token);
	const named = roomOfAddress();
	if (session.phase === "in" && named !== undefined) session.join(named);
});
addEventListener("online", () => session.connection.is === "waiting" && session.connect());
addEventListener("focus", () => session.looked());
document.addEventListener("visibilitychange", () => session.looked());
setInterval(() => void session.refresh(), REFRESH_MS);
setInterval(() => session.connection.is === "waiting" && room.drawBanner(), 500);
session.connect();

// Draws once for all changes of a frame. A hidden page has no frames, and only its title matters.
function drawSoon(): void {
	if (drawing) return;
	drawing = true;
	if (document.visibilityState === "visible") requestAnimationFrame(draw);
	else setTimeout(draw, 250);
}

function draw(): void {
	drawing = false;
	const { active, phase, me } = session;
	const { unread } = session.places;
	const inside = phase === "in" || (phase === "entering" && me !== "");
	const chat = byId("chat", HTMLElement);
	const opened = chat.hidden && inside;
	chat.hidden = !inside;
	byId("skip", HTMLElement).hidden = !inside;
	gate.draw();
	const chatName = `Chat on ${serverWords(session.chat?.serverName, location.host)}`;
	const name = inside && active ? `${active.name} · ${chatName}` : chatName;
	document.title = unread > 0 ? `(${unread}) ${name}` : name;
	if (!inside) return;
	side.draw();
	members.draw();
	room.draw();
	find.placeIs(active);
	log.draw();
	find.draw();
	const elsewhere = unread - (active?.unread ?? 0);
	const badge = byId("elsewhere", HTMLElement);
	badge.hidden = elsewhere <= 0;
	badge.textContent = elsewhere > 99 ? "99+" : String(elsewhere);
	const hash = active?.isRoom ? `#${encodeURIComponent(active.name)}` : "";
	if (active && location.hash !== hash) history.replaceState(null, "", hash || location.pathname);
	if (opened) room.focus();
}

function chosen(): void {
	drawers.close();
	room.focus();
}

async function invite(): Promise<void> {
	const link = roomLink(location, session.active?.isRoom ? session.active.name : undefined);
	const isCopied = await copyText(link);
	showToast(isCopied ? `The link of this room was copied: ${link}` : `Copy this link: ${link}`, "note");
}

function leave(): void {
	if (session.active) session.leave(session.active);
	drawers.close();
}

async function askForRoom(): Promise<void> {
	const name = await ask({
		title: "Enter or create a room",
		label: "Name of the room",
		ok: "Enter",
		value: "",
		maxLength: 64,
		mayBeEmpty: false,
	});
	if (name === undefined) return;
	session.join(name);
	drawers.close();
	room.focus();
}

async function askForTopic(): Promise<void> {
	const place = session.active;
	if (!place) return;
	drawers.close();
	const text = await ask({
		title: `Topic of ${place.name}`,
		label: "Topic",
		ok: "Set",
		value: place.topic,
		maxLength: 250,
		mayBeEmpty: true,
	});
	if (text !== undefined) session.setTopic(text);
}

function roomOfAddress(): string | undefined {
	try {
		return decodeURIComponent(location.hash.slice(1)).slice(0, 64) || undefined;
	} catch {
		return undefined;
	}
}
