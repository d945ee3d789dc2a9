// Simulates the failure of servers with many clients. Each client waits with the client's own Backoff; the remaining servers accept
// as many as their CPU and their admission allow. Time passes in steps of 10 ms.

import { Backoff } from "../../dist/client/backoff.js";

const STEP_MS = 10;

/** Random numbers that are the same for the same seed. */
export function random(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

/**
 * @param {object} storm
 * @param {number} storm.clients clients of the failed servers
 * @param {number} storm.arrivalsPerSecond what all remaining servers accept together
 * @param {number} storm.seed
 * @param {{ minDelayMs: number, maxDelayMs: number }} storm.backoff
 * @returns the time until 99 % have reconnected, in seconds; the most attempts in a second; the attempts for each client
 */
export function simulate({ clients, arrivalsPerSecond, seed, backoff }) {
	const next = random(seed);
	const waiting = new Map();
	const wait = (client, nowMs) => {
		const at = Math.ceil((nowMs + client.next()) / STEP_MS);
		const bucket = waiting.get(at);
		if (bucket) bucket.push(client);
		else waiting.set(at, [client]);
	};
	for (let i = 0; i < clients; i++) wait(new Backoff({ ...backoff, maxAttempts: Number.POSITIVE_INFINITY }, next), 0);
	const wanted = Math.ceil(clients * 0.99);
	let back = 0;
	let attempts = 0;
	let peak = 0;
	let second = 0;
	let allowance = 0;
	for (let step = 1; back < wanted; step++) {
		if (step % (1000 / STEP_MS) === 0) {
			peak = Math.max(peak, second);
			second = 0;
		}
		// Unused capacity expires.
		allowance = Math.min(allowance, 1) + (arrivalsPerSecond * STEP_MS) / 1000;
		const now = waiting.get(step);
		if (!now) continue;
		waiting.delete(step);
		for (const client of now) {
			attempts++;
			second++;
			if (allowance >= 1) {
				allowance--;
				back++;
				if (back === wanted)
					return { seconds: (step * STEP_MS) / 1000, peak: Math.max(peak, second), attempts: attempts / clients };
			} else wait(client, step * STEP_MS);
		}
	}
	return { seconds: 0, peak, attempts: 0 };
}
