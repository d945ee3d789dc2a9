// A program of examples/ as a reader runs it: a process, and what it prints.

import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { cleanEnvironment } from "../end-to-end/daemon.ts";

const folder = resolve(import.meta.dirname, "../../examples");

/** A running example. */
export interface ExampleProcess {
	readonly output: () => string;
	/** Waits until its output matches. @returns the match. */
	prints(pattern: RegExp): Promise<RegExpExecArray>;
	readonly ended: Promise<number | null>;
	/** Sends SIGTERM. @returns its exit code. */
	stop(): Promise<number | null>;
}

/** Starts `node examples/FILE`. */
export function startExample(
	file: string,
	args: readonly string[] = [],
	env: Record<string, string> = {},
): ExampleProcess {
	const child = spawn(process.execPath, [join(folder, file), ...args], {
		env: cleanEnvironment(env),
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	let isOver = false;
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk) => {
			output += String(chunk);
		});
	}
	const ended = new Promise<number | null>((done) =>
		child.once("close", (code) => {
			isOver = true;
			done(code);
		}),
	);
	return {
		output: () => output,
		async prints(pattern) {
			for (;;) {
				const match = pattern.exec(output);
				if (match) return match;
				if (isOver) throw new Error(`${file} ended: ${output}`);
				await new Promise((resolve) => setTimeout(resolve, 10));
			}
		},
		ended,
		stop() {
			child.kill("SIGTERM");
			return ended;
		},
	};
}
