// The entries of `socketProxy` in a page's scripts: the list with which Ruffle opens sockets. The scripts are read, not run.

import { readSocketProxyScript } from "../../gateway/site/socket-proxy.ts";
import { Expression, Variables } from "./script-expression.ts";
import { MAX_TOKENS, type Token, tokensOf } from "./script-tokens.ts";
import { UNKNOWN, type Value, type ValueMap } from "./script-value.ts";

/** An entry that could be read. */
export interface ConfiguredEntry {
	readonly host: string;
	readonly port: number;
	/** As the page gives it to the browser's WebSocket. */
	readonly proxyUrl: string;
}

/** What was found. */
export interface RuffleConfig {
	/** In the order of the scripts; Ruffle takes the first that fits. */
	readonly entries: readonly ConfiguredEntry[];
	/** Whether there is a `socketProxy` at all. */
	readonly isPresent: boolean;
	/** How many entries, or lists, follow only when the script runs. */
	readonly unreadable: number;
	/** The folder of Ruffle's files as the page configures it; undefined: that of ruffle.js. */
	readonly publicPath: string | undefined;
	/** Names that Ruffle ignores, spelled almost like `socketProxy`. */
	readonly misspelled: readonly string[];
	/** Mistakes with which Ruffle does not play the movie, as sentences. */
	readonly mistakes: readonly string[];
}

/** A script of the page, with its address. */
export interface ReadScript {
	readonly text: string;
	readonly url: URL;
}

const MAX_ENTRIES = 500;
const NEARLY = /^socket[-_]?prox(?:y|ies|ys)$/i;

/** Reads the scripts of a page in their order. @param page its address, without credentials */
export function readRuffleConfig(scripts: readonly ReadScript[], page: URL): RuffleConfig {
	const found = new Findings();
	const variables = new Variables(page);
	const tokenized = scripts.map((script) => {
		const ours = readSocketProxyScript(script.text, script.url, page.hostname);
		if (ours) return { ours, tokens: [] };
		const tokens = tokensOf(script.text);
		variables.collect(tokens);
		// The list may be in the part that is not read.
		if (tokens.length >= MAX_TOKENS && script.text.includes("socketProxy")) found.unreadable++;
		return { ours, tokens };
	});
	for (const { ours, tokens } of tokenized) {
		if (ours) {
			found.isPresent = true;
			found.entries.push(...ours);
		} else readTokens(tokens, variables, found);
	}
	if (found.isReplaced && found.entries.length === 0 && found.unreadable === 0)
		found.mistakes.push(
			"A later script assigns window.RufflePlayer or its config again, without socketProxy: that replaces the list, so Ruffle opens no socket.",
		);
	const { isPresent, unreadable, publicPath, misspelled, mistakes } = found;
	return { entries: found.entries.slice(0, MAX_ENTRIES), isPresent, unreadable, publicPath, misspelled, mistakes };
}

class Findings {
	entries: ConfiguredEntry[] = [];
	/** Those of `window.RufflePlayer`, which a later assignment replaces. */
	readonly ofPage = new Set<ConfiguredEntry>();
	isReplaced = false;
	isPresent = false;
	unreadable = 0;
	publicPath: string | undefined = undefined;
	readonly misspelled: string[] = [];
	readonly mistakes: string[] = [];
}

function readTokens(tokens: readonly Token[], variables: Variables, found: Findings): void {
	const isMark = (at: number, text: string): boolean => {
		const token = tokens[at];
		return token?.kind === "punctuation" && token.text === text;
	};
	let endOfPageConfig = 0;
	for (let at = 0; at < tokens.length; at++) {
		const token = tokens[at]!;
		if (token.kind !== "name" && token.kind !== "string") continue;
		if (token.text === "RufflePlayer")
			endOfPageConfig = Math.max(endOfPageConfig, readPageConfig(tokens, at, variables, found));
		if (token.text === "publicPath" && (isMark(at + 1, ":") || isMark(at + 1, "="))) {
			const folder = new Expression(tokens, at + 2, variables).value();
			if (typeof folder === "string") found.publicPath ??= folder;
		}
		if (found.entries.length >= MAX_ENTRIES) return;
		if (!NEARLY.test(token.text)) continue;
		let next = at + 1;
		if (isMark(next, "]")) next++;
		const isPush = isMark(next, ".") && tokens[next + 1]?.kind === "name" && isMark(next + 2, "(");
		const isSet = isMark(next, ":") || isMark(next, "=");
		if (!isPush && !isSet) continue;
		if (token.text !== "socketProxy") {
			// A variable may have any name; a key of the configuration may not.
			if (isMark(next, ":")) found.misspelled.push(token.text);
			continue;
		}
		const expression = new Expression(tokens, next + (isPush ? 3 : 1), variables);
		found.isPresent = true;
		if (isSet && isFunction(tokens, next + 1)) {
			found.mistakes.push("socketProxy is a function, but Ruffle takes only a list of entries.");
			continue;
		}
		const before = found.entries.length;
		if (isPush) {
			const { text: name } = tokens[next + 1] as { text: string };
			if (name === "push" || name === "unshift") for (const entry of expression.list(")")) addEntry(entry, found);
		} else addList(expression.value(), found);
		const isOfPage = at < endOfPageConfig || isPush || isMark(next, "=");
		if (isOfPage) for (const entry of found.entries.slice(before)) found.ofPage.add(entry);
	}
}

