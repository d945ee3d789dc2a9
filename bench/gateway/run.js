// `npm run bench gateway`: the same probes through our gateway and through Debian's websockify, in one run. The run fails if our gateway
// loses data that must not be lost; the other column is for comparison.

import { once } from "node:events";
import { createServer } from "node:net";
import { createGateway } from "../../dist/gateway/index.js";
import { createServer as createXmlServer, noDocuments } from "../../dist/server/index.js";
import {
	freePort,
	startHanging,
	startOurs,
	startRelay,
	startTarget,
	startWebsockify,
	websockifyPath,
} from "./contenders.js";
import * as probes from "./probes.js";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const ROUND_TRIPS = Number(process.env.BENCH_ROUND_TRIPS ?? 2000);
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 1000);
const PEER_CONNECTIONS = 100; // a process each

const SPELLINGS = (port) =>
	[
		"127.0.0.1",
		"127.1",
		"127.0.1",
		"2130706433",
		"0x7f000001",
		"0x7f.0.0.1",
		"0177.0.0.1",
		"017700000001",
		"127.0.0.1.",
		"127.0.0.1%00",
		"127.0.0.1%00.example.com",
		"localhost",
		"localhost.",
		"LOCALHOST",
		"0",
		"0.0.0.0",
		"10.0.0.1",
		"172.16.0.1",
		"192.168.0.1",
		"169.254.169.254",
		"100.64.0.1",
		"[::1]",
		"::1",
		"[::]",
		"[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]",
		"[::127.0.0.1]",
		"[64:ff9b::7f00:1]",
		"[2002:7f00:1::]",
		"[2001:0:7f00:1::]",
		"[fec0::1]",
		"[fe80::1]",
		"[fc00::1]",
		"127.0.0.1@t",
		"t/../127.0.0.1",
	].map((host) => `/gateway?host=${host}&port=${port}`);

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const rows = [];
const failures = [];
const target = await startTarget();
const ours = await startOurs(target.port, ["--dial-timeout", "1000"]);
const peer = await startWebsockify(target.port);
if (!peer) console.log("websockify is not installed, so its column is empty: apt-get install websockify\n");

function row(name, mine, theirs, ok = mine.ok) {
	rows.push([name, mine.text, theirs?.text ?? "–"]);
	if (!ok) failures.push(name);
}
async function both(name, probe) {
	const mine = await probe(ours, target);
	row(name, mine, peer ? await probe(peer, target) : undefined);
}

await both("send, then close at once, x100", probes.sendThenClose);
await both("4 MiB document, then close, x3", probes.longThenClose);
await both("20 MiB from the target, then its end, x3", probes.streamThenClose);
await both("8 MiB from the target, page reads after 1 s", probes.lateReader);
await both("64 MiB, page stopped for 10 s: memory; then", probes.stoppedReader);
await both("10,000 small documents each way", probes.manySmall);

const relay = await startRelay(target.port);
const direct = [];
const floor = [];
const mine = [];
const theirs = [];
await target.set({ kind: "echo" });
for (let round = 0; round < ROUNDS; round++) {
	direct.push(await probes.roundTripsDirect(target, ROUND_TRIPS));
	floor.push(await probes.roundTripsDirect(relay, ROUND_TRIPS));
	mine.push(await probes.roundTrips(ours, ROUND_TRIPS));
	if (peer) theirs.push(await probes.roundTrips(peer, ROUND_TRIPS));
}
const p50 = (all) => median(all.map((one) => one.p50));
const p99 = (all) => median(all.map((one) => one.p99));
const figure = (all) => ({
	text: `${Math.round(p50(all))} / ${Math.round(p99(all))} µs (${(p50(all) / p50(direct)).toFixed(2)}x)`,
	ok: true,
});
row(
	`round trip p50 / p99 (direct TCP: ${Math.round(p50(direct))} / ${Math.round(p99(direct))} µs)`,
	figure(mine),
	peer && figure(theirs),
);

