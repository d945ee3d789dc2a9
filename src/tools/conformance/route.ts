// The way of a document through the server under test: from a sender to the client that must receive it. With `echo` both are the same
// connection. A route recognises its own documents by a tag, because a relay passes on those of other routes too.

import type { Activity } from "./activity.ts";
import { CaseFailed, END } from "./case.ts";
import type { TestClient } from "./client.ts";
import type { ProfileRules } from "./profiles.ts";
import { showBytes } from "./show.ts";

/** How a report describes a delivery. */
export interface DeliveryWords {
	/** What was sent, and how. */
	readonly sent: string;
	/** What must arrive. Default: the document. */
	readonly expected?: string;
}

/** A sender and a receiver that are connected through the server. */
export class Route {
	readonly sender: TestClient;
	readonly receiver: TestClient;
	/** In each of its documents, and in no other. */
	readonly tag: string;
	readonly room: string;
	readonly timeoutMs: number;
	readonly #activity: Activity;
	readonly #rules: ProfileRules;
	#last = 0;

	constructor(parts: {
		sender: TestClient;
		receiver: TestClient;
		tag: string;
		room: string;
		timeoutMs: number;
		activity: Activity;
		rules: ProfileRules;
	}) {
		this.sender = parts.sender;
		this.receiver = parts.receiver;
		this.tag = parts.tag;
		this.room = parts.room;
		this.timeoutMs = parts.timeoutMs;
		this.#activity = parts.activity;
		this.#rules = parts.rules;
	}

	/** A text that contains the tag and appears once. */
	unique(): string {
		return `${this.tag}${++this.#last}`;
	}

	/** A document that is well-formed XML, which a parser and a serializer would not change. */
	element(text = "Hello"): Buffer {
		return Buffer.from(`<m id="${this.unique()}">${text}</m>`);
	}

	/** A document as it is sent, without its zero byte. */
	wrap(payload: Uint8Array): Buffer {
		return this.#rules.wrap(payload, this);
	}

	/** Documents as they are sent, each with its zero byte. */
	wire(...payloads: readonly Uint8Array[]): Buffer {
		return Buffer.concat(payloads.flatMap((payload) => [this.wrap(payload), ZERO]));
	}

	/** The next document of this route that has arrived, as it was before `wrap`; undefined: none. */
	take(): Buffer | undefined {
		for (let document = this.receiver.documents.shift(); document; document = this.receiver.documents.shift()) {
			const payload = this.#rules.unwrap(document, this);
			if (payload) return payload;
		}
		return undefined;
	}

	/** Sends documents in one piece, or as `write` does, and expects them in order. @throws CaseFailed */
	async deliver(
		payloads: readonly Uint8Array[],
		words: DeliveryWords = { sent: shownAll(payloads) },
		write: (bytes: Buffer) => Promise<void> | void = (bytes) => this.sender.write(bytes),
	): Promise<void> {
		await write(this.wire(...payloads));
		await this.expect(payloads, words);
	}

	/** Expects documents in order, and nothing before them. @throws CaseFailed */
	async expect(
		payloads: readonly Uint8Array[],
		{ sent, expected }: DeliveryWords,
		limitMs = this.timeoutMs,
	): Promise<void> {
		let at = 0;
		let wrong: Buffer | undefined;
		const decided = await this.#activity.until(() => {
			while (at < payloads.length) {
				const payload = this.take();
				if (!payload) return this.receiver.ended;
				if (!payload.equals(payloads[at]!)) {
					wrong = payload;
					return true;
				}
				at++;
			}
			return true;
		}, limitMs);
		if (at === payloads.length) return;
		const count = payloads.length === 1 ? "" : `, document ${at + 1} of ${payloads.length}`;
		const missing = expected ?? `${showBytes(payloads[at]!)}${count}`;
		if (wrong) {
			const wanted = Buffer.from(payloads[at]!);
			const isMixed = wrong.length > wanted.length && wrong.includes(wanted);
			throw new CaseFailed({
				sent,
				expected: missing,
				got: difference(wrong, wanted),
				change: isMixed ? MIXED : undefined,
			});
		}
		throw new CaseFailed({ sent, expected: missing, got: this.#silence(at, payloads.length, limitMs) }, !decided);
	}

	/** Expects that the server still delivers a document. @throws CaseFailed */
	async check(sent: string, who: string): Promise<void> {
		const payload = this.element("still here");
		try {
			await this.deliver([payload]);
		} catch (error) {
			if (!(error instanceof CaseFailed)) throw error;
			const { expected, got, change, timedOut } = error;
			throw new CaseFailed({ sent, expected: `${who}: ${expected}`, got, change }, timedOut);
		}
	}

	#silence(got: number, wanted: number, limitMs: number): string {
		const { receiver, sender } = this;
		const some = got === 0 ? "" : `${got} of ${wanted} documents, then `;
		if (receiver.ended) return `${some}${END}${receiver.error ? ` (${receiver.error})` : ""}`;
		const rest = receiver.rest;
		const unfinished = rest.length === 0 ? "" : `, and ${showBytes(rest)} without a zero byte`;
		const refused = sender.documents.find((document) => document.includes("<error"));
		const error = refused && sender !== receiver ? `; the sender got ${showBytes(refused)}` : "";
		const gone = sender.ended && sender !== receiver ? "; the server ended the sender's connection" : "";
		return `${some}nothing within ${limitMs / 1000} s${unfinished}${gone}${error}`;
	}
}

const MIXED =
	"Bytes of something else are in the same document. Keep one buffer for each connection, pass on whole documents only, and empty the buffer after each.";
const ZERO: Buffer = Buffer.from([0]);

function shownAll(payloads: readonly Uint8Array[]): string {
	const [first] = payloads;
	return payloads.length === 1
		? `${showBytes(first!)} and a zero byte, in one segment`
		: `${payloads.length} documents, the first ${showBytes(first!)}`;
}

// For long documents the place of the difference says more than their beginnings.
function difference(got: Buffer, wanted: Uint8Array): string {
	if (got.length <= 64) return showBytes(got);
	let at = 0;
	while (at < got.length && got[at] === wanted[at]) at++;
	const lengths = got.length === wanted.length ? "" : `${got.length} bytes instead of ${wanted.length}, `;
	return at < 32 && lengths === ""
		? showBytes(got)
		: `${lengths}different from byte ${at + 1}: ${showBytes(got.subarray(Math.max(0, at - 8)))}`;
}