/**
 * Reads `RufflePlayer = …` and `RufflePlayer.config = …`: an object that is assigned again replaces the entries of the first one, and one
 * that is not known may have entries.
 *
 * @returns where the object ends; 0 if there is none.
 */
function readPageConfig(tokens: readonly Token[], start: number, variables: Variables, found: Findings): number {
	const textAt = (at: number): string | undefined => {
		const token = tokens[at];
		return token?.kind === "punctuation" || token?.kind === "name" || token?.kind === "string" ? token.text : undefined;
	};
	let at = start + 1;
	if (textAt(at) === "]") at++;
	const isConfig = textAt(at) === "." && textAt(at + 1) === "config";
	if (isConfig) at += 2;
	if (textAt(at) !== "=") return 0;
	const expression = new Expression(tokens, at + 1, variables);
	const value = expression.value();
	const config = isConfig ? value : value instanceof Map ? (value as ValueMap).get("config") : undefined;
	if (config === UNKNOWN) found.unreadable++;
	const text = tokens.slice(at + 1, expression.at);
	const keepsOld = text.some((token) => token.kind === "punctuation" && token.text === "...");
	// `if (!window.RufflePlayer) window.RufflePlayer = {…}` does nothing where there is one.
	const first = textAt(start - 1) === "." ? start - 2 : start;
	const isConditional = textAt(first - 1) === ")" || (textAt(first - 1) === "{" && textAt(first - 2) === ")");
	if (textAt(at + 1) !== "{" || !(value instanceof Map) || value.size === 0 || keepsOld || isConditional)
		return expression.at;
	if (found.entries.some((entry) => found.ofPage.has(entry))) {
		found.entries = found.entries.filter((entry) => !found.ofPage.has(entry));
		found.isReplaced = true;
	}
	return expression.at;
}

/** Whether a function is at a position. */
function isFunction(tokens: readonly Token[], start: number): boolean {
	const first = tokens[start];
	if (first?.kind === "name" && (first.text === "function" || first.text === "async")) return true;
	let at = start;
	let depth = 0;
	for (; at < tokens.length; at++) {
		const token = tokens[at]!;
		if (token.kind === "punctuation" && token.text === "(") depth++;
		else if (token.kind === "punctuation" && token.text === ")") depth--;
		if (depth === 0) break;
	}
	const arrow = tokens[at + 1];
	return (first?.kind === "name" || at > start) && arrow?.kind === "punctuation" && arrow.text === "=>";
}

function addList(value: Value, found: Findings): void {
	if (Array.isArray(value)) for (const entry of value as readonly Value[]) addEntry(entry, found);
	else if (value instanceof Map)
		found.mistakes.push(
			"socketProxy is one entry instead of a list of entries: put [ and ] around it. Ruffle does not start the movie.",
		);
	else if (value === UNKNOWN) found.unreadable++;
	else if (value !== undefined && value !== null)
		found.mistakes.push(`socketProxy is ${JSON.stringify(value)}, but Ruffle takes only a list of entries.`);
}

function addEntry(value: Value, found: Findings): void {
	if (!(value instanceof Map)) {
		found.unreadable++;
		return;
	}
	const entry = value as ValueMap;
	const missing = ["host", "port", "proxyUrl"].filter((key) => !entry.has(key));
	if (missing.length > 0) {
		found.mistakes.push(
			`An entry of socketProxy has ${[...entry.keys()].join(", ") || "nothing"}, but not ${missing.join(" and ")}. Ruffle does not start the movie.`,
		);
		return;
	}
	const { host, port, proxyUrl } = Object.fromEntries(entry) as Record<string, Value>;
	const number = typeof port === "string" ? Number(port) : port;
	if (typeof host !== "string" || typeof number !== "number" || typeof proxyUrl !== "string") found.unreadable++;
	else found.entries.push({ host, port: number, proxyUrl });
}
