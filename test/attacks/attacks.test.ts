// The attack campaign, scaled down: a few attacks for a second each, judged by what does not depend on time. `npm run attack` is the
// whole. And the same campaign against a daemon whose limits are lifted, because a verdict that cannot fail says nothing.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "vitest";
import { ATTACKS } from "./attacks.js";

interface Outcome {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

const LIMIT_MS = 300_000;
const ATTACKED = ["connect-and-leave", "bad-documents", "ws-one-byte-frames", "http-bad-range"];
const LIFTED = ["endless-first-document"];

function campaign(...flags: string[]): Promise<Outcome> {
	return new Promise((resolve) => {
		const words = [join(import.meta.dirname, "run.js"), "--brief", ...flags];
		const child = execFile(process.execPath, words, { timeout: LIMIT_MS, maxBuffer: 1 << 24 }, (_, out, err) => {
			resolve({ code: child.exitCode, out, err });
		});
	});
}

/** The verdicts of the table, by attack. */
function verdicts(out: string): Map<string, string> {
	const lines = out.trim().split("\n").slice(2);
	return new Map(
		lines.map((line) => line.split("|").map((cell) => cell.trim())).map((cells) => [cells[1]!, cells.at(-2)!]),
	);
}

describe.concurrent("the attack campaign", () => {
	it(
		"finds nothing lost, nobody disconnected and nothing left behind, whatever attacks the daemon",
		async ({ expect }) => {
			const { code, out, err } = await campaign(
				"--seconds",
				"1",
				...ATTACKED.flatMap((name) => ["--only", `=${name}`]),
			);
			expect(code, err).toBe(0);
			expect(verdicts(out)).toEqual(new Map(ATTACKED.map((name) => [name, "ok"])));
		},
		LIMIT_MS,
	);

	it(
		"finds what a daemon lets through whose limits are lifted, and ends with code 1",
		async ({ expect }) => {
			const only = LIFTED.flatMap((name) => ["--only", `=${name}`]);
			const { code, out, err } = await campaign("--weakened", "--seconds", "30", ...only);
			expect(code, err).toBe(1);
			expect(verdicts(out), err).toEqual(new Map(LIFTED.map((name) => [name, "FAIL"])));
			expect(err).toMatch(/memory rose by \d+ MiB/);
		},
		LIMIT_MS,
	);

	it("refuses what it does not know with code 2", async ({ expect }) => {
		expect(await campaign("--only", "kindness")).toMatchObject({ code: 2, err: expect.stringContaining('"kindness"') });
		expect(await campaign("--seconds", "0")).toMatchObject({ code: 2, err: expect.stringContaining("--seconds") });
	});

	it("has at least a hundred attacks, each with a name and a purpose of its own", ({ expect }) => {
		expect(ATTACKS.length).toBeGreaterThanOrEqual(100);
		expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
		expect(new Set(ATTACKS.map(({ name, what }) => name + what)).size).toBe(ATTACKS.length);
	});
});
