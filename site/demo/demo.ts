// The live demo of the front page: an HTML client, a Flash client, the server that both talk to, and what they send each other. All of it is in
// the page; nothing is sent over the network.

import { button, make } from "../../console/dom.ts";
import { TrafficPanel } from "../../console/traffic-panel.ts";
import { createChat, createPageServer } from "../../src/browser/index.ts";
import { chatPane, guide } from "./chat-pane.ts";
import { FLASH_HOST, FLASH_PORT, flashPane } from "./flash-pane.ts";
import { watchPageSockets } from "./page-traffic.ts";
import "./demo.css";

/** Fills the element. @returns a function that ends the demo. */
export function startDemo(element: HTMLElement): () => void {
	const page = make("section", "demo-pane", make("h3", "", "A web page"));
	const stage = make("div", "demo-stage");
	const flash = make("section", "demo-pane", make("h3", "", "Flash content, in Ruffle"), stage);
	const traffic = make("section", "demo-traffic", make("h3", "", "What they send each other"));
	element.replaceChildren(make("div", "demo", page, flash, traffic));

	const server = createPageServer({ application: createChat() });
	const installed = server.install();
	const panel = trafficPanel(traffic);
	const restore = watchPageSockets(server.settings.host, (event) => panel.traffic.add([event], 0));
	flashPane(stage, server.socketProxy(FLASH_HOST, FLASH_PORT));
	const endGuide = guide(server.url);
	const endChat = chatPane(page, server.url);

	return () => {
		endChat();
		endGuide();
		stage.replaceChildren();
		restore();
		installed.remove();
		void server.close({ graceMs: 0 });
	};
}

/** The list of `inspect` and `play`, and the selected document below it. */
function trafficPanel(parent: HTMLElement): TrafficPanel {
	const list = make("div", "t-list");
	const none = make("p", "t-none demo-note", "Nothing so far.");
	const newer = button("", "t-newer demo-send", () => {});
	newer.hidden = true;
	const filter = make("input", "demo-field");
	filter.type = "search";
	filter.placeholder = "Filter: said, //member, client, /hello/";
	filter.setAttribute("aria-label", "Filter: show only documents that match");
	const problem = make("pre", "t-problem");
	problem.setAttribute("role", "alert");
	const details = make("section", "demo-details");
	details.setAttribute("aria-label", "The selected document");
	const announced = make("p", "demo-announced");
	announced.setAttribute("role", "status");
	const panel = new TrafficPanel(
		{ list, details, filter, problem, search: undefined, newer, none },
		{
			hint: "Select a document in the list.",
			hasKeys: false,
			hasTests: false,
			announce: (words) => {
				announced.textContent = words;
			},
			opened: () => panel.traffic.details.focus(),
			drawn: () => {},
		},
	);
	panel.traffic.begin({
		startedMs: Date.now(),
		terminator: Uint8Array.of(0),
		encoding: "utf-8",
		target: "localhost:9000",
	});
	parent.append(
		make("div", "t-field", filter, problem),
		make("div", "demo-documents", make("div", "t-pane", list, none, newer), details),
		announced,
	);
	return panel;
}
