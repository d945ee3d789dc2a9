// The completion scripts: what bash really offers, and that zsh and fish read theirs where they are installed.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "../peer-programs.js";
import { runHere } from "./run-command.ts";

let folder: string;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket completion "));
	for (const shell of ["bash", "zsh", "fish"]) {
		const { code, out } = await runHere(["completion", shell]);
		expect(code).toBe(0);
		writeFileSync(join(folder, shell), out);
	}
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for lines whose cursor is at the end; a line each. */
function offered(...lines: readonly string[]): string[][] {
	const program = `source "$0"
for COMP_LINE in "$@"; do
	COMP_POINT=\${#COMP_LINE}
	_xmlsocket
	echo "\${COMPREPLY[*]}"
done`;
	const out = execFileSync("bash", ["--norc", "-euo", "pipefail", "-c", program, join(folder, "bash"), ...lines], {
		encoding: "utf8",
	});
	return out
		.split("\n")
		.slice(0, -1)
		.map((line) => line.split(" ").filter(Boolean));
}

describe.skipIf(findProgram(["bash"]) === undefined)("in bash, Tab", () => {
	it("completes commands, flags, values of flags, and arguments with known values", () => {
		const cases: [string, string[]][] = [
			["xmlsocket rep", ["replay"]],
			["xmlsocket serve --log-l", ["--log-level"]],
			["xmlsocket serve --log-level ", ["silent", "error", "warn", "info", "debug"]],
			["xmlsocket serve --create-rooms st", ["stored"]],
			["xmlsocket replay s.ndjson --as ", ["client", "server"]],
			["xmlsocket init dock", ["docker", "docker-caddy", "docker-cluster"]],
			["xmlsocket explain port-in", ["port-in-use"]],
			["xmlsocket completion ", ["bash", "zsh", "fish"]],
			["xmlsocket data folder ex", ["export"]],
			["xmlsocket help comp", ["completion"]],
			// Files, which bash offers itself, and texts.
			["xmlsocket serve --tls-cert ", []],
			["xmlsocket serve --port ", []],
		];
		expect(offered(...cases.map(([line]) => line))).toEqual(cases.map(([, words]) => words));
	});

	it("completes the flags of serve where no command is named, and those that --help does not list", () => {
		const [usual, rare, all] = offered("xmlsocket --por", "xmlsocket serve --idle", "xmlsocket ");
		expect(usual).toEqual(["--port"]);
		expect(rare).toEqual(["--idle-timeout-ms"]);
		expect(all).toEqual(expect.arrayContaining(["serve", "connect", "top", "help"]));
	});

	it("completes a word with a colon or an equals sign, at which bash divides words", () => {
		expect(offered("xmlsocket connect localhost:90", "xmlsocket serve --log-level=de", "xmlsocket connect l")).toEqual([
			["9000"],
			["debug"],
			["localhost:9000"],
		]);
	});

	it("counts no value of a flag as an argument, and no flag after its value as a value", () => {
		expect(
			offered(
				"xmlsocket data --json folder rep",
				"xmlsocket serve --port 9000 --mem",
				"xmlsocket init --dir deploy sys",
			),
		).toEqual([["repair"], ["--memory", "--memory-ceiling-bytes"], ["systemd"]]);
	});
});

describe("the other scripts", () => {
	it.skipIf(findProgram(["bash"]) === undefined)("leave the settings of the shell as they are", () => {
		const program =
			'before="$COMP_WORDBREAKS$(set +o)$(shopt)"; source "$0"; [ "$before" = "$COMP_WORDBREAKS$(set +o)$(shopt)" ]';
		expect(spawnSync("bash", ["--norc", "-c", program, join(folder, "bash")]).status).toBe(0);
	});

	it.each([
		["zsh", ["-n"]],
		["fish", ["--no-execute"]],
	])("%s finds no mistake in its script, where it is installed", (shell, flags) => {
		const { status, stderr, error } = spawnSync(shell, [...flags, join(folder, shell)], { encoding: "utf8" });
		if (error) return;
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	});

	it("refuses another shell by name", async () => {
		const { code, err } = await runHere(["completion", "tcsh"]);
		expect(code).toBe(2);
		expect(err).toContain('must be one of bash, zsh, fish, but is "tcsh"');
	});
});
