// Makes the comparison of docs/performance.md and its charts from bench/results/compare.json. The explanations between the generated
// blocks are written by hand. `npm run docs` and the benchmark itself write them.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median, replaceBlock, table } from "../bench/report.js";
import { barChart } from "./bar-chart.js";

const docs = fileURLToPath(new URL("../docs/", import.meta.url));
const results = fileURLToPath(new URL("../bench/results/compare.json", import.meta.url));

const FAN_OUT = {
	relay: "xmlsocket, relay",
	chat: "xmlsocket, chat room",
	"chat-websocket": "xmlsocket, chat room, WebSocket",
	"stored-memory": "xmlsocket, stored room in memory",
	stored: "xmlsocket, stored room on disk",
	"ws-joined": "ws, joined by hand",
	"nats-server": "nats-server",
	net: "node:net",
	ws: "ws",
	"socket.io": "socket.io",
};
const ECHO = {
	xmlsocket: "xmlsocket",
	"xmlsocket-websocket": "xmlsocket, WebSocket",
	"nats-server": "nats-server",
	net: "node:net, bytes only",
	ws: "ws",
	"socket.io": "socket.io",
};
const WAYS = { push: "xmlsocket, push", "long-polling": "HTTP, long polling", polling: "HTTP, polling every second" };
const isOwn = (label) => label.startsWith("xmlsocket");

/** What an own contender is compared with, by the measured quantity; `less` is better where it says so. */
const QUANTITIES = [
	{ part: "fanOut", key: "16", labels: FAN_OUT, title: "fan-out, 16 outstanding" },
	{ part: "fanOut", key: "1", labels: FAN_OUT, title: "fan-out, one at a time" },
	{ part: "echo", key: "rate", labels: ECHO, title: "echo, 64 outstanding" },
	{ part: "echo", key: "p50", labels: ECHO, title: "echo, time of a round trip", isLessBetter: true },
];

const whole = (value) => Math.round(value).toLocaleString("en");
const million = (value) => (value < 995_000 ? `${Math.round(value / 1000)} k` : `${(value / 1e6).toFixed(2)} M`);

/** How many times better `own` is than `peer`, in each round. */
function ratios({ rounds }, { part, key, isLessBetter }, own, peer) {
	return rounds[part][own][key].map((value, round) => {
		const other = rounds[part][peer][key][round];
		return isLessBetter ? other / value : value / other;
	});
}
const times = (value) => `${value < 9.95 ? value.toFixed(2) : value.toFixed(1)}×`;
const spread = (values) =>
	`${times(median(values))} (${times(Math.min(...values)).slice(0, -1)}–${times(Math.max(...values)).slice(0, -1)})`;

/** The labels of the contenders that were there. */
const measured = (result, { part, labels }) => Object.entries(labels).filter(([name]) => name in result.rounds[part]);

/** Own contenders in rows, peers in columns. */
function ratioTable(result, quantity) {
	const all = measured(result, quantity);
	const peers = all.filter(([, label]) => !isOwn(label));
	return table(
		[`**${quantity.title}**: times better than`, ...peers.map(([, label]) => label)],
		all
			.filter(([, label]) => isOwn(label))
			.map(([own, label]) => [label, ...peers.map(([peer]) => spread(ratios(result, quantity, own, peer)))]),
	);
}

function aboutBlock({ command, commit, date, machine, peers, missing, settings, seconds, load }) {
	const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
	const absent = Object.entries(missing).map(([name, why]) => ` Without ${name} (${why}).`);
	return `\`${command}\`, ${date}, commit \`${commit.slice(0, 10)}${commit.slice(40)}\`: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel},
Node ${machine.node}, ${versions.join(", ")}.${absent.join("")} Medians of ${settings.rounds} rounds, ${seconds} s in all. Other programs used ${Math.round(load.othersShare * 100)} % of the
processors; load average ${load.start} at the start, at most ${load.highest}.${
		load.busy ? " **The machine was busy: read only the ratios, and expect a wide spread.**" : ""
	}`;
}

function fanOutBlock(result) {
	const [busy, lone] = QUANTITIES;
	const rows = measured(result, busy).map(([name, label]) => {
		const { 1: one, 16: sixteen, bytes } = result.medians.fanOut[name];
		return [label, whole(sixteen), whole(one), whole(bytes)];
	});
	return `![Bars: deliveries for each CPU second](images/performance-fan-out.svg)

${table(["deliveries for each CPU second of the server", "16 outstanding", "one at a time", "bytes of a delivery"], rows)}

${ratioTable(result, busy)}

${ratioTable(result, lone)}`;
}

