// A daemon for `xmlsocket bench` without an address: `serve` in a process of its own, so that both have a core each, on a free port, and in
// memory. It ends with this process, however that ends.

import { fork } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { XMLSocketError } from "../errors/index.ts";

const MAIN = fileURLToPath(new URL("own-daemon-main.js", import.meta.url));
const MOST_OUTPUT = 8192;
const STOP_MS = 3000;

/** A daemon that listens. */
export interface OwnDaemon {
	readonly address: string;
	stop(): Promise<void>;
}

/** Starts it. @param flags further flags of `serve`. Rejects with XMLSOCKET_CONNECT_FAILED. */
export async function startOwnDaemon(flags: readonly string[]): Promise<OwnDaemon> {
	const child = fork(MAIN, ["serve", "--port", "0", "--memory", "--json", ...flags], {
		stdio: ["ignore", "pipe", "pipe", "ipc"],
		execArgv: [],
		// No configuration file of the user's folder, whose ports and tokens are for another daemon.
		cwd: dirname(MAIN),
		// Ctrl-C in the terminal ends the test, which then ends the daemon.
		detached: true,
	});
	const ended = once(child, "exit");
	let output = "";
	let log = "";
	child.stderr?.on("data", (chunk) => {
		log = (log + String(chunk)).slice(-MOST_OUTPUT);
	});
	const port = await new Promise<number>((resolve, reject) => {
		child.stdout?.on("data", (chunk) => {
			output = (output + String(chunk)).slice(0, MOST_OUTPUT);
			const found = /"port":(\d+)/.exec(output)?.[1];
			if (found !== undefined) resolve(Number(found));
		});
		void ended.then(() =>
			reject(
				new XMLSocketError(
					"XMLSOCKET_CONNECT_FAILED",
					`The daemon for the load test could not be started: ${log.trim() || "it ended without a message."}`,
				),
			),
		);
		child.once("error", reject);
	});
	return {
		address: `localhost:${port}`,
		async stop() {
			child.kill();
			const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
			await ended;
			clearTimeout(timer);
		},
	};
}
