// A million executions of the fuzzer, each time from another seed, and its parts: one that finds nothing must be able to find
// something. `npm run fuzz` is the long run.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fuzz, type Trial } from "./engine.ts";
import { Guide } from "./guide.ts";
import { bytesOf, latin1Of, type Target } from "./target.ts";

interface Outcome {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

const LIMIT_MS = 600_000;

function run(...flags: string[]): Promise<Outcome> {
	return new Promise((resolve) => {
		const words = [join(import.meta.dirname, "run.js"), ...flags];
		const child = execFile(process.execPath, words, { timeout: LIMIT_MS, maxBuffer: 1 << 24 }, (_, out, err) => {
			resolve({ code: child.exitCode, out, err });
		});
	});
}

const unlimited = { milliseconds: LIMIT_MS, guide: undefined, onTrial: () => {} };

describe("the fuzzer", () => {
	it(
		"finds nothing in a million executions of all targets",
		async () => {
			const { code, out, err } = await run("--quick", "--threads", "2");
			expect(code, err).toBe(0);
			const rows = out.trim().split("\n").slice(2);
			expect(rows.length).toBe(19);
			const executions = rows.map((row) => Number(row.split("|")[2]?.replaceAll(",", "")));
			expect(executions.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(1_000_000);
			console.log(err.trim().split("\n").at(-1));
		},
		LIMIT_MS,
	);

	it("refuses what it does not know with code 2", async () => {
		expect(await run("--only", "pasrer")).toMatchObject({ code: 2, err: expect.stringContaining('"pasrer"') });
		expect(await run("--minutes", "soon")).toMatchObject({ code: 2, err: expect.stringContaining("--minutes") });
	});

	it("reduces an input that fails to what is needed for the failure", async () => {
		const target: Target = {
			run(input) {
				const text = latin1Of(input);
				if (text.includes("<b") && text.includes(">")) throw new Error("found");
			},
			tokens: ["<b", ">"],
		};
		const corpus = [bytesOf("some <a>, and more of it")];
		const report = await fuzz(target, { ...unlimited, seed: 1, corpus, executions: 50_000 });
		expect(report.findings.map(({ error }) => error.split("\n")[0])).toEqual(["Error: found"]);
		expect(report.findings[0]?.input.length).toBe(3);
	});

	it("repeats a run from its seed", async () => {
		const inputs = async (seed: number): Promise<string[]> => {
			const seen: string[] = [];
			const onTrial = ({ input, seed: own }: Trial): void => void seen.push(`${latin1Of(input)} ${own}`);
			await fuzz(
				{ run() {} },
				{ ...unlimited, onTrial, seed, corpus: [bytesOf("<a/>"), bytesOf("text")], executions: 500 },
			);
			return seen;
		};
		const first = await inputs(7);
		expect(await inputs(7)).toEqual(first);
		expect(await inputs(8)).not.toEqual(first);
	});

	it("reports an input that takes longer than its length allows", async () => {
		const target: Target = {
			run(input) {
				if (input.length < 4) return;
				const used = process.cpuUsage();
				while (process.cpuUsage(used).user < 100_000) {}
			},
		};
		const report = await fuzz(target, { ...unlimited, seed: 1, corpus: [bytesOf("<a/>")], executions: 1 });
		expect(report.findings[0]?.error).toMatch(/slow: \d+ ms for \d+ bytes/);
		expect(report.findings[0]?.input.length).toBeGreaterThan(3);
	});

	it("reports what inputs leave behind", async () => {
		const target: Target = {
			run() {},
			finish() {
				throw new Error("one connection remains");
			},
		};
		const report = await fuzz(target, { ...unlimited, seed: 1, corpus: [], executions: 10 });
		expect(report.findings[0]?.error).toContain("one connection remains");
	});

	it("keeps inputs that reach new code", async () => {
		const guide = new Guide((url) => url.includes("fuzz.test"));
		const reached = (input: string): string => {
			if (input.startsWith("a")) return input.length > 2 ? "long" : "short";
			return "none";
		};
		const runAll = async (inputs: readonly string[]): Promise<void> => inputs.forEach(reached);
		guide.resume();
		expect(await guide.select(["b", "c"], runAll)).toHaveLength(1);
		expect(await guide.select(["b", "ab", "d"], runAll)).toEqual(["ab"]);
		expect(await guide.select(["e", "f", "abc"], runAll)).toEqual(["abc"]);
		expect(await guide.select(["abcd", "g"], runAll)).toEqual([]);
		guide.pause();
		expect(guide.reached).toBeGreaterThan(2);
	});
});
