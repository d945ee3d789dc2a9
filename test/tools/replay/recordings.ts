// Recordings for tests, written as conversations, and a TCP client that asks one document after the other.

import { connect as connectTcp, type Socket } from "node:net";
import type { CaptureInfo, DocumentEvent, LoadedRecording, TrafficEvent } from "../../../src/tools/index.ts";

/** One step: `>` from the client, `<` from the server, then the document; `close client` or `close server` ends it. */
export type Line = `> ${string}` | `< ${string}` | "close client" | "close server" | DocumentEvent;

const INFO: CaptureInfo = { startedMs: Date.UTC(2026, 0, 1), terminator: Uint8Array.of(0), encoding: "utf-8" };

/** A recording of conversations, each a connection of its own that ends before the next one begins. A line takes a millisecond. */
export function recordingOf(...conversations: readonly (readonly Line[])[]): LoadedRecording {
	return { info: INFO, events: conversations.flatMap((lines, index) => eventsOf(lines, index + 1, index * 1_000_000)) };
}

/** The same with another encoding or terminator. */
export function recordingWith(info: Partial<CaptureInfo>, events: readonly TrafficEvent[]): LoadedRecording {
	return { info: { ...INFO, ...info }, events };
}

/** The events of one conversation. */
export function eventsOf(lines: readonly Line[], connection = 1, startUs = 0): TrafficEvent[] {
	let time = startUs;
	const events: TrafficEvent[] = [{ kind: "open", connection, time, from: "127.0.0.1:50000", to: "localhost:9339" }];
	for (const line of lines) {
		time += 1000;
		if (typeof line !== "string") events.push({ ...line, connection, time });
		else if (line === "close client" || line === "close server")
			events.push({ kind: "close", connection, time, direction: line === "close client" ? "client" : "server" });
		else events.push(document(line.startsWith(">") ? "client" : "server", line.slice(2), connection, time));
	}
	return events;
}

/** One document. */
export function document(
	direction: "client" | "server",
	text: string | Uint8Array,
	connection = 1,
	time = 0,
): DocumentEvent {
	const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
	return { kind: "document", connection, time, direction, bytes, ending: "terminated" };
}

/** A client over TCP whose documents end with a zero byte. */
export class Client {
	readonly #socket: Socket;
	#text = "";
	#wake: (() => void) | undefined;
	ended = false;

	constructor(port: number) {
		this.#socket = connectTcp(port, "localhost");
		this.#socket.on("data", (chunk) => {
			this.#text += chunk.toString("latin1");
			this.#wake?.();
		});
		this.#socket.on("error", () => {});
		this.#socket.on("close", () => {
			this.ended = true;
			this.#wake?.();
		});
	}

	send(text: string | Uint8Array): void {
		this.#socket.write(Buffer.concat([Buffer.from(text as string), Buffer.of(0)]));
	}

	/** The next document; undefined if the server closes first. */
	async next(): Promise<string | undefined> {
		for (;;) {
			const end = this.#text.indexOf("\0");
			if (end >= 0) {
				const document = this.#text.slice(0, end);
				this.#text = this.#text.slice(end + 1);
				return Buffer.from(document, "latin1").toString();
			}
			if (this.ended) return undefined;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	async ask(text: string | Uint8Array): Promise<string | undefined> {
		this.send(text);
		return await this.next();
	}

	close(): void {
		this.#socket.destroy();
	}
}
