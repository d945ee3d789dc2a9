// What is asked of each gateway. A probe gives a text for the table and whether nothing was lost.

import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";

const MiB = 1024 * 1024;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A page: counts what it gets. */
export function page(url, options = {}) {
	const socket = new WebSocket(url, "binary", { perMessageDeflate: false, maxPayload: 1 << 30, ...options });
	const state = { socket, received: 0, code: undefined, reason: "", status: 101 };
	socket.on("error", () => {});
	socket.on("message", (data) => {
		state.received += data.length;
	});
	socket.on("unexpected-response", (_request, response) => {
		state.status = response.statusCode;
		socket.terminate();
	});
	state.closed = new Promise((resolve) =>
		socket.on("close", (code, reason) => {
			state.code = code;
			state.reason = String(reason);
			resolve(state);
		}),
	);
	state.open = () => (socket.readyState === WebSocket.OPEN ? undefined : once(socket, "open"));
	return state;
}

async function settled(target, count, ms = 5000) {
	const deadline = Date.now() + ms;
	for (;;) {
		const seen = await target.seen();
		if ((seen.length >= count && seen.every(({ ended, failed }) => ended || failed)) || Date.now() > deadline)
			return seen;
		await wait(20);
	}
}

export async function sendThenClose(gateway, target) {
	await target.set({ kind: "sink" });
	for (let i = 0; i < 100; i++) {
		const p = page(gateway.url);
		await p.open();
		p.socket.send(Buffer.from("<logout/>\0"));
		p.socket.close();
		await p.closed;
	}
	await wait(300);
	const arrived = (await target.seen()).filter(({ received }) => received === 10).length;
	return { text: `${100 - arrived} of 100 lost`, ok: arrived === 100 };
}

export async function longThenClose(gateway, target) {
	let arrived = 0;
	for (let i = 0; i < 3; i++) {
		await target.set({ kind: "sink" });
		const p = page(gateway.url);
		await p.open();
		p.socket.send(Buffer.alloc(4 * MiB, 0x61));
		p.socket.close();
		const seen = await settled(target, 1);
		if (seen[0]?.received === 4 * MiB) arrived++;
	}
	return { text: `${3 - arrived} of 3 lost`, ok: arrived === 3 };
}

export async function streamThenClose(gateway, target) {
	const results = [];
	for (let i = 0; i < 3; i++) {
		await target.set({ kind: "stream", bytes: 20 * MiB, close: true });
		const p = page(gateway.url);
		await p.closed;
		results.push(p);
	}
	const short = results.filter(({ received }) => received !== 20 * MiB);
	return {
		text:
			short.length === 0 ? `whole, code ${results[0].code}` : `${short.length} of 3 cut short, code ${short[0].code}`,
		ok: short.length === 0,
	};
}

export async function lateReader(gateway, target) {
	await target.set({ kind: "stream", bytes: 8 * MiB, close: true });
	const p = page(gateway.url);
	await p.open();
	p.socket.pause();
	await wait(1000);
	p.socket.resume();
	await p.closed;
	const ok = p.received === 8 * MiB;
	return { text: ok ? `whole, code ${p.code}` : `${(p.received / MiB).toFixed(1)} of 8 MiB, code ${p.code}`, ok };
}

export async function stoppedReader(gateway, target) {
	await target.set({ kind: "stream", bytes: 64 * MiB, close: true });
	const before = gateway.memory();
	const p = page(gateway.url);
	await p.open();
	p.socket.pause();
	let most = 0;
	for (let i = 0; i < 20; i++) {
		await wait(500);
		most = Math.max(most, gateway.memory() - before);
	}
	p.socket.resume();
	await p.closed;
	const ok = p.received === 64 * MiB;
	return {
		text: `+${(most / 1024).toFixed(1)} MiB; ${ok ? "whole" : `${(p.received / MiB).toFixed(1)} of 64 MiB`}`,
		ok: ok && most < 8192,
	};
}

