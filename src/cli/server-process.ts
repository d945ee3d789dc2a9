// Shared by the commands that run until a signal: the log, the selection of options, and the stop on a signal.

import { type Logger, pino } from "pino";
import type { Server } from "../server/index.ts";
import { LogOutput } from "./log-output.ts";

const FLUSH_LOG_MS = 500;

/** The one destination of this process's log. */
export const logOutput: LogOutput = new LogOutput(process.stderr);

/** JSON lines on standard error. */
export function makeLog(level: string): Logger {
	return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, logOutput);
}

/** The settings with these names that have a value. */
export function pick(settings: object, keys: readonly string[]): object {
	return Object.fromEntries(
		Object.entries(settings).filter(([key, value]) => keys.includes(key) && value !== undefined),
	);
}

/** Runs until SIGINT or SIGTERM; a second signal ends the process immediately. SIGHUP reloads the certificate and the policy file. */
export async function runUntilSignal(server: Server, log: { info(facts: object, words: string): void }): Promise<void> {
	process.on("SIGHUP", () => {
		server.reloadCertificate();
		server.reloadPolicy();
	});
	await new Promise<void>((resolve) => {
		let signals = 0;
		const stop = (signal: NodeJS.Signals): void => {
			signals++;
			if (signals === 1) {
				log.info(
					{ signal, connections: server.connections },
					"stopping: clients receive their last documents; a second signal ends the process immediately",
				);
				server.close().then(resolve, resolve);
			} else void server.close({ graceMs: 0 });
		};
		process.on("SIGINT", stop);
		process.on("SIGTERM", stop);
	});
	await logOutput.flush(FLUSH_LOG_MS);
	process.exit(0);
}
