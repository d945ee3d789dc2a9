// The rules that a user writes for a replay: what else to answer to some documents, or which values to set. They come before the recording.
// docs/guide/replay.md, "Rules".

import { nearestName, XMLSocketError } from "../../errors/index.ts";
import type { TextCodec } from "../../wire/index.ts";
import { type Direction, decodeDocument, exactDecode, type Filter, parseFilter } from "../traffic/index.ts";
import type { Field, ParsedDocument } from "./field.ts";
import { type Lookup, parseTemplate, type Template } from "./template.ts";

/** One rule. */
export interface ReplayRule {
	/** Which documents of the client it is for: a filter, as for `inspect --filter`. */
	readonly match: string;
	/** What the server sends instead of the recorded answers. Templates; an empty list: nothing. As the client: not allowed. */
	readonly answers?: readonly string[];
	/** Values for fields, by name or path: of the recorded answers as the server, of the document itself as the client. Templates. */
	readonly set?: Readonly<Record<string, string>>;
	/** Milliseconds before the answers. @default 0 */
	readonly delayMs?: number;
	/** Whether the server ends the connection after the answers. @default false */
	readonly close?: boolean;
	/** As the client: do not send the document. @default false */
	readonly skip?: boolean;
	/** How many documents of a connection it is for at most. @default no limit */
	readonly times?: number;
}

/** A rule that fits a document. */
export interface MatchedRule {
	readonly answers: readonly Template[] | undefined;
	readonly delayMs: number;
	readonly close: boolean;
	readonly skip: boolean;
	/** The values that it sets in a document. */
	valuesFor(document: ParsedDocument, lookup: Lookup): Map<Field, string>;
}

interface ReadRule extends MatchedRule {
	readonly filter: Filter;
	readonly times: number;
	readonly names: ReadonlySet<string>;
}

/** The latest live values of one connection by field name, for templates. */
export class SeenValues {
	readonly #values = new Map<string, string>();

	/** Remembers the values of a document. */
	note(document: ParsedDocument): void {
		for (const { name, path, value } of document.fields) {
			this.#values.set(name, value);
			this.#values.set(path, value);
		}
		while (this.#values.size > MOST_SEEN) this.#values.delete(this.#values.keys().next().value!);
	}

	/** Finds values: first in `document`, then in what was seen before. */
	lookup(document: ParsedDocument): Lookup {
		return (name) => {
			const own = document.paths.get(name) ?? document.fields.find((field) => field.name === name);
			return own?.value ?? this.#values.get(name) ?? "";
		};
	}
}

/** The rules of a replay. */
export class RuleSet {
	/** The fields whose values the rules use. */
	readonly names: ReadonlySet<string>;
	readonly #rules: readonly ReadRule[];
	readonly #codec: TextCodec;

