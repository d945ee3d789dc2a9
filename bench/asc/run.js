// The script host: the cost of a call into an application's context, compared with a plain function and with a contextified context
// of node:vm; the time to start an application and its memory, 100 of them in one process; and a round trip through the daemon, compared
// with the same echo in a program with createServer. They take turns in one run.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";
import { ScriptFolder } from "../../dist/asc/folder.js";
import { openScriptHost } from "../../dist/asc/index.js";
import { WATCH_LENGTH } from "../../dist/asc/messages.js";
import { clientsPart } from "../../dist/asc/worker/clients.js";
import { makeParts } from "../../dist/asc/worker/parts.js";
import { Realm } from "../../dist/asc/worker/realm.js";
import { connect } from "../../dist/index.js";
import { createServer } from "../../dist/server/index.js";
import { XML } from "../../dist/xml/index.js";
import { median, table, writeSection, writes } from "../report.js";
import { messageRows } from "./messages.js";
import { BAD, GOOD, neighbourRows } from "./neighbours.js";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const CALLS = Number(process.env.BENCH_CALLS ?? 300_000);
const APPLICATIONS = Number(process.env.BENCH_APPLICATIONS ?? 100);
const TRIPS = Number(process.env.BENCH_TRIPS ?? 5000);
const DOCUMENT = `<say room="lobby" id="c1">${"hello there ".repeat(14)}</say>`;

const parent = mkdtempSync(join(tmpdir(), "xmlsocket-bench-asc-"));
function application(name, text) {
	mkdirSync(join(parent, name));
	writeFileSync(join(parent, name, "main.asc"), text);
	return join(parent, name);
}

/** Nanoseconds for a call. */
function timed(call) {
	const begun = performance.now();
	for (let at = 0; at < CALLS; at++) call();
	return ((performance.now() - begun) * 1e6) / CALLS;
}

/** A realm in this thread, with the functions that a worker gives it; what it posts is dropped. */
function openRealm(text) {
	const realm = new Realm(new Int32Array(WATCH_LENGTH), { turn() {}, named() {} });
	const surroundings = {
		call: (callback, what, a, b, c, d) => realm.call(callback, what, a, b, c, d),
		run: (script, file) => realm.run(script, file),
		folder: new ScriptFolder(parent, []),
		settings: { folder: parent, name: "bench", hostname: "localhost", server: "bench", config: {} },
		log() {},
		post() {},
		postNow: () => true,
	};
	const parts = [clientsPart(surroundings), ...makeParts(surroundings)];
	realm.open(Object.assign({}, ...parts.map(({ functions }) => functions)));
	realm.run(text, "main.asc");
	realm.call(realm.callbacks.open, "open", 1, "127.0.0.1", "tcp", undefined);
	return () => realm.call(realm.callbacks.document, "document", 1, DOCUMENT);
}

let sink = 0;
const contextified = vm.createContext({});
vm.runInContext("n = 0; function handler(text) { n += text.length; }", contextified);
const calls = {
	"a plain function, in the same realm": () => {
		sink += DOCUMENT.length;
	},
	"a function in a contextified context, bare": () => contextified.handler(DOCUMENT),
	"a handler of the script host with the text (`onData`)": openRealm(
		"n = 0; Client.prototype.onData = function (text) { n += text.length; }",
	),
	"a method of the script host with the parsed document": openRealm(
		"n = 0; Client.prototype.say = function (xml) { n += xml.status; }",
	),
	"parsing alone, in the same realm": () => {
		sink += new XML(DOCUMENT).status;
	},
};

const took = Object.fromEntries(Object.keys(calls).map((name) => [name, []]));
for (const call of Object.values(calls)) timed(call);
for (let round = 0; round < ROUNDS; round++) {
	const names = Object.keys(calls);
	for (const name of round % 2 === 0 ? names : names.reverse()) took[name].push(timed(calls[name]));
}

async function trips(port) {
	const client = await connect(`localhost:${port}`);
	const times = [];
	for (let at = 0; at < TRIPS; at++) {
		const begun = performance.now();
		await client.request(DOCUMENT, { match: () => true, timeoutMs: 5000 });
		times.push((performance.now() - begun) * 1000);
	}
	await client.close();
	return median(times.slice(TRIPS >> 1));
}

const echo = application("echo", "Client.prototype.onData = function (text) { this.send(text); }");
const scripts = await createServer({
	port: 0,
	application: await openScriptHost([echo]),
	documentsPerSecond: 1_000_000,
	documentBurst: 1_000_000,
}).listen();
const program = await createServer({ port: 0, documentsPerSecond: 1_000_000, documentBurst: 1_000_000 }).listen();
program.on("connection", (one) => one.on("document", (document) => one.send(document)));
const ratios = [];
const both = { scripts: [], program: [] };
for (let round = 0; round < ROUNDS; round++) {
	both.scripts.push(await trips(scripts.port));
	both.program.push(await trips(program.port));
	ratios.push(both.scripts.at(-1) / both.program.at(-1));
}
await Promise.all([scripts.close(), program.close()]);

const starts = [];
for (let round = 0; round < ROUNDS; round++) {
	const begun = performance.now();
	const one = await openScriptHost([echo]);
	starts.push(performance.now() - begun);
	await one.close();
}
const many = Array.from({ length: APPLICATIONS }, (_, at) => application(`many${at}`, "n = 0"));
const before = process.memoryUsage().rss;
const begun = performance.now();
const hosts = [];
for (const path of many) hosts.push(await openScriptHost([path]));
const startMs = (performance.now() - begun) / APPLICATIONS;
const memoryMiB = (process.memoryUsage().rss - before) / APPLICATIONS / 2 ** 20;
await Promise.all(hosts.map((host) => host.close()));
const neighbours = await neighbourRows(application("good", GOOD), application("bad", BAD));
rmSync(parent, { recursive: true });

const ns = (name) => median(took[name]);
const rows = Object.keys(calls).map((name) => [name, `${ns(name).toFixed(0)} ns`]);
rows.push([
	`a round trip of ${DOCUMENT.length} bytes through the daemon: \`main.asc\``,
	`${median(both.scripts).toFixed(0)} µs`,
]);
rows.push([
	"the same with `createServer` and a handler in JavaScript",
	`${median(both.program).toFixed(0)} µs; the script takes ${median(ratios).toFixed(2)}× (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
]);
rows.push([
	"an application starts",
	`${median(starts).toFixed(0)} ms (${APPLICATIONS} of them, one after the other: ${startMs.toFixed(0)} ms each)`,
]);
rows.push([`memory of an application, ${APPLICATIONS} in one process`, `${memoryMiB.toFixed(1)} MiB`]);
rows.push(...(await messageRows()));
rows.push(...neighbours);
const text = table(["", ""], rows);
console.log(text);
console.log(
	`\ngoal, a handler's call in 1 µs: ${ns("a handler of the script host with the text (`onData`)") <= 1000 ? "reached" : "not reached"}`,
);
if (sink === Number.NEGATIVE_INFINITY) console.log(sink);
if (writes) {
	const words = `\`npm run bench asc\`: medians of ${ROUNDS} rounds on two shared cores, Node ${process.version}; documents of ${DOCUMENT.length} characters.`;
	writeSection("asc", `${words}\n\n${text}`);
}
