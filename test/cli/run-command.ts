// A command to its end: what it prints and its exit code. As a process where that is tested (pipes, signals, the end of the process),
// and else within the process of the tests, because the start of a process costs more than most commands do.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { CommanderError } from "commander";
import { exitCodeOf, failureText } from "../../src/cli/failure.ts";
import { createProgram } from "../../src/cli/program.ts";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";

/** What a command did. */
export interface Outcome {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
	version: string;
};

/** Where a command runs and what it is given. */
interface Setting {
	readonly cwd?: string;
	readonly env?: Record<string, string>;
}

/** Runs the built command as a process, with this text as its standard input. */
export function runProcess(
	args: readonly string[],
	{ input = "", cwd = tmpdir(), env = {} }: Setting & { readonly input?: string } = {},
): Promise<Outcome> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [command, ...args], { cwd, env: cleanEnvironment(env) });
		const timer = setTimeout(() => child.kill("SIGKILL"), 100_000);
		let [out, err] = ["", ""];
		child.stdout.on("data", (chunk) => {
			out += String(chunk);
		});
		child.stderr.on("data", (chunk) => {
			err += String(chunk);
		});
		child.on("close", (code) => {
			clearTimeout(timer);
			resolve({ code, out, err });
		});
		child.stdin.end(input);
	});
}

/** Runs a command within this process, in a folder and with variables of its own. One at a time: the process has one standard output. */
export async function runHere(args: readonly string[], { cwd = tmpdir(), env = {} }: Setting = {}): Promise<Outcome> {
	const before = { cwd: process.cwd(), env: process.env, out: process.stdout.write, err: process.stderr.write };
	const written = { out: "", err: "" };
	const take = (stream: keyof typeof written): typeof process.stdout.write =>
		((chunk: string | Uint8Array, ...rest: unknown[]) => {
			written[stream] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
			const done = rest.at(-1);
			if (typeof done === "function") queueMicrotask(() => done());
			return true;
		}) as typeof process.stdout.write;
	let code: number | null;
	try {
		process.chdir(cwd);
		process.env = cleanEnvironment(env);
		process.stdout.write = take("out");
		process.stderr.write = take("err");
		await createProgram(version).program.parseAsync(args, { from: "user" });
		code = Number(process.exitCode ?? 0);
	} catch (error) {
		// As main.ts does.
		if (error instanceof CommanderError) code = error.exitCode === 0 ? 0 : 2;
		else code = exitCodeOf(error);
		if (!(error instanceof CommanderError)) written.err += `${failureText(error)}\n`;
	} finally {
		process.exitCode = undefined;
		process.stdout.write = before.out;
		process.stderr.write = before.err;
		process.env = before.env;
		process.chdir(before.cwd);
	}
	return { code, ...written };
}
