// Texts that were typed and not sent, by place. They survive a change of the place and a reload of the page, within a bound, and are
// forgotten when the user signs out.

const STORAGE_KEY = "xmlsocket-drafts";
const MAX_DRAFTS = 20;
const MAX_TEXT = 50_000;

/** The drafts of this tab. */
export class Drafts {
	#texts: Map<string, string> = restore();

	/** The draft of a place; empty where there is none. */
	get(key: string): string {
		return this.#texts.get(key) ?? "";
	}

	/** Keeps a draft; the oldest ones go where there are too many. */
	set(key: string, text: string): void {
		this.#texts.delete(key);
		if (text.trim() !== "") this.#texts.set(key, text);
		for (const oldest of this.#texts.keys()) {
			if (this.#texts.size <= MAX_DRAFTS) break;
			this.#texts.delete(oldest);
		}
	}

	/** Forgets all of them. */
	clear(): void {
		this.#texts = new Map();
		this.save();
	}

	/** Writes them to the storage of the tab. */
	save(): void {
		const drafts = [...this.#texts].filter(([, text]) => text.length <= MAX_TEXT);
		try {
			if (drafts.length === 0) sessionStorage.removeItem(STORAGE_KEY);
			else sessionStorage.setItem(STORAGE_KEY, JSON.stringify(drafts));
		} catch {
			// The storage is disabled or full: the drafts last as long as the page.
		}
	}
}

function restore(): Map<string, string> {
	try {
		const drafts: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "[]");
		return new Map((drafts as [unknown, unknown][]).map(([key, text]) => [String(key), String(text)]));
	} catch {
		return new Map();
	}
}
