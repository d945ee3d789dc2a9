// One live connection that replay answers from a recorded one: finds what each document corresponds to, and queues its recorded answers with
// this session's values and the recorded delays.

import type { Peer, Session } from "../../application/index.ts";
import type { TextCodec } from "../../wire/index.ts";
import { AnswerQueue, type DueAnswer } from "./answer-queue.ts";
import { excerpt } from "./excerpt.ts";
import type { ParsedDocument } from "./field.ts";
import type { IgnoredFields } from "./ignored-fields.ts";
import { parseDocument, withValues } from "./parse-document.ts";
import type { RecordedConnection, RecordedDocument } from "./recorded-connection.ts";
import type { ReplayEvent } from "./replay-events.ts";
import { type ExchangeIndex, type MatchResult, RequestMatcher } from "./request-matcher.ts";
import { type MatchedRule, type RuleSet, SeenValues } from "./rules.ts";
import type { Lookup } from "./template.ts";
import { Variables } from "./variables.ts";

/** A recorded connection, ready to be played. */
export interface PlayableConnection {
	readonly recorded: RecordedConnection;
	readonly index: ExchangeIndex;
}

/** What a session needs of its server. */
export interface SessionHost {
	readonly codec: TextCodec;
	readonly terminator: Uint8Array;
	readonly ignored: IgnoredFields;
	readonly rules: RuleSet;
	/** Factor on the recorded pace; 0: at once. */
	readonly speed: number;
	readonly strict: boolean;
	readonly order: "any" | "recorded";
	/** The recorded connection that a first document shows; the one that was chosen when the client connected, or another one. */
	choose(current: PlayableConnection, first: ParsedDocument, hasGreeted: boolean): PlayableConnection;
	report(event: ReplayEvent): void;
	ended(session: ReplaySession): void;
}

/** One live connection. */
export class ReplaySession implements Session<"bytes"> {
	readonly number: number;
	matched = 0;
	unmatched = 0;
	readonly #peer: Peer;
	readonly #host: SessionHost;
	readonly #queue: AnswerQueue;
	readonly #variables = new Variables(false);
	readonly #seen = new SeenValues();
	readonly #findRule: (document: ParsedDocument, connection: number) => MatchedRule | undefined;
	#playing: PlayableConnection;
	#matcher: RequestMatcher;
	#documents = 0;
	#sent = 0;

	constructor(number: number, peer: Peer, playing: PlayableConnection, host: SessionHost) {
		this.number = number;
		this.#peer = peer;
		this.#host = host;
		this.#playing = playing;
		this.#matcher = new RequestMatcher(playing.index, this.#variables, host.ignored);
		this.#queue = new AnswerQueue(peer, host.terminator, () => this.#sent++);
		this.#findRule = host.rules.counter();
		this.#greet();
	}

	/** The recorded connection that it plays. */
	get playing(): PlayableConnection {
		return this.#playing;
	}

