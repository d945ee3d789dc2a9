// The documents of a load test. A document is built once; each message is a copy in which digits are replaced. Its marker has a fixed
// length, so that receivers find it without reading the document around it, whatever the server adds.

const SENDER_DIGITS = 5;
const NUMBER_DIGITS = 10;
const TIME_DIGITS = 11;
const DIGITS = SENDER_DIGITS + NUMBER_DIGITS + TIME_DIGITS;
/** The part of a document that each message replaces by its number. */
export const ID_PLACE: string = "i".repeat(NUMBER_DIGITS);

/** What begins each marker of a step, and no other text. */
export class Needle {
	readonly text: string;
	readonly bytes: Buffer;

	/** @param tag letters and digits, the same for a whole run, of the same length in all runs */
	constructor(tag: string, step: number) {
		this.text = `b${tag}${step.toString(36).padStart(2, "0")}z`;
		this.bytes = Buffer.from(this.text);
	}

	/** A marker with zeros, for a document. */
	get marker(): string {
		return `${this.text}${"0".repeat(DIGITS)}`;
	}

	/** The length of a marker. */
	get length(): number {
		return this.bytes.length + DIGITS;
	}
}

/** A document, its terminator included, whose numbers are set for each message. */
export class MessageTemplate {
	/** With the terminator. */
	readonly length: number;
	readonly #bytes: Buffer;
	readonly #digitsAt: number;
	readonly #idAt: number;

	/** @param document contains a marker once, and `ID_PLACE` where it has an id */
	constructor(document: string, needle: Needle, terminator: Uint8Array) {
		this.#bytes = Buffer.concat([Buffer.from(document), terminator]);
		this.length = this.#bytes.length;
		this.#digitsAt = this.#bytes.indexOf(needle.bytes) + needle.bytes.length;
		this.#idAt = this.#bytes.indexOf(ID_PLACE);
	}

	/** Writes one message. @param timeUs when it was to be sent, in microseconds from the beginning of the run */
	write(target: Buffer, at: number, sender: number, number: number, timeUs: number): void {
		this.#bytes.copy(target, at);
		const digits = at + this.#digitsAt;
		writeDigits(target, digits, SENDER_DIGITS, sender);
		writeDigits(target, digits + SENDER_DIGITS, NUMBER_DIGITS, number);
		writeDigits(target, digits + SENDER_DIGITS + NUMBER_DIGITS, TIME_DIGITS, timeUs);
		if (this.#idAt >= 0) writeDigits(target, at + this.#idAt, NUMBER_DIGITS, number);
	}
}

/** The numbers of a marker, whose digits begin at `at`. They are NaN-free: other bytes give wrong numbers, which their reader must check. */
export function readMarker(bytes: Uint8Array, at: number): { sender: number; number: number; timeUs: number } {
	return {
		sender: readDigits(bytes, at, SENDER_DIGITS),
		number: readDigits(bytes, at + SENDER_DIGITS, NUMBER_DIGITS),
		timeUs: readDigits(bytes, at + SENDER_DIGITS + NUMBER_DIGITS, TIME_DIGITS),
	};
}

const ZERO = 48;

function writeDigits(target: Uint8Array, at: number, count: number, value: number): void {
	let rest = value;
	for (let index = at + count - 1; index >= at; index--) {
		const next = Math.floor(rest / 10);
		target[index] = ZERO + rest - next * 10;
		rest = next;
	}
}

function readDigits(bytes: Uint8Array, at: number, count: number): number {
	let value = 0;
	for (let index = at; index < at + count; index++) value = value * 10 + bytes[index]! - ZERO;
	return value;
}