export async function manySmall(gateway, target) {
	const count = 10_000;
	await target.set({ kind: "documents", count });
	const begun = performance.now();
	const p = page(gateway.url);
	await p.open();
	let text = "";
	let expected = 0;
	let orderly = true;
	p.socket.on("message", (data) => {
		text += data.toString("latin1");
		const documents = text.split("\0");
		text = documents.pop();
		for (const document of documents) if (document !== `<d n="${expected++}"/>`) orderly = false;
	});
	let sent = 0;
	for (let i = 0; i < count; i++) {
		const document = Buffer.from(`<d n="${i}"/>\0`);
		sent += document.length;
		p.socket.send(document);
	}
	const deadline = Date.now() + 20_000;
	while (Date.now() < deadline && (expected < count || (await target.seen())[0]?.received !== sent)) await wait(2);
	const took = performance.now() - begun;
	const seen = (await target.seen())[0];
	p.socket.terminate();
	const ok = orderly && seen?.orderly === true && expected === count && seen.received === sent;
	return { text: ok ? `in order, ${Math.round(took)} ms` : "lost or out of order", ok };
}

/** Strict ping-pong; gives p50 and p99 in microseconds. */
async function pingPong(send, listen, rounds) {
	const message = Buffer.from("<ping n='12345678'/>\0");
	const times = new Float64Array(rounds);
	let at = 0;
	let begun = 0;
	await new Promise((resolve) => {
		let got = 0;
		listen((length) => {
			got += length;
			if (got < message.length) return;
			got = 0;
			times[at++] = performance.now() - begun;
			if (at === rounds) resolve();
			else {
				begun = performance.now();
				send(message);
			}
		});
		begun = performance.now();
		send(message);
	});
	times.sort();
	return { p50: times[rounds >> 1] * 1000, p99: times[Math.floor(rounds * 0.99)] * 1000 };
}

export async function roundTripsDirect(target, rounds) {
	const socket = connect({ port: target.port, host: "127.0.0.1", noDelay: true });
	await once(socket, "connect");
	const result = await pingPong(
		(bytes) => socket.write(bytes),
		(heard) => socket.on("data", (chunk) => heard(chunk.length)),
		rounds,
	);
	socket.destroy();
	return result;
}

export async function roundTrips(gateway, rounds) {
	const p = page(gateway.url);
	await p.open();
	const result = await pingPong(
		(bytes) => p.socket.send(bytes),
		(heard) => p.socket.on("message", (data) => heard(data.length)),
		rounds,
	);
	p.socket.terminate();
	return result;
}

export async function memoryOf(gateway, target, count) {
	await target.set({ kind: "sink" });
	const warm = Array.from({ length: 50 }, () => page(gateway.url));
	for (const p of warm) await p.open();
	for (const p of warm) p.socket.terminate();
	await wait(500);
	const before = gateway.memory();
	const pages = [];
	for (let i = 0; i < count; i += 50) {
		const some = Array.from({ length: 50 }, () => page(gateway.url));
		for (const p of some) await p.open();
		pages.push(...some);
	}
	for (const p of pages) p.socket.send(Buffer.from("<hello/>\0"));
	await wait(1500);
	const each = (gateway.memory() - before) / count;
	for (const p of pages) p.socket.terminate();
	await wait(500);
	return each;
}

/** What a page sees of a target that is not there, and after how long. */
export async function seenOf(url, ms = 15_000) {
	const begun = performance.now();
	const p = page(url);
	const gone = await Promise.race([p.closed.then(() => true), wait(ms).then(() => false)]);
	const took = Math.round(performance.now() - begun);
	p.socket.terminate();
	if (!gone) return { text: `nothing for ${ms / 1000} s`, ok: false };
	return {
		text: `${p.status === 101 ? p.code : `HTTP ${p.status}`}${p.reason ? ` "${p.reason}"` : ""}, ${took} ms`,
		ok: true,
	};
}

export async function pageGone(gateway, target) {
	await target.set({ kind: "sink" });
	const p = page(gateway.url);
	await p.open();
	await wait(50);
	p.socket.terminate();
	const begun = performance.now();
	const seen = await settled(target, 1, 10_000);
	const ok = seen[0]?.ended === true;
	return { text: ok ? `target told, ${Math.round(performance.now() - begun)} ms` : "target not told in 10 s", ok };
}

export async function reset(gateway, target) {
	await target.set({ kind: "reset" });
	return seenOf(gateway.url);
}

export async function foreignOrigin(gateway, target) {
	await target.set({ kind: "sink" });
	const p = page(gateway.url, { origin: "https://evil.example" });
	await Promise.race([p.closed, once(p.socket, "open").catch(() => {})]);
	const text = p.status === 101 ? "accepted" : `HTTP ${p.status}`;
	p.socket.terminate();
	return { text, ok: p.status === 403 };
}
