// The fault campaign, scaled down: a few rounds of each fault that this machine and this build can do. `npm run faults` is the long
// run. And the same campaign against a daemon that keeps nothing, because a proof that cannot fail proves nothing.

import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { EMBEDDED } from "./faults.js";

interface Outcome {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

const LIMIT_MS = 300_000;

function campaign(...flags: string[]): Promise<Outcome> {
	return new Promise((resolve) => {
		const words = [join(import.meta.dirname, "run.js"), ...flags];
		const child = execFile(process.execPath, words, { timeout: LIMIT_MS, maxBuffer: 1 << 24 }, (_, out, err) => {
			resolve({ code: child.exitCode, out, err });
		});
	});
}

/** The rows of the table, by fault. */
function rows(out: string): Map<string, string[]> {
	const lines = out.trim().split("\n").slice(2);
	return new Map(lines.map((line) => line.split("|").slice(1, -1)).map(([name, ...cells]) => [name!.trim(), cells]));
}

describe.concurrent("the fault campaign", () => {
	const faults = EMBEDDED.map(({ name }) => name);

	it(
		"finds nothing lost, twice, out of order or left out unsaid, whatever is done to the daemon",
		async ({ expect }) => {
			const only = faults.flatMap((name) => ["--only", name]);
			const { code, out, err } = await campaign("--rounds", "2", "--at-once", "5", ...only);
			expect(code, err).toBe(0);
			const skipped = err.split("\n").filter((line) => line.includes(": skipped, "));
			for (const line of skipped) console.log(line);
			const table = rows(out);
			expect(table.size + skipped.length).toBe(faults.length);
			const messages = [...table.values()].map(([, count]) => Number(count?.replaceAll(",", "")));
			console.log(`${table.size} faults, 2 rounds each, ${messages.reduce((sum, one) => sum + one, 0)} messages`);
			for (const count of messages) expect(count).toBeGreaterThan(20);
		},
		LIMIT_MS,
	);

	it(
		"finds nothing wrong with a deployment, either",
		async ({ expect }) => {
			const names = ["1-broker-daemon-kill", "1-broker-daemon-clock", "1-broker-net-daemon-alone"];
			const { code, out, err } = await campaign(
				"--rounds",
				"2",
				"--at-once",
				"3",
				...names.flatMap((name) => ["--only", name]),
			);
			expect(code, err).toBe(0);
			const skipped = err.split("\n").filter((line) => line.includes(": skipped, "));
			for (const line of skipped) console.log(line);
			expect(rows(out).size + skipped.length).toBe(names.length);
		},
		LIMIT_MS,
	);

	it(
		"finds nothing wrong with a daemon of two workers, either",
		async ({ expect }) => {
			const names = ["workers-worker-kill", "workers-primary-freeze"];
			const flags = names.flatMap((name) => ["--only", name]);
			const { code, out, err } = await campaign("--rounds", "2", "--at-once", "2", ...flags);
			expect(code, err).toBe(0);
			const skipped = err.split("\n").filter((line) => line.includes(": skipped, "));
			for (const line of skipped) console.log(line);
			expect(rows(out).size + skipped.length).toBe(names.length);
		},
		LIMIT_MS,
	);

	it(
		"finds what a daemon loses that keeps its rooms in memory, proves it with lines of the logs, and ends with code 1",
		async ({ expect }) => {
			const { code, out, err } = await campaign("--only", "kill", "--rounds", "2", "--memory");
			expect(code).toBe(1);
			expect(Number(rows(out).get("kill")?.[3])).toBeGreaterThan(0);
			expect(err).toMatch(/ {2}lost: room (lobby|news)[ :].*\n {4}[a-z0-9-]+:\d+ \{"t":/);
			const kept = /the logs are in (.*)\/kill-1$/m.exec(err)?.[1] ?? "";
			expect(existsSync(join(kept, "kill-1", "auditor.ndjson"))).toBe(true);
			rmSync(kept, { recursive: true });
		},
		LIMIT_MS,
	);

	it("refuses what it does not know with code 2", async ({ expect }) => {
		expect(await campaign("--only", "flood")).toMatchObject({ code: 2, err: expect.stringContaining('"flood"') });
		expect(await campaign("--rounds", "0")).toMatchObject({ code: 2, err: expect.stringContaining("--rounds") });
	});
});
