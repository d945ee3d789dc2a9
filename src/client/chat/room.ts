// A room as a program sees it. Its state over connections is in room-client.ts, its reading side in message-reader.ts.
// docs/guide/chat-client.md.

import { checkCallOptions, type WaitOptions } from "../../connection/index.ts";
import type { XMLSocketError } from "../../errors/index.ts";
import type { Markup, XMLNode } from "../../xml/index.ts";
import { clientDocument } from "./message-types.ts";
import type { Receipt } from "./outbox.ts";
import type { Position } from "./read-cursor.ts";
import { notJoined, type RoomClient, type RoomState } from "./room-client.ts";
import type { RoomEvents, RoomMessage, RoomPage } from "./room-events.ts";
import type { SayOptions } from "./sender.ts";

/** Which messages of the history to fetch. */
export interface HistoryOptions extends WaitOptions {
	/** Messages with a smaller number than this. Default: the newest. */
	readonly before?: number | undefined;
	/** At most this many, 1 to 100. Default 50. */
	readonly limit?: number | undefined;
}

/** Which members to list. */
export interface ListMembersOptions extends WaitOptions {
	/** How many names to skip. Default 0. */
	readonly offset?: number | undefined;
	/** At most this many, 1 to 200. Default 200. */
	readonly limit?: number | undefined;
}

/** A page of the members of a room. */
export interface MembersPage {
	readonly names: readonly string[];
	/** Those of them who are operators. */
	readonly operators: readonly string[];
	/** The number of all members. */
	readonly count: number;
}

/**
 * A room that `chat.join()` has entered.
 *
 * Messages go to every listener of `message`, and to the `for await` loops over the room; without either the newest wait. A loop
 * ends when the room is left or the chat closed, and throws where an error ended it. Leaving a loop does not leave the room.
 *
 * @example
 * ```ts
 * const room = await chat.join("lobby");
 * await room.say("hi");
 * for await (const message of room) console.log(message.from, message.text);
 * ```
 */
export class Room implements AsyncIterable<RoomMessage, undefined> {
	/** The name of the room. */
	readonly name: string;
	/** Resolves when the room is over, with the reason where it was not left by choice. Never rejects. */
	readonly ended: Promise<{ readonly error?: XMLSocketError }>;
	readonly #client: RoomClient;

	/** @internal `chat.join()` makes rooms. */
	constructor(client: RoomClient) {
		this.#client = client;
		this.name = client.name;
		this.ended = client.ended;
	}

	/** What the room is doing, in one word. */
	get state(): RoomState {
		return this.#client.state;
	}

	/** Whether the server keeps the room's messages. */
	get kind(): "live" | "stored" {
		return this.#client.isStored ? "stored" : "live";
	}

	/** Whether the client is in the room now; false while the connection is away. */
	get isInside(): boolean {
		return this.#client.isInside;
	}

	/** The names of the members, without order; only the first ones of a large room. */
	get members(): readonly string[] {
		return this.#client.roster.names;
	}

	/** Those of `members` who are operators of the server. */
	get operators(): ReadonlySet<string> {
		return this.#client.roster.operators;
	}

	/** The number of members. */
	get memberCount(): number {
		return this.#client.roster.count;
	}

	/** The topic; empty where there is none. */
	get topic(): string {
		return this.#client.topic;
	}

	/** In slow mode, the seconds between two messages of a member; 0 without slow mode. Operators are exempt. */
	get slowSeconds(): number {
		return this.#client.slowSeconds;
	}

	/**
	 * How far a stored room was read: keep it, and pass it to `join` as `since` to resume there, in another process too. Undefined
	 * in a live room, and before the first message.
	 */
	get position(): Position | undefined {
		return this.#client.reader.position;
	}

	/**
	 * Sends a text to the room. The promise stays pending while the connection is away and is made again. In a stored room it
	 * resolves once the message is committed, with its number.
	 *
	 * Rejects with the server's refusal (XMLSOCKET_MUTED, XMLSOCKET_SLOW_MODE with `details.retryAfterSeconds`, XMLSOCKET_UNAVAILABLE
	 * and so on); XMLSOCKET_OUTCOME_UNKNOWN where the
	 * message left and it cannot be found out whether it arrived; XMLSOCKET_OUTBOX_FULL; XMLSOCKET_DOCUMENT_TOO_LARGE;
	 * XMLSOCKET_NUL_IN_DOCUMENT; XMLSOCKET_ROOM_NOT_JOINED where the room is over; XMLSOCKET_CLOSED.
	 *
	 * `signal` and `timeoutMs` (default: no limit) give it up, with XMLSOCKET_ABORTED or XMLSOCKET_REQUEST_TIMEOUT: a message that
	 * has not left is not sent. `details.sent` of the error is true where it had left; it may arrive then. `details.id` is its id.
	 */
	say(text: string, options?: SayOptions): Promise<Receipt> {
		return this.#say("say()", options, (id) => clientDocument("say", { room: this.name, id }, text));
	}

