// A client of an application whose connection another process has: what that process would do with a `ServerPeer`, over records. The client
// has a window of documents on their way here. Those that come while the application has paused it wait here, within that window.

import type { Peer, Session } from "../../application/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { isPromise, type LinkClose } from "../../link/index.ts";
import { sentError } from "../workers/control.ts";
import type { RecordStream } from "./record-stream.ts";
import { type Opening, RECORD, STEP, WINDOW } from "./records.ts";

type Document = string | Uint8Array;

/** What the forwarded clients of one process need. */
export interface ForwardedPeerHost {
	/** The bytes of one document. @throws XMLSOCKET_NUL_IN_DOCUMENT */
	encode(text: string): Uint8Array;
	/** Receives what the application throws. */
	report(error: unknown): void;
	/** A client is gone, and its session was notified. */
	left(peer: ForwardedPeer): void;
}

let lastId = 0;

/** A client of another process. */
export class ForwardedPeer implements Peer {
	readonly id: string = `f${++lastId}`;
	readonly remoteAddress: string;
	readonly transport: Peer["transport"];
	readonly addressKey: string | undefined;
	readonly softOutboxBytes: number;
	readonly maxOutboxBytes: number;
	readonly application: string;
	/** Its number at the process of its connection. */
	readonly client: number;
	readonly #stream: RecordStream;
	readonly #host: ForwardedPeerHost;
	#session: Session<"text" | "bytes"> | undefined = undefined;
	#state: "open" | "ending" | "closed" = "open";
	#sentBytes = 0;
	#readBytes = 0;
	#handled = 0;
	#isPaused = false;
	#isDelivering = false;
	readonly #documents: Document[] = [];
	/** What comes after the documents that wait. */
	#isEnded = false;
	#close: LinkClose | undefined = undefined;

	constructor(client: number, opening: Opening, stream: RecordStream, host: ForwardedPeerHost) {
		this.client = client;
		this.application = opening.application;
		this.remoteAddress = opening.remoteAddress;
		this.transport = opening.transport;
		this.addressKey = opening.addressKey;
		this.softOutboxBytes = opening.softOutboxBytes;
		this.maxOutboxBytes = opening.maxOutboxBytes;
		this.#stream = stream;
		this.#host = host;
	}

	/** Opens the session. */
	open(opens: () => Session<"text" | "bytes">): void {
		this.#run("The application failed to open a session.", () => {
			this.#session = opens();
		});
	}

	/** The process of its connection. */
	get node(): string {
		return this.#stream.node;
	}

	get isOpen(): boolean {
		return this.#state === "open" && !this.#close;
	}

	/** What is less than a step is not reported. */
	get outboxBytes(): number {
		return Math.max(0, this.#sentBytes - this.#readBytes - STEP);
	}

	send(text: string): void {
		this.sendEncoded(this.encode(text));
	}

	sendEncoded(bytes: Uint8Array): void {
		if (!this.isOpen) return;
		this.#sentBytes += bytes.length;
		this.#stream.send(this.client, bytes);
		// The process of the connection knows better, if it runs.
		if (this.outboxBytes > 2 * this.maxOutboxBytes + WINDOW) {
			this.destroy(new XMLSocketError("XMLSOCKET_SLOW_READER", `${this.outboxBytes} bytes wait for the client.`));
		}
	}

	encode(text: string): Uint8Array {
		return this.#host.encode(text);
	}

	checkText(text: string): void {
		this.#host.encode(text);
	}

	account(run: () => void): void {
		run();
	}

	pause(): void {
		this.#isPaused = true;
	}

	resume(): void {
		this.#isPaused = false;
		this.#deliver();
	}

	refused(error: XMLSocketError): void {
		this.#note(RECORD.refused, error);
	}

	end(error?: XMLSocketError): void {
		this.#finish(RECORD.end, error);
	}

	destroy(error?: XMLSocketError): void {
		this.#finish(RECORD.destroy, error);
	}

	// --- from the process of the connection

	/** A document. */
	document(document: Document): void {
		if (this.#state !== "open") return;
		this.#documents.push(document);
		this.#deliver();
	}

	/** So many bytes of what was sent have left. */
	read(bytes: number): void {
		this.#readBytes = bytes;
	}

	/** The client sends nothing more. */
	ended(): void {
		this.#isEnded = true;
		this.#deliver();
	}

	idle(): void {
		if (this.#state === "open") this.#run(FAILED, () => this.#session?.idle?.());
	}

	drained(): void {
		if (this.#state === "open") this.#run(FAILED, () => this.#session?.drained?.());
	}

	/** The connection is over. Documents that came before are delivered first, if the application resumes in time. */
	closed(close: LinkClose): void {
		this.#close ??= close;
		this.#deliver();
	}

	/** The connection is over, and nothing more is delivered. */
	cut(close: LinkClose): void {
		this.#close ??= close;
		this.#documents.length = 0;
		this.#deliver();
	}

	/** Whether the connection is over, and documents wait because the application does not resume. */
	get isLeftover(): boolean {
		return this.#close !== undefined && this.#state !== "closed";
	}

	#deliver(): void {
		// The application may resume while it handles a document.
		if (this.#isDelivering) return;
		this.#isDelivering = true;
		try {
			this.#deliverDocuments();
		} finally {
			this.#isDelivering = false;
		}
	}

	#deliverDocuments(): void {
		while (this.#documents.length > 0) {
			if (this.#isPaused && this.#state === "open") return;
			const document = this.#documents.shift()!;
			if (this.#state !== "open") continue;
			this.#run(FAILED, () => this.#session?.document(document as never));
			this.#handled += document.length;
		}
		if (this.#handled >= STEP && this.#state === "open") {
			this.#stream.begin(RECORD.handled).whole(this.client).whole(this.#handled).end();
			this.#handled = 0;
		}
		if (this.#isEnded && this.#state === "open") {
			this.#isEnded = false;
			this.#answerEnd();
		}
		const close = this.#close;
		if (!close || this.#state === "closed") return;
		this.#state = "closed";
		this.#run(FAILED, () => this.#session?.closed(close));
		this.#host.left(this);
	}

	#answerEnd(): void {
		let pending: Promise<void> | undefined;
		this.#run(FAILED, () => {
			pending = this.#session?.ended?.();
		});
		const answer = (): void => {
			if (this.isOpen) this.#stream.begin(RECORD.answered).whole(this.client).end();
		};
		if (pending) pending.then(answer, answer);
		else answer();
	}

	#finish(record: number, error: XMLSocketError | undefined): void {
		if (this.#state !== "open" && !(record === RECORD.destroy && this.#state === "ending")) return;
		this.#state = "ending";
		this.#documents.length = 0;
		this.#note(record, error);
	}

	#note(record: number, error: XMLSocketError | undefined): void {
		const text = error && JSON.stringify(sentError(error));
		this.#stream.begin(record).whole(this.client).optionalText(text).end();
	}

	#run(failure: string, run: () => unknown): void {
		const failed = (cause: unknown): void => {
			this.#host.report(cause);
			this.end(new XMLSocketError("XMLSOCKET_INTERNAL", failure, { cause }));
		};
		try {
			const result = run();
			if (isPromise(result)) result.then(undefined, failed);
		} catch (error) {
			failed(error);
		}
	}
}

const FAILED = "A handler failed while it looked at a document.";