await relay.stop();
console.log(
	`round trips: direct TCP ${Math.round(p50(direct))} µs; a bare TCP relay in Node ${Math.round(p50(floor))} µs (${(p50(floor) / p50(direct)).toFixed(2)}x); ours is ${(p50(mine) / p50(floor)).toFixed(2)}x of that relay\n`,
);
const each = await probes.memoryOf(ours, target, CONNECTIONS);
const peerEach = peer ? await probes.memoryOf(peer, target, PEER_CONNECTIONS) : undefined;
row(
	`memory of a connection, at ${CONNECTIONS} (websockify: at ${PEER_CONNECTIONS})`,
	{ text: `${each.toFixed(1)} KiB`, ok: each <= 40 },
	peerEach === undefined ? undefined : { text: `${peerEach.toFixed(0)} KiB` },
);

const refusing = await freePort();
const hanging = await startHanging();
for (const [name, port] of [
	["target refuses", refusing],
	["target hangs (our --dial-timeout 1 s)", hanging.port],
]) {
	const a = await startOurs(port, ["--dial-timeout", "1000"]);
	const b = await startWebsockify(port);
	row(name, await probes.seenOf(a.url), b && (await probes.seenOf(b.url)));
	await Promise.all([a.stop(), b?.stop()]);
}
hanging.stop();
await both("page vanishes", probes.pageGone);
await both("target resets", probes.reset);
await both("page of a foreign origin", probes.foreignOrigin);

const unlisted = await probes.seenOf(`${ours.base}/gateway?host=127.0.0.1&port=${refusing}`);
row(
	"host and port that is no target",
	{ ...unlisted, ok: unlisted.text.startsWith("HTTP 403") },
	{ text: "one target only" },
);
const spellings = SPELLINGS(refusing);
let refused = 0;
for (const path of spellings) if ((await probes.seenOf(`${ours.base}${path}`)).text.startsWith("HTTP 4")) refused++;
row(
	"private addresses asked for, in many spellings",
	{ text: `${refused} of ${spellings.length} refused`, ok: refused === spellings.length },
	{ text: "one target only" },
);
row("name whose answer changes between check and dial", await flipping(), { text: "asks again each time" });

await Promise.all([ours.stop(), peer?.stop()]);
target.stop();
const widths = [0, 1, 2].map((column) =>
	Math.max(...rows.map((cells) => cells[column].length), ["", "xmlsocket gateway", "websockify"][column].length),
);
for (const cells of [["", "xmlsocket gateway", "websockify"], ...rows]) {
	console.log(
		cells
			.map((cell, column) => cell.padEnd(widths[column]))
			.join("  ")
			.trimEnd(),
	);
}
if (!websockifyPath()) console.log("\nwebsockify was not there to compare with.");
if (failures.length > 0) console.log(`\nNot as it should be: ${failures.join("; ")}.`);
process.exit(failures.length > 0 ? 1 : 0);

// A resolver that gives the true address to the check and another one at the next request.
async function flipping() {
	const hosts = ["127.0.0.1", "127.0.0.2"];
	const reached = [];
	const servers = [
		createServer((socket) => reached.push(0) && socket.end()),
		createServer((socket) => reached.push(1) && socket.end()),
	];
	servers[0].listen(0, hosts[0]);
	await once(servers[0], "listening");
	const { port } = servers[0].address();
	servers[1].listen(port, hosts[1]);
	await once(servers[1], "listening");
	let asked = 0;
	const resolve = async () => [hosts[asked++ === 0 ? 0 : 1]];
	const gateway = createGateway({ targets: [`flip=flip.example:${port}?private=yes`] }, { resolve });
	const server = await createXmlServer({ port: 0, application: noDocuments, routes: [gateway] }).listen();
	await probes.seenOf(`ws://127.0.0.1:${server.port}/gateway/flip`);
	await server.close({ graceMs: 0 });
	for (const one of servers) one.close();
	const ok = asked === 1 && reached.join() === "0";
	return { text: ok ? "asked once, dialled what it checked" : `asked ${asked} times, reached ${reached}`, ok };
}
