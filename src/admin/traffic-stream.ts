// The traffic of one client or room as a stream of events: fetches from the taps of the nodes, a few times a second, and makes one capture of
// their lines. The objects are those of docs/recording.md.

import { randomUUID } from "node:crypto";
import type { Server } from "../server/index.ts";
import { recordingHeader } from "../tools/traffic/index.ts";
import { terminatorBytes } from "../wire/index.ts";
import type { EventStream } from "./event-stream.ts";
import type { AnswerTo, Questions } from "./questions.ts";
import type { TapTarget } from "./traffic-taps.ts";

const FETCH_MS = 300;
/** Failures of the one node that matters, one after the other, that end the stream. */
const MAX_FAILURES = 10;
/** Fetches between two events that show that the stream is open. */
const ALIVE_EVERY = 4;

/** What to watch, and where. */
export interface TrafficTarget extends TapTarget {
	/** The node of the client; undefined for a room: all nodes. */
	readonly node?: string | undefined;
}

/** What the taps of some nodes have seen. */
export type FetchedParts = readonly { readonly node: string; readonly part: AnswerTo<"traffic"> }[];

/** The name of a tap that does not exist yet. */
export function newTap(): string {
	return randomUUID();
}

/** Asks the taps of the nodes for what they have seen; the first time it opens them. @param isOver ends them instead. Rejects with what the client's node refuses with. */
export async function fetchParts(
	questions: Questions,
	{ node, connection, room }: TrafficTarget,
	tap: string,
	isOver = false,
): Promise<FetchedParts> {
	const details = { tap, isOver, ...(connection === undefined ? { room } : { connection }) };
	if (node !== undefined) return [{ node, part: await questions.one(node, "traffic", details) }];
	const { answers } = await questions.all("traffic", () => details);
	return answers.map(({ node: from, answer: part }) => ({ node: from, part }));
}

/** What a stream is made of. */
export interface TrafficStreamParts {
	readonly stream: EventStream;
	readonly questions: Questions;
	readonly target: TrafficTarget;
	readonly tap: string;
	/** Whether the reader's token still is one. */
	readonly isAdmitted: () => boolean;
}

/** One reader's view of traffic. */
export class TrafficStream {
	readonly #parts: TrafficStreamParts;
	readonly #startedMs: number = Date.now();
	/** The numbers of connections in this capture, by node and number in its tap. */
	readonly #numbers = new Map<string, number>();
	#lastNumber = 0;
	#lastTime = 0;
	#isOver = false;
	#wake = (): void => {};

	constructor(parts: TrafficStreamParts) {
		this.#parts = parts;
	}

	/** Sends what is seen until the client or the reader has gone, or the reader's token is none any more. @param first was fetched already. */
	async run(first: FetchedParts, { terminator, encoding }: Server["settings"]): Promise<void> {
		const { stream, questions, target, tap, isAdmitted } = this.#parts;
		const header = { startedMs: this.#startedMs, terminator: terminatorBytes(terminator), encoding };
		stream.send("traffic", JSON.parse(recordingHeader(header)));
		let failures = 0;
		let fetches = 0;
		for (let parts: FetchedParts | undefined = first; !this.#isOver; ) {
			if (parts) this.#pass(parts);
			// Where nothing is written, nobody notices that the reader has gone, and proxies end a silent connection.
			if (++fetches % ALIVE_EVERY === 0) stream.send("alive", {});
			if (parts?.some(({ part }) => part.ended) || !isAdmitted() || failures > MAX_FAILURES) break;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
				setTimeout(resolve, FETCH_MS).unref();
			});
			if (this.#isOver) break;
			parts = await fetchParts(questions, target, tap).catch(() => undefined);
			failures = parts ? 0 : failures + 1;
		}
		stream.end();
		// Where this fails, the taps end by themselves.
		await fetchParts(questions, target, tap, true).catch(() => {});
	}

	/** Ends it. */
	close(): void {
		this.#isOver = true;
		this.#wake();
	}

	#pass(parts: FetchedParts): void {
		for (const { node, part } of parts) {
			for (const line of part.lines) {
				const event = parsed(line);
				if (event) this.#parts.stream.send("traffic", this.#placed(node, event));
			}
		}
	}

	// The events of several nodes are one capture: their connections have different numbers, and time does not go back.
	#placed(node: string, event: Record<string, unknown>): object {
		const time = (Date.now() - this.#startedMs) * 1000;
		this.#lastTime = Math.max(this.#lastTime, time);
		const placed = { ...event, time: this.#lastTime };
		if (typeof event.connection !== "number") return placed;
		const key = `${node} ${event.connection}`;
		let connection = this.#numbers.get(key);
		if (connection === undefined) {
			connection = ++this.#lastNumber;
			this.#numbers.set(key, connection);
		}
		if (event.kind === "close") this.#numbers.delete(key);
		return { ...placed, connection };
	}
}

function parsed(line: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}
