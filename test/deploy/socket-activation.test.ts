// Ports that a service manager opens and keeps: systemd-socket-activate, and a shell behind it that starts the daemon again and again with the same
// descriptors, as systemd does.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { openChat } from "../../src/index.ts";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";
import { findProgram } from "../peer-programs.js";
import { Crowd } from "./crowd.ts";
import { freePort } from "./proxies.ts";

const activate = findProgram(["systemd-socket-activate"], "systemd");
const folder = mkdtempSync(join(tmpdir(), "xmlsocket-activation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RESTARTING = 'while :; do (LISTEN_PID=$BASHPID exec "$@"); done';

interface Supervised {
	readonly process: ChildProcess;
	readonly log: () => string;
	/** The daemon that runs now. */
	daemon(): number;
}

/** Holds these addresses open, and runs the words with them from the first connection on. */
function supervise(addresses: readonly string[], words: readonly string[]): Supervised {
	const listening = addresses.flatMap((address) => ["-l", address]);
	const child = spawn(activate!, [...listening, "bash", "-c", RESTARTING, "bash", ...words], {
		cwd: folder,
		env: cleanEnvironment(),
		stdio: ["ignore", "pipe", "pipe"],
		// Its shell and the daemon end with it.
		detached: true,
	});
	let text = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
	onTestFinished(async () => {
		const ended = once(child, "close");
		process.kill(-child.pid!, "SIGKILL");
		await ended;
	});
	return {
		process: child,
		log: () => text,
		daemon: () => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ")[0]),
	};
}

const daemon = (...flags: string[]): string[] => [process.execPath, command, "serve", "--log-level", "info", ...flags];

/** Opens a connection, and resolves with what it receives first. */
function received(port: number, first = ""): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		socket.setTimeout(60_000, () => socket.destroy(new Error("nothing came")));
		socket.once("error", reject);
		socket.write(first);
		socket.once("data", (chunk) => {
			socket.destroy();
			resolve(String(chunk));
		});
	});
}

async function opens(port: number): Promise<void> {
	await expect.poll(() => received(port, "<ping/>\0").then(Boolean, () => false)).toBe(true);
}

describe.skipIf(activate === undefined)("a daemon with ports from a service manager", () => {
	it.each([
		["of one process", []],
		["with two workers", ["--workers", "2"]],
	])(
		"%s restarts while clients talk: no connection is refused meanwhile, and nothing acknowledged is lost",
		async (_, more) => {
			const port = await freePort();
			const data = mkdtempSync(join(folder, "data-"));
			const flags = ["--port", String(port), "--data", data, "--history", "0", ...more];
			const supervised = supervise([`127.0.0.1:${port}`], daemon(...flags));
			await opens(port);
			const crowd = await Crowd.open(`xmlsocket://127.0.0.1:${port}`, { clients: 40, rooms: ["lobby"], pauseMs: 200 });
			onTestFinished(() => crowd.close());
			await crowd.progress(5);
			const before = supervised.daemon();
			let isOver = false;
			const welcomes: Promise<string>[] = [];
			const knocking = (async () => {
				while (!isOver) {
					welcomes.push(received(port, "<ping/>\0"));
					await new Promise((resolve) => setTimeout(resolve, 50));
				}
			})();
			process.kill(before, "SIGTERM");
			await expect.poll(() => supervised.daemon() !== before && supervised.log().split("stopping:").length).toBe(2);
			await crowd.progress(5);
			isOver = true;
			await knocking;
			// Each was answered, by the old process or by the new one. A client that the old one had accepted at its end may get its end.
			const answers = await Promise.allSettled(welcomes);
			expect(answers.filter(({ status }) => status === "rejected")).toEqual([]);
			expect(await crowd.check()).toBeGreaterThan(40);
		},
	);

	it("answers policy requests on a port that its user could not open, and the port of the chat is the other one", async () => {
		const [port, policy] = [await freePort(), await freePort()];
		supervise(
			[`127.0.0.1:${policy}`, `[::1]:${port}`, `127.0.0.1:${port}`],
			daemon("--memory", "--port", String(port), "--policy-port", String(policy)),
		);
		await opens(port);
		expect(await received(policy, "<policy-file-request/>\0")).toContain(`to-ports="${port}"`);
		// Policy requests alone.
		await expect(Promise.race([received(policy, "<ping/>\0"), refusedSoon()])).rejects.toThrow();
		const chat = await openChat(`xmlsocket://[::1]:${port}`, { reconnect: false });
		await chat.close();
	});

	it("ends with words where it gets a port that no option names", async () => {
		const [port, other] = [await freePort(), await freePort()];
		const supervised = supervise([`127.0.0.1:${port}`], daemon("--memory", "--port", String(other)));
		const knock = (): void => void connect(port, "127.0.0.1").on("error", () => {});
		const log = (): string => {
			knock();
			return supervised.log();
		};
		await expect.poll(log).toContain(`passed port ${port}, which no option names`);
		expect(supervised.log()).toContain("XMLSOCKET_SOCKET_UNUSABLE");
	});

	it.each([
		["a file", { LISTEN_FDS: "1" }, /Descriptor 3 is not a listening TCP socket/],
		["no number", { LISTEN_FDS: "many" }, /LISTEN_FDS is "many"/],
		["more than there can be", { LISTEN_FDS: "65" }, /not a number from 1 to 64/],
	])("ends with words where the passed socket is %s", async (_, variables, words) => {
		const { err, code } = await run(variables);
		expect(err).toMatch(words);
		expect(code).toBe(1);
	});

	it("says where the ports were passed to another process, as with npm or a shell around it, and opens its own", async () => {
		const { err, port } = await run({ LISTEN_FDS: "1", LISTEN_PID: "1" });
		expect(err).toContain("passed its ports to another process");
		expect(port).toBeGreaterThan(0);
	});
});

function refusedSoon(): Promise<never> {
	return new Promise((_, reject) => setTimeout(() => reject(new Error("nothing came")), 3000));
}

/** Runs the daemon with a file as descriptor 3, until it has ended or listens. */
async function run(variables: Record<string, string>): Promise<{ err: string; code: number | null; port: number }> {
	const file = openSync(join(folder, "file"), "w+");
	const child = spawn(process.execPath, [command, "serve", "--memory", "--port", "0", "--json"], {
		cwd: folder,
		env: cleanEnvironment(variables),
		stdio: ["ignore", "pipe", "pipe", file],
	});
	closeSync(file);
	onTestFinished(() => void child.kill("SIGKILL"));
	let err = "";
	child.stderr!.on("data", (chunk) => (err += String(chunk)));
	const listens = once(child.stdout!, "data").then(([line]) => (JSON.parse(String(line)) as { port: number }).port);
	const ended = once(child, "close").then(([code]) => code as number | null);
	const first = await Promise.race([
		listens.then((port) => ({ port, code: null })),
		ended.then((code) => ({ port: 0, code })),
	]);
	return { err, ...first };
}
