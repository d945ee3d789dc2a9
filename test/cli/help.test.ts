// The help: what it lists, how it groups it, and what every command has.

import { describe, expect, it } from "vitest";
import { gatewayCommandSchema } from "../../src/cli/gateway-schema.ts";
import { OPTION_GROUPS } from "../../src/cli/option-groups.ts";
import { playSchema } from "../../src/cli/play-schema.ts";
import { createProgram } from "../../src/cli/program.ts";
import { runSchema } from "../../src/cli/run-schema.ts";
import { serveSchema } from "../../src/cli/serve-schema.ts";
import { optionsOf } from "../../src/cli/settings.ts";
import { runHere } from "./run-command.ts";

const names = createProgram("1.2.3").program.commands.map((command) => command.name());

describe("every command", () => {
	it.each(names)("%s: ends its help with examples that name it, and has --help-all and --version", async (name) => {
		const { code, out } = await runHere([name, "--help"]);
		expect(code).toBe(0);
		const examples = out.slice(out.indexOf("\nExamples:\n"));
		expect(examples).toContain(`xmlsocket ${name}`);
		expect((await runHere([name, "--help-all"])).out).toContain("Usage: xmlsocket");
		expect(await runHere([name, "--version"])).toMatchObject({
			code: 0,
			out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
		});
	});
});

describe("xmlsocket --help", () => {
	it("lists all commands in groups, and fits a terminal of 80 columns", async () => {
		const { out } = await runHere(["--help"]);
		for (const name of names) expect(out).toMatch(new RegExp(`^  ${name}\\b`, "m"));
		for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
		expect(out.match(/^\S.*:$/gm)).toEqual([
			"Options:",
			"Servers:",
			"Clients:",
			"Look and test:",
			"A running daemon:",
			"Files and help:",
			"Examples:",
		]);
	});
});

describe("the options of a server", () => {
	it("are each in one group at most, and every name of a group is an option", () => {
		const keys = OPTION_GROUPS.flatMap(({ usual, rare }) => [...usual, ...rare]);
		expect(new Set(keys).size).toBe(keys.length);
		const known = [serveSchema, gatewayCommandSchema, runSchema, playSchema].flatMap((schema) =>
			Object.keys(schema.entries),
		);
		expect(keys.filter((key) => !known.includes(key))).toEqual([]);
	});

	it("--help lists the usual ones and says how many more there are; --help-all lists all", async () => {
		const flags = optionsOf(serveSchema).map(({ name }) => `--${name}`);
		const listed = (out: string): string[] => flags.filter((flag) => new RegExp(`${flag}(?![\\w-])`).test(out));
		const short = (await runHere(["serve", "--help"])).out;
		const more = Number(/^(\d+) more options: xmlsocket serve --help-all$/m.exec(short)?.[1]);
		expect(listed(short).length + more).toBe(flags.length);
		expect(more).toBeGreaterThan(40);
		const long = (await runHere(["serve", "--help-all"])).out;
		expect(listed(long)).toEqual(flags);
		expect(long).not.toContain("more options:");
	});
});
