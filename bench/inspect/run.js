// `npm run bench inspect`: what an inspector costs, against a relay of node:net that only pipes, in one run and in turns. Each is a process of its
// own, and so are the echo server and this client. The run fails if the median latency that the inspector adds to the relay's exceeds the goal.

import { once } from "node:events";
import { connect } from "node:net";
import { median } from "../report.js";
import { startEcho, startInspector, startRelay } from "./contenders.js";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const ROUND_TRIPS = Number(process.env.BENCH_ROUND_TRIPS ?? 3000);
const STREAM_BYTES = Number(process.env.BENCH_STREAM_MIB ?? 64) * 1024 * 1024;
const GOAL_ADDED_US = 40;

const DOCUMENT = Buffer.from(
	"<msg t='sys'><body action='pubMsg' r='12'><user id='1234' /><txt><![CDATA[Hello there, how are you?]]></txt></body></msg>\0",
);

const echo = await startEcho();
const contenders = {
	relay: await startRelay(echo.port),
	"inspect --json > /dev/null": await startInspector(echo.port, ["--json"]),
	"inspect > file": await startInspector(echo.port, [], "file"),
	"inspect --filter, --mask": await startInspector(echo.port, ["--filter", "msg/body[@action='x']", "--mask", "pword"]),
};
const names = Object.keys(contenders);
const latency = Object.fromEntries([...names, "direct"].map((name) => [name, []]));
const paced = Object.fromEntries([...names, "direct"].map((name) => [name, []]));
const seconds = Object.fromEntries(names.map((name) => [name, []]));

for (const name of names) await roundTrips(contenders[name].port, 2000, 0);
for (let round = 0; round < ROUNDS; round++) {
	latency.direct.push(await roundTrips(echo.port, ROUND_TRIPS, 0));
	// The order changes, so that none is always behind the same other one.
	for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
		latency[name].push(await roundTrips(contenders[name].port, ROUND_TRIPS, 0));
		paced[name].push(await roundTrips(contenders[name].port, 200, 2));
		seconds[name].push(await stream(contenders[name].port));
	}
}

const p50 = (all) => median(all.map((one) => one.p50));
const p99 = (all) => median(all.map((one) => one.p99));
const us = (value) => `${value.toFixed(0)} µs`;
const rows = [["", "p50", "p99", "p50 at 500/s", "stream"]];
rows.push(["direct", us(p50(latency.direct)), us(p99(latency.direct)), "", ""]);
for (const name of names) {
	const rate = STREAM_BYTES / 1024 / 1024 / median(seconds[name]);
	const ratio = median(seconds.relay) / median(seconds[name]);
	rows.push([
		name,
		us(p50(latency[name])),
		us(p99(latency[name])),
		us(p50(paced[name])),
		`${rate.toFixed(0)} MiB/s (${ratio.toFixed(2)}x)`,
	]);
}
const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
for (const cells of rows) console.log(cells.map((cell, column) => cell.padEnd(widths[column])).join("  "));

const failures = [];
console.log("");
for (const name of names.slice(1)) {
	// A difference within each round: what the machine does meanwhile meets both.
	const added = median(latency[name].map((one, round) => one.p50 - latency.relay[round].p50));
	console.log(
		`${name} adds ${added.toFixed(0)} µs to the relay's median round trip of two documents (goal: ${GOAL_ADDED_US} µs)`,
	);
	if (added > GOAL_ADDED_US) failures.push(name);
}
for (const contender of Object.values(contenders)) await contender.stop();
await echo.stop();
if (failures.length > 0) console.log(`\nSlower than the goal: ${failures.join(", ")}.`);
process.exit(failures.length > 0 ? 1 : 0);

/** Strict ping-pong of one document, with a pause between two; p50 and p99 in microseconds. */
async function roundTrips(port, count, pauseMs) {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	await once(socket, "connect");
	const times = new Float64Array(count);
	await new Promise((resolve) => {
		let at = 0;
		let got = 0;
		let begun = 0;
		const send = () => {
			begun = performance.now();
			socket.write(DOCUMENT);
		};
		socket.on("data", (chunk) => {
			got += chunk.length;
			if (got < DOCUMENT.length) return;
			got = 0;
			times[at++] = performance.now() - begun;
			if (at === count) resolve();
			else if (pauseMs > 0) setTimeout(send, pauseMs);
			else send();
		});
		send();
	});
	socket.destroy();
	times.sort();
	return { p50: times[count >> 1] * 1000, p99: times[Math.floor(count * 0.99)] * 1000 };
}

/** Seconds until as many documents as fit into STREAM_BYTES have come back, sent as fast as they are read. */
async function stream(port) {
	const block = Buffer.concat(Array.from({ length: 512 }, () => DOCUMENT));
	const socket = connect({ port, host: "127.0.0.1" });
	await once(socket, "connect");
	const begun = performance.now();
	let left = Math.floor(STREAM_BYTES / block.length);
	let expected = left * block.length;
	const more = () => {
		while (left > 0) {
			left--;
			if (!socket.write(block)) {
				socket.once("drain", more);
				return;
			}
		}
	};
	await new Promise((resolve) => {
		socket.on("data", (chunk) => {
			expected -= chunk.length;
			if (expected === 0) resolve();
		});
		more();
	});
	socket.destroy();
	return (performance.now() - begun) / 1000;
}
