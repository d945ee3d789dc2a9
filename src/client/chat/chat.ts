// One person's chat with a server, over as many connections as it takes: the name and the session, the rooms, what is said and
// not acknowledged yet. After a loss it says who it is, enters the rooms again where reading stopped, and says again, under
// the same ids and in order, what the replay does not show. docs/guide/chat-client.md.

import { XMLSocketError } from "../../errors/index.ts";
import type { Clock } from "../../link/index.ts";
import type { Connection, ConnectionStatus, Rejoin } from "../connection.ts";
import type { Incoming, Sendable } from "../incoming.ts";
import { Listeners } from "../listeners.ts";
import type { ChatEvents } from "./chat-events.ts";
import type { Position } from "./course.ts";
import { HeardTells } from "./heard-tells.ts";
import { type HelloParts, sayHello, type Welcome } from "./hello.ts";
import type { ChatClientSettings } from "./options.ts";
import { Outbox, type Receipt, type Unacknowledged } from "./outbox.ts";
import { outcomeUnknown, refusal } from "./refusal.ts";
import { Room, type RoomHost, type SayOptions } from "./room.ts";
import type { RoomReader } from "./room-events.ts";
import { clientDocument, type RoomEntry, readServerDocument, type ServerDocument } from "./vocabulary.ts";

/** How to enter a room. */
export interface JoinOptions {
	/** `room.position` of an earlier reading: it goes on there. */
	readonly since?: Position | undefined;
	/** Whether the newest messages come at first, as many as the server replays. Default true. Without meaning with `since`. */
	readonly history?: boolean;
	/** Listeners that miss nothing, by event. */
	readonly on?: RoomReader;
}

