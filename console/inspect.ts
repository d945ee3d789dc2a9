// The page of `inspect --web`: connects the feed of the inspector with the list, the details, and what a user can do with a document. The
// rules are in the other files.

import type { DocumentEvent, HeldDocument } from "../src/tools/traffic/index.ts";
import { byId, setText } from "./dom.ts";
import { Editor } from "./inspect-editor.ts";
import { handleKeys, showHelp } from "./inspect-help.ts";
import { HoldPanel } from "./inspect-hold.ts";
import { type Asked, LiveFeed, type Refusal } from "./live-feed.ts";
import { Saver } from "./save-recording.ts";
import { TimelineView } from "./timeline-view.ts";
import { TrafficPanel, trafficElements } from "./traffic-panel.ts";
import { isDocument } from "./traffic-store.ts";

const TIMELINE_MS = 400;

const listElement = byId("list", HTMLElement);
let hasControls = false;
let timelineAt = Number.NEGATIVE_INFINITY;
let timelineWaits = false;

const announce = (words: string): void => {
	setText(byId("announced", HTMLElement), "");
	requestAnimationFrame(() => setText(byId("announced", HTMLElement), words));
	setText(byId("said", HTMLElement), words);
};
const ask = (asked: Asked): Promise<Refusal | undefined> => feed.ask(asked);

const panel = new TrafficPanel(trafficElements({ details: "details-content", none: "none" }, true), {
	hint: "Select a document in the list. Press ? for the keys.",
	hasKeys: true,
	hasTests: true,
	announce,
	opened: () => openDetails(),
	drawn: () => drawAround(),
	masked: (event) => saver.masked(event),
	actions: [
		{
			label: "Edit and resend",
			key: "e",
			run: (event) => resend(event),
			isPossible: ({ masked }) => hasControls && !masked,
		},
	],
});
const { traffic } = panel;
const timeline = new TimelineView(
	byId("timeline", HTMLCanvasElement),
	byId("connections", HTMLElement),
	traffic.store,
	{
		chosen: (connection) => traffic.setConnection(connection),
		picked: (index) => {
			traffic.list.stop();
			traffic.list.select(index);
		},
	},
);
const editor = new Editor();
const saver = new Saver(traffic, announce);
const hold = new HoldPanel({ ask, announce, change: changeHeld, view: () => traffic.view });

const feedUrl = new URL("feed", location.href);
feedUrl.protocol = feedUrl.protocol === "https:" ? "wss:" : "ws:";
const feed = new LiveFeed(feedUrl.href, {
	hello({ info, controls }, isNewCapture) {
		hasControls = controls;
		byId("hold-toggle", HTMLElement).hidden = !controls;
		byId("inject", HTMLElement).hidden = !controls;
		if (!isNewCapture) return;
		timeline.reset();
		traffic.setConnection(undefined);
		traffic.begin(info);
		const where = [info.listen, info.target].filter((part) => part !== undefined).join(" → ");
		setText(byId("where", HTMLElement), where);
		document.title = where === "" ? "Inspect" : `${where} · Inspect`;
	},
	events: ({ events, lost }) => traffic.add(events, lost),
	held: ({ filter, held, more }) => hold.update(filter, held, more),
	state(state) {
		const element = byId("state", HTMLElement);
		element.className = `small ${state}`;
		setText(element, state === "open" ? "live" : "Disconnected. Trying again…");
	},
});

byId("pause", HTMLButtonElement).addEventListener("click", pause);
byId("inject", HTMLButtonElement).addEventListener("click", inject);
byId("save", HTMLButtonElement).addEventListener("click", () => saver.open());
byId("search-up", HTMLButtonElement).addEventListener("click", () => void traffic.find(-1));
byId("search-down", HTMLButtonElement).addEventListener("click", () => void traffic.find(1));
byId("back", HTMLButtonElement).addEventListener("click", closeDetails);
// On a phone, a tap opens the details, which cover the list.
listElement.addEventListener("click", () => {
	if (matchMedia("(max-width: 47.99rem)").matches && traffic.list.selected !== undefined) openDetails();
});

