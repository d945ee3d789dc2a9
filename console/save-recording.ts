// Saves what the page has as a recording, a file of docs/recording.md, and masks names in it and in what is copied. The file is made here:
// nothing is sent to the server.

import {
	createMask,
	type DocumentEvent,
	type Mask,
	recordingHeader,
	recordingLine,
} from "../src/tools/traffic/index.ts";
import { byId, make, setText } from "./dom.ts";
import type { TrafficView } from "./traffic-view.ts";

/** The dialog and the file. */
export class Saver {
	readonly #traffic: TrafficView;
	readonly #announce: (words: string) => void;
	readonly #dialog = byId("saver", HTMLDialogElement);
	readonly #names = byId("saver-mask", HTMLInputElement);
	readonly #problem = byId("saver-problem", HTMLElement);
	readonly #onlyShown = byId("saver-filtered", HTMLInputElement);

	constructor(traffic: TrafficView, announce: (words: string) => void) {
		this.#traffic = traffic;
		this.#announce = announce;
		byId("saver-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
		this.#names.addEventListener("input", () => this.#mask());
		byId("saver-form", HTMLFormElement).addEventListener("submit", (event) => {
			event.preventDefault();
			const mask = this.#mask();
			if (mask) this.#save(mask);
		});
	}

	/** Opens the dialog. */
	open(): void {
		const { store } = this.#traffic;
		const words = `${(store.next - store.first).toLocaleString()} events are here.`;
		const missing =
			store.missed > 0
				? ` ${store.missed.toLocaleString()} are missing: they were removed to make room, or did not reach this page. The file says so. For everything, start the inspector with --record.`
				: "";
		setText(byId("saver-words", HTMLElement), `${words}${missing}`);
		this.#dialog.showModal();
	}

	/** The document with masked values, if names are masked. While the names cannot be read, nothing of it. */
	masked(event: DocumentEvent): DocumentEvent {
		const mask = this.#mask();
		if (!mask) return { ...event, bytes: new Uint8Array(), masked: true };
		return mask.apply(event) as DocumentEvent;
	}

	#mask(): Mask | undefined {
		const names = this.#names.value.split(/[\s,]+/).filter((name) => name !== "");
		try {
			const mask = createMask(names);
			setText(this.#problem, "");
			return mask;
		} catch (error) {
			setText(this.#problem, (error as Error).message);
			return undefined;
		}
	}

	#save(mask: Mask): void {
		const { info } = this.#traffic;
		const pieces = [...this.#lines(mask)];
		const file = new Blob(pieces, { type: "application/x-ndjson" });
		const link = make("a", "");
		link.href = URL.createObjectURL(file);
		const stamp = new Date(info.startedMs).toISOString().replace(/\..*/, "").replaceAll(":", "-");
		link.download = `xmlsocket-${stamp}.ndjson`;
		link.click();
		setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
		this.#dialog.close();
		this.#announce(`Saved ${link.download}, ${(pieces.length - 1).toLocaleString()} lines.`);
	}

	*#lines(mask: Mask): Generator<string> {
		const { info, store, view } = this.#traffic;
		yield `${recordingHeader(info)}\n`;
		const removed = store.removed;
		if (removed > 0) yield this.#gap(removed, store.at(store.first)?.time ?? 0);
		for (const item of this.#traffic.items(this.#onlyShown.checked))
			yield item.kind === "gap" ? this.#gap(item.lost, item.time) : `${recordingLine(mask.apply(item), view.decode)}\n`;
	}

	#gap(events: number, time: number): string {
		return `${recordingLine({ kind: "gap", events, bytes: 0, time }, this.#traffic.view.decode)}\n`;
	}
}