/** A server remembers an id for ten minutes from when it stored the message; a minute of them is for the way there. */
const FORGOTTEN_AFTER_MS = 540_000;
const RETRY_ROOM_MS = 5000;
const CLOSE_WITHIN_MS = 5000;
const NEVER_BACK = "session-resumed";

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
	readonly #settings: ChatClientSettings;
	readonly #clock: Clock;
	readonly #outbox: Outbox;
	readonly #listeners: Listeners<ChatEvents>;
	readonly #rooms = new Map<string, Room>();
	readonly #roomHost: RoomHost;
	readonly #told = new HeardTells();
	readonly #idPrefix = crypto.randomUUID();
	#ids = 0;
	#wanted: HelloParts;
	#welcome: Welcome = { name: "", session: "", maxDocumentBytes: 0 };
	// Set by `attach`, before anyone else has the chat.
	#connection!: Connection;
	#isIn = false;
	#error: XMLSocketError | undefined = undefined;
	#over = false;
	#stopPinging: () => void = () => {};
	#settleClosed: (reason: { readonly error?: XMLSocketError }) => void = () => {};

	/** @internal `openChat()` makes chats. */
	constructor(settings: ChatClientSettings, clock: Clock, report: (error: unknown) => void) {
		this.#settings = settings;
		this.#clock = clock;
		this.#outbox = new Outbox(settings);
		this.#listeners = new Listeners(report);
		for (const [event, listener] of Object.entries(settings.on)) {
			if (listener) this.#listeners.add(event as keyof ChatEvents, listener as (value: unknown) => void);
		}
		const { name, token, session } = settings;
		this.#wanted = { name, token, session };
		this.closed = new Promise((resolve) => {
			this.#settleClosed = resolve;
		});
		const chat = this;
		this.#roomHost = {
			outbox: this.#outbox,
			get name() {
				return chat.name;
			},
			maxInboxMessages: settings.maxInboxMessages,
			maxInboxChars: settings.maxInboxChars,
			put: (document) => this.#put(document),
			ask: (document, id, answers) => this.#ask(document, id, answers),
			speak: (room, id, write) => this.#speak(room, id, write),
			release: () => this.#release(),
			isForgotten: (firstSentMs) => this.#isForgotten(firstSentMs),
			newId: () => this.#newId(),
			later: (run) => clock.delay(RETRY_ROOM_MS, run),
			ended: (room) => {
				if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
			},
			report,
		};
	}

	/** The own name, as the server gave it last. */
	get name(): string {
		return this.#welcome.name;
	}

	/** The session's secret: with it, `openChat` goes on as the same one, also after a reload. Keep it as a password. */
	get session(): string {
		return this.#welcome.session;
	}

	/** What the connection is doing. */
	get status(): ConnectionStatus {
		return this.#over && this.#error ? { type: "closed", error: this.#error } : this.#connection.status;
	}

	/** The longest document that the server takes, in bytes. */
	get maxDocumentBytes(): number {
		return this.#welcome.maxDocumentBytes;
	}

	/** The rooms that one is in, or on the way into, by name. */
	get rooms(): ReadonlyMap<string, Room> {
		return this.#rooms;
	}

	/**
	 * Enters a room, or gives the one that one is in. It stays entered across connections, until it is left or the server ends
	 * it: `room.ended`. The promise stays pending while the connection is away.
	 *
	 * Rejects with the server's refusal: XMLSOCKET_ROOM_UNKNOWN, XMLSOCKET_BANNED, XMLSOCKET_NAME_INVALID,
	 * XMLSOCKET_TOO_MANY_ROOMS, XMLSOCKET_UNAVAILABLE; and with XMLSOCKET_CLOSED.
	 */
	join(name: string, { since, history = true, on = {} }: JoinOptions = {}): Promise<Room> {
		if (this.#over) return Promise.reject(this.#closedError());
		const key = String(name).normalize("NFC");
		const known = this.#rooms.get(key);
		if (known) return known.entered;
		const room = new Room(this.#roomHost, key, since, history, on);
		try {
			if (this.#isIn) room.enter();
		} catch (error) {
			return Promise.reject(error);
		}
		this.#rooms.set(key, room);
		return room.entered;
	}

	/**
	 * Tells someone something privately; resolves when the server has passed it on. After a loss it is told again under the same
	 * id, which the server passes on once as long as it runs.
	 *
	 * Rejects as `room.say`, and with XMLSOCKET_NAME_UNKNOWN where nobody of that name is here.
	 */
	tell(to: string, text: string, options: SayOptions = {}): Promise<Receipt> {
		return this.#speak(undefined, options.id, (id) => clientDocument("tell", { to, id }, text));
	}

	/**
	 * Takes another name. Rejects with the server's refusal, and keeps the old name then: XMLSOCKET_NAME_TAKEN,
	 * XMLSOCKET_NAME_INVALID, XMLSOCKET_TOKEN_INVALID.
	 */
	async rename(name: string, token?: string): Promise<void> {
		if (this.#over) throw this.#closedError();
		const wanted = { name: name.normalize("NFC"), token, session: this.session };
		this.#welcome = await sayHello(this.#connection, { ...wanted, exactly: true }, this.#newId());
		this.#wanted = wanted;
	}

	/** The rooms of the server, or the first of many. */
	async listRooms(): Promise<readonly RoomEntry[]> {
		const id = this.#newId();
		const list = await this.#ask(clientDocument("rooms", { id }), id, (document) => document.is === "rooms");
		return list.is === "rooms" ? list.rooms : [];
	}

	/**
	 * Sends any document of the vocabulary at once, for what has no method here; nothing while the connection is away. A
	 * refusal comes as `refused`.
	 */
	send(document: Sendable): void {
		if (this.#isIn) this.#connection.send(document);
	}

	/**
	 * Calls `listener` for each event from now on. Give a listener to `openChat` to miss nothing.
	 *
	 * @returns a function that takes the listener away.
	 */
	on<Name extends keyof ChatEvents>(event: Name, listener: (value: ChatEvents[Name]) => void): () => void {
		return this.#listeners.add(event, listener);
	}

	/** Where it waits to connect again: tries at once. */
	reconnectNow(): void {
		this.#connection.reconnectNow();
	}

	/**
	 * Waits up to 5 s for the acknowledgements of what is on its way, then ends the chat. What has never left is rejected with
	 * XMLSOCKET_CLOSED, what is still unanswered with XMLSOCKET_OUTCOME_UNKNOWN.
	 */
	async close(): Promise<void> {
		if (!this.#over && this.#isIn) {
			let stopWaiting = (): void => {};
			const enough = new Promise<void>((resolve) => {
				stopWaiting = this.#clock.delay(CLOSE_WITHIN_MS, resolve);
			});
			await Promise.race([this.#outbox.quiet(), enough, this.closed]);
			stopWaiting();
		}
		await this.#connection.close();
		await this.closed;
	}

	/** For `await using`: as `close()`. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	// --- one connection after the other

	/** @internal The first connection stands: says hello on it. Rejects with the server's refusal. */
	async attach(connection: Connection): Promise<void> {
		this.#connection = connection;
		connection.on("document", (document) => this.#received(document));
		connection.on("status", (status) => this.#statusChanged(status));
		this.#welcome = await sayHello(connection, this.#wanted, this.#newId());
		this.#entered();
		this.#connected();
	}

	/** @internal A connection stands again: takes the name back and enters the rooms, before all else. */
	async resume(rejoin: Rejoin): Promise<void> {
		try {
			this.#welcome = await sayHello(rejoin, this.#wanted, this.#newId());
		} catch (error) {
			if (error instanceof XMLSocketError && FINAL_REFUSALS.has(error.code)) this.#stop(error);
			throw error;
		}
		this.#entered();
		for (const room of this.#rooms.values()) room.enter((document) => rejoin.send(document));
	}

	#entered(): void {
		const { name, session } = this.#welcome;
		this.#wanted = { ...this.#wanted, name, session };
	}

	#statusChanged(status: ConnectionStatus): void {
		if (status.type === "connected") this.#connected();
		else if (this.#isIn) this.#lost(status);
		this.#listeners.emit(
			"status",
			status.type === "closed" && this.#error ? { ...status, error: this.#error } : status,
		);
		if (status.type === "closed") this.#finish(this.#error ?? status.error);
	}

	#connected(): void {
		this.#isIn = true;
		this.#ping();
		for (const room of this.#rooms.values()) if (room.isWaiting) room.enter();
		for (const { id, firstSentMs } of this.#outbox.of(undefined)) {
			if (firstSentMs === undefined || !this.#isForgotten(firstSentMs)) continue;
			this.#outbox.refuse(id, outcomeUnknown(id, "the server may have forgotten its id by now"));
		}
		this.#release();
	}

	#lost(status: ConnectionStatus): void {
		this.#isIn = false;
		this.#stopPinging();
		const cause = ("error" in status && status.error) || this.#closedError();
		const onTheirWay = this.#outbox.lost();
		for (const room of [...this.#rooms.values()]) {
			room.lost(
				cause,
				onTheirWay.filter((waiting) => waiting.room === room.name),
			);
		}
		for (const { id, room } of onTheirWay) {
			if (room === undefined || this.#rooms.has(room)) continue;
			this.#outbox.refuse(id, outcomeUnknown(id, "the room was left, and the connection broke", cause));
		}
	}

	#ping(): void {
		this.#stopPinging();
		this.#stopPinging = this.#clock.delay(this.#settings.pingIntervalMs, () => {
			this.#put(clientDocument("ping"));
			this.#ping();
		});
	}

	#stop(error: XMLSocketError): void {
		this.#error ??= error;
		void this.#connection.close();
	}

	#finish(error: XMLSocketError | undefined): void {
		if (this.#over) return;
		this.#over = true;
		this.#error = error;
		this.#stopPinging();
		const cause = this.#closedError();
		this.#outbox.clear(({ id, firstSentMs }) =>
			firstSentMs === undefined ? cause : outcomeUnknown(id, "the chat was closed before the answer came", cause),
		);
		for (const room of [...this.#rooms.values()]) room.close(error);
		this.#settleClosed(error ? { error } : {});
	}

	// --- in

	#received(incoming: Incoming): void {
		const document = readServerDocument(incoming.xml.firstChild);
		switch (document.is) {
			case "joined":
			case "message":
			case "gap":
			case "presence":
			case "count":
			case "topic":
			case "members":
				this.#rooms.get(document.room)?.receive(document);
				break;
			case "ack":
				if (this.#outbox.acknowledge(document.id, document.seq, document.duplicate)) this.#release();
				break;
			case "told": {
				const { from, text, at, id } = document;
				const told = { from, text, at, id };
				if (this.#told.isNew(told)) this.#listeners.emit("told", told);
				break;
			}
			case "error":
				this.#refused(refusal(document.code, document.text, document.id), document.id);
				break;
			case "notice": {
				const { code, text, room: about } = document;
				this.#listeners.emit("notice", { code, text, room: about });
				if (code !== "broker-back") break;
				for (const room of this.#rooms.values()) if (room.isWaiting) room.enter();
				break;
			}
			case "bye":
				if (document.reason === NEVER_BACK) {
					this.#stop(refusal(NEVER_BACK, "The session went on over another connection."));
				} else if (document.retryAfterSeconds !== undefined) {
					this.#connection.delayReconnect(Math.min(document.retryAfterSeconds, MAX_RETRY_AFTER_S) * 1000);
				}
				break;
			case "ping":
				this.#put(clientDocument("pong", { id: document.id }));
				break;
		}
	}

	#refused(error: XMLSocketError, id: string | undefined): void {
		if (id !== undefined) {
			if (this.#outbox.refuse(id, error)) {
				this.#release();
				return;
			}
			for (const room of this.#rooms.values()) if (room.refused(id, error)) return;
		}
		this.#listeners.emit("refused", error);
	}

	// --- out

	async #speak(room: string | undefined, given: string | undefined, write: (id: string) => string): Promise<Receipt> {
		if (this.#over) throw this.#closedError();
		const id = given ?? this.#newId();
		if (!ID.test(id)) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "The option id must be 1 to 64 printable ASCII characters.");
		}
		const text = write(id);
		const bytes = encoder.encode(text).length;
		this.#checkSize(bytes);
		const receipt = this.#outbox.add({ id, room, text, bytes });
		this.#release();
		return await receipt;
	}

	#release(): void {
		if (!this.#isIn) return;
		this.#outbox.release(
			({ room }) => room === undefined || (this.#rooms.get(room)?.maySpeak ?? false),
			(waiting) => this.#leave(waiting),
		);
	}

	#leave(waiting: Unacknowledged): void {
		const { id, room, text, bytes } = waiting;
		try {
			// Another server, or a new setting: it would cut the connection, and again each time we came back.
			this.#checkSize(bytes);
			if (waiting.firstSentMs === undefined) {
				waiting.firstSentMs = this.#clock.now();
				waiting.seenWhenSent = (room !== undefined && this.#rooms.get(room)?.seen) || 0;
			}
			this.#connection.send(text);
		} catch (error) {
			this.#outbox.refuse(id, error as XMLSocketError);
		}
	}

	#put(document: string): void {
		if (this.#isIn) this.#connection.send(document);
	}

	async #ask(document: string, id: string, answers: (document: ServerDocument) => boolean): Promise<ServerDocument> {
		const answer = await this.#connection.request(document, {
			match: (incoming) => {
				const read = readServerDocument(incoming.xml.firstChild);
				return answers(read) || (read.is === "error" && read.id === id);
			},
		});
		const read = readServerDocument(answer.xml.firstChild);
		if (read.is === "error") throw refusal(read.code, read.text, read.id);
		return read;
	}

	#checkSize(bytes: number): void {
		const limitBytes = this.maxDocumentBytes;
		if (bytes <= limitBytes) return;
		throw new XMLSocketError(
			"XMLSOCKET_DOCUMENT_TOO_LARGE",
			`A message of ${bytes} bytes is longer than the server takes; its limit is ${limitBytes} bytes.`,
			{ details: { documentBytes: bytes, limitBytes } },
		);
	}

	#isForgotten(firstSentMs: number): boolean {
		return this.#clock.now() - firstSentMs >= FORGOTTEN_AFTER_MS;
	}

	// Never the same twice, in this process or after it: the server knows resent messages by them.
	#newId(): string {
		return `${this.#idPrefix}-${(++this.#ids).toString(36)}`;
	}

	#closedError(): XMLSocketError {
		const cause = this.#error;
		return new XMLSocketError("XMLSOCKET_CLOSED", "The chat is closed.", cause ? { cause } : {});
	}
}

const encoder = new TextEncoder();
const ID = /^[!-~]{1,64}$/;
const MAX_RETRY_AFTER_S = 600;
/** With these the server would refuse the same again, however often one came back. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set([
	"XMLSOCKET_NAME_TAKEN",
	"XMLSOCKET_NAME_INVALID",
	"XMLSOCKET_TOKEN_INVALID",
	"XMLSOCKET_SESSION_IN_USE",
]);
