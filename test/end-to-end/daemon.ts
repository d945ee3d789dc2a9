// The real daemon as a process: the built command, on a free port, with its own working folder.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The built command. */
export const command: string = resolve(import.meta.dirname, "../../dist/cli/main.js");

/** A running daemon. */
export interface Daemon {
	readonly port: number;
	readonly process: ChildProcess;
	readonly folder: string;
	/** What it has written to standard error so far. */
	readonly log: () => string;
	/** Sends a signal and resolves with the exit code. */
	stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Environment without settings of the caller's own. */
export function cleanEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
	const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("XMLSOCKET_"));
	return { ...Object.fromEntries(kept), ...extra };
}

/**
 * Starts `xmlsocket serve`, or another command, with further flags; resolves when it listens.
 *
 * @param shell what a shell does before it becomes the daemon. Default: there is no shell.
 */
export async function startDaemon(
	flags: string[] = [],
	env: Record<string, string> = {},
	name = "serve",
	shell?: string,
): Promise<Daemon> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket daemon "));
	const words = [process.execPath, command, name, "--port", "0", "--json", ...flags];
	if (shell !== undefined) words.unshift("sh", "-c", `${shell} && exec "$@"`, "sh");
	const child = spawn(words[0]!, words.slice(1), {
		cwd: folder,
		env: cleanEnvironment(env),
		stdio: ["ignore", "pipe", "pipe"],
	});
	let errors = "";
	child.stderr.on("data", (chunk) => {
		errors += String(chunk);
	});
	let output = "";
	const exited = once(child, "exit");
	const port = await new Promise<number>((done, fail) => {
		child.stdout.on("data", (chunk) => {
			output += String(chunk);
			if (output.includes("\n")) done((JSON.parse(output.slice(0, output.indexOf("\n"))) as { port: number }).port);
		});
		void exited.then(() => fail(new Error(`the daemon ended: ${errors}`)));
	});
	return {
		port,
		process: child,
		folder,
		log: () => errors,
		async stop(signal = "SIGTERM") {
			if (child.exitCode === null && child.signalCode === null) child.kill(signal);
			const [code] = (await exited) as [number | null];
			rmSync(folder, { recursive: true, force: true });
			return code;
		},
	};
}

/** A certificate for localhost in `folder`. */
export function makeCertificate(folder: string): { cert: string; key: string } {
	const cert = join(folder, "cert.pem");
	const key = join(folder, "key.pem");
	const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
	execFileSync("openssl", [...request, "-subj", "/CN=localhost", "-keyout", key, "-out", cert], { stdio: "ignore" });
	return { cert, key };
}
