// One process of clients for crowd.js, which starts it with its task as JSON. Tasks: `hold` keeps chat clients that are idle, `receive`
// checks what a relay delivers, `send` sends through it. On "end" it reports and closes everything.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const AT_ONCE = 50;
const PING_MS = 120_000;
const TICK_MS = 20;
const SETTLE_MS = 30_000;
const QUIET_MS = 500;
/** Latencies are counted in steps of this many milliseconds; the last step counts all longer ones. */
const STEP_MS = 0.5;
const STEPS = 20_000;

/** @type {{ task: "hold" | "receive" | "send", at: number, count: number, senders?: number, perSecond?: number, port: number }} */
const { task, at, count, senders = 0, perSecond = 0, port } = JSON.parse(process.argv[2] ?? "{}");
/** @type {import("node:net").Socket[]} */
const sockets = [];
let closing = false;
const result = { dropped: 0, answers: 0, received: 0, disordered: 0, sent: 0, seconds: 0 };
const latencies = new Float64Array(STEPS);

process.on("disconnect", () => process.exit());
process.on("message", (word) => {
	if (word === "go") speak();
	else if (word === "end") void finish();
});
for (let opened = 0; opened < count; opened += AT_ONCE) {
	await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened) }, (_, index) => open(opened + index)));
}
if (task === "hold") setInterval(ping, PING_MS / 10);
process.send?.({ event: "open" });

/** @param {number} index @returns {Promise<void>} */
function open(index) {
	return new Promise((resolve, reject) => {
		// Ports of one source address are fewer than the connections that a machine can hold.
		const socket = connect({ host: "127.0.0.1", port, localAddress: `127.0.0.${at + 2}`, noDelay: true });
		sockets.push(socket);
		socket.once("error", reject);
		socket.once("close", () => {
			if (!closing) result.dropped++;
		});
		socket.once("connect", () => {
			socket.on("error", () => {});
			if (task !== "hold") {
				if (task === "receive") receive(socket);
				else
					socket.on("data", (chunk) => {
						for (const byte of chunk) if (byte === 0) result.received++;
					});
				resolve();
				return;
			}
			socket.write(`<hello name="idle-${at}-${index}"/>\0`);
			socket.on("data", (chunk) => {
				result.answers++;
				if (chunk.includes(`name="idle-${at}-${index}"`)) resolve();
			});
		});
	});
}

// A tenth of the clients at a time, so that pings do not come together.
let turn = 0;
function ping() {
	turn++;
	for (const [index, socket] of sockets.entries()) if (index % 10 === turn % 10) socket.write("<ping/>\0");
}

/** @param {import("node:net").Socket} socket */
function receive(socket) {
	const last = new Uint32Array(senders);
	let rest = "";
	socket.setEncoding("latin1");
	socket.on("data", (/** @type {string} */ text) => {
		const nowMs = performance.timeOrigin + performance.now();
		const documents = (rest + text).split("\0");
		rest = documents.pop() ?? "";
		for (const document of documents) {
			const [, sender, n, sentMs] = document.split(" ");
			const from = Number(sender);
			const number = Number(n);
			if (number !== (last[from] ?? 0) + 1) result.disordered++;
			last[from] = number;
			result.received++;
			const step = Math.min(STEPS - 1, Math.max(0, Math.floor((nowMs - Number(sentMs)) / STEP_MS)));
			latencies[step] = (latencies[step] ?? 0) + 1;
		}
	});
}

/** @type {NodeJS.Timeout | undefined} */
let speaking;
function speak() {
	const begunMs = performance.now();
	const numbers = new Uint32Array(count);
	speaking = setInterval(() => {
		result.seconds = (performance.now() - begunMs) / 1000;
		const due = Math.floor(result.seconds * perSecond);
		while (result.sent < due) {
			const from = result.sent % count;
			numbers[from] = (numbers[from] ?? 0) + 1;
			const sentMs = (performance.timeOrigin + performance.now()).toFixed(2);
			sockets[from]?.write(`<m ${from} ${numbers[from]} ${sentMs} />\0`);
			result.sent++;
		}
	}, TICK_MS);
}

async function finish() {
	clearInterval(speaking);
	// What is under way arrives first.
	const untilMs = performance.now() + SETTLE_MS;
	for (let before = -1; before !== result.received && performance.now() < untilMs; ) {
		before = result.received;
		await sleep(QUIET_MS);
	}
	closing = true;
	for (const socket of sockets) socket.end();
	const shares = { p50: 0.5, p99: 0.99, p999: 0.999, longest: 1 };
	const latencyMs = Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, percentile(share)]));
	process.send?.({ event: "result", ...result, latencyMs }, () => process.disconnect());
}

/** @param {number} share */
function percentile(share) {
	let left = result.received * share;
	for (const [step, number] of latencies.entries()) {
		left -= number;
		if (left <= 0) return (step + 1) * STEP_MS;
	}
	return STEPS * STEP_MS;
}
