// The lines of one room or conversation, in order: confirmed messages, then this page's unconfirmed ones. It merges messages, pages of
// history and acknowledgements, and keeps a bounded number of lines. It knows no DOM and no connection.

/** Most lines that are kept for one room or conversation. */
export const MAX_LINES = 1000;
/** Most UTF-16 units of text that are kept for one room or conversation. */
export const MAX_TEXT = 2_000_000;
/** The characters of an application's document that are shown. */
const MAX_SOURCE = 500;
/** Most of the user's own messages that may wait for their acknowledgement. */
export const MAX_PENDING = 100;

/** One line of a timeline. */
export interface Line {
	/** Unique in the page; finds the DOM element of a line. */
	readonly key: number;
	/** `document`: an application's document; `gap`: missing messages; `event`: a remark of the page. */
	readonly kind: "message" | "document" | "event" | "presence" | "gap";
	readonly from: string;
	readonly text: string;
	/** When the server received it, in milliseconds since 1970; for a pending message, when it was written. */
	at: number;
	/** Its number in a stored room. */
	seq: number | undefined;
	/** The sender's id of the message. */
	readonly id: string | undefined;
	readonly own: boolean;
	state: "pending" | "sent" | "failed";
	/** Why it failed, for the user. */
	why: string;
}

/** A received message. */
export interface Arrival {
	readonly kind: "said" | "sent";
	readonly from: string;
	readonly text: string;
	readonly at: number;
	readonly seq: number | undefined;
	readonly prev: number | undefined;
	readonly id: string | undefined;
	readonly own: boolean;
}

/** The result of `Timeline.take`: a known line, a confirmed pending line, or a new line. */
export type Taken = "known" | "confirmed" | "new";

const MOST_REMARKS = 6;

let keys = 0;

/** The lines of one place. */
export class Timeline {
	/** Whether the server has older messages than the first line. */
	hasOlder = false;
	/** Whether older lines were dropped or refused because the page keeps only so many. */
	full = false;
	#lines: Line[] = [];
	#outbox: Line[] = [];
	#textLength = 0;
	// The remarks of the last line, if it is one of presence.
	#remarks: string[] = [];

	/** All lines: the confirmed ones in order, then the user's own that are pending or failed. */
	get lines(): readonly Line[] {
		return this.#outbox.length === 0 ? this.#lines : [...this.#lines, ...this.#outbox];
	}

	/** The user's own pending messages, oldest first. */
	get pending(): readonly Line[] {
		return this.#outbox.filter((line) => line.state === "pending");
	}

	/** The sequence number of the oldest message kept; undefined: none. */
	get firstSeq(): number | undefined {
		return this.#lines.find((line) => line.seq !== undefined)?.seq;
	}