	/** @throws XMLSOCKET_REPLAY_RULES_INVALID, XMLSOCKET_FILTER_INVALID */
	constructor(rules: readonly ReplayRule[], side: Direction, codec: TextCodec) {
		this.#rules = rules.map((rule, index) => readRule(rule, index, side));
		this.names = new Set(this.#rules.flatMap(({ names }) => [...names]));
		this.#codec = codec;
	}

	/** Begins to count for a connection: finds the first rule for a document of the client. */
	counter(): (document: ParsedDocument, connection: number) => MatchedRule | undefined {
		const left = this.#rules.map(({ times }) => times);
		return (document, connection) => {
			if (this.#rules.length === 0) return undefined;
			const { bytes } = document;
			const event = {
				kind: "document",
				direction: "client",
				ending: "terminated",
				connection,
				time: 0,
				bytes,
			} as const;
			const decoded = decodeDocument(bytes, exactDecode(this.#codec));
			const found = this.#rules.findIndex((rule, index) => left[index]! > 0 && rule.filter.matches(event, decoded));
			if (found < 0) return undefined;
			left[found]!--;
			return this.#rules[found];
		};
	}
}

/** Tests filters on one document. */
function filterInput(
	{ bytes }: ParsedDocument,
	direction: Direction,
	connection: number,
	codec: TextCodec,
): (filter: Filter) => boolean {
	const event = { kind: "document", direction, ending: "terminated", connection, time: 0, bytes } as const;
	const decoded = decodeDocument(bytes, exactDecode(codec));
	return (filter) => filter.matches(event, decoded);
}

/** Which documents of the server a filter names. @throws XMLSOCKET_FILTER_INVALID */
export function serverDocuments(
	filterText: string | undefined,
	connection: number,
	codec: TextCodec,
): (document: ParsedDocument) => boolean {
	if (filterText === undefined) return () => false;
	const filter = parseFilter(filterText);
	return (document) => filterInput(document, "server", connection, codec)(filter);
}

/**
 * Reads the text of a rule file: `{"rules": [{"match": "login", "answers": ["<ok/>"]}]}`.
 *
 * @throws XMLSOCKET_REPLAY_RULES_INVALID
 */
export function parseReplayRules(text: string): ReplayRule[] {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw invalid(`The rules are not JSON: ${(cause as Error).message}.`, cause);
	}
	const rules = isObject(value) ? value.rules : undefined;
	if (!Array.isArray(rules)) throw invalid('The rules must be an object with a list "rules".');
	return rules as ReplayRule[];
}

const MOST_SEEN = 10_000;
const MOST_RULES_TIMES = Number.MAX_SAFE_INTEGER;
const LONGEST_DELAY_MS = 2 ** 31 - 1;
const KEYS: readonly string[] = ["match", "answers", "set", "delayMs", "close", "skip", "times"];

function readRule(rule: ReplayRule, index: number, side: Direction): ReadRule {
	const where = `Rule ${index + 1}`;
	if (!isObject(rule)) throw invalid(`${where} is no object.`);
	for (const key of Object.keys(rule)) {
		if (KEYS.includes(key)) continue;
		const near = nearestName(key, KEYS);
		throw invalid(`${where} has an unknown key "${key}"${near ? `; did you mean "${near}"?` : "."}`);
	}
	const { match, answers, set = {}, delayMs = 0, close = false, skip = false, times = MOST_RULES_TIMES } = rule;
	if (typeof match !== "string") throw invalid(`${where} needs "match", a filter.`);
	if (answers !== undefined && !isTexts(answers)) throw invalid(`${where}: "answers" must be a list of texts.`);
	if (!isObject(set) || !isTexts(Object.values(set)))
		throw invalid(`${where}: "set" must be an object of texts, by field name.`);
	if (!isCount(delayMs, LONGEST_DELAY_MS)) throw invalid(`${where}: "delayMs" must be milliseconds from 0.`);
	if (!isCount(times, MOST_RULES_TIMES)) throw invalid(`${where}: "times" must be a whole number from 0.`);
	if (typeof close !== "boolean" || typeof skip !== "boolean")
		throw invalid(`${where}: "close" and "skip" must be true or false.`);
	if (side === "client" && (answers || close))
		throw invalid(`${where}: the client's side has no "answers" and no "close".`);
	if (side === "server" && skip) throw invalid(`${where}: the server's side has no "skip".`);
	const templates = new Map(Object.entries(set).map(([name, text]) => [name, parseTemplate(text)]));
	const answering = answers?.map(parseTemplate);
	return {
		filter: parseFilter(match),
		names: new Set([...templates.values(), ...(answering ?? [])].flatMap(({ names }) => [...names])),
		answers: answering,
		delayMs,
		close,
		skip,
		times,
		valuesFor(document, lookup) {
			const values = new Map<Field, string>();
			for (const field of document.fields) {
				const template = templates.get(field.path) ?? templates.get(field.name);
				if (template) values.set(field, template.asValue(lookup));
			}
			return values;
		},
	};
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function isCount(value: unknown, most: number): boolean {
	return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function invalid(message: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_REPLAY_RULES_INVALID", message, cause === undefined ? {} : { cause });
}
