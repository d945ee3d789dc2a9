// Clients for the server's tests: raw sockets that keep what they receive.

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Application, Peer } from "../../src/application/index.ts";
import type { Logger } from "../../src/server/index.ts";

/** A raw client that keeps all it received. */
export class RawClient {
	readonly socket: Socket;
	received: Buffer = Buffer.alloc(0);
	readonly closed: Promise<void>;
	#waiting: (() => void)[] = [];

	constructor(socket: Socket) {
		this.socket = socket;
		socket.on("data", (chunk: Buffer) => {
			this.received = Buffer.concat([this.received, chunk]);
			for (const wake of this.#waiting.splice(0)) wake();
		});
		socket.on("error", () => {});
		socket.on("end", () => socket.end());
		this.closed = new Promise((resolve) =>
			socket.on("close", () => {
				resolve();
				for (const wake of this.#waiting.splice(0)) wake();
			}),
		);
	}

	static tcp(port: number, host = "127.0.0.1"): RawClient {
		return new RawClient(connect({ port, host, allowHalfOpen: true }));
	}

	static tls(port: number): RawClient {
		return new RawClient(connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }));
	}

	/** Sends text as it is; `\0` in it is a zero byte. */
	send(text: string): void {
		this.socket.write(text);
	}

	get text(): string {
		return this.received.toString("utf8");
	}

	get documents(): string[] {
		return this.text.split("\0").slice(0, -1);
	}

	/** Resolves when `done` is true of what was received; rejects when the connection ends before, or after 30 s. */
	async until(done: (text: string) => boolean): Promise<string> {
		const deadline = Date.now() + 90_000;
		while (!done(this.text)) {
			if (this.socket.destroyed || Date.now() > deadline)
				throw new Error(`not seen; received: ${JSON.stringify(this.text)}`);
			await new Promise<void>((resolve) => {
				this.#waiting.push(resolve);
				setTimeout(resolve, 100);
			});
		}
		return this.text;
	}
}

/** An application that sends each document back, and greets. */
export function echo(greeting?: string): Application & { readonly peers: Set<Peer> } {
	const peers = new Set<Peer>();
	return {
		output: "text",
		peers,
		open(peer) {
			peers.add(peer);
			if (greeting !== undefined) peer.send(greeting);
			return {
				document: (text) => peer.send(text),
				failing: (error) => peer.send(`<error code="${error.code}" />`),
				closed: () => peers.delete(peer),
			};
		},
		drain(retryAfterSeconds) {
			for (const peer of peers) peer.send(`<bye retry-after="${retryAfterSeconds}" />`);
		},
	};
}

/** A log that remembers its lines. */
export function recordingLog(): Logger & {
	readonly lines: { level: string; facts: Record<string, unknown>; words: string }[];
} {
	const lines: { level: string; facts: Record<string, unknown>; words: string }[] = [];
	const at =
		(level: string) =>
		(facts: object, words: string): void => {
			lines.push({ level, facts: facts as Record<string, unknown>, words });
		};
	return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
