// The documents of the movie's sockets beside the movie: the list and the details of `inspect`, with one choice of direction. The first
// document that the movie sends is selected at once, because it is what a user looks for.

import { byId } from "./dom.ts";
import { LiveFeed, type Refusal } from "./live-feed.ts";
import { TrafficPanel, trafficElements } from "./traffic-panel.ts";
import type { TrafficView } from "./traffic-view.ts";

/** The list. */
export class PlayTraffic {
	readonly #view: TrafficView;
	readonly #feed: LiveFeed;

	/** Connects at once. @param announce tells the user what was done */
	constructor(announce: (words: string) => void) {
		const panel = new TrafficPanel(trafficElements({ details: "details", none: "no-documents" }, false), {
			hint: "Select a document in the list.",
			hasKeys: false,
			hasTests: false,
			announce,
			opened: () => panel.traffic.details.focus(),
			drawn: () => {},
			infoOf: (event) => {
				const to = this.#view.store.connections.get(event.connection)?.to;
				return { ...this.#view.info, ...(to === undefined ? {} : { target: to }) };
			},
		});
		this.#view = panel.traffic;
		const url = new URL("traffic", location.href);
		url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
		this.#feed = new LiveFeed(url.href, {
			hello: ({ info }, isNewCapture) => {
				if (isNewCapture) this.#view.begin(info);
			},
			events: ({ events, lost }) => {
				const { next } = this.#view.store;
				this.#view.add(events, lost);
				if (this.#view.list.selected !== undefined) return;
				const first = events.findIndex((event) => event.kind === "document" && event.direction === "client");
				if (first >= 0) this.#view.list.select(next + first + (lost > 0 ? 1 : 0));
			},
			held: () => {},
			state: () => {},
		});
		const directions = byId("direction", HTMLElement);
		directions.addEventListener("click", ({ target }) => {
			if (!(target instanceof HTMLButtonElement)) return;
			for (const one of directions.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === target));
			const { direction } = target.dataset;
			this.#view.setDirection(direction === "client" || direction === "server" ? direction : undefined);
		});
	}

	/** Allows a target in the running gateway. @returns why it was refused; undefined: it was done. */
	allow(target: string): Promise<Refusal | undefined> {
		return this.#feed.ask({ ask: "allow", target });
	}
}
