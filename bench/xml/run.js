// Parses, reads and prints XML with this package and with widely used parsers. They take turns, in rounds. The
// result is the ratio of their CPU times in a round, as a median with its spread. First it checks and prints whether a peer's tree
// equals ours, because a parser that omits work is faster.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median, table, writeSection, writes } from "../report.js";
import { fixtures } from "./fixtures.js";

const here = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Math.max(5, Number(process.env.BENCH_ROUNDS ?? 9));
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

/** Ratios by fixture, work and peer: what the goals are held against, and what is written down. */
const results = new Map();

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

/** Runs all contenders in turn and prints each with its ratio to the first. */
function compare(fixture, what, rows, inputs) {
	const bytes = fixture.source.length;
	console.log(`\n${fixture.name} (${bytes} bytes): ${what}`);
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
		const found = {
			time: own,
			ratio: median(ratios),
			least: Math.min(...ratios),
			most: Math.max(...ratios),
			note: row.note,
		};
		results.set(`${fixture.name}: ${what}: ${row.name}`, found);
		const speed = `${(bytes / own).toFixed(0)} MB/s`;
		console.log(
			`  ${row.name.padEnd(18)} ${`${own.toFixed(2)} µs`.padStart(12)} ${speed.padStart(10)}   ${(index === 0 ? "" : spread(found)).padEnd(22)} ${row.note ?? ""}`,
		);
	}
}

const spread = ({ ratio, least, most }) => `${ratio.toFixed(2)}× (${least.toFixed(2)}–${most.toFixed(2)})`;

/** Joins adjacent texts and drops empty ones, because parsers split text differently. */
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

/** Bytes of heap for each node of a parsed tree, the source text not counted. */
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
	for (const document of held) nodes += ours.count(document);
	console.log(`\nmemory of a parsed tree: ${(used / nodes).toFixed(0)} bytes a node (${nodes / held.length} nodes)`);
	return used / nodes;
}

const UNREAD = "parse, attributes unread";
const MADE = "parse, every attribute made";
const READ = "parse, and read every name, attribute and text";
const PRINT = "print a tree as it was parsed";
const PRINT_READ = "print a tree whose texts and attributes were read";
let bytesPerNode;

console.log(`Node ${process.version}, ${ROUNDS} rounds; a ratio is how many times our CPU time the other takes.`);
for (const fixture of fixtures) {
	const { name, source } = fixture;
	if (ONLY !== undefined && ONLY !== name) continue;
	const inputs = copies(source, source.length > 10_000 ? 2 : 64);
	const notes = new Map(peers.map((peer) => [peer, difference(peer, source)]));
	const all = [ours, ...peers];
	const rows = (work) => all.map((one) => ({ name: one.name, work: work(one), note: notes.get(one) }));
	compare(
		fixture,
		UNREAD,
		rows((one) => one.parse),
		inputs,
	);
	// The peers make attributes as they parse; ours are made when someone asks.
	compare(
		fixture,
		MADE,
		rows((one) => one.parseEagerly ?? one.parse),
		inputs,
	);
	compare(
		fixture,
		READ,
		rows((one) => (text) => one.read(one.parse(text))),
		inputs,
	);
	const printers = all.filter((one) => one.print !== undefined && !notes.get(one)?.startsWith("fails"));
	for (const what of [PRINT, PRINT_READ]) {
		compare(
			fixture,
			what,
			printers.map((one) => {
				const tree = one.parse(source);
				if (what === PRINT_READ) (one.touch ?? one.read)(tree);
				return {
					name: one.name,
					work: one.print,
					inputs: [tree],
					note: one.escapes === false ? "escapes nothing" : notes.get(one),
				};
			}),
			inputs,
		);
	}
	if (name === "large") bytesPerNode = memory(source);
}

// What the product has set out to reach: a fixture, the work, a peer, and how many times our CPU time it should take.
const GOALS = [
	["chat", UNREAD, "txml", 3.5],
	["chat", MADE, "txml", 2],
	["chat", MADE, "saxes + tree", 4],
	["state", MADE, "ltx", 2],
	["text", READ, "saxes + tree", 4],
	["large", UNREAD, "txml", 2],
	["large", PRINT, "ltx", 1.2],
	["large", PRINT, "htmlparser2", 1],
	["chat", PRINT, "ltx", 1.2],
];
const held = GOALS.flatMap(([fixture, what, peer, goal]) => {
	const found = results.get(`${fixture}: ${what}: ${peer}`);
	return found === undefined
		? []
		: [[fixture, what, peer, spread(found), `${goal}×`, found.ratio >= goal ? "yes" : "**no**"]];
});
if (bytesPerNode !== undefined) {
	held.push([
		"large",
		"bytes of heap a node",
		"",
		bytesPerNode.toFixed(0),
		"130",
		bytesPerNode <= 130 ? "yes" : "**no**",
	]);
}
console.log("\nGoals");
for (const row of held) console.log(`  ${row.join(" · ")}`);

if (writes && ONLY === undefined) {
	const works = [UNREAD, MADE, READ, PRINT, PRINT_READ];
	const sections = fixtures.map(({ name, source }) => {
		const body = [ours, ...peers].map((one) => [
			one.name,
			...works.map((what) => {
				const found = results.get(`${name}: ${what}: ${one.name}`);
				if (found === undefined) return "–";
				return one === ours ? `${(source.length / found.time).toFixed(0)} MB/s` : spread(found);
			}),
			results.get(`${name}: ${UNREAD}: ${one.name}`).note ?? "",
		]);
		return `**${name}** (${source.length} bytes)\n\n${table(["", ...works, "its tree"], body)}`;
	});
	const goals = table(["text", "work", "peer", "ratio", "goal", "reached"], held);
	writeSection("xml", `Node ${process.version}, ${ROUNDS} rounds.\n\n${goals}\n\n${sections.join("\n\n")}`);
}
