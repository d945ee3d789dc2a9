// The turns of bridges: sources that send as fast as they are read, beside those that send little.

import { expect, it } from "vitest";
import { BridgeDirection } from "../../src/gateway/bridge-direction.ts";
import { BridgeTurns } from "../../src/gateway/bridge-turns.ts";
import type { Transport } from "../../src/link/index.ts";

const CHUNK = new Uint8Array(64 * 1024);
const turns = (): BridgeTurns =>
	new BridgeTurns((error) => {
		throw error;
	});
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A side of a bridge that takes everything, and knows whether it is read. */
function side(): { readonly transport: Transport; readonly isPaused: () => boolean } {
	let isPaused = false;
	const transport = {
		bufferedBytes: 0,
		write: () => true,
		pause: () => {
			isPaused = true;
		},
		resume: () => {
			isPaused = false;
		},
	} as unknown as Transport;
	return { transport, isPaused: () => isPaused };
}

function send(direction: BridgeDirection, source: { readonly transport: Transport }, chunk = CHUNK): void {
	direction.queue.add(chunk);
	direction.received(chunk, source.transport, undefined);
	direction.writeTo(side().transport, () => 0);
}

it("pauses a source that has used up the bytes of a tick, until the next tick", async () => {
	const direction = new BridgeDirection(turns(), 0);
	const source = side();
	for (let chunk = 0; chunk < 4; chunk++) send(direction, source);
	expect(source.isPaused()).toBe(false);
	send(direction, source);
	expect([source.isPaused(), direction.isFull]).toEqual([true, false]);
	await tick();
	expect(source.isPaused()).toBe(false);
});

it("reads twenty sources that send much in turn, eight in a tick, and never pauses one that sends little", async () => {
	const shared = turns();
	const many = Array.from({ length: 20 }, () => ({ direction: new BridgeDirection(shared, 0), source: side() }));
	const little = { direction: new BridgeDirection(shared, 0), source: side() };
	// The first of them use up the tick.
	for (const { direction, source } of many) {
		send(direction, source);
		send(direction, source);
	}
	const paused = () => many.map(({ source }) => source.isPaused());
	const waiting = paused().filter(Boolean).length;
	expect(waiting).toBeGreaterThan(16);
	send(little.direction, little.source, new Uint8Array(100));
	expect(little.source.isPaused()).toBe(false);
	await tick();
	expect(paused().filter(Boolean).length).toBe(waiting - 8);
	// In the order in which they began to wait.
	expect(paused().lastIndexOf(false)).toBeLessThan(paused().indexOf(true, 2));
	await tick();
	expect(paused().filter(Boolean).length).toBe(waiting - 16);
});

it("reads a source again only when its turn has come and its receiver has taken enough", async () => {
	const direction = new BridgeDirection(turns(), 0);
	const source = side();
	const large = new Uint8Array(300 * 1024);
	direction.queue.add(large);
	direction.received(large, source.transport, undefined);
	expect([source.isPaused(), direction.isFull]).toEqual([true, true]);
	await tick();
	expect(source.isPaused()).toBe(true);
	expect(direction.release(source.transport)).toBe(true);
	expect(source.isPaused()).toBe(false);
	direction.received(large, source.transport, side().transport);
	direction.release(source.transport);
	expect(source.isPaused()).toBe(true);
	await tick();
	expect(source.isPaused()).toBe(false);
});
