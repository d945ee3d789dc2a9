// Measures how little an application is affected by another one in the same process: the latency of its answers while the other is idle,
// runs an endless loop, fills its heap, or matches a regular expression that does not end, each until it is stopped.

import { once } from "node:events";
import { connect } from "node:net";
import { openScriptHost } from "../../dist/asc/index.js";
import { createServer } from "../../dist/server/index.js";

const EVERY_MS = 2;
const LAST_MS = 3000;
/** Each is a method of the bad neighbour. */
const DEEDS = {
	"an endless loop": "loop",
	"a heap that grows": "hog",
	"a regular expression without end": "match",
};

/** The script of the good application. */
export const GOOD = "Client.prototype.ask = function (doc) { return doc; }";
/** The script of the bad one. */
export const BAD = `
Client.prototype.loop = function () { for (;;); };
Client.prototype.hog = function () { var all = []; for (;;) all.push(new Array(1000).join("x") + all.length); };
Client.prototype.match = function () { /^(a+)+$/.test(new Array(40).join("a") + "b"); };`;

/** Rows of p50 and p99. @param {string} good @param {string} bad folders of the two applications */
export async function neighbourRows(good, bad) {
	const host = await openScriptHost([good, bad], { scriptTimeoutMs: 1500, scriptRestartMs: 100 });
	const server = await createServer({ port: 0, host: "127.0.0.1", application: host }).listen();
	const rows = [["another application's answer, alone", shown(await latencies(server.port))]];
	for (const [words, method] of Object.entries(DEEDS)) {
		const evil = connect({ port: server.port, host: "127.0.0.1" });
		evil.on("error", () => {});
		await once(evil, "connect");
		const ended = once(evil, "close");
		evil.write(`<connect app="bad"/>\0<${method}/>\0`);
		evil.resume();
		const during = await latencies(server.port);
		// It was stopped, and its client ended with it: the deed was done.
		await ended;
		rows.push([`the same next to ${words}`, shown(during)]);
		await new Promise((resolve) => setTimeout(resolve, 1000));
	}
	await server.close();
	return rows;
}

async function latencies(port) {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	await once(socket, "connect");
	socket.write('<connect app="good"/>\0');
	await once(socket, "data");
	const took = [];
	for (const end = performance.now() + LAST_MS; performance.now() < end; ) {
		const begun = performance.now();
		socket.write("<ask/>\0");
		await once(socket, "data");
		took.push(performance.now() - begun);
		await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
	}
	socket.destroy();
	return took.sort((a, b) => a - b);
}

function shown(sorted) {
	const at = (part) => `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(2)} ms`;
	return `p50 ${at(0.5)}, p99 ${at(0.99)}`;
}