	document(bytes: Uint8Array): void {
		const host = this.#host;
		const live = parseDocument(bytes.subarray(0, bytes.length - host.terminator.length), host.codec);
		if (this.#documents++ === 0) this.#choose(live);
		const rule = this.#findRule(live, this.number);
		const result = host.order === "recorded" ? this.#matcher.matchInOrder(live) : this.#matcher.match(live);
		if (result.kind === "unmatched" && !rule?.answers) this.#refuse(live, result);
		else {
			this.matched++;
			if (result.kind === "matched" && result.differences.length > 0 && !rule) {
				const { index, differences } = result;
				host.report({ kind: "values", connection: this.number, request: index + 1, differences });
			}
			this.#answer(result, rule, this.#seen.lookup(live));
		}
		this.#seen.note(live);
		this.#queue.run();
	}

	ended(): Promise<void> {
		return this.#queue.empty();
	}

	closed(): void {
		this.#queue.stop();
		const remaining = this.#playing.recorded.exchanges.length - this.#matcher.next;
		this.#host.report({
			kind: "close",
			connection: this.number,
			matched: this.matched,
			unmatched: this.unmatched,
			remaining,
		});
		this.#host.ended(this);
	}

	#greet(): void {
		const { recorded } = this.#playing;
		this.#queue.add(this.#due(recorded.greeting, -1, recorded.openedUs));
		if (recorded.exchanges.length === 0) this.#addEnd(-1, recorded.openedUs);
		this.#queue.run();
	}

	// Connections that were open at the same time can come in another order.
	#choose(first: ParsedDocument): void {
		const chosen = this.#host.choose(this.#playing, first, this.#sent > 0);
		if (chosen === this.#playing) return;
		this.#playing = chosen;
		this.#matcher = new RequestMatcher(chosen.index, this.#variables, this.#host.ignored);
	}

	#answer(result: MatchResult, rule: MatchedRule | undefined, lookup: Lookup): void {
		const nowMs = performance.now();
		const { exchanges, serverEndUs } = this.#playing.recorded;
		const index = result.kind === "matched" ? result.index : this.#matcher.next - 1;
		const isRepeated = result.kind === "matched" && result.isRepeated;
		if (!isRepeated) this.#queue.hurry(index, nowMs);
		const exchange = result.kind === "matched" ? exchanges[index] : undefined;
		if (rule?.answers) this.#queue.add(this.#ruled(rule, index, nowMs, lookup));
		else if (exchange) this.#queue.add(this.#due(exchange.answers, index, exchange.request.timeUs, rule, lookup));
		if (rule?.close)
			this.#queue.add([{ bytes: undefined, isTerminated: false, exchange: index, dueMs: nowMs + rule.delayMs }]);
		else if (exchange && !isRepeated && index === exchanges.length - 1 && serverEndUs !== undefined)
			this.#addEnd(index, exchange.request.timeUs);
	}

	#addEnd(exchange: number, sinceUs: number): void {
		const { serverEndUs } = this.#playing.recorded;
		if (serverEndUs === undefined) return;
		this.#queue.add([
			{
				bytes: undefined,
				isTerminated: false,
				exchange,
				dueMs: performance.now() + this.#delayMs(sinceUs, serverEndUs),
			},
		]);
	}

	#due(
		answers: readonly RecordedDocument[],
		exchange: number,
		sinceUs: number,
		rule?: MatchedRule,
		lookup?: Lookup,
	): DueAnswer[] {
		const nowMs = performance.now() + (rule?.delayMs ?? 0);
		return answers.map((answer) => ({
			bytes: this.#bytesOf(answer, rule, lookup),
			isTerminated: answer.isTerminated,
			exchange,
			dueMs: nowMs + this.#delayMs(sinceUs, answer.timeUs),
		}));
	}

	#ruled(rule: MatchedRule, exchange: number, nowMs: number, lookup: Lookup): DueAnswer[] {
		return (rule.answers ?? []).map((template) => ({
			bytes: this.#host.codec.encode(template.asDocument(lookup)),
			isTerminated: true,
			exchange,
			dueMs: nowMs + rule.delayMs,
		}));
	}

	#delayMs(fromUs: number, toUs: number): number {
		const { speed } = this.#host;
		return speed === 0 ? 0 : Math.max(0, toUs - fromUs) / 1000 / speed;
	}

	// What has no other values is sent as it was recorded, byte for byte.
	#bytesOf(answer: RecordedDocument, rule?: MatchedRule, lookup?: Lookup): Uint8Array {
		if (!rule && this.#variables.isEmpty) return answer.bytes;
		const values = this.#variables.replacements(answer.parsed, true);
		if (rule && lookup) for (const [field, value] of rule.valuesFor(answer.parsed, lookup)) values.set(field, value);
		return values.size > 0 ? this.#host.codec.encode(withValues(answer.parsed, values)) : answer.bytes;
	}

	#refuse(live: ParsedDocument, result: MatchResult & { kind: "unmatched" }): void {
		this.unmatched++;
		const { nearest } = result;
		this.#host.report({
			kind: "unmatched",
			connection: this.number,
			document: excerpt(live.text),
			...(nearest === undefined
				? {}
				: {
						nearest: {
							request: nearest + 1,
							document: excerpt(this.#playing.recorded.exchanges[nearest]!.request.parsed.text),
						},
					}),
			differences: result.differences.map(({ path, recorded, live: now }) => ({
				path,
				recorded: recorded === undefined ? undefined : excerpt(recorded),
				live: now === undefined ? undefined : excerpt(now),
			})),
		});
		if (this.#host.strict) {
			this.#queue.stop();
			this.#peer.end();
		}
	}
}
