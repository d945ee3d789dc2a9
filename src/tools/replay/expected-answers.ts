// What a server is expected to send on one connection, and what it sends. Pure: documents in, differences out. It finds the recorded document of
// each live one: the next in order, an equal one, or one with other values.

import {
	asDifferences,
	type Comparison,
	compare,
	type FieldDifference,
	type FieldPair,
	similarity,
} from "./compare.ts";
import type { ParsedDocument } from "./field.ts";
import type { IgnoredFields } from "./ignored-fields.ts";
import type { RecordedConnection, RecordedDocument } from "./recorded-connection.ts";
import { isSelector } from "./selectors.ts";
import type { ServerValues } from "./server-values.ts";
import type { Variables } from "./variables.ts";

/** An answer that is not as recorded. */
export interface AnswerDifference {
	readonly kind: "missing" | "extra" | "different";
	/** How many documents the client had sent before it, in the recording, or now for `extra`. */
	readonly after: number;
	readonly recorded: ParsedDocument | undefined;
	readonly live: ParsedDocument | undefined;
	readonly fields: readonly FieldDifference[];
}

interface Expected {
	readonly document: RecordedDocument;
	readonly after: number;
	/** Whether it came, or is no longer waited for. */
	state: "awaited" | "late" | "found";
}

/** The answers of one connection. */
export class ExpectedAnswers {
	/** Documents that came. */
	received = 0;
	/** Documents that were found in the recording, with known differences or without. */
	found = 0;
	readonly #expected: readonly Expected[];
	readonly #variables: Variables;
	readonly #ignored: IgnoredFields;
	readonly #values: ServerValues;
	readonly #report: (difference: AnswerDifference) => void;
	readonly #isExcepted: (document: ParsedDocument) => boolean;
	/** Live documents without a place. */
	#unplaced: { readonly document: ParsedDocument; readonly after: number }[] = [];
	/** The first expected document that has not been found. */
	#first = 0;
	#until = 0;
	#sent = 0;

