// `xmlsocket init`: what it writes, and what it leaves alone.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { INIT_KINDS, templates } from "../../src/cli/commands/init.ts";
import { runHere } from "./run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket init "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const kinds = Object.entries(INIT_KINDS);

describe("xmlsocket init", () => {
	it("without a kind lists all kinds, and writes nothing", async () => {
		const cwd = mkdtempSync(join(folder, "list-"));
		const { code, out } = await runHere(["init"], { cwd });
		expect(code).toBe(0);
		for (const [kind, { about }] of kinds) expect(out).toMatch(new RegExp(`^  ${kind} +${about.slice(0, 20)}`, "m"));
		expect(readdirSync(cwd)).toEqual([]);
		const json = (await runHere(["init", "--json"], { cwd })).out.trimEnd().split("\n");
		expect(json.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(Object.keys(INIT_KINDS));
	});

	it.each(kinds.map(([kind]) => [kind]))(
		"%s writes its files as they are in the package, and names each",
		async (kind) => {
			const cwd = mkdtempSync(join(folder, "kind-"));
			const { code, out } = await runHere(["init", kind, "--dir", "new/deep"], { cwd });
			expect(code).toBe(0);
			const { files, next } = INIT_KINDS[kind]!;
			expect(readdirSync(join(cwd, "new/deep")).sort()).toEqual(files.map((file) => basename(file)).sort());
			for (const file of files) {
				expect(out).toContain(`wrote ${join("new/deep", basename(file))}\n`);
				const written = readFileSync(join(cwd, "new/deep", basename(file)), "utf8");
				expect(written).toBe(readFileSync(join(templates, file), "utf8"));
			}
			expect(out).toContain(`Next: ${next}`);
		},
	);

	it("every file of deploy/ belongs to a kind", () => {
		const written = new Set(kinds.flatMap(([, { files }]) => files));
		const there = readdirSync(templates, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name).slice(templates.length).replaceAll("\\", "/"));
		expect([...written].sort()).toEqual(there.sort());
	});

	it("writes nothing where one of the files exists, and leaves that one as it is", async () => {
		const cwd = mkdtempSync(join(folder, "exists-"));
		writeFileSync(join(cwd, "xmlsocket.socket"), "mine");
		const { code, out, err } = await runHere(["init", "systemd"], { cwd });
		expect({ code, out }).toEqual({ code: 2, out: "" });
		expect(err).toMatch(/xmlsocket\.socket exists already: nothing was written[\s\S]*XMLSOCKET_FILE_EXISTS/);
		expect(readdirSync(cwd)).toEqual(["xmlsocket.socket"]);
		expect(readFileSync(join(cwd, "xmlsocket.socket"), "utf8")).toBe("mine");
	});

	it.each([
		["systemmd", /did you mean systemd\?/],
		["__proto__", /there are config, systemd/],
		["../haproxy", /There is no kind/],
	])("refuses the kind %s", async (kind, words) => {
		const { code, err } = await runHere(["init", kind], { cwd: folder });
		expect(code).toBe(2);
		expect(err).toMatch(words);
	});

	it("refuses a folder that is a file, with the cause", async () => {
		writeFileSync(join(folder, "file"), "");
		const { code, err } = await runHere(["init", "config", "--dir", "file"], { cwd: folder });
		expect(code).toBe(2);
		expect(err).toContain("XMLSOCKET_FILE_NOT_WRITTEN");
	});

	it("config writes a file that the daemon accepts, with each value from it", async () => {
		const cwd = mkdtempSync(join(folder, "config-"));
		await runHere(["init", "config"], { cwd });
		const { code, out } = await runHere(["config", "--json"], { cwd });
		expect(code).toBe(0);
		const lines = out
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line) as { option: string; source: string });
		const written = JSON.parse(readFileSync(join(cwd, "xmlsocket.config.json"), "utf8")) as object;
		expect(
			lines
				.filter(({ source }) => source.startsWith("file"))
				.map(({ option }) => option)
				.sort(),
		).toEqual(
			Object.keys(written)
				.filter((key) => key !== "$schema")
				.sort(),
		);
	});
});
