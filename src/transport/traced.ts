// Prints the traffic of every connection on standard error while NODE_DEBUG contains `xmlsocket`, for people who look for a fault.
// Without it a connection is not wrapped, so that tracing costs nothing. docs/operating.md, "Tracing".

import { debuglog } from "node:util";
import type { SecureOptions, Transport, TransportEvents } from "../link/index.ts";

const log = debuglog("xmlsocket");
const MAX_SHOWN_BYTES = 1000;
let lastId = 0;

/** The start of some bytes as a quoted text, with controls and zero bytes escaped. */
function shown(bytes: Uint8Array): string {
	const text = JSON.stringify(Buffer.from(bytes.subarray(0, MAX_SHOWN_BYTES)).toString()).replace(
		/[\u007f-\u009f\u2028\u2029]/g,
		(char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
	return bytes.length > MAX_SHOWN_BYTES ? `${text} …` : text;
}

/** A transport that prints what passes through it. */
class TracedTransport implements Transport {
	readonly isStream: boolean;
	readonly ping?: () => void;
	readonly reset?: () => void;
	readonly secure?: (options: SecureOptions) => Promise<void>;
	readonly #inner: Transport;
	readonly #id = ++lastId;

	constructor(inner: Transport, opened: string) {
		this.#inner = inner;
		this.isStream = inner.isStream === true;
		if (inner.ping) this.ping = () => inner.ping?.();
		if (inner.reset) this.reset = () => inner.reset?.();
		if (inner.secure) {
			this.secure = async (options) => {
				await inner.secure?.(options);
				this.#print("has TLS");
			};
		}
		this.#print(`${opened} over ${inner.kind}: ${inner.remoteAddress}`);
	}

	get kind(): Transport["kind"] {
		return this.#inner.kind;
	}

	get remoteAddress(): string {
		return this.#inner.remoteAddress;
	}

	get bufferedBytes(): number {
		return this.#inner.bufferedBytes;
	}

	get receivedBytes(): number {
		return this.#inner.receivedBytes ?? 0;
	}

	start(events: TransportEvents): void {
		this.#inner.start({
			bytes: (chunk) => {
				this.#print(`received ${chunk.length} bytes ${shown(chunk)}`);
				events.bytes(chunk);
			},
			end: () => {
				this.#print("the other side sends no more");
				events.end();
			},
			drain: () => events.drain(),
			pong: () => events.pong(),
			close: (error) => {
				this.#print(error ? `closed: ${error.message}` : "closed");
				events.close(error);
			},
		});
	}

	write(bytes: Uint8Array): boolean {
		this.#print(`sent ${bytes.length} bytes ${shown(bytes)}`);
		return this.#inner.write(bytes);
	}

	end(): void {
		this.#print("ends after what was sent");
		this.#inner.end();
	}

	destroy(error?: Error): void {
		this.#inner.destroy(error);
	}

	pause(): void {
		this.#print("reading paused");
		this.#inner.pause();
	}

	resume(): void {
		this.#print("reading resumed");
		this.#inner.resume();
	}

	#print(what: string): void {
		log("#%d %s", this.#id, what);
	}
}

/** The transport itself, or with NODE_DEBUG=xmlsocket one that also prints its traffic. @param opened `accepted` or `connected` */
export function traced(transport: Transport, opened: "accepted" | "connected"): Transport {
	return log.enabled ? new TracedTransport(transport, opened) : transport;
}
