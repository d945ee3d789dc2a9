// The events of this moment for the readers of `api/events`: a sample each second, added up over all nodes, and the lines of their logs. All
// readers share what the nodes are asked; without a reader nothing is asked.

import type { EventStream } from "./event-stream.ts";
import type { Sample } from "./node-monitor.ts";
import type { AnswerTo, Questions } from "./questions.ts";

const PERIOD_MS = 1000;
/** A node that does not answer in time is missing in this second's sample. */
const TIMEOUT_MS = 900;
const MAX_ROWS = 20;
const MAX_LOG_LINES = 50;

/** One reader. */
interface Reader {
	readonly stream: EventStream;
	/** Whether its token still is valid. */
	readonly isAdmitted: () => boolean;
}

/** Sends live events to readers. */
export class LiveEvents {
	readonly #questions: Questions;
	readonly #report: (error: unknown) => void;
	readonly #readers = new Set<Reader>();
	/** Where the next lines of each node's log begin. */
	#logPositions = new Map<string, number>();
	/** For readers that come later. */
	readonly #recentLines: object[] = [];
	#isAsking = false;
	#timer: NodeJS.Timeout | undefined = undefined;

	constructor(questions: Questions, report: (error: unknown) => void) {
		this.#questions = questions;
		this.#report = report;
	}

	/** Adds a reader. @returns a function that removes it. */
	add(stream: EventStream, isAdmitted: () => boolean): () => void {
		const reader = { stream, isAdmitted };
		this.#readers.add(reader);
		for (const line of this.#recentLines) stream.send("log", line);
		if (!this.#isAsking && this.#timer === undefined) void this.#tick();
		return () => {
			this.#readers.delete(reader);
			if (this.#readers.size > 0) return;
			clearTimeout(this.#timer);
			this.#timer = undefined;
			this.#logPositions.clear();
			this.#recentLines.length = 0;
		};
	}

	async #tick(): Promise<void> {
		this.#timer = undefined;
		this.#isAsking = true;
		const begunMs = performance.now();
		try {
			const { answers, missing } = await this.#questions.all("live", (node) => this.#details(node), TIMEOUT_MS);
			for (const reader of this.#readers) if (!reader.isAdmitted()) reader.stream.end();
			this.#send(
				"sample",
				momentOf(
					answers.map(({ answer }) => answer),
					missing,
				),
			);
			this.#sendLog(answers);
		} catch (error) {
			this.#report(error);
		} finally {
			this.#isAsking = false;
		}
		if (this.#readers.size === 0) return;
		this.#timer = setTimeout(() => void this.#tick(), Math.max(0, PERIOD_MS - (performance.now() - begunMs))).unref();
	}

	#details(node: string): { logAfter?: number } {
		const logAfter = this.#logPositions.get(node);
		return logAfter === undefined ? {} : { logAfter };
	}

	#sendLog(answers: readonly { readonly node: string; readonly answer: AnswerTo<"live"> }[]): void {
		const positions = new Map<string, number>();
		let left = MAX_LOG_LINES;
		let dropped = 0;
		for (const { node, answer } of answers) {
			const { lines, next } = answer.log;
			positions.set(node, next);
			dropped += answer.log.dropped + Math.max(0, lines.length - left);
			for (const line of lines.slice(0, left)) {
				const shown = { node, line: lineOf(line) };
				this.#send("log", shown);
				this.#recentLines.push(shown);
			}
			this.#recentLines.splice(0, this.#recentLines.length - MAX_LOG_LINES);
			left -= Math.min(left, lines.length);
		}
		// A node that did not answer this time goes on where it was.
		for (const [node, next] of this.#logPositions) if (!positions.has(node)) positions.set(node, next);
		this.#logPositions = positions;
		if (dropped > 0) this.#send("log", { dropped });
	}

	#send(event: string, data: unknown): void {
		for (const { stream } of this.#readers) stream.send(event, data);
	}
}

/** One sample of several nodes' samples of the same time. */
export function sumOf(samples: readonly Sample[], at: number): Sample {
	const sum = (of: (sample: Sample) => number): number =>
		Math.round(samples.reduce((total, sample) => total + of(sample), 0) * 100) / 100;
	const commits = samples.flatMap(({ commitP99Ms }) => commitP99Ms ?? []);
	return {
		at,
		connections: sum(({ connections }) => connections),
		clients: sum(({ clients }) => clients),
		messagesPerSecond: sum(({ messagesPerSecond }) => messagesPerSecond),
		deliveriesPerSecond: sum(({ deliveriesPerSecond }) => deliveriesPerSecond),
		eventLoopDelayP99Ms: Math.max(0, ...samples.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms)),
		...(commits.length > 0 ? { commitP99Ms: Math.max(...commits) } : {}),
		rssBytes: sum(({ rssBytes }) => rssBytes),
		heldBytes: sum(({ heldBytes }) => heldBytes),
		outboxBytes: sum(({ outboxBytes }) => outboxBytes),
	};
}

function momentOf(answers: readonly AnswerTo<"live">[], missing: readonly string[]): object {
	const rooms = new Map<string, { name: string; members: number; messagesPerSecond: number }>();
	for (const room of answers.flatMap((answer) => answer.rooms)) {
		const known = rooms.get(room.name);
		if (known) known.messagesPerSecond += room.messagesPerSecond;
		else rooms.set(room.name, { ...room });
	}
	const readers = answers.flatMap((answer) => answer.readers);
	return {
		...sumOf(
			answers.map(({ sample }) => sample),
			Date.now(),
		),
		rooms: [...rooms.values()].sort((a, b) => b.messagesPerSecond - a.messagesPerSecond).slice(0, MAX_ROWS),
		readers: readers.sort((a, b) => b.outboxBytes - a.outboxBytes).slice(0, MAX_ROWS),
		...(missing.length > 0 ? { missing } : {}),
	};
}

function lineOf(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return { msg: line };
	}
}
