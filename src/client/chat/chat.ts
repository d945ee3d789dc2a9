// A chat as a program sees it: a name, rooms, private messages. Its state over connections is in chat-client.ts.
// docs/guide/chat-client.md.

/// <reference lib="esnext.disposable" preserve="true" />

import {
	type ConnectionState,
	checkCallOptions,
	refuseAborted,
	type Sendable,
	type WaitOptions,
	waitFor,
} from "../../connection/index.ts";
import type { XMLSocketError } from "../../errors/index.ts";
import type { ConnectionStatus } from "../connection-events.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatEvents } from "./chat-events.ts";
import { ChatModeration } from "./chat-moderation.ts";
import { checkListeners } from "./check-listeners.ts";
import { clientDocument, type RoomEntry } from "./message-types.ts";
import type { Receipt } from "./outbox.ts";
import type { Position } from "./read-cursor.ts";
import type { Room } from "./room.ts";
import { ROOM_EVENTS, type RoomReader } from "./room-events.ts";
import type { SayOptions } from "./sender.ts";

/** How to enter a room. */
export interface JoinOptions extends WaitOptions {
	/** The `room.position` of an earlier reader: reading resumes there. */
	readonly since?: Position | undefined;
	/** Whether the newest messages come at first, as many as the server replays. Default true. Without effect with `since`. */
	readonly history?: boolean | undefined;
	/** The key of a private room. */
	readonly key?: string | undefined;
	/** Listeners that miss nothing, by event. */
	readonly on?: RoomReader | undefined;
}

/** How to take another name. */
export interface RenameOptions extends WaitOptions {
	/** The token of the name, where the server requires one. */
	readonly token?: string | undefined;
}

/** How long `close()` waits for acknowledgements, in milliseconds. */
const CLOSE_WITHIN_MS = 5000;

/**
 * A chat that `openChat()` has opened.
 *
 * @example
 * ```ts
 * const chat = await openChat("xmlsocket://localhost:9000", { name: "ann" });
 * const room = await chat.join("lobby");
 * const { seq } = await room.say("hi");
 * ```
 */
export class Chat implements AsyncDisposable {
	/** Resolves when the chat is over, with the reason where there was one. Never rejects. */
	readonly closed: Promise<{ readonly error?: XMLSocketError }>;
	/** What operators can do: kick, ban, mute, and set how rooms work. */
	readonly moderation: ChatModeration;
	readonly #client: ChatClient;

	/** @internal `openChat()` makes chats. */
	constructor(client: ChatClient) {
		this.#client = client;
		this.moderation = new ChatModeration(client.sender);
		this.closed = client.closed;
	}

	/** The chat's name, as the server gave it last. */
	get name(): string {
		return this.#client.welcome.name;
	}

	/** The session's secret. With it, `openChat` resumes this session, also after a reload. Keep it as safe as a password. */
	get session(): string {
		return this.#client.welcome.session;
	}

