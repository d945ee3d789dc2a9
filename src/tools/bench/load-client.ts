// One connection of a load test. What it receives goes to its listener, which changes between entering and measuring.

import type { Transport } from "../../link/index.ts";

/** Bytes that may wait in one transport. Beyond them its messages are late, and are sent later. */
const MAX_WAITING_BYTES = 64 * 1024;

/** Who is notified of a client's events. */
export interface LoadListener {
	received(client: LoadClient, bytes: Buffer): void;
	closed(client: LoadClient): void;
	/** More can be written. */
	drained?(client: LoadClient): void;
}

/** A connection to the server. */
export class LoadClient {
	/** Its place among the clients of the run. */
	index = 0;
	/** The number of its room, which it never leaves. */
	readonly room: number;
	isClosed = false;
	/** Why it broke, in the words of the operating system. */
	error: string | undefined;
	listener: LoadListener = IGNORE;
	/** Bytes at the end of what was received that may begin a marker. */
	rest: Buffer = EMPTY;
	readonly #transport: Transport;
	#mustDrain = false;

	constructor(transport: Transport, room: number) {
		this.#transport = transport;
		this.room = room;
		transport.start({
			bytes: (chunk) => this.listener.received(this, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
			end: () => this.#close(),
			drain: () => {
				this.#mustDrain = false;
				this.listener.drained?.(this);
			},
			pong: () => {},
			close: (error) => {
				this.error ??= error?.message;
				this.#close();
			},
		});
	}

	/** Whether messages can be written; if not, `drained` follows. */
	get canWrite(): boolean {
		return !this.#mustDrain && this.#transport.bufferedBytes < MAX_WAITING_BYTES;
	}

	/** The server's address as text. */
	get remoteAddress(): string {
		return this.#transport.remoteAddress;
	}

	/** Writes in one piece. */
	write(bytes: Uint8Array): void {
		if (!this.isClosed && !this.#transport.write(bytes)) this.#mustDrain = true;
	}

	/** Notifies nobody any more. */
	detach(): void {
		this.listener = IGNORE;
		this.rest = EMPTY;
	}

	/** Ends this direction. What still arrives is read, so that the server sees no reset. */
	end(): void {
		this.detach();
		if (!this.isClosed) this.#transport.end();
	}

	destroy(): void {
		this.#transport.destroy();
	}

	// A server that ends its direction will send nothing more.
	#close(): void {
		if (this.isClosed) return;
		this.isClosed = true;
		this.listener.closed(this);
		this.#transport.end();
	}
}

const EMPTY: Buffer = Buffer.alloc(0);
const IGNORE: LoadListener = { received() {}, closed() {} };
