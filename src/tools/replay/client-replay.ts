// One replay as the client. It plays all connections of the recording in one order, so that it awaits also what one client causes another one to
// receive.

import { abortedError } from "../../connection/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { Scheduler } from "../../link/index.ts";
import { nodeClock, textCodec } from "../../transport/index.ts";
import { excerpt } from "./excerpt.ts";
import { type AnswerDifference, ExpectedAnswers } from "./expected-answers.ts";
import { IgnoredFields } from "./ignored-fields.ts";
import { LiveClient } from "./live-client.ts";
import type { LoadedRecording } from "./load-recording.ts";
import { type RecordedDocument, recordedConnections } from "./recorded-connection.ts";
import type { ReplayClientOptions, ReplayClientReport, ReplayDifference } from "./replay-client-options.ts";
import { RuleSet, serverDocuments } from "./rules.ts";
import { ServerValues } from "./server-values.ts";
import { Variables } from "./variables.ts";

type Action =
	| { readonly kind: "open"; readonly timeUs: number; readonly order: number; readonly client: LiveClient }
	| { readonly kind: "end"; readonly timeUs: number; readonly order: number; readonly client: LiveClient }
	| {
			readonly kind: "send";
			readonly timeUs: number;
			readonly order: number;
			readonly client: LiveClient;
			readonly document: RecordedDocument;
	  };

/** The message of an aborted replay. */
export const ABORTED = "The replay was aborted.";
const MOST_DIFFERENCES = 1000;
/** So long it waits in any case for a server that did not answer before. */
const LEAST_PATIENCE_MS = 250;
/** How long to wait for documents that the recording does not have, when everything was played. */
const SETTLE_MS = 200;
/** How long a server may take to close its side when everything was played. */
const LEAVE_MS = 500;

