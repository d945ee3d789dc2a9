// The chat: an application that a server runs. It owns what all clients share (names, sessions, rooms, the log, who is
// banned) and hands each document to the one handler of its element. docs/chat.md.

import type { Application, Health, Peer } from "../application/index.ts";
import type { Bus } from "../cluster/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { MemoryLog, type MessageLog } from "../message-log/index.ts";
import { RoomRegistry } from "../rooms/index.ts";
import type { RootElement } from "../xml/index.ts";
import type { ChatRoom } from "./chat-room.ts";
import { ChatSession } from "./chat-session.ts";
import { Deployment } from "./deployment/deployment.ts";
import { byeDocument, noticeDocument } from "./documents.ts";
import { HANDLERS } from "./handlers/index.ts";
import { checkIgnored } from "./incoming.ts";
import { LiveRoom } from "./live-room.ts";
import { checkedName, Names } from "./names.ts";
import { type ChatOptions, type ChatSettings, chatSettings, parseRoom } from "./options.ts";
import { RecentTells } from "./recent-tells.ts";
import { Sanctions } from "./sanctions.ts";
import { StoredRoom } from "./stored-room.ts";
import { Tokens } from "./tokens.ts";

/** What a chat is made of, beside its options. */
export interface ChatParts {
	/** Where stored rooms keep their messages; closed with the chat. Default: a `MemoryLog`. */
	readonly log?: MessageLog;
	/** The way to the other daemons of the deployment; closed with the chat. Default: there are none. */
	readonly bus?: Bus | undefined;
	/** Takes failures that are not a client's. Default: the console. */
	readonly report?: (error: unknown) => void;
	/** Monotonic milliseconds. Default: `performance.now`. */
	readonly nowMs?: () => number;
	/** Milliseconds since 1970. Default: `Date.now`. */
	readonly wallMs?: () => number;
}

/** A room as the list of rooms shows it. */
export interface RoomEntry {
	readonly name: string;
	readonly kind: "live" | "stored";
	/** Members in the whole deployment. */
	readonly size: number;
}

const SWEEP_SANCTIONS_MS = 60_000;

/**
 * Makes the chat, for a server or a page to run.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID, XMLSOCKET_NAME_INVALID for a room's or token's name.
 *
 * @example
 * ```ts
 * const server = await createServer({ port: 9000, application: createChat({ rooms: ["news", "game:live"] }) }).listen();
 * ```
 */
export function createChat(options: ChatOptions = {}, parts: ChatParts = {}): Application {
	return new Chat(chatSettings(options), parts);
}

/** The chat and what its clients share. */
export class Chat implements Application {
	readonly output = "text";
	readonly settings: ChatSettings;
	readonly log: MessageLog;
	readonly hub: RoomRegistry<ChatSession, ChatRoom>;
	readonly names: Names<ChatSession> = new Names();
	/** All clients, by the public part of their session. */
	readonly sessions: Map<string, ChatSession> = new Map();
	readonly tokens: Tokens;
	/** The other daemons; undefined where this one is alone. */
	readonly deployment: Deployment | undefined;
	readonly bans: Sanctions = new Sanctions();
	readonly mutes: Sanctions = new Sanctions();
	readonly tells: RecentTells = new RecentTells();
	readonly report: (error: unknown) => void;
	readonly nowMs: () => number;
	/** Messages accepted in rooms. */
	messages = 0;
	/** Documents refused with an error. */
	refused = 0;
	/** Entries of logs that hold no message that can be sent. */
	unreadable = 0;
	readonly #wallMs: () => number;
	readonly #kinds = new Map<string, "live" | "stored">();
	readonly #stopWatching: (() => void) | undefined;
	readonly #bus: Bus | undefined;
	// What cannot be reached now.
	readonly #lost = new Set<"log" | "bus">();
	#lastGuest = 0;
	#counts = new Set<ChatRoom>();
	#sweptMs = 0;

