// Proxies for tests, from the files of deploy/: a template with its ports, addresses and certificates replaced, and the program that runs it.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../end-to-end/daemon.ts";

const deploy = join(import.meta.dirname, "../../deploy");

/** A file of deploy/ with some of its text replaced. Each must be there, so that a test does not run something else. */
export function rendered(file: string, replacements: readonly (readonly [from: string, to: string])[]): string {
	let text = readFileSync(join(deploy, file), "utf8");
	for (const [from, to] of replacements) {
		if (!text.includes(from)) throw new Error(`deploy/${file} has no "${from}"`);
		text = text.replaceAll(from, to);
	}
	return text;
}

/** A folder with a certificate: `cert.pem`, `key.pem`, and both in `both.pem`. */
export function folderWithCertificate(): {
	readonly folder: string;
	readonly cert: string;
	readonly key: string;
	readonly both: string;
} {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-proxy-"));
	const { cert, key } = makeCertificate(folder);
	const both = join(folder, "both.pem");
	writeFileSync(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"));
	return { folder, cert, key, both };
}

/** A port that nothing uses. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	server.close();
	await once(server, "close");
	return port;
}

/** A program that runs. */
export interface RunningProgram {
	readonly process: ChildProcess;
	readonly output: () => string;
	stop(): Promise<void>;
}

/** Starts a program, and waits until it listens on all of these ports. */
export async function runProgram(
	file: string,
	args: readonly string[],
	ports: readonly number[],
	env: NodeJS.ProcessEnv = process.env,
): Promise<RunningProgram> {
	const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
	const ended = once(child, "exit");
	const stop = async (): Promise<void> => {
		if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
		await ended;
	};
	for (const port of ports) {
		for (let attempt = 0; !(await isOpen(port)); attempt++) {
			if (child.exitCode !== null || attempt > 1000) {
				await stop();
				throw new Error(`${file} does not listen on ${port}: ${output}`);
			}
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}
	return { process: child, output: () => output, stop };
}

/** Whether something listens there. */
export function isOpen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
		socket.once("connect", () => socket.destroy());
	});
}

/** Runs a command to its end. Its output, also where it fails. */
export function outputOf(file: string, args: readonly string[]): { readonly ok: boolean; readonly text: string } {
	try {
		return { ok: true, text: execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }) };
	} catch (error) {
		const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
		return { ok: false, text: `${stdout ?? ""}${stderr ?? ""}` || message };
	}
}

/** Removes a folder of `folderWithCertificate`. */
export function remove(folder: string): void {
	rmSync(folder, { recursive: true, force: true });
}