	/** What the chat's connection is doing, in one word. */
	get state(): ConnectionState {
		if (this.#client.isOver) return "closed";
		return this.#client.isClosing ? "closing" : this.#client.connection.state;
	}

	/** What the chat's connection is doing, with the facts of it: the attempt, the wait, the error. */
	get status(): ConnectionStatus {
		return this.#client.status;
	}

	/** The longest document that the server accepts, in bytes. */
	get maxDocumentBytes(): number {
		return this.#client.welcome.maxDocumentBytes;
	}

	/** The server's own name, as its welcome says it: what the operator of the server writes to a room comes from this name. */
	get serverName(): string {
		return this.#client.welcome.server;
	}

	/** Whether the chat's name is an operator's. */
	get isOperator(): boolean {
		return this.#client.welcome.isOperator;
	}

	/** Whether the chat can set the topic of a room. */
	get canSetTopics(): boolean {
		return this.#client.welcome.canSetTopics;
	}

	/** Whether a join of a room that does not exist creates it. */
	get canCreateRooms(): boolean {
		return this.#client.welcome.canCreateRooms;
	}

	/** The rooms that were joined and not left, by name; `room.state` is `joined` for those that are entered. */
	get rooms(): ReadonlyMap<string, Room> {
		return this.#client.rooms;
	}

	/**
	 * Enters a room, or returns the one that is entered. It is entered again on each connection, until you leave it or the server
	 * ends it: `room.ended`. The promise stays pending while the connection is away.
	 *
	 * Rejects with the server's refusal: XMLSOCKET_ROOM_UNKNOWN, XMLSOCKET_BANNED, XMLSOCKET_ROOM_PRIVATE, XMLSOCKET_NAME_INVALID,
	 * XMLSOCKET_TOO_MANY_ROOMS, XMLSOCKET_UNAVAILABLE; and with XMLSOCKET_CLOSED.
	 *
	 * `signal` and `timeoutMs` (default: no limit) give it up, with XMLSOCKET_ABORTED or XMLSOCKET_REQUEST_TIMEOUT; the room is left
	 * then, unless another call waits for it.
	 */
	async join(name: string, options?: JoinOptions): Promise<Room> {
		const { since, history, key, on, ...wait }: JoinOptions = checkCallOptions("join()", options, [
			"since",
			"history",
			"key",
			"on",
		]);
		if (on) checkListeners("join()", on, ROOM_EVENTS);
		refuseAborted(`The room "${name}" was not entered`, wait);
		const { client, room } = this.#client.room(name, { since, history: history ?? true, key, on: on ?? {} });
		await client.whenEntered(wait);
		return room;
	}

	/**
	 * Sends a private message. Resolves when the server has passed it on. After a loss it is sent again under the same id, which the
	 * server passes on once as long as it runs.
	 *
	 * Rejects as `room.say`, and with XMLSOCKET_NAME_UNKNOWN where no client has the name.
	 */
	tell(to: string, text: string, options?: SayOptions): Promise<Receipt> {
		const write = (id: string): string => clientDocument("tell", { to, id }, text);
		return this.#client.sender.say({ call: "tell()", room: undefined, write }, options);
	}

	/**
	 * Takes another name. Rejects with the server's refusal, and keeps the old name then: XMLSOCKET_NAME_TAKEN,
	 * XMLSOCKET_NAME_INVALID, XMLSOCKET_TOKEN_INVALID; with XMLSOCKET_REQUEST_TIMEOUT after `timeoutMs` (default 10 000),
	 * XMLSOCKET_ABORTED, XMLSOCKET_CONNECTION_LOST or XMLSOCKET_CLOSED.
	 */
	async rename(name: string, options?: RenameOptions): Promise<void> {
		const { token, ...wait }: RenameOptions = checkCallOptions("rename()", options, ["token"]);
		await this.#client.rename({ name: name.normalize("NFC"), token, session: this.session }, wait);
	}

	/**
	 * The rooms of the server; the first ones where there are many.
	 *
	 * Rejects with XMLSOCKET_REQUEST_TIMEOUT after `timeoutMs` (default 10 000), XMLSOCKET_ABORTED, XMLSOCKET_CONNECTION_LOST or
	 * XMLSOCKET_CLOSED.
	 */
	async listRooms(options?: WaitOptions): Promise<readonly RoomEntry[]> {
		const wait = checkCallOptions("listRooms()", options);
		const { sender } = this.#client;
		const asked = clientDocument("rooms", { id: sender.newId() });
		const list = await sender.ask(asked, (document) => document.is === "rooms", wait);
		return list.is === "rooms" ? list.rooms : [];
	}

	/**
	 * Sends any document of the chat at once, for what has no method here; nothing while the connection is away. A refusal comes as
	 * the event `refused`.
	 *
	 * @throws as `connection.send`.
	 */
	send(document: Sendable): void {
		this.#client.sender.put(document);
	}

	/**
	 * Calls `listener` for each event from now on. Give a listener to `openChat` to miss nothing.
	 *
	 * @returns a function that removes the listener.
	 */
	on<Name extends keyof ChatEvents>(event: Name, listener: (value: ChatEvents[Name]) => void): () => void {
		return this.#client.listeners.add(event, listener);
	}

	/**
	 * Calls `listener` for the next event only.
	 *
	 * @returns a function that removes the listener.
	 */
	once<Name extends keyof ChatEvents>(event: Name, listener: (value: ChatEvents[Name]) => void): () => void {
		return this.#client.listeners.add(event, listener, true);
	}

	/** Removes a listener that `on`, `once` or `openChat` added; does nothing where there is none. */
	off<Name extends keyof ChatEvents>(event: Name, listener: (value: ChatEvents[Name]) => void): void {
		this.#client.listeners.remove(event, listener);
	}

	/** While it waits to connect again: tries at once. */
	reconnectNow(): void {
		this.#client.connection.reconnectNow();
	}

	/**
	 * Waits up to 5 s for the acknowledgements of what is on its way, then ends the chat. What has not left is rejected with
	 * XMLSOCKET_CLOSED, what is still unanswered with XMLSOCKET_OUTCOME_UNKNOWN.
	 *
	 * With `timeoutMs` or `signal` (default: none) the connection is cut at that moment, and the promise rejects with
	 * XMLSOCKET_REQUEST_TIMEOUT or XMLSOCKET_ABORTED.
	 */
	async close(options?: WaitOptions): Promise<void> {
		const wait = checkCallOptions("close()", options);
		await waitFor(this.#close(), wait, {
			what: "The chat did not close",
			clock: this.#client.clock,
			gaveUp: (error) => this.#client.abort(error),
		});
	}

	/** For `await using`: as `close()`. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #close(): Promise<void> {
		const { sender, clock, connection, isOver } = this.#client;
		this.#client.isClosing = true;
		if (!isOver && sender.isIn) {
			let stopWaiting = (): void => {};
			const enough = new Promise<void>((resolve) => {
				stopWaiting = clock.delay(CLOSE_WITHIN_MS, resolve);
			});
			await Promise.race([sender.outbox.settled(), enough, this.closed]);
			stopWaiting();
		}
		await connection.close();
		await this.closed;
	}
}
