// The sending side of a chat: ids, requests, and the messages that wait for their acknowledgement. A message leaves once its room is
// entered and its replay is complete; after a loss it leaves again under the same id. docs/guide/chat-client.md.

import { checkCallOptions, refuseAborted, type Sendable, type WaitOptions, waitFor } from "../../connection/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { Clock } from "../../link/index.ts";
import type { Connection } from "../connection.ts";
import { readServerDocument, type ServerDocument } from "./message-types.ts";
import { Outbox, type OutboxLimits, outcomeUnknown, type Receipt, type Unacknowledged } from "./outbox.ts";

/** Options of the calls that send a message: `say()`, `send()` and `tell()`. */
export interface SayOptions extends WaitOptions {
	/**
	 * The id of the message: at most 64 printable ASCII characters, unique among the messages of this session. With the id of a
	 * message that failed, the server stores it once even if it had arrived. Default: an id that was never used before.
	 */
	readonly id?: string | undefined;
}

/** What the sender needs of its chat. */
export interface SenderOwner {
	/** The longest document that the server accepts, in bytes. */
	readonly maxDocumentBytes: number;
	/** Whether messages for a room may leave; undefined asks for private ones. */
	maySend(room: string | undefined): boolean;
	/** The number up to which a room was read. */
	seen(room: string): number;
	/** The error of a chat that is over; undefined before. */
	overError(): XMLSocketError | undefined;
}

/** What is sent, and how a program calls it. */
export interface Saying {
	/** `say()`, `send()` or `tell()`, for messages. */
	readonly call: string;
	/** Undefined for a private message. */
	readonly room: string | undefined;
	/** The document, with this id. */
	write(id: string): string;
}

/** A server remembers an id for ten minutes after it stored the message. One minute of them is for the way there. */
const FORGOTTEN_AFTER_MS = 540_000;
const ID = /^[!-~]{1,64}$/;
const encoder = new TextEncoder();

/** The sending side of one chat. */
export class Sender {
	readonly outbox: Outbox;
	/** Whether the connection stands and the name is taken, so that documents can leave. */
	isIn = false;
	readonly #clock: Clock;
	readonly #owner: SenderOwner;
	readonly #idPrefix = crypto.randomUUID();
	#ids = 0;
	#connection: Connection | undefined = undefined;

	constructor(limits: OutboxLimits, clock: Clock, owner: SenderOwner) {
		this.outbox = new Outbox(limits);
		this.#clock = clock;
		this.#owner = owner;
	}

	/** The connection that everything leaves over. Set once, before anything is sent. */
	set connection(connection: Connection) {
		this.#connection = connection;
	}

	/** An id that was never used before, in this process or another: the server recognises resent messages by it. */
	newId(): string {
		return `${this.#idPrefix}-${(++this.#ids).toString(36)}`;
	}

	/** Sends a document at once; nothing while the connection is away. */
	put(document: Sendable): void {
		if (this.isIn) this.#connection?.sendNow(document);
	}

	/** Sends a document that carries an id and resolves with its answer. Rejects with the server's refusal of that id. */
	async ask(
		document: string,
		answers: (document: ServerDocument) => boolean,
		wait: WaitOptions,
	): Promise<ServerDocument> {
		const over = this.#owner.overError();
		if (over || !this.#connection) throw over ?? new XMLSocketError("XMLSOCKET_CLOSED", "The chat is not open yet.");
		const answer = await this.#connection.request(document, {
			...wait,
			match: (received) => answers(readServerDocument(received.root)),
		});
		return readServerDocument(answer.root);
	}

	/** Puts a message into the outbox. Resolves with the server's acknowledgement. */
	async say({ call, room, write }: Saying, options: SayOptions | undefined): Promise<Receipt> {
		const { id: given, ...wait }: SayOptions = checkCallOptions(call, options, ["id"]);
		const over = this.#owner.overError();
		if (over) throw over;
		const what = "The message was not acknowledged";
		refuseAborted(what, wait);
		const id = given ?? this.newId();
		if (typeof id !== "string" || !ID.test(id)) {
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				`The option id of ${call} must be 1 to 64 printable ASCII characters.`,
			);
		}
		const text = write(id);
		const bytes = encoder.encode(text).length;
		this.#checkSize(bytes);
		const receipt = this.outbox.add({ id, room, text, bytes });
		this.release();
		return await waitFor(receipt, wait, {
			what,
			clock: this.#clock,
			details: () => ({ id, sent: this.outbox.get(id)?.firstSentMs !== undefined }),
			gaveUp: (error) => {
				this.outbox.refuse(id, error);
				this.release();
			},
		});
	}

	/** Sends the messages that may leave now. */
	release(): void {
		if (!this.isIn) return;
		this.outbox.release(
			({ room }) => this.#owner.maySend(room),
			(waiting) => this.#leave(waiting),
		);
	}

	/** Whether a message left so long ago that the server may have forgotten its id. */
	isForgotten(firstSentMs: number): boolean {
		return this.#clock.now() - firstSentMs >= FORGOTTEN_AFTER_MS;
	}

	/** The chat is over: everything that waits is given up. */
	end(error: XMLSocketError): void {
		this.isIn = false;
		this.outbox.clear(({ id, firstSentMs }) =>
			firstSentMs === undefined ? error : outcomeUnknown(id, "the chat was closed before the answer came", error),
		);
	}

	// A connection may be over before its event says so. What is sent then must not wait in its queue, which leaves before the replay
	// has shown what the server has: it stays in the outbox.
	#leave(waiting: Unacknowledged): boolean {
		const { id, room, text, bytes } = waiting;
		try {
			// After a reconnection the limit may be lower: the server would cut the connection, again and again.
			this.#checkSize(bytes);
			if (!this.#connection?.sendNow(text)) return false;
			if (waiting.firstSentMs === undefined) {
				waiting.firstSentMs = this.#clock.now();
				waiting.seenWhenSent = room === undefined ? 0 : this.#owner.seen(room);
			}
		} catch (error) {
			this.outbox.refuse(id, error as XMLSocketError);
		}
		return true;
	}

	#checkSize(bytes: number): void {
		const limitBytes = this.#owner.maxDocumentBytes;
		if (bytes <= limitBytes) return;
		throw new XMLSocketError(
			"XMLSOCKET_DOCUMENT_TOO_LARGE",
			`A message of ${bytes} bytes is longer than the server accepts; its limit is ${limitBytes} bytes.`,
			{ details: { documentBytes: bytes, limitBytes } },
		);
	}
}
