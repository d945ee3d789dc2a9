// The state of each socket that the movie requested, as text: from the page's WebSockets, the server's events, and Ruffle's warnings about
// missing entries. It has the rules and no element of the page, and its list is bounded.

import type { WatchedSocket, Watcher } from "./play-watch.ts";

/** One socket of the movie, or a pair that it may not reach. */
export interface SocketLine {
	readonly host: string;
	readonly port: number;
	/** `failed`: allowed, but not connected, or ended with an error. `refused`: not allowed. */
	state: "dialling" | "open" | "closed" | "failed" | "refused";
	/** The reason, and what to do. */
	words: string;
	/** A command that fixes it. */
	command: string;
	/** The target to allow in the running gateway; empty: allowing would not help. */
	allow: string;
	sent: number;
	received: number;
	/** The number of refusals. */
	times: number;
}

/** An event of the server about one connection. */
export interface FeedLine {
	/** The connection's label from the page. */
	readonly watch?: string;
	readonly cause?: string;
	readonly words?: string;
}

/** The parts of the page that this class needs. */
export interface SocketsHost {
	/** The pairs that are allowed: which WebSocket address is for which host and port. */
	readonly entries: readonly { readonly host: string; readonly port: number; readonly proxyUrl: string }[];
	/** The command line with one more target allowed. */
	commandWith(target: string): string;
	changed(): void;
	announce(words: string): void;
	/** The WebSocket never opened. @returns whether the server answers at all. */
	isServerThere(): Promise<boolean>;
}

const MAX_LINES = 100;
const GATEWAY_DOWN =
	"The gateway does not answer: xmlsocket was stopped, or the network failed. Start it again, then reload.";
const HINTS: Readonly<Record<string, string>> = {
	"target-refused": "Nothing listens there: start the server, or check the port.",
	"target-timeout": "Check the address, and that no firewall drops the connection.",
	"target-unreachable": "Check the address and the network.",
	"target-unresolved": "Check the spelling. If the server has moved, map the old name to the new address:",
	"address-refused": "To allow this address, use:",
	"target-reset": "The server's own log may have the reason.",
	"document-too-large": "Raise --max-document if such documents are expected.",
};

/** The name of a line. */
export function socketName({ host, port }: { readonly host: string; readonly port: number }): string {
	return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** All of them, the oldest first. */
export class Sockets implements Watcher {
	readonly lines: SocketLine[] = [];
	readonly #host: SocketsHost;
	readonly #byMark = new Map<string, SocketLine>();

	constructor(host: SocketsHost) {
		this.#host = host;
	}

	asked(url: string, mark: string): WatchedSocket | undefined {
		const entry = this.#host.entries.find(({ proxyUrl }) => proxyUrl === url);
		if (!entry) return undefined;
		const line = this.#add({ ...entry, state: "dialling", words: "" });
		this.#byMark.set(mark, line);
		let opened = false;
		const count = (key: "sent" | "received", bytes: number): void => {
			line[key] += bytes;
			this.#host.changed();
		};
		return {
			opened() {
				opened = true;
			},
			sent: (bytes) => count("sent", bytes),
			received: (bytes) => {
				if (line.state === "dialling") line.state = "open";
				count("received", bytes);
			},
			closed: (code, reason, byMovie) => {
				if (line.state === "failed" || line.state === "closed") return;
				if (byMovie) this.#end(line, "closed", "The movie closed it.");
				else if (opened)
					this.#end(line, code === 1000 ? "closed" : "failed", sentence(reason || `closed with code ${code}`));
				else void this.#neverOpened(line);
			},
		};
	}

	missing(host: string, port: number): void {
		const known = this.lines.find((line) => line.host === host && line.port === port && line.command !== "");
		if (known) {
			known.times++;
			this.#host.changed();
			return;
		}
		const name = socketName({ host, port });
		const words = `The movie requested ${name}, which is not allowed. If you trust the movie, allow it now, or with the command:`;
		const line = this.#add({ host, port, state: "refused", words });
		line.command = this.#host.commandWith(name);
		line.allow = name;
		this.#host.announce(words);
	}

	/** Handles an event of the server. */
	told({ watch, cause, words }: FeedLine): void {
		// It may arrive before or after the close of the WebSocket, which has less information.
		const line = watch === undefined ? undefined : this.#byMark.get(watch);
		if (!line) return;
		if (cause === undefined) {
			if (line.state === "dialling") line.state = "open";
			this.#host.changed();
		} else if (cause === "page-closed") this.#end(line, "closed", "The movie closed it.");
		else if (cause === "target-closed") this.#end(line, "closed", "The target closed it.");
		else {
			this.#end(line, "failed", `${sentence(words ?? cause)} ${HINTS[cause] ?? ""}`.trim());
			if (cause === "target-unresolved") line.command = this.#host.commandWith(`${line.host}=localhost:${line.port}`);
			if (cause === "address-refused") {
				line.allow = `${socketName(line)}?private=yes`;
				line.command = this.#host.commandWith(line.allow);
			}
			this.#host.changed();
		}
	}

	async #neverOpened(line: SocketLine): Promise<void> {
		const there = await this.#host.isServerThere();
		if (line.state !== "dialling" && line.state !== "open") return;
		this.#end(
			line,
			"failed",
			there
				? "The gateway refused the connection, most likely because it does not allow this page's address. The output of the command has the reason; use --origin to allow the page."
				: GATEWAY_DOWN,
		);
	}

	#end(line: SocketLine, state: "closed" | "failed", words: string): void {
		line.state = state;
		line.words = words;
		this.#host.changed();
		if (state === "failed") this.#host.announce(`${socketName(line)}: ${words}`);
	}

	#add(begun: { host: string; port: number; state: SocketLine["state"]; words: string }): SocketLine {
		const { host, port, state, words } = begun;
		const line: SocketLine = { host, port, state, words, command: "", allow: "", sent: 0, received: 0, times: 1 };
		this.lines.push(line);
		if (this.lines.length > MAX_LINES) this.lines.shift();
		while (this.#byMark.size > MAX_LINES) this.#byMark.delete(this.#byMark.keys().next().value!);
		this.#host.changed();
		return line;
	}
}

function sentence(words: string): string {
	const text = words.charAt(0).toUpperCase() + words.slice(1);
	return /[.!?]$/.test(text) ? text : `${text}.`;
}
