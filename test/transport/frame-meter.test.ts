// The frames of a client, whole and in pieces: which complete no document, and since when a message is unfinished.

import { describe, expect, it } from "vitest";
import { FrameMeter } from "../../src/transport/websocket/frame-meter.ts";

const MASK = [1, 2, 3, 4];

/** A client's frame. @param first FIN and opcode, for example 0x82 */
function frame(first: number, payload: Uint8Array | string = ""): Buffer {
	const bytes = Buffer.from(payload);
	const { length } = bytes;
	const head =
		length < 126
			? [first, 0x80 | length]
			: length < 65_536
				? [first, 0xfe, length >> 8, length & 255]
				: [first, 0xff, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
	return Buffer.concat([Buffer.from([...head, ...MASK]), bytes.map((byte, at) => byte ^ MASK[at & 3]!)]);
}

const ALL = Number.POSITIVE_INFINITY;
const many = (one: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => one));

describe("frames that complete no document", () => {
	it.each([
		["empty binary frames", frame(0x82)],
		["empty text frames", frame(0x81)],
		["binary frames of one byte", frame(0x82, "a")],
		["pings", frame(0x89, "ping")],
		["pongs", frame(0x8a)],
		["fragments", frame(0x02, "a")],
		["continuations", frame(0x80, "a")],
	])("are charged: %s", (_, one) => {
		const meter = new FrameMeter(0);
		meter.follow(many(one, 2000), ALL, 0);
		expect(meter.isOverdrawn).toBe(false);
		meter.follow(one, ALL, 0);
		expect(meter.isOverdrawn).toBe(true);
		meter.follow(one, ALL, 2);
		expect(meter.isOverdrawn).toBe(false);
	});

	it.each([
		["text messages", frame(0x81, "a")],
		["binary messages with a zero byte", frame(0x82, "a\0")],
		["long pieces of a stream", frame(0x82, "x".repeat(126))],
		["very long ones", frame(0x82, "x".repeat(70_000))],
	])("are not: %s", (_, one) => {
		const meter = new FrameMeter(0);
		for (let at = 0; at < 5000; at++) meter.follow(one, ALL, 0);
		expect(meter.isOverdrawn).toBe(false);
	});
});

describe("the beginning of an unfinished message", () => {
	const pieces = [frame(0x02, "one"), frame(0x89, "ping"), frame(0x00, "two")];

	it("stays what it was, whatever control frames come between", () => {
		const meter = new FrameMeter(0);
		for (const [at, piece] of pieces.entries()) meter.follow(piece, ALL, 1000 * (at + 1));
		expect(meter.unfinishedSinceMs).toBe(1000);
		expect(meter.unfinishedBytes).toBeGreaterThan(6);
		meter.follow(frame(0x80, "end"), ALL, 9000);
		expect(meter.unfinishedSinceMs).toBe(undefined);
		expect(meter.unfinishedBytes).toBe(0);
	});

	it.each([1, 2, 3, 7])("is the first byte of a frame that comes in pieces of %i bytes", (size) => {
		const meter = new FrameMeter(0);
		const bytes = Buffer.concat([...pieces, frame(0x80, "x".repeat(300)), frame(0x82, "y".repeat(70_000))]);
		const last = bytes.length - 1;
		for (let at = 0; at < last; at += size) meter.follow(bytes.subarray(at, Math.min(last, at + size)), ALL, at + 1);
		expect(meter.unfinishedSinceMs).toBeGreaterThan(300);
		meter.follow(bytes.subarray(last), ALL, 80_000);
		expect(meter.unfinishedSinceMs).toBe(undefined);
	});
});

it("stops at the limit of a turn, where a frame begins, and before and behind a close frame", () => {
	const meter = new FrameMeter(0);
	const bytes = Buffer.concat([many(frame(0x82, "a\0"), 10), frame(0x88), frame(0x82, "b\0")]);
	expect(meter.follow(bytes, 4, 0)).toBe(32);
	expect(meter.follow(bytes.subarray(32), ALL, 0)).toBe(48);
	expect(meter.isClosed).toBe(false);
	expect(meter.follow(bytes.subarray(80), ALL, 0)).toBe(6);
	expect(meter.isClosed).toBe(true);
});
