// The entry of the admin page: signs in, opens the sections by the address, shows the state of the connection, and comes back to the sign-in
// form when the daemon no longer accepts the token.

import { byId, make, setChildren, setText } from "../dom.ts";
import { showToast } from "../toasts.ts";
import { type ActionSpec, confirmAction } from "./action-dialog.ts";
import { AdminApi, ApiFailure, failureWords } from "./api.ts";
import type { Status } from "./api-types.ts";
import { ClientsView } from "./clients-view.ts";
import { LiveData } from "./live-data.ts";
import { LogSection } from "./log-section.ts";
import { OverviewView } from "./overview-view.ts";
import { RoomsView } from "./rooms-view.ts";
import { parseRoute, routeHash, SECTIONS, type Section } from "./route.ts";
import { SanctionsView } from "./sanctions-view.ts";
import { keepReason, keepToken, keptToken, SignIn, takeReason } from "./sign-in.ts";
import { TrafficSection } from "./traffic-section.ts";
import type { PageHost, View } from "./view.ts";
import { nameWords } from "./words.ts";

const TITLES: Readonly<Record<Section, string>> = {
	overview: "Overview",
	rooms: "Rooms",
	clients: "Clients",
	traffic: "Traffic",
	sanctions: "Bans",
	log: "Log",
};
const RETRY_MS = 3000;

/** What there is while the user is signed in. */
interface Visit {
	readonly live: LiveData;
	readonly views: Readonly<Record<Section, View>>;
	/** The version of the daemon that the page came from. */
	readonly version: string;
	section: Section | undefined;
}

// The page is a file of its folder, and the API is beside it; a proxy may have both below a path.
const ROOT = new URL(".", location.href);
const links = new Map<Section, HTMLAnchorElement>();
const signIn = new SignIn((token) => void enter(token, false));
let visit: Visit | undefined;
let isDrawing = false;

for (const section of SECTIONS) {
	const link = make("a", "a-link", TITLES[section]);
	link.href = routeHash(section);
	links.set(section, link);
}
setChildren(
	byId("sections", HTMLElement),
	[...links.values()].map((link) => make("li", "", link)),
);
byId("sign-out", HTMLElement).addEventListener("click", () => leave(""));
byId("skip", HTMLElement).addEventListener("click", (event) => {
	event.preventDefault();
	byId("view", HTMLElement).focus();
});
byId("banner-reload", HTMLElement).addEventListener("click", () => location.reload());
addEventListener("hashchange", openPlace);
const kept = keptToken();
if (kept === undefined) signIn.ask(takeReason());
else void enter(kept, true);

/** @param isKept whether the token worked before: then the page tries until the daemon answers. */
async function enter(token: string, isKept: boolean): Promise<void> {
	signIn.wait();
	const api = new AdminApi(
		ROOT,
		token,
		(failure) => visit && leave(`The token is no longer accepted. ${failure.message}`),
	);
	try {
		const status = (await api.get("status")) as unknown as Status;
		keepToken(token);
		open(api, status);
	} catch (error) {
		const words = failureWords(error) ?? "";
		const canRetry = error instanceof ApiFailure && (error.status === 0 || error.status >= 500);
		if (error instanceof ApiFailure && error.isUnauthorized) keepToken(undefined);
		signIn.ask(isKept && canRetry ? `${words} Trying again…` : words);
		if (isKept && canRetry)
			setTimeout(() => visit === undefined && keptToken() === token && void enter(token, true), RETRY_MS);
	}
}

function open(api: AdminApi, status: Status): void {
	signIn.hide();
	byId("admin", HTMLElement).hidden = false;
	const live = new LiveData(api, status, { changed: drawSoon });
	const page: PageHost = {
		api,
		live,
		go(section, selected = [], query = {}, replaces = false) {
			const hash = routeHash(section, selected, query);
			if (replaces) {
				history.replaceState(null, "", hash);
				openPlace();
			} else location.hash = hash;
		},
		async act(spec: ActionSpec) {
			const done = await confirmAction(spec);
			if (done !== undefined) {
				showToast(done, "note");
				live.refresh();
			}
			return done !== undefined;
		},
		announce: showToast,
	};
	visit = {
		live,
		version: status.version,
		section: undefined,
		views: {
			overview: new OverviewView(page),
			rooms: new RoomsView(page),
			clients: new ClientsView(page),
			traffic: new TrafficSection(page),
			sanctions: new SanctionsView(page),
			log: new LogSection(page),
		},
	};
	openPlace();
	drawSoon();
}

/** Ends the visit with a new document, so that nothing of what was shown stays in memory. @param why in words; empty: the user wants it */
function leave(why: string): void {
	keepToken(undefined);
	keepReason(why);
	location.reload();
}

function openPlace(): void {
	if (!visit) return;
	const route = parseRoute(location.hash);
	const { section } = route;
	if (visit.section !== section) {
		if (visit.section !== undefined) visit.views[visit.section].close();
		visit.section = section;
		for (const one of SECTIONS) {
			byId(`view-${one}`, HTMLElement).hidden = one !== section;
			const link = links.get(one)!;
			if (one === section) link.setAttribute("aria-current", "page");
			else link.removeAttribute("aria-current");
		}
	}
	visit.views[section].open(route);
	drawSoon();
}

// Draws once for all changes of a frame. A hidden page has no frames, and nothing to draw.
function drawSoon(): void {
	if (isDrawing) return;
	isDrawing = true;
	requestAnimationFrame(() => {
		isDrawing = false;
		draw();
	});
}

function draw(): void {
	if (!visit) return;
	const { live, views, section = "overview" } = visit;
	const server = nameWords(live.status?.server);
	setText(byId("server", HTMLElement), server);
	const title = `${views[section].title()} · ${server} · Admin`;
	if (document.title !== title) document.title = title;
	drawState(visit);
	views[section].draw?.();
}

function drawState({ live, version }: Visit): void {
	const { status, stream, trouble } = live;
	const isNew = status !== undefined && status.version !== version;
	const missing = status?.missing ?? [];
	let words = "";
	if (trouble !== "") words = `${trouble} What you see is out of date. Trying again…`;
	else if (isNew) words = `The daemon is now version ${status.version}. This page is of version ${version}.`;
	else if (status && !status.ready) words = `The daemon is not ready. ${status.trouble ?? ""}`;
	else if (status?.trouble) words = status.trouble;
	else if (missing.length > 0)
		words = `Without an answer from ${missing.slice(0, 5).join(", ")}: their clients are missing.`;
	else if ("words" in stream) words = `No live data, so the numbers change every 5 s. ${stream.words}`;
	byId("banner", HTMLElement).hidden = words === "";
	setText(byId("banner-text", HTMLElement), words);
	byId("banner-reload", HTMLElement).hidden = !isNew || trouble !== "";
	const state = byId("state", HTMLElement);
	const is = trouble !== "" ? "lost" : stream.is === "open" ? "open" : "slow";
	state.className = `small a-state ${is}`;
	setText(state, { lost: "no connection", open: "live", slow: "every 5 s" }[is]);
}