function echoBlock(result) {
	const [, , pipelined, roundTrip] = QUANTITIES;
	const rows = measured(result, pipelined).map(([name, label]) => {
		const { p50, p99, rate } = result.medians.echo[name];
		return [label, `${p50} µs`, `${p99} µs`, whole(rate)];
	});
	return `![Bars: messages for each CPU second, and the time of a round trip](images/performance-echo.svg)

${table(["", "round trip, p50", "p99", "64 outstanding: messages for each CPU second"], rows)}

${ratioTable(result, roundTrip)}

${ratioTable(result, pipelined)}`;
}

function deliveryBlock({ medians }) {
	const rows = Object.entries(WAYS).map(([way, label]) => {
		const { p50, p99, bytes } = medians.delivery[way];
		return [label, `${p50.toPrecision(3)} ms`, `${p99.toPrecision(3)} ms`, whole(bytes)];
	});
	return `![Bars: the time until a message arrives, and the bytes of a message](images/performance-delivery.svg)

${table(["", "a message arrives after, p50", "p99", "bytes of a message, both directions"], rows)}`;
}

/** Every pair in which an own contender is the slower one. */
function slowerBlock(result) {
	const lines = QUANTITIES.flatMap((quantity) => {
		const all = measured(result, quantity);
		return all
			.filter(([, label]) => isOwn(label))
			.flatMap(([own, label]) =>
				all
					.filter(([, other]) => !isOwn(other))
					.map(([peer, other]) => ({ other, values: ratios(result, quantity, own, peer) }))
					.filter(({ values }) => median(values) < 1)
					.map(({ other, values }) => `- ${quantity.title}: ${label} ${spread(values)} of ${other}`),
			);
	});
	return lines.length === 0 ? "In no pair of this run." : lines.join("\n");
}

function charts({ medians, ...result }) {
	const panel = (quantity, title, shown) => ({
		title,
		bars: measured(result, quantity)
			.map(([name, label]) => {
				const value = medians[quantity.part][name][quantity.key];
				return { label, value, shown: shown(value), isOwn: isOwn(label) };
			})
			.sort((a, b) => (quantity.isLessBetter ? a.value - b.value : b.value - a.value)),
	});
	const [busy, lone, pipelined, roundTrip] = QUANTITIES;
	const way = (key, shown) =>
		Object.entries(WAYS).map(([name, label]) => {
			const value = medians.delivery[name][key];
			return { label, value, shown: shown(value), isOwn: isOwn(label) };
		});
	const { subscribers } = result.settings.fanOut;
	return {
		"images/performance-fan-out.svg": barChart(
			`One client sends, ${whole(subscribers)} receive: deliveries for each CPU second of the server`,
			[
				panel(busy, "16 messages outstanding: more is better", million),
				panel(lone, "One message at a time: more is better", million),
			],
		),
		"images/performance-echo.svg": barChart("Every message returns to its sender", [
			panel(pipelined, "64 messages outstanding, messages for each CPU second: more is better", million),
			panel(roundTrip, "Time of a round trip, p50: less is better", (value) => `${value} µs`),
		]),
		"images/performance-delivery.svg": barChart("A message at a random time reaches a client", [
			{ title: "After how long, p50: less is better", bars: way("p50", (value) => `${value.toPrecision(3)} ms`) },
			{ title: "Bytes of a message, both directions: less is better", bars: way("bytes", whole) },
		]),
	};
}

/**
 * The page and its charts, by their paths in docs/.
 *
 * @param {string} page the page as it is: what is outside of the generated blocks remains
 * @param {Record<string, any>} result what the benchmark measured
 * @returns {Record<string, string>}
 */
export function comparisonPages(page, result) {
	const blocks = {
		"compare-machine": aboutBlock(result),
		"compare-fan-out": fanOutBlock(result),
		"compare-echo": echoBlock(result),
		"compare-delivery": deliveryBlock(result),
		"compare-slower": slowerBlock(result),
	};
	let text = page;
	for (const [name, content] of Object.entries(blocks)) text = replaceBlock(text, name, content);
	return { "performance.md": text, ...charts(result) };
}

/** The pages from the files as they are. */
export const currentPages = () =>
	comparisonPages(readFileSync(`${docs}performance.md`, "utf8"), JSON.parse(readFileSync(results, "utf8")));

/** Writes the pages. */
export function writePages() {
	for (const [name, text] of Object.entries(currentPages())) writeFileSync(`${docs}${name}`, text);
	console.log("Written to docs/performance.md and its charts.");
}
