// The comparison in docs/performance.md and its charts say what bench/results/compare.json has, and that file is complete.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { comparisonPages } from "../../scripts/performance-page.js";
import { root } from "./import-graph.ts";

type Values = Record<string, Record<string, number[]>>;

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const page = read("docs/performance.md");
const result = JSON.parse(read("bench/results/compare.json"));
const rounds: Record<string, Values> = result.rounds;
const middle = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** The cells of the first row of the page that begins with these words. */
const row = (words: string): string[] =>
	page
		.split("\n")
		.find((line) => line.startsWith(`| ${words} |`))!
		.split("|")
		.slice(2, -1)
		.map((cell) => cell.trim());

describe("the comparison with other servers", () => {
	it("on the page and its charts is made from the results as they are", () => {
		for (const [name, text] of Object.entries(comparisonPages(page, result))) expect(read(`docs/${name}`)).toBe(text);
	});

	it("shows the medians of the rounds, and the median of the ratios of each round", () => {
		const chat = rounds.fanOut!.chat!;
		const ws = rounds.fanOut!.ws!;
		expect(row("xmlsocket, chat room").slice(0, 2)).toEqual(
			["16", "1"].map((window) => middle(chat[window]!).toLocaleString("en")),
		);
		const ratio = middle(chat["16"]!.map((rate, round) => rate / ws["16"]![round]!));
		const busy = page.slice(page.indexOf("**fan-out, 16 outstanding**"), page.indexOf("**fan-out, one at a time**"));
		expect(busy).toContain(`| ${ratio < 9.95 ? ratio.toFixed(2) : ratio.toFixed(1)}× (`);
		const push = rounds.delivery!.push!;
		expect(row("xmlsocket, push")).toEqual([
			`${middle(push.p50!).toPrecision(3)} ms`,
			`${middle(push.p99!).toPrecision(3)} ms`,
			String(middle(push.bytes!)),
		]);
	});

	it("has at least five rounds of every contender, the machine, the commit and the load", () => {
		for (const [part, contenders] of Object.entries(rounds)) {
			for (const [name, values] of Object.entries(contenders)) {
				for (const [key, list] of Object.entries(values)) {
					expect(list.length).toBeGreaterThanOrEqual(5);
					expect(list.every((value) => value > 0)).toBe(true);
					expect(result.medians[part][name][key]).toBe(middle(list));
				}
			}
		}
		expect(Object.keys(rounds.fanOut!)).toEqual(expect.arrayContaining(["chat", "relay", "stored", "ws", "net"]));
		expect(result.commit).toMatch(/^[0-9a-f]{40}/);
		for (const about of [result.machine.cpu, result.machine.kernel, result.machine.node, result.command]) {
			expect(about).toMatch(/\S/);
		}
		expect(result.load.busy).toBe(result.load.othersShare > 0.1);
		expect(page.includes("The machine was busy")).toBe(result.load.busy);
	});

	it("has a title in each chart, and one bar for each contender", () => {
		const fanOut = read("docs/images/performance-fan-out.svg");
		expect(fanOut).toMatch(/<title>[^<]+<\/title>/);
		expect(fanOut).toContain("prefers-color-scheme: dark");
		expect(fanOut.match(/<rect /g)).toHaveLength(2 * Object.keys(rounds.fanOut!).length);
	});
});
