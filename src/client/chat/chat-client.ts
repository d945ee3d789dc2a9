// A chat over as many connections as needed: the name and the session, the rooms, and what becomes of each document. After a loss it
// takes its name back, enters the rooms again where reading stopped, and resends, under the same ids and in order, what the replay
// does not show. What a program sees is chat.ts. docs/guide/chat-client.md.

import { Listeners } from "../../connection/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { Clock } from "../../link/index.ts";
import type { Connection } from "../connection.ts";
import type { ConnectionStatus } from "../connection-events.ts";
import { refusal } from "../refusal.ts";
import type { Rejoin } from "../rejoin.ts";
import { CHAT_EVENTS, type ChatEvents } from "./chat-events.ts";
import { type HelloParts, sayHello, type Welcome } from "./hello.ts";
import { clientDocument, readServerDocument } from "./message-types.ts";
import type { ChatClientSettings } from "./options.ts";
import { outcomeUnknown } from "./outbox.ts";
import { Room } from "./room.ts";
import { RoomClient, type RoomHost, type RoomStart } from "./room-client.ts";
import { SeenMessages } from "./seen-messages.ts";
import { Sender } from "./sender.ts";

/** A room, and what a program sees of it. */
interface OpenRoom {
	readonly client: RoomClient;
	readonly room: Room;
}

/** The server's word for a session that another connection has resumed. */
const SESSION_RESUMED = "session-resumed";
/** The server's word for a client that it does not want, now or at a new connection. */
const BANNED = "banned";
const KICKED = "kicked";
const MAX_RETRY_AFTER_S = 600;
/** A server that stood still may handle a hello so late. */
const LATE_HELLO_MS = 600_000;
/** The server would refuse the same again at each reconnection. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set([
	"XMLSOCKET_NAME_TAKEN",
	"XMLSOCKET_NAME_INVALID",
	"XMLSOCKET_LOGIN_REFUSED",
	"XMLSOCKET_TOKEN_EXPIRED",
	"XMLSOCKET_TOKEN_INVALID",
	"XMLSOCKET_TOKEN_USED",
	"XMLSOCKET_SESSION_IN_USE",
	"XMLSOCKET_BANNED",
]);

const NO_WELCOME: Welcome = {
	name: "",
	session: "",
	maxDocumentBytes: 0,
	server: "",
	isOperator: false,
	canSetTopics: false,
	canCreateRooms: false,
};

/** One chat. */
export class ChatClient {
	/** Resolves when the chat is over. */
	readonly closed: Promise<{ readonly error?: XMLSocketError }>;
	readonly clock: Clock;
	readonly listeners: Listeners<ChatEvents>;
	readonly sender: Sender;
	/** What a program sees of the rooms, by name. */
	readonly rooms: Map<string, Room> = new Map();
	/** The program has closed the chat. */
	isClosing = false;
	/** Set by `attach`, before the program has the chat. */
	connection!: Connection;
	readonly #pingIntervalMs: number;
	readonly #open = new Map<string, OpenRoom>();
	readonly #roomHost: RoomHost;
	readonly #seenMessages = new SeenMessages();
	#wanted: HelloParts;
	#welcome: Welcome = NO_WELCOME;
	/** When a hello last got no answer. A server that stands still can handle it later, and take the session to a connection that is over. */
	#unansweredMs = Number.NEGATIVE_INFINITY;
	#error: XMLSocketError | undefined = undefined;
	/** The last refusal that says so; where the server ends the connection too, it is the reason. */
	#banned: XMLSocketError | undefined = undefined;
	#isOver = false;
	#stopPinging: () => void = () => {};
	#settleClosed: (reason: { readonly error?: XMLSocketError }) => void = () => {};

