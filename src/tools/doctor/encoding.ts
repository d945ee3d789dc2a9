// The hop encoding: whether what the server sends is in the expected encoding, and which one it may be instead. A guess is called one.

import { declaredEncoding, textCodec } from "../../transport/index.ts";
import { type Checks, quoted } from "./diagnosis.ts";
import type { Settings } from "./settings.ts";

/** Encodings of several bytes for a character, from those with the strictest rules to the others. */
const WIDE = ["shift_jis", "gbk", "big5", "euc-kr"];
const UTF8: Uint8Array = Buffer.from("é");

/** Checks `encoding`. @returns whether it is as expected */
export function checkEncoding(parts: readonly Buffer[], settings: Settings, checks: Checks): boolean {
	const bytes = Buffer.concat(parts.map((part) => part));
	const { codec, send = "" } = settings;
	const isUtf8 = codec.encode("é").length === UTF8.length && Buffer.from(codec.encode("é")).equals(UTF8);
	const label = isUtf8 ? "UTF-8" : codec.label;
	const text = codec.decode(bytes, 0, bytes.length);
	if (isUtf16(bytes)) {
		checks.fail(
			"encoding",
			"The server sends UTF-16, in which every second byte is zero: Flash content sees a document in each character.",
			"Let the server send UTF-8.",
		);
		return false;
	}
	if (text.includes("\ufffd") && !Buffer.from(bytes).includes("\ufffd")) {
		const guess = guessOf(bytes);
		const declared = declaredEncoding(text);
		checks.fail(
			"encoding",
			`What the server sends is not ${label}: ${quoted(text, 60)}. ${declared === undefined ? `It may be ${guess.join(" or ")}.` : `Its XML declaration says ${declared}.`}`,
			`Let the server send ${label}, or name its encoding: \`xmlsocket gateway HOST:PORT?encoding=${declared ?? guess[0]}\` converts it for Ruffle, and --encoding ${declared ?? guess[0]} checks it here.`,
		);
		return false;
	}
	const damaged = damagedIn(text, send);
	if (damaged !== undefined) {
		checks.fail(
			"encoding",
			`The server changes characters: ${quoted(send, 40)} became ${quoted(damaged, 40)} in the answer. It does not read ${label}.`,
			`Let the server read and write documents as ${label}.`,
		);
		return false;
	}
	const isAscii = bytes.every((byte) => byte < 0x80);
	checks.pass(
		"encoding",
		isAscii ? `What the server sends is ASCII, which is valid ${label}.` : `What the server sends is valid ${label}.`,
	);
	return true;
}

function isUtf16(bytes: Buffer): boolean {
	return /^(?:\xff\xfe|\xfe\xff|<\0[^\0]\0|\0<\0[^\0])/.test(bytes.toString("latin1", 0, 8));
}

/** Candidates, the most likely first. */
function guessOf(bytes: Buffer): string[] {
	const high = bytes.filter((byte) => byte >= 0x80).length;
	// In Latin text, letters beyond ASCII are alone among others; in the wide encodings they come in pairs.
	const alone = [...bytes.toString("latin1").matchAll(/(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])/g)].length;
	if (alone * 2 >= high) return ["windows-1252", "windows-1251"];
	const fitting = WIDE.filter((label) => {
		const text = textCodec(label).decode(bytes, 0, bytes.length);
		return !text.includes("\ufffd") && !/[\uff61-\uff9f\ue000-\uf8ff]/.test(text);
	});
	return fitting.length > 0 ? fitting : ["windows-1251", "windows-1252"];
}

/** The characters of the sent document as an answer shows them, if a wrong conversion has changed them. */
function damagedIn(answer: string, sent: string): string | undefined {
	for (const [word] of sent.matchAll(/[^\0-\x7f]+/g)) {
		if (answer.includes(word)) continue;
		const wrong = Buffer.from(word, "utf8").toString("latin1");
		const windows = textCodec("windows-1252").decode(Buffer.from(word, "utf8"), 0, Buffer.byteLength(word));
		for (const damaged of [wrong, windows]) if (answer.includes(damaged)) return damaged;
		const around = sentAround(sent, word);
		if (around !== undefined && new RegExp(`${around[0]}\\?{1,${word.length * 4}}${around[1]}`).test(answer))
			return "?".repeat(word.length);
	}
	return undefined;
}

/** The ASCII letters before and after a word, as parts of a pattern; undefined if there are too few to recognise it. */
function sentAround(sent: string, word: string): readonly [string, string] | undefined {
	const at = sent.indexOf(word);
	const before = /[\w>"' ]{1,8}$/.exec(sent.slice(0, at))?.[0] ?? "";
	const after = /^[\w<"' ]{1,8}/.exec(sent.slice(at + word.length))?.[0] ?? "";
	return before.length + after.length >= 3 ? [before, after] : undefined;
}
