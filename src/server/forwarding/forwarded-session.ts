// A client that is connected to this process and whose application runs in another one: its documents leave as records. Until that process
// is known the client is not read.

import type { Peer, Session } from "../../application/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { LinkClose } from "../../link/index.ts";
import { sentError } from "../workers/control.ts";
import type { RecordStream } from "./record-stream.ts";
import { type Opening, RECORD, STEP, WINDOW } from "./records.ts";

type Document = string | Uint8Array;

/** What the sessions of one process need. */
export interface ForwardedSessionHost {
	/** The stream to the process of an application; undefined while none runs it. */
	streamOf(application: string): RecordStream | undefined;
	/** More than `STEP` was sent to the client, and it is not known whether it has read that. */
	behind(session: ForwardedSession): void;
	/** The connection is over. */
	left(session: ForwardedSession): void;
}

/** A client whose application is elsewhere. */
export class ForwardedSession implements Session<"text" | "bytes"> {
	readonly client: number;
	readonly peer: Peer;
	readonly opening: Opening;
	readonly sinceMs: number = performance.now();
	readonly #host: ForwardedSessionHost;
	readonly #lost: () => void;
	#stream: RecordStream | undefined = undefined;
	#isOver = false;
	/** Documents that came before the process of the application was known. */
	#early: Document[] = [];
	/** What is on its way to the application, in characters or bytes. */
	#unhandled = 0;
	#isPaused = false;
	#receivedBytes = 0;
	#reportedBytes = 0;
	#answered: (() => void) | undefined = undefined;

	/** @param lost is called before the client is disconnected because the process of its application has ended. */
	constructor(client: number, peer: Peer, opening: Opening, host: ForwardedSessionHost, lost: () => void) {
		this.client = client;
		this.peer = peer;
		this.opening = opening;
		this.#host = host;
		this.#lost = lost;
		this.connect();
		this.#regulate();
	}

	/** The process of its application; undefined while none is known. */
	get node(): string | undefined {
		return this.#stream?.node;
	}

	/** Less than a window is not reported exactly. */
	get heldBytes(): number {
		return this.#isPaused ? this.#unhandled : 0;
	}

	/** Begins, if the process of its application is known now. */
	connect(): void {
		if (this.#stream || this.#isOver) return;
		const stream = this.#host.streamOf(this.opening.application);
		if (!stream) return;
		this.#stream = stream;
		stream.begin(RECORD.open).whole(this.client).text(JSON.stringify(this.opening)).end();
		for (const document of this.#early.splice(0)) this.#forward(stream, document);
		this.#regulate();
	}

	// --- Session

	document(document: Document): void {
		if (this.#isOver) return;
		this.#unhandled += document.length;
		if (this.#stream) this.#forward(this.#stream, document);
		else this.#early.push(document);
		this.#regulate();
	}

	ended(): Promise<void> | undefined {
		const stream = this.#stream;
		if (!stream || this.#isOver) return undefined;
		stream.begin(RECORD.ended).whole(this.client).end();
		return new Promise((resolve) => {
			this.#answered = resolve;
		});
	}

	idle(): void {
		this.#stream?.begin(RECORD.idle).whole(this.client).end();
	}

	drained(): void {
		this.reportRead();
		this.#stream?.begin(RECORD.drained).whole(this.client).end();
	}

	closed({ by, error, unfinishedBytes, unhandledDocuments }: LinkClose): void {
		this.#isOver = true;
		this.#answered?.();
		this.#host.left(this);
		const close = { by, error: error && sentError(error), unfinishedBytes, unhandledDocuments };
		this.#stream?.begin(RECORD.closed).whole(this.client).text(JSON.stringify(close)).end();
	}

	// --- from the process of the application

	/** Sends encoded documents to the client. */
	send(bytes: Uint8Array): void {
		if (this.#isOver) return;
		this.peer.sendEncoded(bytes);
		this.#receivedBytes += bytes.length;
		if (this.#receivedBytes - this.#reportedBytes >= STEP) this.#host.behind(this);
	}

	/** Reports how much has left. @returns whether the rest is less than a step. */
	reportRead(): boolean {
		if (this.#isOver || !this.#stream) return true;
		const readBytes = Math.max(this.#reportedBytes, this.#receivedBytes - this.peer.outboxBytes);
		if (readBytes - this.#reportedBytes >= STEP || readBytes === this.#receivedBytes) {
			this.#reportedBytes = readBytes;
			this.#stream.begin(RECORD.read).whole(this.client).number(readBytes).end();
		}
		return this.#receivedBytes - this.#reportedBytes < STEP;
	}

	/** The application has handled so much of what the client sent. */
	handled(length: number): void {
		this.#unhandled -= length;
		this.#regulate();
	}

	/** The application has sent its answers to what came before the client's end. */
	answered(): void {
		this.#answered?.();
	}

	/** The process of the application has ended, or does not come. */
	lose(error?: XMLSocketError): void {
		if (this.#isOver) return;
		this.#stream = undefined;
		this.#lost();
		this.#answered?.();
		this.peer.end(error);
	}

	/** Reads the client, or not. */
	#regulate(): void {
		if (this.#isOver) return;
		const stream = this.#stream;
		const limit = this.#isPaused ? STEP : WINDOW;
		const mustWait = !stream || this.#unhandled > limit || stream.isFull;
		if (mustWait === this.#isPaused) return;
		this.#isPaused = mustWait;
		if (mustWait) this.peer.pause();
		else this.peer.resume();
	}

	/** The stream takes more again. */
	emptied(): void {
		this.#regulate();
	}

	#forward(stream: RecordStream, document: Document): void {
		if (typeof document === "string") stream.begin(RECORD.text).whole(this.client).text(document).end();
		else stream.begin(RECORD.bytes).whole(this.client).rest(document).end();
	}
}

/** How a connection has ended, from its record. */
export function readClose(text: string): LinkClose {
	const { by, error, unfinishedBytes, unhandledDocuments } = JSON.parse(text) as {
		by: LinkClose["by"];
		error?: { code: XMLSocketError["code"]; message: string };
		unfinishedBytes?: number;
		unhandledDocuments?: number;
	};
	return {
		by,
		...(error ? { error: new XMLSocketError(error.code, error.message) } : {}),
		...(unfinishedBytes ? { unfinishedBytes } : {}),
		...(unhandledDocuments ? { unhandledDocuments } : {}),
	};
}