	/** @param isExcepted which documents of the server do not count. Default: none. */
	constructor(
		connection: RecordedConnection,
		variables: Variables,
		ignored: IgnoredFields,
		values: ServerValues,
		report: (difference: AnswerDifference) => void,
		isExcepted: (document: ParsedDocument) => boolean = () => false,
	) {
		this.#isExcepted = isExcepted;
		this.#variables = variables;
		this.#ignored = ignored;
		this.#values = values;
		this.#report = report;
		this.#expected = [
			...this.#counted(connection.greeting).map((document) => ({ document, after: 0, state: "awaited" as const })),
			...connection.exchanges.flatMap(({ answers }, index) =>
				this.#counted(answers).map((document) => ({ document, after: index + 1, state: "awaited" as const })),
			),
		];
	}

	/** How many documents are expected in all. */
	get size(): number {
		return this.#expected.length;
	}

	/** The client has sent its next document. */
	sent(): void {
		this.#sent++;
		this.#variables.nextExchange();
	}

	/** From here on, everything that was recorded before `order` is due. */
	expectUntil(order: number): void {
		this.#until = order;
		const unplaced = this.#unplaced;
		this.#unplaced = [];
		for (const { document, after } of unplaced) this.#place(document, after);
		this.#pairSimilar();
	}

	/** Whether a document that is due is still awaited. */
	get isWaiting(): boolean {
		return this.#due().some(({ state }) => state === "awaited");
	}

	/** Stops waiting for what is due. It may still come. */
	giveUp(): void {
		if (!this.isWaiting) return;
		this.#pairSimilar(true);
		for (const expected of this.#due()) if (expected.state === "awaited") expected.state = "late";
	}

	/** A document came. */
	receive(document: ParsedDocument): void {
		if (this.#isExcepted(document)) return;
		this.received++;
		this.#place(document, this.#sent);
		if (this.isWaiting) this.#pairSimilar();
	}

	/** The connection is over: reports what did not come, and what came without a place. */
	finish(): void {
		this.#until = Number.POSITIVE_INFINITY;
		this.#pairSimilar(true);
		for (const { document, after, state } of this.#expected) {
			if (state !== "found")
				this.#report({ kind: "missing", after, recorded: document.parsed, live: undefined, fields: [] });
		}
		for (const { document, after } of this.#unplaced)
			this.#report({ kind: "extra", after, recorded: undefined, live: document, fields: [] });
		this.#unplaced = [];
	}

	#counted(answers: readonly RecordedDocument[]): RecordedDocument[] {
		return answers.filter(({ parsed }) => !this.#isExcepted(parsed));
	}

	#place(live: ParsedDocument, after: number): void {
		const pending = this.#pending();
		let loose: { expected: Expected; changed: readonly FieldPair[] } | undefined;
		for (const expected of pending) {
			if (expected.document.parsed.paths.size !== live.paths.size) continue;
			const { comparison, changed } = this.#differences(expected.document, live);
			if (!comparison.sameShape || changed.some(({ recorded }) => isSelector(recorded, live))) continue;
			if (changed.length === 0) {
				this.#find(expected, live, []);
				return;
			}
			const isDue = expected.document.order < this.#until;
			if (isDue && (!loose || changed.length < loose.changed.length)) loose = { expected, changed };
		}
		if (loose) this.#find(loose.expected, live, asDifferences(loose.changed));
		else if (this.#unplaced.length < MOST_UNPLACED) this.#unplaced.push({ document: live, after });
		else this.#report({ kind: "extra", after, recorded: undefined, live, fields: [] });
	}

	// Where as many documents came as are awaited, those that are alike belong together, though they have other fields.
	#pairSimilar(isEnd = false): void {
		const awaited = this.#due().filter(({ state }) => state === "awaited" || (isEnd && state === "late"));
		if (!isEnd && this.#unplaced.length < awaited.length) return;
		for (const expected of awaited) {
			const { parsed } = expected.document;
			let best: { at: number; found: number } | undefined;
			for (const [at, { document }] of this.#unplaced.entries()) {
				const found = similarity(parsed, document);
				if (found >= LEAST_SIMILARITY && (!best || found > best.found)) best = { at, found };
			}
			if (!best) continue;
			const [live] = this.#unplaced.splice(best.at, 1);
			const { comparison, changed } = this.#differences(expected.document, live!.document);
			this.#find(expected, live!.document, [...asDifferences(changed), ...comparison.others]);
		}
	}

	#find(expected: Expected, live: ParsedDocument, fields: FieldDifference[]): void {
		expected.state = "found";
		this.found++;
		while (this.#expected[this.#first]?.state === "found") this.#first++;
		const { parsed } = expected.document;
		this.#variables.learn(parsed, live, (pair) => this.#isAllowed(pair, expected.document));
		if (fields.length > 0) this.#report({ kind: "different", after: expected.after, recorded: parsed, live, fields });
	}

	#differences(
		recorded: RecordedDocument,
		live: ParsedDocument,
	): { comparison: Comparison; changed: readonly FieldPair[] } {
		const comparison = compare(recorded.parsed, live);
		const changed = comparison.changed.filter(
			(pair) => !this.#isAllowed(pair, recorded) && !this.#variables.explains(pair),
		);
		return { comparison, changed };
	}

	#isAllowed(pair: FieldPair, { isMasked, order }: RecordedDocument): boolean {
		return this.#ignored.hasPair(pair, isMasked) || this.#values.has(pair, order, Date.now());
	}

	#pending(): Expected[] {
		const found: Expected[] = [];
		for (let at = this.#first; at < this.#expected.length && found.length < MOST_COMPARED; at++) {
			const expected = this.#expected[at]!;
			if (expected.state !== "found") found.push(expected);
		}
		return found;
	}

	#due(): Expected[] {
		const found: Expected[] = [];
		for (let at = this.#first; at < this.#expected.length; at++) {
			const expected = this.#expected[at]!;
			if (expected.document.order >= this.#until) break;
			if (expected.state !== "found") found.push(expected);
		}
		return found;
	}
}

/** A live document is compared with this many recorded ones at most. */
const MOST_COMPARED = 200;
const MOST_UNPLACED = 1000;
const LEAST_SIMILARITY = 0.4;
