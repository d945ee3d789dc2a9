// Writes a test file that plays a recording against a server, for vitest or node:test. It never overwrites a file.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { XMLSocketError } from "../../errors/index.ts";

/** What a written test contains. */
export interface ReplayTestOptions {
	/** The recording; the test names it relative to its own folder. */
	readonly recording: string;
	/** The server. The variable REPLAY_ADDRESS replaces it when the test runs. */
	readonly address: string;
	/** As for `replayAsClient`. @default none */
	readonly ignore?: readonly string[] | undefined;
	/** As for `replayAsClient`. @default none */
	readonly except?: string | undefined;
	/** As for `replayAsClient`, in milliseconds. @default 5000 */
	readonly timeoutMs?: number | undefined;
	/** A rule file. @default none */
	readonly rulesFile?: string | undefined;
	/** The test runner. @default vitest if the nearest package.json names it, otherwise node:test */
	readonly runner?: "vitest" | "node:test" | undefined;
}

/**
 * Writes a test that replays a recording against a server and fails where the answers differ.
 *
 * @param file ends with .js, .mjs, .cjs, .ts or .mts.
 * @returns the test runner that it is for.
 * @throws XMLSOCKET_OPTION_INVALID for another ending; XMLSOCKET_FILE_EXISTS; XMLSOCKET_FILE_NOT_WRITTEN.
 */
export function writeReplayTest(file: string, options: ReplayTestOptions): "vitest" | "node:test" {
	const ending = extname(file);
	if (!ENDINGS.has(ending)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The test file "${file}" must end with ${[...ENDINGS].join(", ")}.`,
		);
	}
	const project = nearestPackage(dirname(resolve(file)));
	const runner = options.runner ?? (project.hasVitest && ending !== ".cjs" ? "vitest" : "node:test");
	const isCommonJs = ending === ".cjs" || (ending === ".js" && !project.isModule && runner === "node:test");
	try {
		writeFileSync(file, testSource(file, options, runner, isCommonJs), { flag: "wx" });
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "EEXIST")
			throw new XMLSocketError("XMLSOCKET_FILE_EXISTS", `${file} exists already, and is not overwritten.`, { cause });
		throw new XMLSocketError(
			"XMLSOCKET_FILE_NOT_WRITTEN",
			`The file ${file} cannot be written: ${(cause as Error).message}.`,
			{ cause },
		);
	}
	return runner;
}

/** The entry point that a written test imports, in quotes. */
const TOOLS = JSON.stringify("xmlsocket/tools");
const ENDINGS: ReadonlySet<string> = new Set([".js", ".mjs", ".cjs", ".ts", ".mts"]);

interface Project {
	readonly hasVitest: boolean;
	readonly isModule: boolean;
}

// The package.json of the folder or of the nearest one above it. One that cannot be read says nothing.
function nearestPackage(folder: string): Project {
	for (let at = folder; ; at = dirname(at)) {
		const file = join(at, "package.json");
		if (existsSync(file)) {
			try {
				const { dependencies, devDependencies, type } = JSON.parse(readFileSync(file, "utf8")) as Record<
					string,
					unknown
				>;
				return {
					hasVitest: "vitest" in { ...Object(dependencies), ...Object(devDependencies) },
					isModule: type === "module",
				};
			} catch {
				return { hasVitest: false, isModule: false };
			}
		}
		if (dirname(at) === at) return { hasVitest: false, isModule: false };
	}
}

function testSource(
	file: string,
	options: ReplayTestOptions,
	runner: "vitest" | "node:test",
	isCommonJs: boolean,
): string {
	const { address, ignore = [], except, timeoutMs, rulesFile, recording } = options;
	const place = (path: string): string => {
		const quoted = JSON.stringify(
			relative(dirname(resolve(file)), resolve(path))
				.split("\\")
				.join("/"),
		);
		return isCommonJs
			? `join(__dirname, ${quoted})`
			: `fileURLToPath(new URL(${quoted.replace(/^"/, '"./')}, import.meta.url))`;
	};
	const settings = [
		...(ignore.length > 0 ? [`ignore: ${JSON.stringify(ignore)}`] : []),
		...(except === undefined ? [] : [`except: ${JSON.stringify(except)}`]),
		...(timeoutMs === undefined ? [] : [`timeoutMs: ${timeoutMs}`]),
		...(rulesFile === undefined ? [] : [`rules: parseReplayRules(readFileSync(${place(rulesFile)}, "utf8"))`]),
	];
	const names = `${rulesFile === undefined ? "" : "parseReplayRules, "}replayAsClient`;
	const call = `replayAsClient(recording, address${settings.length > 0 ? `, { ${settings.join(", ")} }` : ""})`;
	const isVitest = runner === "vitest";
	const lines = [
		`// Plays the client's side of ${basename(recording)} against the server, and fails where its answers differ. Start the server first.`,
		"// Written by `xmlsocket replay --test`; it is yours to change.",
		"",
		...(isCommonJs
			? [
					'const assert = require("node:assert/strict");',
					...(rulesFile === undefined ? [] : ['const { readFileSync } = require("node:fs");']),
					'const { join } = require("node:path");',
					'const { test } = require("node:test");',
				]
			: [
					...(isVitest ? [] : ['import assert from "node:assert/strict";']),
					...(rulesFile === undefined ? [] : ['import { readFileSync } from "node:fs";']),
					...(isVitest ? [] : ['import { test } from "node:test";']),
					'import { fileURLToPath } from "node:url";',
					...(isVitest ? ['import { expect, test } from "vitest";'] : []),
					`import { ${names} } from ${TOOLS};`,
				]),
		"",
		`const recording = ${place(recording)};`,
		`const address = process.env.REPLAY_ADDRESS ?? ${JSON.stringify(address)};`,
		"",
		`test(${JSON.stringify(`the server answers as in ${basename(recording)}`)}, async () => {`,
		...(isCommonJs ? [`\tconst { ${names} } = await import(${TOOLS});`] : []),
		`\tconst { differences } = await ${call};`,
		isVitest ? "\texpect(differences).toEqual([]);" : "\tassert.deepEqual(differences, []);",
		isVitest ? "}, 60_000);" : "});",
		"",
	];
	return lines.join("\n");
}