	constructor(settings: ChatSettings, parts: ChatParts) {
		this.settings = settings;
		this.log = parts.log ?? new MemoryLog();
		this.report = parts.report ?? ((error) => console.error(error));
		this.nowMs = parts.nowMs ?? (() => performance.now());
		this.#wallMs = parts.wallMs ?? Date.now;
		this.tokens = new Tokens(settings.tokens);
		this.#kinds.set("lobby", "stored");
		for (const text of settings.rooms) {
			const { name, kind } = parseRoom(text);
			this.#kinds.set(checkedName(name, "room"), kind);
		}
		this.hub = new RoomRegistry<ChatSession, ChatRoom>({
			create: (name) => this.#createRoom(name),
			dropped: (room) => {
				this.#counts.delete(room);
				room.dropped();
				this.deployment?.roomClosed(room.name);
			},
			maxRooms: settings.maxRooms,
			maxRoomsPerMember: settings.maxRoomsPerClient,
		});
		this.#bus = parts.bus;
		this.deployment = parts.bus && new Deployment(this, parts.bus);
		for (const name of this.#kinds.keys()) this.hub.pin(name);
		this.#stopWatching = this.log.watch?.((reachable) => this.reachable("log", reachable));
	}

	// --- Application

	open(peer: Peer): ChatSession {
		const session = new ChatSession(this, peer);
		if (this.settings.greet) session.welcome();
		return session;
	}

	sweep(nowMs: number): void {
		this.deployment?.sweep();
		if (this.#counts.size > 0) {
			const rooms = this.#counts;
			this.#counts = new Set();
			for (const room of rooms) room.sendCount();
		}
		if (nowMs - this.#sweptMs < SWEEP_SANCTIONS_MS) return;
		this.#sweptMs = nowMs;
		const ownMs = this.nowMs();
		this.bans.sweep(ownMs);
		this.mutes.sweep(ownMs);
	}

	drain(retryAfterSeconds: number): void {
		this.#sendAll(byeDocument("draining", retryAfterSeconds));
	}

	async close(): Promise<void> {
		this.#stopWatching?.();
		this.deployment?.close();
		await this.log.close();
		await this.#bus?.close();
	}

	health(): Health {
		if (this.#lost.has("bus"))
			return { ready: false, trouble: "The broker, and with it the other servers, cannot be reached." };
		return {
			ready: true,
			trouble: this.#lost.has("log") ? "Stored rooms take no messages: their log fails." : undefined,
		};
	}

	stats(): Record<string, number> {
		const { deployment } = this;
		return {
			chat_clients: this.sessions.size,
			chat_rooms: this.hub.size,
			chat_messages: this.messages,
			chat_refused: this.refused,
			chat_unreadable: this.unreadable,
			...(deployment && {
				chat_nodes: deployment.nodes,
				chat_remote_clients: deployment.roster.size,
				chat_live_dropped: deployment.outbox.dropped,
			}),
		};
	}

	// --- for sessions, rooms and handlers

	/** Gives a document to the handler of its element; unknown elements are ignored. */
	handle(session: ChatSession, root: RootElement): void | Promise<void> {
		const handler = HANDLERS.get(root.name);
		if (!handler) return checkIgnored(root);
		if (!handler.readsContent) checkIgnored(root);
		if (!session.trusted && !this.settings.guests && !handler.openToAll) {
			throw new XMLSocketError("XMLSOCKET_TOKEN_INVALID", "This server asks for a token: say hello with one first.");
		}
		return handler.handle(session, root);
	}

	/** @throws XMLSOCKET_ROOM_UNKNOWN where no room of that name is open here or on another node. */
	checkRoom(name: string): void {
		if (this.hub.get(name) || (this.deployment?.roster.count(name) ?? 0) > 0) return;
		throw new XMLSocketError("XMLSOCKET_ROOM_UNKNOWN", `There is no room "${name}".`);
	}

	/** A page of a room's members, wherever it is open, and how many there are in all. */
	membersOf(name: string, offset: number, limit: number): { readonly names: string[]; readonly total: number } {
		const room = this.hub.get(name);
		if (room) return { names: room.names(offset, limit), total: room.total };
		const people = [...(this.deployment?.roster.members(name) ?? [])];
		return { names: people.slice(offset, offset + limit).map((person) => person.name), total: people.length };
	}

	/** Every room of the deployment; those that are open here first. */
	*directory(): Generator<RoomEntry> {
		for (const { name, kind, total } of this.hub.rooms()) yield { name, kind, size: total };
		const { deployment } = this;
		if (!deployment) return;
		for (const name of deployment.roster.rooms()) {
			if (!this.hub.get(name)) yield { name, kind: this.#kindOf(name), size: deployment.roster.count(name) };
		}
	}

	/** The room of that name, which `session` is in. @throws XMLSOCKET_ROOM_NOT_JOINED */
	joinedRoom(name: string, session: ChatSession): ChatRoom {
		const room = this.hub.get(name);
		if (room?.has(session)) return room;
		throw new XMLSocketError("XMLSOCKET_ROOM_NOT_JOINED", `You are not in room "${name}".`);
	}

	/** Whether a `join` may make a room of that name. */
	mayCreate(name: string): boolean {
		return this.#kinds.has(name) || this.settings.createRooms !== "off";
	}

	/** The seconds left of a ban or mute, which holds for the name and for the session. */
	secondsLeft(sanctions: Sanctions, room: string, session: ChatSession): number {
		const nowMs = this.nowMs();
		return Math.max(
			sanctions.secondsLeft(room, session.nameKey, nowMs),
			sanctions.secondsLeft(room, session.key.id, nowMs),
		);
	}

	/** Begins a ban or mute of people by their names' keys or sessions, and tells those who are here. */
	sanction(kind: "ban" | "mute", room: string, who: readonly string[], seconds: number, by?: string): void {
		const untilMs = this.nowMs() + seconds * 1000;
		const people = new Set<ChatSession>();
		for (const one of who) {
			(kind === "ban" ? this.bans : this.mutes).set(room, one, untilMs);
			const person = this.names.holder(one) ?? this.sessions.get(one);
			if (person) people.add(person);
		}
		if (by === undefined) return;
		for (const person of people) {
			if (kind === "mute")
				person.send(noticeDocument("muted", `You are muted in room "${room}" for ${seconds} seconds.`, room));
			else if (this.hub.get(room)?.has(person)) this.hub.get(room)!.exit(person, { reason: "banned", by });
		}
	}

	/** The next `guest-N`'s number. */
	nextGuest(): string {
		return this.deployment?.guestNumber() ?? String(++this.#lastGuest);
	}

	/**
	 * For a connection that begins now: after `before`, and, where nobody here knows of an earlier one, after it by the clocks of
	 * the nodes.
	 */
	arrival(before = 0): number {
		return Math.max(before + 1, this.#wallMs());
	}

	/** A time as documents carry it. */
	timestamp(wallMs: number = this.#wallMs()): string {
		return new Date(wallMs).toISOString();
	}

	/** Has a room tell its members how many they are, at the next sweep. */
	countLater(room: ChatRoom): void {
		this.#counts.add(room);
	}

	#createRoom(name: string): ChatRoom {
		const room = this.#kindOf(name) === "stored" ? new StoredRoom(name, this) : new LiveRoom(name, this);
		room.topic = this.deployment?.topicOf(name);
		return room;
	}

	#kindOf(name: string): "live" | "stored" {
		const { createRooms } = this.settings;
		return this.#kinds.get(name) ?? (createRooms === "off" ? "live" : createRooms);
	}

	/** The log or the bus was lost, or found again: one notice for both. */
	reachable(what: "log" | "bus", reachable: boolean): void {
		const before = this.#lost.size;
		if (reachable) this.#lost.delete(what);
		else this.#lost.add(what);
		if (before === 0 && this.#lost.size > 0) {
			this.#sendAll(
				noticeDocument(
					"broker-lost",
					what === "log"
						? "Stored rooms take no messages until their log can be reached again."
						: "The other servers cannot be reached: stored rooms wait, live rooms go on among those who are connected here.",
				),
			);
		} else if (before > 0 && this.#lost.size === 0)
			this.#sendAll(
				noticeDocument(
					"broker-back",
					this.#bus ? "The servers reach each other again." : "Stored rooms take messages again.",
				),
			);
	}

	#sendAll(text: string): void {
		let bytes: Uint8Array | undefined;
		for (const session of this.sessions.values()) {
			bytes ??= session.peer.encode(text);
			session.sendEncoded(bytes);
		}
	}
}
