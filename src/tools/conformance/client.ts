// One connection of the suite, at the level of bytes: it writes exactly the pieces that a case wants, cuts what arrives at zero bytes, and
// can half-close, stop reading, and reset. It uses no decoder of this package, so that the suite does not share its mistakes.

import type { Transport } from "../../link/index.ts";
import type { Activity } from "./activity.ts";

/** A server that sends more than this to one connection is cut off. */
const MAX_RECEIVED_BYTES = 32 * 1024 * 1024;
const MAX_WAITING_DOCUMENTS = 20_000;

/** A connection to the server. */
export class TestClient {
	/** Documents that have arrived and that no case has taken yet, without their zero bytes. */
	documents: Buffer[] = [];
	/** Every byte, where `keepBytes` was called. */
	kept: Buffer[] | undefined;
	/** Whether the server sends no more, or the connection is gone. */
	ended = false;
	/** Whether the connection is gone. */
	closed = false;
	/** Why it broke, in the words of the operating system. */
	error: string | undefined;
	receivedBytes = 0;
	readonly #transport: Transport;
	readonly #activity: Activity;
	#rest: Buffer[] = [];

	constructor(transport: Transport, activity: Activity) {
		this.#transport = transport;
		this.#activity = activity;
		transport.start({
			bytes: (chunk) => this.#received(chunk),
			end: () => this.#over(),
			drain: () => activity.notify(),
			pong: () => {},
			close: (error) => {
				this.closed = true;
				this.error ??= error?.message;
				this.#over();
			},
		});
	}

	/** Bytes after the last zero byte. */
	get rest(): Buffer {
		return Buffer.concat(this.#rest);
	}

	/** Bytes that wait in this process to be sent. */
	get unsentBytes(): number {
		return this.#transport.bufferedBytes;
	}

	/** Whether the server is on this machine, as far as its address says. */
	get isLocal(): boolean {
		return /^(::ffff:)?127\.|^::1$|localhost|\[::1\]|\/\/127\./.test(this.#transport.remoteAddress);
	}

	/** Writes in one piece. */
	write(bytes: Uint8Array): void {
		if (!this.closed) this.#transport.write(bytes);
	}

	/** Writes pieces with a pause after each, so that the server reads them one by one. */
	async writePieces(pieces: readonly Uint8Array[]): Promise<void> {
		for (const piece of pieces) {
			this.write(piece);
			await this.#activity.segmentGap();
		}
	}

	/** Ends this direction; the server's answers can still arrive. */
	halfClose(): void {
		this.#transport.end();
	}

	/** Ends the connection with a reset where there is one (TCP), otherwise at once. */
	reset(): void {
		if (this.#transport.reset) this.#transport.reset();
		else this.#transport.destroy();
	}

	/** Ends this direction and reads on, so that the connection ends without a reset, which not every server survives. */
	finish(): void {
		if (this.closed) return;
		this.#transport.end();
		this.#transport.resume();
	}

	/** Ends the connection at once. Unread bytes make the operating system send a reset. */
	destroy(): void {
		if (!this.closed) this.#transport.destroy();
	}

	pauseReading(): void {
		this.#transport.pause();
	}

	resumeReading(): void {
		this.#transport.resume();
	}

	/** Keeps a copy of every byte from here on. */
	keepBytes(): void {
		this.kept = [];
	}

	#received(chunk: Uint8Array): void {
		const bytes = Buffer.from(chunk);
		this.receivedBytes += bytes.length;
		this.kept?.push(bytes);
		let from = 0;
		for (let zero = bytes.indexOf(0); zero >= 0; zero = bytes.indexOf(0, from)) {
			this.#rest.push(bytes.subarray(from, zero));
			if (this.documents.length < MAX_WAITING_DOCUMENTS) this.documents.push(Buffer.concat(this.#rest));
			this.#rest = [];
			from = zero + 1;
		}
		if (from < bytes.length) this.#rest.push(bytes.subarray(from));
		if (this.receivedBytes > MAX_RECEIVED_BYTES) {
			this.error = `it sent more than ${MAX_RECEIVED_BYTES} bytes, so this suite ended the connection`;
			this.destroy();
		}
		this.#activity.notify();
	}

	#over(): void {
		this.ended = true;
		this.#activity.notify();
	}
}
