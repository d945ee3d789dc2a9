// The conformance suite against servers with one mistake each: it must find that mistake, in exactly the cases that it concerns.

import { describe, expect, it } from "vitest";
import { CONFORMANCE_CASES, runConformance } from "../../src/tools/index.ts";
import { BAD_SERVERS, type BadServerRow } from "./bad-servers/index.ts";

const TIMEOUT_MS = 600;

async function check({ start, fails, mayFail = [], only, profile, endedBy }: BadServerRow): Promise<void> {
	const server = await start();
	try {
		const address = `127.0.0.1:${server.port}`;
		const report = await runConformance({ address, only, profile, timeoutMs: TIMEOUT_MS });
		const failed = report.cases.filter(({ result }) => result === "failed");
		const details = JSON.stringify(failed.map(({ id, failure }) => [id, failure?.got]));
		expect(
			failed
				.map(({ id }) => id)
				.filter((id) => !mayFail.includes(id) || fails.includes(id))
				.sort(),
			details,
		).toEqual([...fails].sort());
		expect(report.cases.find(({ endedServer }) => endedServer)?.id).toBe(endedBy);
		for (const { failure } of failed) {
			expect(failure).toMatchObject({ sent: expect.stringMatching(/./), got: expect.stringMatching(/./) });
			expect(failure!.change).toMatch(/\.$/);
		}
	} finally {
		server.stop();
	}
}

describe("the conformance suite fails a server that", () => {
	it.concurrent.each(BAD_SERVERS.map((row) => [row.title, row] as const))("%s", async (_, row) => await check(row));
});

describe("the cases", () => {
	it("each fail for a bad server, apart from those of other tests", () => {
		const found = new Set(BAD_SERVERS.flatMap(({ fails }) => fails));
		const elsewhere = CONFORMANCE_CASES.filter(({ id }) => !found.has(id) && !id.startsWith("chat-")).map(
			({ id }) => id,
		);
		// conformance.test.ts has these: they need a server that ends as a process, or a limit that is given.
		expect(elsewhere).toEqual(["size-1m", "policy-reset"]);
	});
});
