// The gateway's guide names every cause of an end, and its program for Node runs as it stands.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { END_WORDS } from "../../src/gateway/index.ts";

const root = resolve(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/guide/gateway.md"), "utf8");

it("explains every cause with which a bridge can end, and no other", () => {
	const [section] = /## How a connection ends[\s\S]*?\n## /.exec(guide)!;
	const explained = [...section.matchAll(/^\| `([a-z-]+)` \| /gm)].map((match) => match[1]!);
	expect(explained.sort()).toEqual(Object.keys(END_WORDS).sort());
});

it("has a program that makes a gateway as a library", () => {
	const [, , program] = /## As a library[\s\S]*(```js\n([\s\S]*?)```)/.exec(guide)!;
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket guide "));
	try {
		writeFileSync(join(folder, "package.json"), '{"type":"module"}');
		mkdirSync(join(folder, "node_modules"));
		symlinkSync(root, join(folder, "node_modules", "xmlsocket"), "dir");
		const file = join(folder, "program.js");
		writeFileSync(file, `${program!.replace("port: 9001", "port: 0")}\nawait server.close();\n`);
		const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: 100_000 });
		expect(stderr).toBe("");
		expect(status).toBe(0);
		expect(stdout).toBe("chat localhost 9339 /gateway/chat\n");
	} finally {
		rmSync(folder, { recursive: true });
	}
});
