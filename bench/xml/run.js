// Parsing, reading and printing XML beside the parsers that people use. The contenders run in turn, in rounds; what counts is
// the CPU time of each against ours in the same round, as a median with its spread. Whether a peer's tree is the same as
// ours is checked first and said, because a parser that leaves work out is faster.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fixtures } from "./fixtures.js";

const here = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Math.max(5, Number(process.env.BENCH_ROUNDS ?? 7));
const SLICE_MS = Number(process.env.BENCH_SLICE_MS ?? 80);
const ONLY = process.env.BENCH_FIXTURE;

if (!existsSync(join(here, "../../dist/xml/index.js"))) {
	console.error("Build the package first: npm run build");
	process.exit(1);
}
if (!existsSync(join(here, "../node_modules/txml"))) {
	console.error("The parsers to compare with are not installed. To install them: npm install --prefix bench");
	process.exit(1);
}
const { ours, peers } = await import("./contenders.js");

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Microseconds of CPU time per call of `work` over the copies of a source. */
function measure(work, inputs, milliseconds) {
	const { user, system } = process.cpuUsage();
	const end = performance.now() + milliseconds;
	let calls = 0;
	let sink = 0;
	do {
		for (const input of inputs) sink += work(input) === undefined ? 0 : 1;
		calls += inputs.length;
	} while (performance.now() < end);
	const used = process.cpuUsage({ user, system });
	if (sink < 0) console.log(sink);
	return (used.user + used.system) / calls;
}

/** Runs all contenders in turn and prints each beside the first. */
function compare(title, rows, inputs, bytes) {
	console.log(`\n${title}`);
	for (const row of rows) measure(row.work, row.inputs ?? inputs, SLICE_MS * 2);
	const times = rows.map(() => []);
	for (let round = 0; round < ROUNDS; round++) {
		for (let at = 0; at < rows.length; at++) {
			// Every other round backwards, so that nobody always runs behind the same neighbour.
			const index = round % 2 === 0 ? at : rows.length - 1 - at;
			times[index].push(measure(rows[index].work, rows[index].inputs ?? inputs, SLICE_MS));
		}
	}
	for (const [index, row] of rows.entries()) {
		const own = median(times[index]);
		const ratios = times[index].map((time, round) => time / times[0][round]);
		const ratio =
			index === 0
				? ""
				: `${median(ratios).toFixed(2)}× (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
		const speed = `${(bytes / own).toFixed(0)} MB/s`;
		console.log(
			`  ${row.name.padEnd(34)} ${`${own.toFixed(2)} µs`.padStart(12)} ${speed.padStart(10)}   ${ratio.padEnd(22)} ${row.note ?? ""}`,
		);
	}
}

/** Joins texts that stand beside each other, and drops empty ones: how they are cut is a matter of taste. */
function normal(children) {
	const result = [];
	for (const child of children) {
		const node = typeof child === "string" ? child : [child[0], child[1], normal(child[2])];
		if (typeof node === "string" && typeof result.at(-1) === "string") result[result.length - 1] += node;
		else if (node !== "") result.push(node);
	}
	return result;
}

function textOf(children) {
	return children.map((child) => (typeof child === "string" ? child : textOf(child[2]))).join("");
}

/** What a peer's tree does not have in common with ours. */
function difference(peer, source) {
	let plain;
	try {
		plain = normal(peer.plain(peer.parse(source)));
	} catch (error) {
		return `fails: ${error.message.slice(0, 40)}`;
	}
	const expected = normal(ours.plain(ours.parse(source)));
	if (JSON.stringify(plain) === JSON.stringify(expected)) return "";
	const text = textOf(plain);
	if (text.includes("&lt;") || text.includes("&amp;")) return "other tree: decodes no references";
	if (text.replace(/\s/g, "") === textOf(expected).replace(/\s/g, "")) return "other tree: white space";
	return text.length < textOf(expected).length ? "other tree: loses text" : "other tree";
}

/** Copies that share nothing, as texts that came from the network. */
const copies = (source, count) => Array.from({ length: count }, () => Buffer.from(source).toString());

function memory(source) {
	setFlagsFromString("--expose_gc");
	const collect = runInNewContext("gc");
	const held = [];
	const texts = copies(source, 5);
	collect();
	const before = process.memoryUsage().heapUsed;
	for (const text of texts) held.push(ours.parse(text));
	collect();
	const used = process.memoryUsage().heapUsed - before;
	let nodes = 0;
	for (const document of held)
		for (const _ of source.matchAll(/<[^/!?]|>[^<]/g)) nodes += document === undefined ? 0 : 1;
	console.log(
		`\nmemory of a parsed tree: ${(used / nodes).toFixed(0)} bytes a node (${nodes / held.length} nodes, the source text not counted)`,
	);
}

console.log(`Node ${process.version}, ${ROUNDS} rounds; a ratio is how many times our CPU time the other takes.`);
for (const { name, source } of fixtures) {
	if (ONLY !== undefined && ONLY !== name) continue;
	const inputs = copies(source, source.length > 10_000 ? 2 : 64);
	const bytes = source.length;
	const notes = new Map(peers.map((peer) => [peer, difference(peer, source)]));
	compare(
		`${name} (${bytes} bytes): parse; nobody reads anything`,
		[ours, ...peers].map((one) => ({ name: one.name, work: one.parse, note: notes.get(one) })),
		inputs,
		bytes,
	);
	compare(
		`${name} (${bytes} bytes): parse, and read every name, attribute and text`,
		[ours, ...peers].map((one) => ({
			name: one.name,
			work: (text) => one.read(one.parse(text)),
			note: notes.get(one),
		})),
		inputs,
		bytes,
	);
	compare(
		`${name} (${bytes} bytes): the same, but ours with the attributes unread`,
		[
			{ name: "xmlsocket", work: (text) => ours.readWithoutAttributes(ours.parse(text)) },
			...peers.map((one) => ({ name: one.name, work: (text) => one.read(one.parse(text)), note: notes.get(one) })),
		],
		inputs,
		bytes,
	);
	const printers = [ours, ...peers].filter((one) => one.print !== undefined && !notes.get(one)?.startsWith("fails"));
	compare(
		`${name} (${bytes} bytes): print a tree`,
		printers.map((one) => ({
			name: one.name,
			work: one.print,
			inputs: [one.parse(source)],
			note: one.name === "txml" ? "escapes nothing" : notes.get(one),
		})),
		inputs,
		bytes,
	);
	if (name === "large") memory(source);
}
