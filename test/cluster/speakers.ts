// Sessions that speak in one room of a log without pause, each with one message on its way at a time and each resending what was
// refused, and what must be true of the log and of its followers afterwards, whatever happened meanwhile.

import { expect } from "vitest";
import { XMLSocketError } from "../../src/errors/index.ts";
import type { LogEntry, MessageLog } from "../../src/message-log/index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytes = (text: string): Uint8Array => encoder.encode(text);
export const textOf = (entry: LogEntry): string => decoder.decode(entry.payload);

/** Everything that is kept of a room. */
export async function everything(log: MessageLog, room = "lobby"): Promise<LogEntry[]> {
	const all: LogEntry[] = [];
	for (;;) {
		const page = await log.readAfter(room, all.at(-1)?.seq ?? 0, { maxCount: 1000, maxBytes: 1 << 24 });
		all.push(...page.entries);
		if (!page.more) return all;
	}
}

/** Sessions that speak until they are told to stop. */
export class Speakers {
	/** `session/number` of what was acknowledged, and its number in the log. */
	readonly acknowledged = new Map<string, number>();
	refusals = 0;
	#stopped = false;
	readonly #speaking: Promise<unknown>;

	constructor(logs: readonly MessageLog[], sessions: number, name = "s", room = "lobby") {
		this.#speaking = Promise.all(
			Array.from({ length: sessions }, (_, session) =>
				this.#speak(logs[session % logs.length]!, `${name}${session}`, room),
			),
		);
	}

	async #speak(log: MessageLog, session: string, room: string): Promise<void> {
		for (let at = 0; !this.#stopped; ) {
			try {
				const text = `${session}/${at}`;
				const { seq } = await log.append(room, { payload: bytes(text), session, id: `m${at}` });
				this.acknowledged.set(text, seq);
				at++;
			} catch (error) {
				if (!(error instanceof XMLSocketError) || error.code !== "XMLSOCKET_UNAVAILABLE") throw error;
				this.refusals++;
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
		}
	}

	/** Settles when so many more were acknowledged. */
	async more(count: number): Promise<void> {
		const enough = this.acknowledged.size + count;
		await expect.poll(() => this.acknowledged.size, { interval: 20 }).toBeGreaterThanOrEqual(enough);
	}

	/** Lets them finish what they are saying. */
	async stop(): Promise<void> {
		this.#stopped = true;
		await this.#speaking;
	}
}

/** A follower that keeps what it is given. */
export async function listen(
	log: MessageLog,
	room = "lobby",
): Promise<{ readonly from: number; readonly heard: LogEntry[] }> {
	const heard: LogEntry[] = [];
	const { lastSeq } = await log.follow(room, (entry) => heard.push(entry));
	return { from: lastSeq, heard };
}

/** Nothing acknowledged is lost, nothing is there twice, each session's order is kept, and each `prev` is the one before. */
export function checkStored(entries: readonly LogEntry[], speakers: readonly Speakers[]): void {
	const texts = entries.map(textOf);
	expect(new Set(texts).size).toBe(texts.length);
	const seqs = new Map(entries.map((entry, at) => [texts[at]!, entry.seq]));
	for (const { acknowledged } of speakers) {
		for (const [text, seq] of acknowledged) expect([text, seqs.get(text)]).toEqual([text, seq]);
	}
	const next = new Map<string, number>();
	for (const [at, entry] of entries.entries()) {
		if (at > 0) expect([entry.seq, entry.prev]).toEqual([entry.seq, entries[at - 1]!.seq]);
		const [session, number] = texts[at]!.split("/") as [string, string];
		expect([session, Number(number)]).toEqual([session, next.get(session) ?? 0]);
		next.set(session, Number(number) + 1);
	}
}

/** A follower was given exactly what is stored after its beginning, in order, each once. */
export function checkHeard(
	{ from, heard }: { from: number; heard: readonly LogEntry[] },
	entries: readonly LogEntry[],
): void {
	const expected = entries.filter((entry) => entry.seq > from);
	expect(heard.map(({ seq, prev }) => `${prev} ${seq}`)).toEqual(expected.map(({ seq, prev }) => `${prev} ${seq}`));
}
