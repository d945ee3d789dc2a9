// Echo: every message returns to its sender. One at a time it measures the time of a round trip, with many outstanding the CPU time of
// the server.

import { encode, openClient } from "./client.js";
import { cpuOf, ECHO, usedUp } from "./contenders.js";

/** Also the round trips of a block. Asking for the CPU time costs the client more than sending. */
const ASKED_EVERY = 1000;

/**
 * Keeps `window` messages outstanding.
 *
 * @param isOver whether to stop; asked now and then
 * @returns the number of messages and, if there is one at a time, the time of each round trip in µs
 */
async function exchange({ protocol, port }, window, text, isOver) {
	let sent = 0;
	let received = 0;
	let sentAt = 0;
	let askAt = ASKED_EVERY;
	let ending = false;
	let finished;
	const times = [];
	const done = new Promise((resolve) => {
		finished = resolve;
	});
	const message = encode(protocol, text);
	const fill = () => {
		const free = window - (sent - received);
		// As a client that reads a chunk of answers sends the next ones.
		if (free < window / 2) return;
		sent += free;
		sentAt = performance.now();
		client.send(free === 1 ? message : Buffer.concat(Array(free).fill(message)));
	};
	const client = await openClient(port, protocol, (messages) => {
		if (window === 1) times.push((performance.now() - sentAt) * 1000);
		received += messages;
		if (!ending && received >= askAt) {
			askAt = received + ASKED_EVERY;
			ending = isOver();
		}
		if (!ending) fill();
		else if (received === sent) finished();
	});
	fill();
	await done;
	if (!client.latest.includes(text)) throw new Error("the echo is something else than the message");
	client.close();
	return { count: received, times: times.sort((a, b) => a - b) };
}

const part = (times, share) => Math.round(times[Math.floor(times.length * share)] * 10) / 10;
const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * One round of all contenders, each in a fresh process. They exchange messages in turn, in blocks.
 *
 * @returns for each contender p50 and p99 of a round trip in µs, and messages for each CPU second
 */
export async function echoRound(names, { window, blocks, warmUpSeconds, seconds, text }) {
	const servers = [];
	try {
		for (const name of names) servers.push({ name, ...ECHO[name], ...(await ECHO[name].start()), p50: [], p99: [] });
		for (const server of servers) {
			await exchange(server, 1, text, () => true);
			await exchange(server, window, text, usedUp(server, warmUpSeconds));
		}
		for (let block = 0; block < blocks; block++) {
			for (const server of block % 2 === 0 ? servers : [...servers].reverse()) {
				const { times } = await exchange(server, 1, text, () => true);
				server.p50.push(part(times, 0.5));
				server.p99.push(part(times, 0.99));
			}
		}
		const result = {};
		for (const server of servers) {
			const before = cpuOf(server);
			const { count } = await exchange(server, window, text, usedUp(server, seconds));
			const rate = Math.round(count / (cpuOf(server) - before));
			result[server.name] = { p50: middle(server.p50), p99: middle(server.p99), rate };
		}
		return result;
	} finally {
		for (const server of servers) await server.stop();
	}
}
