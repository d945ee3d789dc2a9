// Whether the log of stored rooms and the other daemons can be reached. Clients get one notice when either is lost, and one
// when both are back.

import type { Health } from "../application/index.ts";
import { noticeDocument } from "./documents.ts";

const LOST_NOTICES = {
	log: "Stored rooms do not accept messages until their log can be reached again.",
	bus: "The other servers cannot be reached: stored rooms wait, live rooms continue among those who are connected here.",
} as const;

/** What can be out of reach. */
export type Backend = keyof typeof LOST_NOTICES;

/** The backends that cannot be reached now. */
export class Reachability {
	readonly #lost = new Set<Backend>();
	readonly #sendAll: (document: string) => void;
	readonly #restoredNotice: () => string;

	/**
	 * @param sendAll sends a document to all clients.
	 * @param restoredNotice the text of the notice when everything can be reached again.
	 */
	constructor(sendAll: (document: string) => void, restoredNotice: () => string) {
		this.#sendAll = sendAll;
		this.#restoredNotice = restoredNotice;
	}

	/** A backend was lost, or is back. */
	changed(backend: Backend, reachable: boolean): void {
		const before = this.#lost.size;
		if (reachable) this.#lost.delete(backend);
		else this.#lost.add(backend);
		if (before === 0 && this.#lost.size > 0) this.#sendAll(noticeDocument("broker-lost", LOST_NOTICES[backend]));
		else if (before > 0 && this.#lost.size === 0) this.#sendAll(noticeDocument("broker-back", this.#restoredNotice()));
	}

	/** The answer for `/readyz`. */
	health(): Health {
		if (this.#lost.has("bus"))
			return { ready: false, trouble: "The broker cannot be reached, and so the other servers cannot." };
		const trouble = this.#lost.has("log")
			? "Stored rooms do not accept messages: their log cannot be reached."
			: undefined;
		return { ready: true, trouble };
	}
}