	constructor(settings: ChatClientSettings, clock: Clock, report: (error: unknown) => void) {
		this.clock = clock;
		this.#pingIntervalMs = settings.pingIntervalMs;
		this.listeners = new Listeners(CHAT_EVENTS, report);
		for (const [event, listener] of Object.entries(settings.on)) {
			if (listener) this.listeners.add(event as keyof ChatEvents, listener as (value: unknown) => void);
		}
		const { name, token, session } = settings;
		this.#wanted = { name, token, session };
		this.closed = new Promise((resolve) => {
			this.#settleClosed = resolve;
		});
		const chat = this;
		this.sender = new Sender(settings, clock, {
			get maxDocumentBytes() {
				return chat.welcome.maxDocumentBytes;
			},
			maySend: (room) => room === undefined || (this.#open.get(room)?.client.maySend ?? false),
			seen: (room) => this.#open.get(room)?.client.seen ?? 0,
			overError: () => (this.#isOver ? this.#closedError() : undefined),
		});
		this.#roomHost = {
			sender: this.sender,
			clock,
			get name() {
				return chat.welcome.name;
			},
			maxInboxMessages: settings.maxInboxMessages,
			maxInboxChars: settings.maxInboxChars,
			ended: (room) => {
				this.#open.delete(room);
				this.rooms.delete(room);
			},
			report,
		};
	}

	/** What the server gave last. */
	get welcome(): Welcome {
		return this.#welcome;
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	get status(): ConnectionStatus {
		return this.#isOver && this.#error ? { type: "closed", error: this.#error } : this.connection.status;
	}

	/** The room of this name, entered now where it is not open yet. @throws XMLSOCKET_CLOSED */
	room(name: string, start: RoomStart): OpenRoom {
		if (this.#isOver) throw this.#closedError();
		const key = String(name).normalize("NFC");
		const known = this.#open.get(key);
		if (known) return known;
		const client = new RoomClient(this.#roomHost, key, start);
		if (this.sender.isIn) client.enter();
		const made = { client, room: new Room(client) };
		this.#open.set(key, made);
		this.rooms.set(key, made.room);
		return made;
	}

	/** Says hello with another name. Rejects with the server's refusal, and keeps the old name then. */
	async rename(wanted: HelloParts, wait: Parameters<typeof sayHello>[3]): Promise<void> {
		if (this.#isOver) throw this.#closedError();
		this.#welcome = await sayHello(this.connection, { ...wanted, exactly: true }, this.sender.newId(), wait);
		this.#wanted = wanted;
	}

	/** Ends the chat now; what waits is dropped. */
	abort(error: XMLSocketError): void {
		this.#error ??= error;
		this.connection.abort(error);
	}

	// --- one connection after the other

	/** The first connection is open: sends `<hello>` on it. Rejects with the server's refusal. */
	async attach(connection: Connection): Promise<void> {
		this.connection = connection;
		this.sender.connection = connection;
		connection.on("document", (document) => this.#received(readServerDocument(document.root)));
		connection.on("status", (status) => this.#statusChanged(status));
		this.#welcome = await sayHello(connection, this.#wanted, this.sender.newId()).catch((error: unknown) =>
			// The server may have refused the connection itself, with a reason of its own.
			Promise.reject(this.#error ?? error),
		);
		this.#keepName();
		this.#connected();
	}

	/** A connection stands again: takes the name back and enters the rooms, before all else. */
	async resume(rejoin: Rejoin): Promise<void> {
		try {
			this.#welcome = await sayHello(rejoin, this.#wanted, this.sender.newId());
		} catch (error) {
			if (error instanceof XMLSocketError && FINAL_REFUSALS.has(error.code)) this.#stop(error);
			else this.#unansweredMs = this.clock.now();
			throw error;
		}
		this.#keepName();
		for (const { client } of this.#open.values()) client.enter((document) => rejoin.send(document));
	}

	#keepName(): void {
		const { name, session } = this.#welcome;
		this.#wanted = { ...this.#wanted, name, session };
	}

	#statusChanged(status: ConnectionStatus): void {
		if (status.type === "connected") this.#connected();
		else if (this.sender.isIn) this.#lost(status);
		this.listeners.emit("status", status.type === "closed" && this.#error ? { ...status, error: this.#error } : status);
		if (status.type === "closed") this.#finish(this.#error ?? status.error);
	}

	#connected(): void {
		const { sender } = this;
		sender.isIn = true;
		this.#ping();
		this.#enterWaiting();
		for (const { id, firstSentMs } of sender.outbox.of(undefined)) {
			if (firstSentMs === undefined || !sender.isForgotten(firstSentMs)) continue;
			sender.outbox.refuse(id, outcomeUnknown(id, "the server may have forgotten its id by now"));
		}
		sender.release();
	}

	#enterWaiting(): void {
		for (const { client } of this.#open.values()) if (client.isWaiting) client.enter();
	}

	#lost(status: ConnectionStatus): void {
		const { sender } = this;
		sender.isIn = false;
		this.#stopPinging();
		const cause = ("error" in status && status.error) || this.#closedError();
		const onTheirWay = sender.outbox.lost();
		for (const { client } of [...this.#open.values()]) {
			client.lost(
				cause,
				onTheirWay.filter((waiting) => waiting.room === client.name),
			);
		}
		for (const { id, room } of onTheirWay) {
			if (room === undefined || this.#open.has(room)) continue;
			sender.outbox.refuse(id, outcomeUnknown(id, "the room was left, and the connection broke", cause));
		}
	}

	#ping(): void {
		this.#stopPinging();
		this.#stopPinging = this.clock.delay(this.#pingIntervalMs, () => {
			this.sender.put(clientDocument("ping"));
			this.#ping();
		});
	}

	#stop(error: XMLSocketError): void {
		this.#error ??= error;
		void this.connection.close();
	}

	#finish(error: XMLSocketError | undefined): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#error = error;
		this.#stopPinging();
		this.sender.end(this.#closedError());
		for (const { client } of [...this.#open.values()]) client.close(error);
		this.#settleClosed(error ? { error } : {});
	}

	#closedError(): XMLSocketError {
		const cause = this.#error;
		return new XMLSocketError("XMLSOCKET_CLOSED", "The chat is closed.", cause ? { cause } : {});
	}

	// --- documents from the server

	#received(document: ReturnType<typeof readServerDocument>): void {
		const { sender } = this;
		switch (document.is) {
			case "joined":
			case "message":
			case "gap":
			case "presence":
			case "count":
			case "topic":
			case "members":
				this.#open.get(document.room)?.client.receive(document);
				break;
			case "settings":
				this.#open.get(document.settings.room)?.client.receive(document);
				break;
			case "welcome":
				// The answers to a hello have a reader of their own. This one says that an operator's rights have changed.
				if (document.name === this.#welcome.name && document.session === this.#welcome.session) {
					const { isOperator, canSetTopics } = document;
					this.#welcome = { ...this.#welcome, isOperator, canSetTopics };
				}
				break;
			case "ack":
				if (sender.outbox.acknowledge(document.id, document.seq, document.duplicate)) sender.release();
				break;
			case "told": {
				const { from, text, at, id } = document;
				const message = { from, text, at, id };
				if (this.#seenMessages.add(message)) this.listeners.emit("told", message);
				break;
			}
			case "error":
				this.#refused(refusal(document.code, document.text, document.id, document.retryAfterSeconds), document.id);
				break;
			case "notice": {
				const { code, text, room } = document;
				this.listeners.emit("notice", { code, text, room });
				if (code === "broker-back") this.#enterWaiting();
				break;
			}
			case "bye":
				if (document.reason === SESSION_RESUMED) this.#resumedElsewhere();
				else if (document.reason === BANNED)
					this.#stop(this.#banned ?? refusal(BANNED, "You are banned from this server."));
				else if (document.reason === KICKED)
					this.#stop(refusal(KICKED, "The server's operator has disconnected this chat."));
				else if (document.retryAfterSeconds !== undefined) {
					this.connection.delayReconnect(Math.min(document.retryAfterSeconds, MAX_RETRY_AFTER_S) * 1000);
				}
				break;
			case "ping":
				sender.put(clientDocument("pong", { id: document.id }));
				break;
		}
	}

	// The other connection may be one that this chat has given up: then it connects again, and the session comes back. Only once, as
	// two chats with one session would otherwise take it from each other without end.
	#resumedElsewhere(): void {
		const isOwn = this.clock.now() - this.#unansweredMs < LATE_HELLO_MS;
		this.#unansweredMs = Number.NEGATIVE_INFINITY;
		if (!isOwn) this.#stop(refusal(SESSION_RESUMED, "Another connection has resumed the session."));
	}

	#refused(error: XMLSocketError, id: string | undefined): void {
		if (id !== undefined) {
			if (this.sender.outbox.refuse(id, error)) {
				this.sender.release();
				return;
			}
			for (const { client } of this.#open.values()) if (client.refused(id, error)) return;
		} else if (error.code === "XMLSOCKET_BANNED") this.#banned = error;
		this.listeners.emit("refused", error);
	}
}
