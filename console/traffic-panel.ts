// What the pages that show traffic do with it in the same way: the list and the details, pause, copy in several forms, compare, and the
// numbers below. `inspect`, `play` and the admin page each add their own actions and their own source of events.

import type { CaptureInfo, DocumentEvent } from "../src/tools/traffic/index.ts";
import { copyText } from "./clipboard.ts";
import { asHex, asSendCommand, asTest, asText, type Copied } from "./copy-forms.ts";
import { byId, setText } from "./dom.ts";
import type { Action } from "./traffic-details.ts";
import { type TrafficElements, TrafficView } from "./traffic-view.ts";

/** How a document is copied. */
export type CopyForm = "text" | "hex" | "send" | "test";

/** What a page adds. */
export interface PanelHost {
	/** The text of the details while nothing is selected. */
	readonly hint: string;
	/** Further actions for the selected document. */
	readonly actions?: readonly Action[];
	/** Whether the page has keys for what the buttons do. */
	readonly hasKeys: boolean;
	/** Whether a document can be copied as a test. */
	readonly hasTests: boolean;
	announce(words: string): void;
	/** The user wants to see the details. */
	opened(): void;
	/** At most once in a frame, after something has changed. */
	drawn(): void;
	/** What may leave the page. Default: the document itself. */
	masked?(event: DocumentEvent): DocumentEvent;
	/** Where the server of a document is, for a command that sends it. Default: where the capture led. */
	infoOf?(event: DocumentEvent): CaptureInfo;
}

/** The elements with these ids. @param search whether the page has a search besides the filter */
export function trafficElements(ids: { details: string; none: string }, search: boolean): TrafficElements {
	return {
		list: byId("list", HTMLElement),
		details: byId(ids.details, HTMLElement),
		filter: byId("filter", HTMLInputElement),
		problem: byId("filter-problem", HTMLElement),
		search: search ? byId("search", HTMLInputElement) : undefined,
		newer: byId("newer", HTMLButtonElement),
		none: byId(ids.none, HTMLElement),
	};
}

/** The list and what a user can do with its documents. */
export class TrafficPanel {
	readonly traffic: TrafficView;
	readonly #host: PanelHost;

	constructor(elements: TrafficElements, host: PanelHost) {
		this.#host = host;
		const isOfClient = (event: DocumentEvent): boolean => event.direction === "client";
		const key = (name: string): { key: string } | undefined => (host.hasKeys ? { key: name } : undefined);
		const copy = (form: CopyForm) => (event: DocumentEvent) => void this.copy(form, event);
		const test: Action = { label: "Copy test", ...key("t"), run: copy("test"), isPossible: isOfClient };
		this.traffic = new TrafficView(elements, {
			hint: host.hint,
			announce: host.announce,
			opened: host.opened,
			drawn: host.drawn,
			actions: [
				{ label: "Copy", ...key("c"), run: copy("text") },
				{ label: "Copy send command", ...key("s"), run: copy("send"), isPossible: isOfClient },
				...(host.hasTests ? [test] : []),
				{ label: "Compare", ...key("m"), run: (event) => this.compare(event) },
				...(host.actions ?? []),
			],
		});
	}

	/** Does something with the selected document, or says that none is selected. */
	onSelected(run: (event: DocumentEvent) => unknown): void {
		const { document } = this.traffic.details;
		if (document) run(document);
		else this.#host.announce("Select a document first.");
	}

	/** Freezes the list, or continues at its end. @param button shows which of the two it is */
	togglePause(button: HTMLButtonElement): void {
		const { traffic } = this;
		traffic.pause(!traffic.isPaused);
		if (!traffic.isPaused) traffic.list.follow();
		button.setAttribute("aria-pressed", String(traffic.isPaused));
		setText(button, traffic.isPaused ? "Continue" : "Pause");
		this.#host.drawn();
	}

	/** Compares others with this document, or stops that. */
	compare(event: DocumentEvent): void {
		const { details } = this.traffic;
		const isOff = details.marked === event;
		details.mark(isOff ? undefined : event);
		this.#host.announce(
			isOff ? "Documents are no longer compared." : "Select another document to compare it with this one.",
		);
	}

	/** Copies a document. */
	async copy(form: CopyForm, given: DocumentEvent): Promise<void> {
		const copied = this.#copied(form, given);
		if (copied.text === undefined) {
			this.#host.announce(copied.problem);
			return;
		}
		const isDone = await copyText(copied.text);
		const words = `Copied ${copied.text.length.toLocaleString()} characters.`;
		this.#host.announce(isDone ? words : "The browser refused to copy.");
	}

	/** How many events there are, and which are not shown. */
	countWords(): string {
		const { traffic } = this;
		const { store } = traffic;
		const kept = store.next - store.first;
		const parts = [
			traffic.isFiltered
				? `${store.rows.toLocaleString()} of ${kept.toLocaleString()} events`
				: `${kept.toLocaleString()} events`,
			store.missed > 0 ? `${store.missed.toLocaleString()} older or missed are not here` : "",
			traffic.isPaused ? `paused, ${traffic.waiting.toLocaleString()} new` : "",
			store.isFiltering ? "filtering…" : "",
		];
		return parts.filter((part) => part !== "").join(" · ");
	}

	#copied(form: CopyForm, given: DocumentEvent): Copied {
		const { view } = this.traffic;
		const masked = (event: DocumentEvent): DocumentEvent => this.#host.masked?.(event) ?? event;
		const event = masked(given);
		const info = this.#host.infoOf?.(given) ?? this.traffic.info;
		if (form === "text") return asText(event, view);
		if (form === "hex") return { text: asHex(event.bytes) };
		if (form === "send") return asSendCommand(event, view, info);
		const answer = this.traffic.answerTo(given);
		return asTest(event, answer && masked(answer), view, info);
	}
}
