// The space for new objects of a server's process, which V8 lets grow under load unless it is told not to.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../architecture/import-graph.ts";

const ALLOCATE = `
	let kept = [];
	for (let i = 0; i < 2_000_000; i++) {
		kept.push({ a: i, b: "x" + i });
		if (kept.length > 50_000) kept = [];
	}
	const { getHeapSpaceStatistics } = await import("node:v8");
	console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size);
`;

function newSpaceBytes(command: readonly string[]): number {
	const program = join(root, "dist/cli/program.js");
	const script = `
		const { createProgram } = await import(${JSON.stringify(program)});
		await createProgram("0").program.parseAsync(${JSON.stringify(["node", "xmlsocket", ...command])}).catch(() => {});
		${ALLOCATE}
	`;
	return Number(
		execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", stdio: "pipe" })
			.trim()
			.split("\n")
			.at(-1),
	);
}

it("keeps the space for new objects of a server at its first size, and lets that of other commands grow", () => {
	expect(newSpaceBytes(["serve", "--port", "-1"])).toBeLessThan(4 * 2 ** 20);
	expect(newSpaceBytes(["explain", "XMLSOCKET_ABORTED"])).toBeGreaterThan(8 * 2 ** 20);
});
