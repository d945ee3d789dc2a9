// Shared by the commands that run until a signal: the log, the selection of options, and the stop on a signal.

import { readFileSync } from "node:fs";
import { type Logger, pino } from "pino";
import type { Server } from "../server/index.ts";
import { readableLine } from "./log-lines.ts";
import { LogOutput } from "./log-output.ts";

const FLUSH_LOG_MS = 500;

/** The one destination of this process's log. */
export const logOutput: LogOutput = new LogOutput(
	process.stderr,
	"standard error",
	process.stderr.isTTY ? readableLine : undefined,
);

/** JSON lines on standard error; on a terminal, lines for people. @param facts in each line */
export function makeLog(level: string, facts: object | null = null): Logger {
	return pino({ level, base: facts, timestamp: pino.stdTimeFunctions.isoTime }, logOutput);
}

/** The settings with these names that have a value. */
export function pick(settings: object, keys: readonly string[]): object {
	return Object.fromEntries(
		Object.entries(settings).filter(([key, value]) => keys.includes(key) && value !== undefined),
	);
}

/** What runs until a signal. */
export interface RunningDaemon {
	readonly connections: number;
	/** Reads the certificate and the policy file again. */
	reload(): void;
	close(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Runs until SIGINT or SIGTERM; a second signal ends the process immediately. SIGHUP reloads the certificate and the policy file.
 *
 * @param reload reads further files again on SIGHUP. Default: there are none.
 */
export async function runUntilSignal(
	server: Server,
	log: Pick<Logger, "info" | "warn">,
	reload: () => void = () => {},
): Promise<void> {
	await untilSignal(
		{
			get connections() {
				return server.connections;
			},
			reload: () => {
				server.reloadCertificate();
				server.reloadPolicy();
				reload();
			},
			close: (options) => server.close(options),
		},
		log,
	);
}

/** The same for a daemon that is more than a server. Rejects with what `failed` rejects with. */
export async function untilSignal(
	server: RunningDaemon,
	log: Pick<Logger, "info" | "warn">,
	failed: Promise<never> = new Promise(() => {}),
): Promise<void> {
	const shell = shellAsInit();
	if (shell !== undefined) {
		log.warn(
			{},
			`process 1 of this container is ${shell}, which does not pass SIGTERM on: the daemon would be killed without an end in order; start it with exec`,
		);
	}
	process.on("SIGHUP", () => server.reload());
	const stopped = new Promise<void>((resolve) => {
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
	await Promise.race([stopped, failed]);
	await logOutput.flush(FLUSH_LOG_MS);
	process.exit(0);
}

// Process 1 ignores the signals that it has no handler for, and a shell has none.
function shellAsInit(): string | undefined {
	if (process.ppid !== 1) return undefined;
	try {
		return /^(?:ba|da|a|k|z)?sh$/.exec(readFileSync("/proc/1/comm", "utf8").trim())?.[0];
	} catch {
		return undefined;
	}
}
