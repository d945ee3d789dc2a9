// The clients of one application, and what its scripts send: documents for the clients, lines of trace() and of the log, exceptions. It knows
// no runs; `script-application.ts` starts and stops those.

import type { Peer } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { type Logger, LogLimit, loggable } from "../server/index.ts";
import type { FromWorker } from "./messages.ts";
import { statusText } from "./status-text.ts";

/** A line of `trace()`. */
export interface TraceLine {
	readonly application: string;
	/** Empty if the position is unknown. */
	readonly file: string;
	readonly line: number;
	readonly text: string;
}

/** A connected client of an application. */
export interface ConnectedClient {
	readonly peer: Peer;
	readonly connect: string | undefined;
	/** Whether it receives broadcasts. */
	accepted: boolean;
	/** Whether it was disconnected because its documents filled the queue. */
	cut: boolean;
}

/** Lines of the log that the scripts of one application cause in 10 s, without those of exceptions; more are counted. */
const LOG_LINES = 100;
/** Exceptions that are told apart in 10 s, each with five lines. A message can hold what a client chose, so there may be any number. */
const MAX_EXCEPTIONS = 16;
const LONGEST_KIND = 200;

/** The clients of an application, as its scripts address them. */
export class ApplicationClients {
	readonly members: Map<number, ConnectedClient> = new Map();
	/** Uncaught exceptions of the scripts. */
	errors = 0;
	readonly #name: string;
	readonly #log: Logger;
	readonly #limit: LogLimit;
	readonly #exceptionLimit: LogLimit;
	readonly #trace: (line: TraceLine) => void;

	/** @param name the application's */
	constructor(name: string, log: Logger, trace: (line: TraceLine) => void) {
		this.#name = name;
		this.#log = log;
		const now = (): number => performance.now();
		const facts = { application: name };
		this.#limit = new LogLimit(log, now, {
			lines: LOG_LINES,
			facts,
			summary: "there were more log lines of this kind",
		});
		this.#exceptionLimit = new LogLimit(log, now, {
			maxReasons: MAX_EXCEPTIONS,
			facts,
			summary: "a script threw the same exception more often",
		});
		this.#trace = trace;
	}

	/** Handles a message of the scripts. @returns false for one that concerns the run. */
	handle(message: FromWorker): boolean {
		switch (message[0]) {
			case "send":
				this.#send(this.members.get(message[1])?.peer, message[2]);
				return true;
			case "broadcast":
				this.#broadcast(message[1]);
				return true;
			case "accept":
				this.#setAccepted(message[1], true);
				return true;
			case "left":
				this.#setAccepted(message[1], false);
				return true;
			case "end":
				this.#end(message[1], message[2]);
				return true;
			case "trace":
				this.#trace({ application: this.#name, text: message[1], file: message[2], line: message[3] });
				return true;
			case "error":
				this.#logException(message);
				return true;
			case "log": {
				const [, level, words, code] = message;
				if (this.#limit.mayLog("log")) {
					this.#log[level]({ application: this.#name, ...(code ? { code } : {}) }, loggable(words));
				}
				return true;
			}
			default:
				return false;
		}
	}

	/** A callback of the daemon failed; the application continues. */
	failed(error: unknown): void {
		if (this.#limit.mayLog("failed")) this.#log.error({ err: error, application: this.#name }, "a handler failed");
	}

	/** Called once a second: reports how many lines were not logged. */
	sweep(nowMs: number): void {
		this.#limit.sweep(nowMs);
		this.#exceptionLimit.sweep(nowMs);
	}

	/** Tells clients why they are disconnected, and disconnects them. */
	endAll(ids: readonly number[], code: string, description: string): void {
		for (const id of ids) {
			const member = this.members.get(id);
			if (!member) continue;
			this.members.delete(id);
			if (member.connect !== undefined) this.#send(member.peer, statusText("error", code, description));
			member.peer.end();
		}
	}

	/** Disconnects a client that is not added. */
	refuse({ peer, connect }: ConnectedClient, description: string): void {
		if (connect !== undefined) this.#send(peer, statusText("error", "NetConnection.Connect.Failed", description));
		peer.end();
	}

	#setAccepted(id: number, accepted: boolean): void {
		const member = this.members.get(id);
		if (member) member.accepted = accepted;
	}

	// The worker has checked for zero bytes. A server with another terminator refuses that terminator here, after the script's call.
	#send(peer: Peer | undefined, text: string): void {
		try {
			peer?.send(text);
		} catch (error) {
			const { code, message } = error as XMLSocketError;
			if (this.#limit.mayLog("send"))
				this.#log.warn({ application: this.#name, code }, `a document was not sent: ${message}`);
		}
	}

	#broadcast(text: string): void {
		let bytes: Uint8Array | undefined;
		for (const { peer, accepted } of this.members.values()) {
			if (!accepted) continue;
			try {
				bytes ??= peer.encode(text);
			} catch {
				// Logs the reason once.
				this.#send(peer, text);
				return;
			}
			peer.sendEncoded(bytes);
		}
	}

	#end(id: number, words: string | undefined): void {
		const member = this.members.get(id);
		if (!member) return;
		member.accepted = false;
		member.peer.end(
			words === undefined
				? undefined
				: new XMLSocketError(
						"XMLSOCKET_APPLICATION_REFUSED",
						`The application ${this.#name} ended a client: ${words}.`,
					),
		);
	}

	#logException([, words, file, line, column]: Extract<FromWorker, readonly ["error", ...unknown[]]>): void {
		this.errors++;
		if (!this.#exceptionLimit.mayLog(kindOf(words))) return;
		this.#log.error(
			{ application: this.#name, ...(file === "" ? {} : { at: `${file}:${line}:${column}` }) },
			`a script threw an exception: ${loggable(words)}`,
		);
	}
}

// The first line of an exception, without its numbers: those may be different each time.
function kindOf(words: string): string {
	return loggable((words.split("\n", 1)[0] as string).slice(0, LONGEST_KIND).replace(/\d+/g, "0"));
}
