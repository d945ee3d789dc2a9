// Ranges of addresses in CIDR notation: reading one, and finding those that contain an address. A single IPv6 address stands for its
// /64, because one household has at least that many.

import { XMLSocketError } from "../../errors/index.ts";

/** Reads and writes addresses. The chat has none of its own, so that a page does not carry it. */
export interface AddressFormat {
	/** 4 or 16 bytes, an IPv4 address in IPv6 as 4; undefined where the text is no address. */
	bytesOf(text: string): Uint8Array | undefined;
	textOf(bytes: Uint8Array): string;
}

/** A range. */
export interface AddressRange {
	/** The first address. */
	readonly bytes: Uint8Array;
	/** The length of the prefix. */
	readonly bits: number;
	/** In its usual form: `203.0.113.0/24`; a single IPv4 address without its length. */
	readonly text: string;
}

const MAX_CHARACTERS = 64;
/** A shorter prefix is most likely a mistake, and would lock out a large part of the world. */
const SHORTEST_IPV4 = 8;
const SHORTEST_IPV6 = 16;
const HOUSEHOLD_BITS = 64;
/** Of `::ffff:0:0/96`, where IPv6 contains the IPv4 addresses. */
const MAPPED_BITS = 96;

/**
 * Reads an address or a range.
 *
 * @throws XMLSOCKET_ATTRIBUTE_INVALID where it is none, too large, or of this machine.
 */
export function readRange(text: string, format: AddressFormat): AddressRange {
	const range = text.length <= MAX_CHARACTERS ? parseRange(text, format) : undefined;
	if (!range) {
		throw invalid("An address is an IPv4 or IPv6 address, or a range of them such as 203.0.113.0/24 or 2001:db8::/48.");
	}
	const { bytes, bits } = range;
	const shortest = bytes.length === 4 ? SHORTEST_IPV4 : SHORTEST_IPV6;
	if (bits < shortest) {
		throw invalid(
			`The range ${range.text} is larger than /${shortest}, the largest that can be banned or muted at once.`,
		);
	}
	if (isLoopback(bytes)) throw invalid(`${range.text} is this machine, which cannot be banned or muted.`);
	return range;
}

/** As `readRange`; undefined where it is none, and without the other checks. */
export function parseRange(text: string, format: AddressFormat): AddressRange | undefined {
	const [address = "", length, more] = text.split("/");
	const bytes = format.bytesOf(address);
	if (!bytes || more !== undefined || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
	const all = bytes.length * 8;
	const isMapped = bytes.length === 4 && address.includes(":");
	const single = bytes.length === 4 ? all : HOUSEHOLD_BITS;
	const bits = length === undefined ? single : Number(length) - (isMapped ? MAPPED_BITS : 0);
	if (bits < 0 || bits > all) return undefined;
	const first = masked(bytes, bits);
	const words = format.textOf(first);
	return { bytes: first, bits, text: bits === 32 && bytes.length === 4 ? words : `${words}/${bits}` };
}

/** Whether an address is in a range. */
export function isInRange(address: Uint8Array, { bytes, bits }: AddressRange): boolean {
	return address.length === bytes.length && keyOf(address, bits) === keyOf(bytes, bits);
}

/** Values by range. Finding those of an address takes one look-up for each length of prefix that is in use. */
export class RangeIndex<Value> {
	/** By kind and length, such as `4/24`, then by prefix. */
	readonly #lengths = new Map<
		string,
		{ readonly bytes: number; readonly bits: number; readonly ranges: Map<string, Set<Value>> }
	>();

	get isEmpty(): boolean {
		return this.#lengths.size === 0;
	}

	add({ bytes, bits }: AddressRange, value: Value): void {
		const length = `${bytes.length}/${bits}`;
		let known = this.#lengths.get(length);
		if (!known) {
			known = { bytes: bytes.length, bits, ranges: new Map() };
			this.#lengths.set(length, known);
		}
		const key = keyOf(bytes, bits);
		const values = known.ranges.get(key);
		if (values) values.add(value);
		else known.ranges.set(key, new Set([value]));
	}

	delete({ bytes, bits }: AddressRange, value: Value): void {
		const length = `${bytes.length}/${bits}`;
		const ranges = this.#lengths.get(length)?.ranges;
		const key = keyOf(bytes, bits);
		const values = ranges?.get(key);
		if (!ranges || !values?.delete(value) || values.size > 0) return;
		ranges.delete(key);
		if (ranges.size === 0) this.#lengths.delete(length);
	}

	/** The values of all ranges that contain an address. */
	*at(address: Uint8Array): Generator<Value> {
		for (const { bytes, bits, ranges } of this.#lengths.values()) {
			if (bytes === address.length) yield* ranges.get(keyOf(address, bits)) ?? [];
		}
	}
}

function masked(bytes: Uint8Array, bits: number): Uint8Array {
	return bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - at * 8))) & 0xff);
}

function keyOf(bytes: Uint8Array, bits: number): string {
	return String.fromCharCode(...masked(bytes, bits));
}

function isLoopback(bytes: Uint8Array): boolean {
	if (bytes.length === 4) return bytes[0] === 127;
	return bytes.every((byte, at) => byte === (at === 15 ? 1 : 0)) || bytes.every((byte) => byte === 0);
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", message);
}
