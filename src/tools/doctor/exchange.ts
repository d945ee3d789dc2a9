// The hops that need documents: does the server answer, with the right terminator and encoding, also when a document arrives in two pieces,
// and in frames that Ruffle reads. Without a document to send, only what the server sends by itself is judged.

import { setTimeout as wait } from "node:timers/promises";
import { terminatorBytes } from "../../wire/index.ts";
import { type Checks, inMs, quoted } from "./diagnosis.ts";
import { checkEncoding } from "./encoding.ts";
import type { Settings } from "./settings.ts";
import type { Wire } from "./wire.ts";

/** Opens one more connection; undefined if that fails. */
export type OpenWire = () => Promise<Wire | undefined>;

/** After the first answer, others may follow: a greeting that waited for the first bytes, or a second answer. */
const SETTLE_MS = 150;
/** Between the two pieces of a document. */
const SPLIT_PAUSE_MS = 200;
const OTHER_TERMINATORS = ["nul", "lf", "crlf"];

/**
 * Checks `frames` (only for a WebSocket), `answer`, `terminator`, `encoding` and `split`.
 *
 * @param first an open connection, with what the server sent by itself. It is used, and closed.
 */
export async function checkExchange(first: Wire, open: OpenWire, settings: Settings, checks: Checks): Promise<void> {
	const { send } = settings;
	const greeting = first.received;
	if (send === undefined) {
		first.destroy();
		const silent = "The server sends nothing by itself. --send DOC sends a document and checks the answer.";
		checkFrames(first, checks, silent);
		checks.skip("answer", "No document was sent: --send DOC sends one.");
		if (greeting.length === 0) checks.skipAll(["terminator", "encoding"], silent);
		else {
			checkTerminator(greeting, settings, checks);
			checkEncoding([greeting], settings, checks);
		}
		checks.skip("split", "No document was sent: --send DOC sends one.");
		return;
	}
	const whole = await ask(first, [documentBytes(send, settings)], settings);
	first.destroy();
	checkFrames(first, checks, "No data arrived.");
	if (whole.bytes.length === 0) return await noAnswer(whole, open, settings, checks);
	checks.pass(
		"answer",
		`The server answers after ${inMs(whole.tookMs)}: ${quoted(settings.codec.decode(whole.bytes, 0, whole.bytes.length))}.`,
	);
	const ended = checkTerminator(whole.bytes, settings, checks);
	const encoded = checkEncoding([greeting, whole.bytes], settings, checks);
	if (!ended) checks.skip("split", "The end of an answer is not known.");
	else await checkSplit(whole, encoded, open, settings, checks);
}

/** Waits for what the server sends by itself at the start of a connection. */
export async function greetingOf(wire: Wire, { signal, greetingMs }: Settings): Promise<void> {
	await wire.until((received) => received.length > 0, greetingMs, signal);
}

interface Answer {
	/** What arrived after the document was sent, with terminators. */
	readonly bytes: Buffer;
	/** What arrived before the last piece was sent. */
	readonly early: Buffer;
	/** All that arrived on the connection. */
	readonly all: Buffer;
	readonly tookMs: number;
	readonly ending: string;
}

async function ask(wire: Wire, pieces: readonly Uint8Array[], settings: Settings): Promise<Answer> {
	const { terminator, answerMs, signal } = settings;
	const before = wire.received.length;
	let early = 0;
	for (const [at, piece] of pieces.entries()) {
		if (at > 0) await wait(SPLIT_PAUSE_MS, undefined, { signal }).catch(() => {});
		early = wire.received.length - before;
		await wire.send(piece);
	}
	const begunMs = performance.now();
	const isWhole = (received: Buffer): boolean => received.indexOf(terminator, before) >= 0;
	await wire.until(isWhole, answerMs, signal);
	const tookMs = performance.now() - begunMs;
	if (wire.received.length > before) await wire.until(() => false, Math.min(SETTLE_MS, answerMs), signal);
	const all = wire.received;
	const bytes = all.subarray(before);
	return { bytes, early: bytes.subarray(0, early), all, tookMs, ending: wire.ending };
}

async function noAnswer(whole: Answer, open: OpenWire, settings: Settings, checks: Checks): Promise<void> {
	const other = await otherTerminator(open, settings);
	if (other !== undefined) {
		checks.skip("answer", "The server waits for another terminator.");
		checks.fail(
			"terminator",
			`The server answers only if ${shownTerminator(other)} ends the document, not ${shownTerminator(settings.terminator)}.`,
			"Flash content always sends a zero byte. Let the server split at zero bytes; if the game is not Flash content, check with --terminator.",
		);
	} else {
		checks.fail(
			"answer",
			whole.ending === ""
				? `The server never answers the document (${inMs(whole.tookMs)}).`
				: `The server does not answer the document: ${whole.ending} (${inMs(whole.tookMs)}).`,
			"Check that the server answers this document at all, for example as the first one of a connection. If it does, look at the server's log: it may be stuck, or wait for a service of its own.",
		);
		checks.skip("terminator", "Nothing arrived.");
	}
	checks.skipAll(["encoding", "split"], "No answer arrived.");
}

