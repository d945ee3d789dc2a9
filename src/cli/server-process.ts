// Shared by the commands that run until a signal: the log, the selection of options, and the stop on a signal.

import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import type { Server } from "../server/index.ts";
import { painterFor } from "./colour.ts";
import { readableLine } from "./log-lines.ts";
import { LogOutput } from "./log-output.ts";
import { hasNoTerminal, type KeyActions, watchKeys } from "./terminal-keys.ts";

const FLUSH_LOG_MS = 500;

/** The one destination of this process's log. */
export const logOutput: LogOutput = new LogOutput(process.stderr, "standard error");

/** The options of a log. */
export interface LogSettings {
	readonly logLevel: string;
	/** JSON lines, lines for people, or what suits standard error. */
	readonly logFormat: "auto" | "json" | "pretty";
}

/** Makes the log of this process, on standard error. @param facts in each line */
export function makeLog({ logLevel, logFormat }: LogSettings, facts: object | null = null): Logger {
	if (logFormat === "pretty" || (logFormat === "auto" && process.stderr.isTTY)) {
		const paint = painterFor(process.stderr);
		logOutput.format = (line) => readableLine(line, paint);
	}
	return pino({ level: logLevel, base: facts, timestamp: pino.stdTimeFunctions.isoTime }, logOutput);
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

/** What the keys of a terminal show and open; undefined where the command has no keys. */
export type ShownStart = Pick<KeyActions, "page" | "show"> | undefined;

/**
 * Runs until SIGINT or SIGTERM; a second signal ends the process immediately. SIGHUP reloads the certificate and the policy file.
 *
 * @param print tells that the daemon is ready, once signals are heard: as process 1 of a container it would never get an earlier one.
 * @param reload reads further files again on SIGHUP. Default: there are none.
 */
export async function runUntilSignal(
	server: Server,
	log: Pick<Logger, "info" | "warn">,
	print: () => ShownStart,
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
		print,
	);
}

/** The same for a daemon that is more than a server. Rejects with what `failed` rejects with. */
export async function untilSignal(
	server: RunningDaemon,
	log: Pick<Logger, "info" | "warn">,
	print: () => ShownStart,
	failed: Promise<never> = new Promise(() => {}),
): Promise<void> {
	const shell = shellAsInit();
	if (shell !== undefined) {
		log.warn(
			{},
			`process 1 of this container is ${shell}, which does not pass SIGTERM on: the daemon would be killed without an end in order; start it with exec`,
		);
	}
	const stopped = new Promise<void>((resolve) => {
		let signals = 0;
		const stop = (signal: NodeJS.Signals | "key"): void => {
			signals++;
			if (signals === 1) {
				// The terminal has written ^C where the next line begins.
				if (signal === "SIGINT" && process.stderr.isTTY) process.stderr.write("\n");
				log.info(
					{ signal, connections: server.connections },
					"stopping: clients receive their last documents; a second signal ends the process immediately",
				);
				server.close().then(resolve, resolve);
			} else void server.close({ graceMs: 0 });
		};
		process.on("SIGINT", stop);
		process.on("SIGTERM", stop);
		// A program under nohup has no terminal as its output. It continues when the terminal is closed; one that a user watched stops.
		const isWatched = isatty(0) && isatty(1) && (process.platform === "win32" || !hasNoTerminal());
		process.on("SIGHUP", () => {
			if (isWatched && hasNoTerminal()) stop("SIGHUP");
			else server.reload();
		});
		const start = print();
		if (start) watchKeys({ ...start, reload: () => server.reload(), stop: () => stop("key") });
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
