// The live traffic of one client or one room: the list of the traffic tools, fed by an event stream of recording lines. Nothing is captured
// before the user asks for it, and the stream ends when another section is opened.

import { parseRecordingLine, type TrafficEvent } from "../../src/tools/traffic/index.ts";
import { byId, setText } from "../dom.ts";
import { TrafficPanel, trafficElements } from "../traffic-panel.ts";
import { LiveStream, type StreamEvent, type StreamState } from "./event-stream.ts";
import type { Route } from "./route.ts";
import type { PageHost, View } from "./view.ts";
import { nameWords } from "./words.ts";

type TargetKind = "client" | "room";

export class TrafficSection implements View {
	readonly #page: PageHost;
	readonly #panel: TrafficPanel;
	readonly #view: HTMLElement = byId("view-traffic", HTMLElement);
	#target = "";
	#name = "";
	#stream: LiveStream | undefined = undefined;
	/** When the first stream of this target began: milliseconds since 1970. */
	#startedMs: number | undefined = undefined;
	/** How much later the present one began, and the connections of those before. */
	#laterUs = 0;
	#connections = 0;

	constructor(page: PageHost) {
		this.#page = page;
		this.#panel = new TrafficPanel(trafficElements({ details: "details-content", none: "none" }, true), {
			hint: "Select a document in the list.",
			hasKeys: false,
			hasTests: false,
			announce: (words) => page.announce(words, "note"),
			opened: () => this.#openDetails(),
			drawn: () => setText(byId("traffic-numbers", HTMLElement), this.#panel.countWords()),
		});
		const list = byId("list", HTMLElement);
		list.addEventListener("click", () => {
			const isPhone = matchMedia("(max-width: 47.99rem)").matches;
			if (isPhone && this.#panel.traffic.list.selected !== undefined) this.#openDetails();
		});
		this.#view.addEventListener("keydown", (event) => {
			if (event.key === "Escape" && !(event.target instanceof HTMLInputElement)) this.#closeDetails();
		});
		byId("back", HTMLButtonElement).addEventListener("click", () => this.#closeDetails());
		const pause = byId("pause", HTMLButtonElement);
		pause.addEventListener("click", () => this.#panel.togglePause(pause));
		byId("search-up", HTMLButtonElement).addEventListener("click", () => void this.#panel.traffic.find(-1));
		byId("search-down", HTMLButtonElement).addEventListener("click", () => void this.#panel.traffic.find(1));
	}

	title(): string {
		return this.#name === "" ? "Traffic" : `${this.#name} · Traffic`;
	}

	open({ selected: [kind = "", id = ""], query }: Route): void {
		const target = kind === "client" || kind === "room" ? JSON.stringify([kind, id]) : "";
		const hasTarget = target !== "" && id !== "";
		byId("traffic-none", HTMLElement).hidden = hasTarget;
		byId("traffic-part", HTMLElement).hidden = !hasTarget;
		if (!hasTarget) {
			this.#name = "";
			this.close();
			return;
		}
		this.#name = nameWords(kind === "room" ? id : (query.name ?? id));
		setText(byId("traffic-kind", HTMLElement), kind);
		setText(byId("traffic-name", HTMLElement), this.#name);
		if (target !== this.#target) {
			this.close();
			this.#target = target;
			this.#startedMs = undefined;
			this.#laterUs = 0;
			this.#panel.traffic.begin({ startedMs: this.#page.api.now(), terminator: Uint8Array.of(0), encoding: "utf-8" });
		}
		if (!this.#stream) this.#listen(kind as TargetKind, id);
	}

	close(): void {
		this.#closeDetails();
		this.#stream?.close();
		this.#stream = undefined;
		this.#target = "";
	}

	#listen(kind: TargetKind, id: string): void {
		const stream = new LiveStream(this.#page.api, "traffic", { [kind]: id }, 0, {
			events: (events) => this.#received(events),
			state: (state) => {
				if (this.#stream === stream) this.#showState(state);
			},
		});
		this.#stream = stream;
		stream.open();
	}

	#received(events: readonly StreamEvent[]): void {
		const { traffic } = this.#panel;
		const found: TrafficEvent[] = [];
		for (const { name, data } of events) {
			if (name === "missed") {
				traffic.add(found.splice(0), 0);
				traffic.add([], Number((JSON.parse(data) as { events?: unknown }).events) || 0);
				continue;
			}
			// A stream also has events that only keep it open, and those of later versions.
			if (name !== "traffic") continue;
			const entry = parseRecordingLine(data, 1);
			if (entry.kind === "event") found.push(this.#moved(entry.event));
			else if (entry.kind === "gap") {
				traffic.add(found.splice(0), 0);
				traffic.add([], entry.events);
			} else if (entry.kind === "header") {
				if (this.#startedMs === undefined) {
					this.#startedMs = entry.info.startedMs;
					traffic.begin(entry.info);
				} else {
					// The stream was opened again: its times and connections count from the beginning.
					this.#laterUs = Math.max(0, Math.round((entry.info.startedMs - this.#startedMs) * 1000));
					this.#connections = Math.max(0, ...traffic.store.connections.keys());
				}
			}
		}
		traffic.add(found, 0);
	}

	#moved(event: TrafficEvent): TrafficEvent {
		if (this.#laterUs === 0) return event;
		return { ...event, time: event.time + this.#laterUs, connection: event.connection + this.#connections };
	}

	#showState(state: StreamState): void {
		const words: Record<StreamState["is"], string> = {
			opening: "Connecting…",
			open: "live",
			closed: "",
			lost: "words" in state ? `${state.words} Trying again…` : "",
			ended: "words" in state ? state.words : "",
		};
		const element = byId("traffic-state", HTMLElement);
		element.className = `small ${state.is}`;
		setText(element, words[state.is]);
	}

	#openDetails(): void {
		this.#view.classList.add("is-detailed");
		this.#panel.traffic.details.focus();
	}

	#closeDetails(): void {
		if (!this.#view.classList.contains("is-detailed")) return;
		this.#view.classList.remove("is-detailed");
		this.#panel.traffic.list.focus();
	}
}