async function otherTerminator(open: OpenWire, settings: Settings): Promise<Uint8Array | undefined> {
	for (const name of OTHER_TERMINATORS) {
		const terminator = terminatorBytes(name);
		if (Buffer.from(terminator).equals(Buffer.from(settings.terminator))) continue;
		const wire = await open();
		if (!wire) return undefined;
		await greetingOf(wire, settings);
		const answer = await ask(wire, [documentBytes(settings.send!, { ...settings, terminator })], {
			...settings,
			answerMs: Math.min(settings.answerMs, 1000),
		});
		wire.destroy();
		if (answer.bytes.length > 0) return terminator;
	}
	return undefined;
}

function checkTerminator(bytes: Buffer, { terminator, codec }: Settings, checks: Checks): boolean {
	if (bytes.indexOf(terminator) >= 0) {
		checks.pass("terminator", `Documents of the server end with ${shownTerminator(terminator)}.`);
		return true;
	}
	const end = bytes.subarray(-2);
	const isLine = end.at(-1) === 10 || end.at(-1) === 13;
	checks.fail(
		"terminator",
		`What the server sends does not end with ${shownTerminator(terminator)}${isLine ? `, but with ${shownTerminator(end.at(-2) === 13 ? end : end.subarray(-1))}` : ""}: ${quoted(codec.decode(bytes, 0, bytes.length))}. Flash content waits for the end forever.`,
		"Let the server send a zero byte after each document.",
	);
	return false;
}

function checkFrames({ frames }: Wire, checks: Checks, whyNone: string): void {
	if (!frames) return;
	if (frames.text > 0)
		checks.fail(
			"frames",
			`The server sends text frames (${frames.text} of ${frames.text + frames.binary}). Ruffle drops them, so the SWF receives nothing.`,
			"Configure the server or gateway for binary frames; xmlsocket sends them unless the address has frames=text.",
		);
	else if (frames.binary > 0) checks.pass("frames", "The server sends binary frames, which Ruffle reads.");
	else checks.skip("frames", whyNone);
}

async function checkSplit(
	whole: Answer,
	encoded: boolean,
	open: OpenWire,
	settings: Settings,
	checks: Checks,
): Promise<void> {
	const wire = await open();
	if (!wire) return checks.skip("split", "The server accepts no further connection.");
	await greetingOf(wire, settings);
	const bytes = documentBytes(settings.send!, settings);
	const at = splitAt(bytes);
	const answer = await ask(wire, [bytes.subarray(0, at), bytes.subarray(at)], settings);
	wire.destroy();
	const bad = badSplit(whole, answer, encoded, settings);
	if (bad === undefined) checks.pass("split", "A document that arrives in two pieces gets the same kind of answer.");
	else
		checks.fail(
			"split",
			bad,
			"Let the server collect bytes until the terminator, and only then decode and handle the document: networks cut documents anywhere.",
		);
}

// Answers may differ in ids and times, and come with a greeting or with what other users do: what is compared is the kinds of documents.
function badSplit(whole: Answer, split: Answer, encoded: boolean, settings: Settings): string | undefined {
	const text = (part: Buffer): string => settings.codec.decode(part, 0, part.length);
	if (split.bytes.length === 0)
		return `The server answers the document in one piece, but not the same document in two pieces (${split.ending === "" ? inMs(split.tookMs) : split.ending}).`;
	const expected = kindsIn(whole.all, settings);
	const found = kindsIn(split.all, settings);
	const isMore = total(found) > total(expected) || split.early.length === split.bytes.length;
	if (split.early.length > 0 && isMore)
		return `The server answers when only a part of the document has arrived: ${quoted(text(split.early))}.`;
	if ([...expected.keys()].some((kind) => !found.has(kind)))
		return `The server answers differently when the document arrives in two pieces: ${quoted(text(split.bytes), 60)} instead of ${quoted(text(whole.bytes), 60)}.`;
	if (encoded && text(split.bytes).includes("\ufffd"))
		return "The server damages a character that is split between two pieces.";
	return undefined;
}

/** How many documents of each kind: with the same element, or the same first word. */
function kindsIn(bytes: Buffer, { codec, terminator }: Settings): Map<string, number> {
	const kinds = new Map<string, number>();
	const end = codec.decode(terminator, 0, terminator.length);
	for (const document of codec.decode(bytes, 0, bytes.length).split(end)) {
		const kind = /^\s*<?[^\s<>/|:,{"]*/.exec(document)![0].trim();
		if (document !== "") kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
	}
	return kinds;
}

function total(kinds: ReadonlyMap<string, number>): number {
	return [...kinds.values()].reduce((sum, count) => sum + count, 0);
}

/** Inside a character of several bytes if there is one, otherwise in the middle. */
function splitAt(bytes: Uint8Array): number {
	const wide = bytes.findIndex((byte) => byte >= 0x80);
	return wide >= 0 && wide + 1 < bytes.length ? wide + 1 : Math.max(1, bytes.length >> 1);
}

function documentBytes(text: string, { codec, terminator }: Settings): Uint8Array {
	return Buffer.concat([codec.encode(text), terminator]);
}

function shownTerminator(bytes: Uint8Array): string {
	const hex = Buffer.from(bytes).toString("hex").replace(/../g, "$& ").trim();
	const names: Readonly<Record<string, string>> = {
		"00": "a zero byte",
		"0a": "a line break (0a)",
		"0d 0a": "a line break (0d 0a)",
		"0d": "a line break (0d)",
	};
	return names[hex] ?? `the bytes ${hex}`;
}