/** One replay. */
export class ClientReplay {
	readonly #address: string;
	readonly #options: ReplayClientOptions;
	readonly #clients: readonly LiveClient[];
	readonly #actions: readonly Action[];
	readonly #scheduler = new Scheduler(nodeClock, (error) => {
		throw error;
	});
	readonly #differences: ReplayDifference[] = [];
	#differing = 0;
	#maskedSent = 0;
	#patienceMs: number;
	#wake: (() => void) | undefined = undefined;
	#aborted = false;

	constructor(recording: LoadedRecording, address: string, options: ReplayClientOptions) {
		this.#address = address;
		this.#options = options;
		this.#patienceMs = options.timeoutMs ?? 5000;
		const codec = textCodec(recording.info.encoding);
		const ignored = new IgnoredFields(options.ignore ?? []);
		const rules = new RuleSet(options.rules ?? [], "client", codec);
		const connections = recordedConnections(recording, "client", codec);
		if (connections.length === 0) {
			throw new XMLSocketError(
				"XMLSOCKET_RECORDING_EMPTY",
				"The recording has no documents, so there is nothing to play.",
			);
		}
		this.#clients = connections.map((recorded) => {
			const variables = new Variables(true);
			const values = new ServerValues(recorded, rules.names, recording.info.startedMs);
			const isExcepted = serverDocuments(options.except, recorded.number, codec);
			const report = (difference: AnswerDifference): void => this.#reportAnswer(recorded.number, difference);
			return new LiveClient({
				recorded,
				codec,
				terminator: recording.info.terminator,
				variables,
				expected: new ExpectedAnswers(recorded, variables, ignored, values, report, isExcepted),
				findRule: rules.counter(),
				onChange: () => this.#wake?.(),
			});
		});
		this.#actions = this.#clients.flatMap(actionsOf).sort((a, b) => a.order - b.order);
	}

	abort(): void {
		this.#aborted = true;
		this.#wake?.();
	}

	async run(): Promise<ReplayClientReport> {
		try {
			let previous: { readonly timeUs: number; readonly atMs: number } | undefined;
			for (const action of this.#actions) {
				await this.#answersUntil(action.order);
				await this.#pace(action.timeUs, previous);
				previous = { timeUs: action.timeUs, atMs: performance.now() };
				await this.#do(action);
			}
			await this.#answersUntil(Number.POSITIVE_INFINITY);
			await this.#ends();
			await this.#until(() => this.#clients.every(({ isOpen }) => !isOpen), SETTLE_MS);
			// On a busy machine, what has arrived meanwhile may not have been read.
			await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
			for (const client of this.#clients) client.leave();
			await this.#until(() => this.#clients.every(({ isOpen }) => !isOpen), LEAVE_MS);
		} finally {
			for (const client of this.#clients) client.destroy();
		}
		for (const { parts } of this.#clients) parts.expected.finish();
		return this.#summary();
	}

	async #do(action: Action): Promise<void> {
		const { client } = action;
		const { number } = client.parts.recorded;
		if (action.kind === "open") {
			const { connectTimeoutMs = 20_000, insecure, ca, origin, signal } = this.#options;
			await client.open(
				{ address: this.#address, timeoutMs: connectTimeoutMs, insecure, ca, origin, signal },
				this.#scheduler,
			);
		} else if (action.kind === "end") client.end();
		else if (client.isOpen) {
			if (client.send(action.document) && action.document.isMasked) this.#maskedSent++;
		} else if (!this.#reportedClosed.has(number)) {
			// Reported once, at the first document that can no longer be sent.
			this.#reportedClosed.add(number);
			this.#report({ kind: "closed", connection: number, after: client.sent, fields: [] });
		}
	}

	readonly #reportedClosed = new Set<number>();

	// What was recorded before this place, on any connection. A server that does not answer would cost the whole time at each document, so the
	// wait becomes shorter each time, until an answer comes.
	async #answersUntil(order: number): Promise<void> {
		const { timeoutMs = 5000 } = this.#options;
		for (const { parts } of this.#clients) parts.expected.expectUntil(order);
		const waiting = (): boolean => this.#clients.some((client) => client.isOpen && client.parts.expected.isWaiting);
		const found = this.#found();
		await this.#until(() => !waiting(), this.#patienceMs);
		const isSilent = waiting() && this.#found() === found;
		this.#patienceMs = isSilent ? Math.max(this.#patienceMs / 2, Math.min(timeoutMs, LEAST_PATIENCE_MS)) : timeoutMs;
		for (const { parts } of this.#clients) parts.expected.giveUp();
	}

	#found(): number {
		return this.#clients.reduce((total, { parts }) => total + parts.expected.found, 0);
	}

	// Where the recorded server ended a connection, this one must too.
	async #ends(): Promise<void> {
		const { timeoutMs = 5000 } = this.#options;
		const ending = this.#clients.filter(({ parts }) => parts.recorded.serverEndUs !== undefined);
		await this.#until(() => ending.every(({ isOpen }) => !isOpen), timeoutMs);
		for (const client of ending) {
			if (client.isOpen)
				this.#report({ kind: "open", connection: client.parts.recorded.number, after: client.sent, fields: [] });
		}
	}

	async #pace(timeUs: number, previous: { readonly timeUs: number; readonly atMs: number } | undefined): Promise<void> {
		const { speed = 0 } = this.#options;
		if (speed === 0 || !previous) return;
		const dueMs = previous.atMs + (timeUs - previous.timeUs) / 1000 / speed;
		await this.#until(() => performance.now() >= dueMs, Math.max(0, dueMs - performance.now()));
	}

	// Resolves when `isDone`, or after the time. Every change of a connection checks again.
	async #until(isDone: () => boolean, timeoutMs: number): Promise<void> {
		const deadlineMs = performance.now() + timeoutMs;
		while (!isDone()) {
			const leftMs = deadlineMs - performance.now();
			if (leftMs <= 0) break;
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
				if (this.#aborted) this.#wake();
			});
			this.#wake = undefined;
			if (this.#aborted) throw abortedError(ABORTED, this.#options.signal!);
		}
	}

	#reportAnswer(connection: number, { kind, after, recorded, live, fields }: AnswerDifference): void {
		this.#report({
			kind,
			connection,
			after,
			...(recorded ? { recorded: excerpt(recorded.text) } : {}),
			...(live ? { live: excerpt(live.text) } : {}),
			fields: fields.slice(0, 100).map((field) => ({
				path: field.path,
				recorded: field.recorded === undefined ? undefined : excerpt(field.recorded),
				live: field.live === undefined ? undefined : excerpt(field.live),
			})),
		});
	}

	#report(difference: ReplayDifference): void {
		this.#differing++;
		if (this.#differences.length < MOST_DIFFERENCES) this.#differences.push(difference);
		this.#options.onDifference?.(difference);
	}

	#summary(): ReplayClientReport {
		const sum = (count: (client: LiveClient) => number): number =>
			this.#clients.reduce((total, client) => total + count(client), 0);
		return {
			ok: this.#differing === 0,
			connections: this.#clients.length,
			sent: sum(({ sent }) => sent),
			received: sum(({ parts }) => parts.expected.received),
			expected: sum(({ parts }) => parts.expected.size),
			differing: this.#differing,
			differences: [...this.#differences],
			maskedSent: this.#maskedSent,
		};
	}
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

function actionsOf(client: LiveClient): Action[] {
	const { openedUs, openedOrder, exchanges, clientEndUs, clientEndOrder } = client.parts.recorded;
	const actions: Action[] = [{ kind: "open", timeUs: openedUs, order: openedOrder, client }];
	for (const { request } of exchanges)
		actions.push({ kind: "send", timeUs: request.timeUs, order: request.order, client, document: request });
	if (clientEndUs !== undefined && clientEndOrder !== undefined)
		actions.push({ kind: "end", timeUs: clientEndUs, order: clientEndOrder, client });
	return actions;
}