	/** Adds a pending message of the user; undefined if too many are pending. */
	write(id: string, from: string, text: string, at: number): Line | undefined {
		if (this.#outbox.length >= MAX_PENDING) return undefined;
		const line = make("message", from, text, at, { id, own: true, state: "pending" });
		this.#outbox.push(line);
		return line;
	}

	/** Adds a received message. Its id identifies a pending message of the user. */
	take(arrival: Arrival): Taken {
		const { seq, prev, id, own } = arrival;
		const waiting = own && id !== undefined ? this.#remove(id) : undefined;
		if (seq !== undefined) {
			if (this.firstSeq === undefined) this.hasOlder = (prev ?? 0) > 0;
			if (this.#has(seq)) return waiting ? "confirmed" : "known";
		}
		this.#insert(lineOf(arrival, waiting?.key));
		return waiting ? "confirmed" : "new";
	}

	/**
	 * Marks the message `id` as committed. Its own `said` normally came before and has done so; otherwise (a private message,
	 * a duplicate) the line goes to where its number belongs.
	 */
	acknowledge(id: string, seq: number | undefined): boolean {
		const line = this.#remove(id);
		if (line === undefined) return false;
		if (seq !== undefined && this.#has(seq)) return true;
		line.state = "sent";
		line.seq = seq;
		this.#insert(line);
		return true;
	}

	/** Marks the message `id` as refused. */
	refuse(id: string, why: string): boolean {
		const line = this.#outbox.find((other) => other.id === id);
		if (line === undefined) return false;
		line.state = "failed";
		line.why = why;
		return true;
	}

	/** Removes a pending or failed message, and returns it. */
	withdraw(id: string): Line | undefined {
		return this.#remove(id);
	}

	/** Messages are missing after the last line. */
	gap(at: number): void {
		this.#insert(make("gap", "", "Some messages are missing here and cannot be loaded.", at, {}));
	}

	/** Adds a remark of the page itself. */
	remark(text: string, at: number): void {
		this.#insert(make("event", "", text, at, {}));
	}

	/** A user came in or left. Successive remarks become one line, so that an unstable connection does not fill the page. */
	presence(name: string, came: boolean, at: number): void {
		const text = `${name} ${came ? "came in" : "left"}`;
		const last = this.#lines.at(-1);
		if (last?.kind === "presence") {
			this.#lines.pop();
			this.#textLength -= last.text.length;
			const opposite = `${name} ${came ? "left" : "came in"}`;
			const undone = this.#remarks.includes(opposite);
			this.#remarks = this.#remarks.filter((remark) => remark !== opposite && remark !== text);
			if (!undone) this.#remarks.push(text);
			this.#remarks = this.#remarks.slice(-MOST_REMARKS);
		} else this.#remarks = [text];
		if (this.#remarks.length > 0) this.#insert(make("presence", "", this.#remarks.join(", "), at, {}));
	}

	/** Inserts a page of older messages before the first one. @param more the server has even older messages */
	prepend(page: readonly Arrival[], more: boolean): void {
		const first = this.firstSeq ?? Number.POSITIVE_INFINITY;
		const older = page.filter((arrival) => arrival.seq !== undefined && arrival.seq < first);
		const room = Math.max(0, MAX_LINES - this.#lines.length);
		const kept = room === 0 ? [] : older.slice(-room);
		this.full = kept.length < older.length || this.#lines.length + kept.length >= MAX_LINES;
		this.hasOlder = more || kept.length < older.length;
		const lines = kept.map((arrival) => lineOf(arrival, undefined));
		for (const line of lines) this.#textLength += line.text.length;
		this.#lines.unshift(...lines);
	}

	/** The room has a new history: removes the lines of the old one, and keeps pending messages. */
	restart(): void {
		this.hasOlder = false;
		this.full = false;
		this.#lines = [];
		this.#textLength = 0;
	}

	#remove(id: string): Line | undefined {
		const at = this.#outbox.findIndex((line) => line.id === id);
		return at < 0 ? undefined : this.#outbox.splice(at, 1)[0];
	}

	#has(seq: number): boolean {
		return this.#lines.some((line) => line.seq === seq);
	}

	// Sequence numbers decide where they are known; a line without one goes to the end.
	#insert(line: Line): void {
		let at = this.#lines.length;
		const { seq } = line;
		if (seq !== undefined) {
			const after = this.#lines.findLastIndex((other) => other.seq !== undefined && other.seq < seq);
			const before = this.#lines.findIndex((other) => other.seq !== undefined && other.seq > seq);
			if (before >= 0) at = Math.max(after + 1, before);
		}
		this.#lines.splice(at, 0, line);
		this.#textLength += line.text.length;
		this.#trim();
	}

	#trim(): void {
		while (this.#lines.length > MAX_LINES || (this.#textLength > MAX_TEXT && this.#lines.length > 1)) {
			const dropped = this.#lines.shift();
			this.#textLength -= dropped?.text.length ?? 0;
			this.full = true;
			if (dropped?.seq !== undefined) this.hasOlder = true;
		}
	}
}

interface LineParts {
	readonly seq?: number | undefined;
	readonly id?: string | undefined;
	readonly own?: boolean;
	readonly state?: Line["state"];
	readonly key?: number | undefined;
}

function make(kind: Line["kind"], from: string, text: string, at: number, parts: LineParts): Line {
	const { seq, id, own = false, state = "sent", key = ++keys } = parts;
	return { key, kind, from, text, at, seq, id, own, state, why: "" };
}

function lineOf({ kind, from, text, at, seq, id, own }: Arrival, key: number | undefined): Line {
	const shown = kind === "said" ? text : text.slice(0, MAX_SOURCE);
	return make(kind === "said" ? "message" : "document", from, shown, at, { seq, id, own, key });
}
