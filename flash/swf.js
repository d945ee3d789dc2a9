// A SWF file around one frame of ActionScript 2: the header and the few tags that such a movie needs. It never compresses and
// writes no date, so the same script always gives the same bytes. SWF File Format Specification 19, chapters 1, 3 and 5.

import { compile } from "./actionscript.js";

const TAG_END = 0;
const TAG_SHOW_FRAME = 1;
const TAG_SET_BACKGROUND_COLOR = 9;
const TAG_DO_ACTION = 12;
// Version 7 tells upper from lower case in names and stores text in UTF-8; 8 would ask for a tag more and give nothing.
const VERSION = 7;
const TWIPS = 20;

/**
 * Makes a movie of one frame that runs a script.
 *
 * @param {string} source the script, in the part of ActionScript 2 that `actionscript.js` knows
 * @param {{ width?: number, height?: number, fps?: number }} [stage] in pixels; default 320 × 240 at 30 frames a second
 * @returns {Uint8Array} the file
 * @throws {SyntaxError} with the line, where the script is not understood
 */
export function movie(source, { width = 320, height = 240, fps = 30 } = {}) {
	const body = [
		...rectangle(width * TWIPS, height * TWIPS),
		0,
		fps,
		...word(1),
		...tag(TAG_SET_BACKGROUND_COLOR, [0xff, 0xff, 0xff]),
		...tag(TAG_DO_ACTION, [...compile(source), 0]),
		...tag(TAG_SHOW_FRAME, []),
		...tag(TAG_END, []),
	];
	return Uint8Array.from([...Buffer.from("FWS"), VERSION, ...long(body.length + 8), ...body]);
}

// RECT: five bits tell the width of four signed fields: left, right, top, bottom.
function rectangle(right, bottom) {
	const fields = [0, right, 0, bottom];
	const width = Math.max(right, bottom).toString(2).length + 1;
	const bits = width.toString(2).padStart(5, "0") + fields.map((n) => n.toString(2).padStart(width, "0")).join("");
	return (bits.match(/.{1,8}/g) ?? []).map((octet) => Number.parseInt(octet.padEnd(8, "0"), 2));
}

// RECORDHEADER: the code in the upper ten bits, the length in the lower six; 63 there means that four bytes of length follow.
function tag(code, content) {
	const short = content.length < 63;
	const head = word((code << 6) | (short ? content.length : 63));
	return [...head, ...(short ? [] : long(content.length)), ...content];
}

const word = (n) => [n & 255, (n >> 8) & 255];
const long = (n) => [...word(n & 0xffff), ...word(n >>> 16)];