handleKeys([
	{ keys: ["ArrowUp", "ArrowDown", "j", "k"], words: "previous and next document, in the list" },
	{ keys: ["Enter"], words: "details of the selected document" },
	{ keys: ["Escape"], words: "back to the list", run: leave },
	{ keys: ["g"], words: "newest document, and follow", run: () => traffic.list.follow() },
	{ keys: [" "], words: "pause and continue", run: pause },
	{ keys: ["f"], words: "filter", run: () => byId("filter", HTMLElement).focus() },
	{ keys: ["/"], words: "search", run: () => byId("search", HTMLElement).focus() },
	{ keys: ["n"], words: "next match", run: () => void traffic.find(1) },
	{ keys: ["N"], words: "previous match", run: () => void traffic.find(-1) },
	{ keys: ["1"], words: "indented", run: () => traffic.details.setForm("indented") },
	{ keys: ["2"], words: "text", run: () => traffic.details.setForm("text") },
	{ keys: ["3"], words: "hex", run: () => traffic.details.setForm("hex") },
	{
		keys: ["m"],
		words: "compare others with this document, or stop",
		run: () => panel.onSelected((event) => panel.compare(event)),
	},
	{ keys: ["c"], words: "copy the document", run: () => panel.onSelected((event) => panel.copy("text", event)) },
	{ keys: ["x"], words: "copy its bytes as hex", run: () => panel.onSelected((event) => panel.copy("hex", event)) },
	{
		keys: ["s"],
		words: "copy a command that sends it",
		run: () => panel.onSelected((event) => panel.copy("send", event)),
	},
	{ keys: ["t"], words: "copy a test of it", run: () => panel.onSelected((event) => panel.copy("test", event)) },
	{ keys: ["e"], words: "edit and resend", run: () => panel.onSelected(resend) },
	{ keys: ["i"], words: "inject a document", run: inject },
	{ keys: ["h"], words: "hold documents that match a filter", run: () => hasControls && hold.toggle() },
	{ keys: ["l"], words: "let the first held document go", run: () => hold.decideFirst("release") },
	{ keys: ["d"], words: "drop the first held document", run: () => hold.decideFirst("drop") },
	{ keys: ["w"], words: "change the first held document", run: () => hold.changeFirst() },
	{ keys: ["r"], words: "save as a recording", run: () => saver.open() },
	{ keys: ["?"], words: "this help", run: showHelp },
]);
listElement.focus();

function pause(): void {
	panel.togglePause(byId("pause", HTMLButtonElement));
}

function changeHeld({ id, event }: HeldDocument): void {
	editor.open({
		title: `Change the held document of connection ${event.connection}`,
		send: "Send changed",
		bytes: event.bytes,
		view: traffic.view,
		submit: async (written) => (await ask({ ask: "release", id, ...written }))?.problem,
	});
}

function resend(event: DocumentEvent): void {
	if (event.masked) announce("A document with masked values cannot be sent again.");
	else if (hasControls) openInjection("Edit and resend", event.bytes, event.connection, event.direction);
}

function inject(): void {
	if (!hasControls) return;
	const { selected } = traffic.list;
	const item = selected === undefined ? undefined : traffic.store.at(selected);
	openInjection("Inject a document", new Uint8Array(), item?.connection, isDocument(item) ? item.direction : undefined);
}

function openInjection(
	title: string,
	bytes: Uint8Array,
	connection: number | undefined,
	direction: DocumentEvent["direction"] | undefined,
): void {
	const open = [...traffic.store.connections.values()].filter(({ closedUs }) => closedUs === undefined).reverse();
	if (open.length === 0) {
		announce("No connection is open.");
		return;
	}
	editor.open({
		title,
		send: "Send",
		bytes,
		view: traffic.view,
		connections: open,
		connection: open.some(({ number }) => number === connection) ? connection : open[0]!.number,
		direction: direction ?? "client",
		submit: async (written, to, way) =>
			(await ask({ ask: "inject", connection: to, direction: way, ...written }))?.problem,
	});
}

function openDetails(): void {
	document.body.classList.add("is-detailed");
	traffic.details.focus();
}

function closeDetails(): void {
	document.body.classList.remove("is-detailed");
	traffic.list.focus();
}

function leave(): void {
	if (traffic.details.marked && !document.body.classList.contains("is-detailed")) traffic.details.mark(undefined);
	closeDetails();
}

function drawAround(): void {
	setText(byId("numbers", HTMLElement), panel.countWords());
	drawTimeline();
}

// Now, or once the time since the last drawing is over.
function drawTimeline(): void {
	if (timelineWaits) return;
	const waitMs = timelineAt + TIMELINE_MS - performance.now();
	if (waitMs > 0) {
		timelineWaits = true;
		setTimeout(() => {
			timelineWaits = false;
			drawTimeline();
		}, waitMs);
		return;
	}
	timelineAt = performance.now();
	timeline.draw(traffic.info.startedMs);
}