	/**
	 * Sends a document of your own to the room: readers get it as a message of the kind `sent`. Otherwise as `say`.
	 *
	 * @example
	 * ```ts
	 * await room.send(xml`<move x="3" y="4" />`);
	 * ```
	 */
	send(content: Markup | XMLNode, options?: SayOptions): Promise<Receipt> {
		return this.#say("send()", options, (id) => clientDocument("send", { room: this.name, id }, content));
	}

	/**
	 * Older messages of a stored room, oldest first: at most `limit` (default 50, at most 100) before the number `before` (default:
	 * the newest). They are delivered nowhere else.
	 *
	 * Rejects with the server's refusal, XMLSOCKET_REQUEST_TIMEOUT after `timeoutMs` (default 10 000), XMLSOCKET_ABORTED,
	 * XMLSOCKET_CONNECTION_LOST or XMLSOCKET_CLOSED.
	 */
	async history(options?: HistoryOptions): Promise<RoomPage> {
		const { before, limit, ...wait }: HistoryOptions = checkCallOptions("history()", options, ["before", "limit"]);
		const { sender } = this.#client.host;
		const page = await sender.ask(
			clientDocument("history", { room: this.name, id: sender.newId(), before, limit }),
			(document) => document.is === "page" && document.room === this.name,
			wait,
		);
		if (page.is !== "page") return { messages: [], more: false };
		return { messages: page.messages.map((message) => this.#client.reader.made(message, true)), more: page.more };
	}

	/**
	 * Sets the topic, or removes it with an empty text.
	 *
	 * Rejects with the server's refusal, XMLSOCKET_REQUEST_TIMEOUT after `timeoutMs` (default 10 000), XMLSOCKET_ABORTED,
	 * XMLSOCKET_CONNECTION_LOST or XMLSOCKET_CLOSED.
	 */
	async setTopic(text: string, options?: WaitOptions): Promise<void> {
		const wait = checkCallOptions("setTopic()", options);
		const { sender } = this.#client.host;
		const id = sender.newId();
		await sender.ask(
			clientDocument("topic", { room: this.name, id }, text),
			(document) => document.is === "ack" && document.id === id,
			wait,
		);
	}

	/**
	 * A page of the members' names, for rooms that have more than `members` lists: at most `limit` (default 200, at most 200) after the
	 * first `offset` (default 0).
	 *
	 * Rejects with the server's refusal, XMLSOCKET_REQUEST_TIMEOUT after `timeoutMs` (default 10 000), XMLSOCKET_ABORTED,
	 * XMLSOCKET_CONNECTION_LOST or XMLSOCKET_CLOSED.
	 */
	async listMembers(options?: ListMembersOptions): Promise<MembersPage> {
		const {
			offset = 0,
			limit,
			...wait
		}: ListMembersOptions = checkCallOptions("listMembers()", options, ["offset", "limit"]);
		const { sender } = this.#client.host;
		const page = await sender.ask(
			clientDocument("who", { room: this.name, id: sender.newId(), offset, limit }),
			(document) => document.is === "members" && document.room === this.name && document.offset === offset,
			wait,
		);
		if (page.is !== "members") return { names: [], operators: [], count: 0 };
		return { names: page.names, operators: page.operators, count: page.members };
	}

	/** Asks for the names of the members, where only their number is known. They come as the event `members`. */
	refreshMembers(): void {
		this.#client.refreshMembers();
	}

	/**
	 * Calls `listener` for each event from now on; messages that waited unread come first. Events before `join` resolved have passed:
	 * give a listener to `join` to miss nothing.
	 *
	 * @returns a function that removes the listener.
	 */
	on<Name extends keyof RoomEvents>(event: Name, listener: (value: RoomEvents[Name]) => void): () => void {
		return this.#listen(event, listener, false);
	}

	/**
	 * Calls `listener` for the next event only.
	 *
	 * @returns a function that removes the listener.
	 */
	once<Name extends keyof RoomEvents>(event: Name, listener: (value: RoomEvents[Name]) => void): () => void {
		return this.#listen(event, listener, true);
	}

	/** Removes a listener that `on`, `once` or `join` added; does nothing where there is none. */
	off<Name extends keyof RoomEvents>(event: Name, listener: (value: RoomEvents[Name]) => void): void {
		this.#client.listeners.remove(event, listener);
	}

	/** Leaves the room. Messages that have not left this process are not sent. */
	leave(): void {
		this.#client.leave();
	}

	/** Reads the messages; the class describes what several readers get. */
	[Symbol.asyncIterator](): AsyncIterator<RoomMessage, undefined, undefined> {
		return this.#client.reader.read();
	}

	#listen<Name extends keyof RoomEvents>(
		event: Name,
		listener: (value: RoomEvents[Name]) => void,
		once: boolean,
	): () => void {
		const off = this.#client.listeners.add(event, listener, once);
		if (event === "message") queueMicrotask(() => this.#client.reader.flush());
		return off;
	}

	#say(call: string, options: SayOptions | undefined, write: (id: string) => string): Promise<Receipt> {
		if (this.state === "ended") return Promise.reject(notJoined(this.name));
		return this.#client.host.sender.say({ call, room: this.name, write }, options);
	}
}
