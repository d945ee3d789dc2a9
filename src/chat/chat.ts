// The chat: an application that a server runs. It composes what all clients share, and opens a session for each of them.
// docs/chat.md.

import type { Application, Health, Peer } from "../application/index.ts";
import type { Bus } from "../cluster/index.ts";
import type { Clock } from "../link/index.ts";
import { MemoryLog, type MessageLog } from "../message-log/index.ts";
import { AddressShares } from "./address-shares.ts";
import { Answers } from "./answers.ts";
import type { ChatClient } from "./chat-client.ts";
import { ChatSession } from "./chat-session.ts";
import type { ChatCluster } from "./cluster/cluster.ts";
import { ClusterMembership } from "./cluster/membership.ts";
import { SingleNode } from "./cluster/single-node.ts";
import type { ChatContext, ChatCounts } from "./context.ts";
import { defaultClock } from "./default-clock.ts";
import { byeDocument } from "./documents.ts";
import { LocalNode } from "./local-node.ts";
import { LogReads } from "./log-reads.ts";
import { Moderation } from "./moderation.ts";
import { Names } from "./names.ts";
import { type ChatOptions, type ChatSettings, chatSettings } from "./options.ts";
import { Reachability } from "./reachability.ts";
import { ChatRooms } from "./rooms/chat-rooms.ts";
import { LiveRoom } from "./rooms/live-room.ts";
import { StoredRoom } from "./rooms/stored-room.ts";
import { SeenMessages } from "./seen-messages.ts";
import { SendingPace } from "./sending-pace.ts";
import { TokenGuesses } from "./token-guesses.ts";
import { Tokens } from "./tokens.ts";

/** What a chat is made of, besides its options. */
export interface ChatParts {
	/** Where stored rooms keep their messages; closed with the chat. Default: a `MemoryLog`. */
	readonly log?: MessageLog;
	/** Connects the daemons of a cluster; closed with the chat. Default: this daemon runs alone. */
	readonly bus?: Bus | undefined;
	/** Receives failures that no client caused. Default: the console. */
	readonly report?: (error: unknown) => void;
	/** Monotonic time and timers. Default: those of the host. */
	readonly clock?: Clock;
	/** Milliseconds since 1970. Default: `Date.now`. */
	readonly wallMs?: () => number;
}

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

class Chat implements Application, ChatContext {
	readonly output = "text";
	readonly settings: ChatSettings;
	readonly clock: Clock;
	readonly log: MessageLog;
	readonly tokens: Tokens;
	readonly guesses: TokenGuesses;
	readonly sessions: Map<string, ChatClient> = new Map();
	readonly names: Names<ChatClient> = new Names();
	readonly delivered: SeenMessages = new SeenMessages();
	readonly shares: AddressShares = new AddressShares();
	readonly answers: Answers;
	readonly reads: LogReads;
	readonly pace: SendingPace;
	readonly counts: ChatCounts = { messages: 0, refused: 0, unreadable: 0 };
	readonly cluster: ChatCluster;
	readonly rooms: ChatRooms;
	readonly moderation: Moderation;
	readonly report: (error: unknown) => void;
	readonly #wallMs: () => number;
	#arrivals = 0;
	// The messages of one millisecond share their timestamp.
	#stamp = "";
	#stampedMs = Number.NaN;
	readonly #reachability: Reachability;
	readonly #stopWatching: (() => void) | undefined;

	constructor(settings: ChatSettings, parts: ChatParts) {
		const { bus, clock = defaultClock, report = (error) => console.error(error) } = parts;
		this.settings = settings;
		this.clock = clock;
		this.report = report;
		this.log = parts.log ?? new MemoryLog();
		this.answers = new Answers(clock);
		this.reads = new LogReads(this.log, clock);
		this.pace = new SendingPace(clock);
		this.guesses = new TokenGuesses(clock);
		this.tokens = new Tokens(settings.tokens);
		this.#wallMs = parts.wallMs ?? Date.now;
		this.#reachability = new Reachability(
			(document) => this.#sendAll(document),
			() => this.cluster.restoredNotice,
		);
		const local = new LocalNode(this, this.#reachability);
		this.cluster = bus ? new ClusterMembership({ bus, clock, report, state: local, events: local }) : new SingleNode();
		this.rooms = new ChatRooms({
			settings,
			cluster: this.cluster,
			create: (name, kind) => (kind === "stored" ? new StoredRoom(name, this) : new LiveRoom(name, this)),
		});
		this.moderation = new Moderation(this);
		this.rooms.openPermanent();
		this.#stopWatching = this.log.watch?.((reachable) => this.#reachability.changed("log", reachable));
	}

	// --- Application

	open(peer: Peer): ChatSession {
		const session = new ChatSession(this, peer);
		if (this.settings.greet) session.welcome();
		return session;
	}

	sweep(): void {
		this.cluster.sweep();
		this.rooms.sweep();
		this.moderation.sweep();
		this.shares.sweep(this.clock.now());
	}

	drain(retryAfterSeconds: number): void {
		this.#sendAll(byeDocument("draining", retryAfterSeconds));
	}

	async close(): Promise<void> {
		this.#stopWatching?.();
		this.cluster.leave();
		this.reads.close();
		await this.log.close();
		await this.cluster.close();
	}

	health(): Health {
		return this.#reachability.health();
	}

	stats(): Record<string, number> {
		return {
			chat_clients: this.sessions.size,
			chat_rooms: this.rooms.size,
			chat_messages: this.counts.messages,
			chat_refused: this.counts.refused,
			chat_unreadable: this.counts.unreadable,
			...this.cluster.stats(),
		};
	}

	// --- ChatContext

	timestamp(wallMs: number = this.#wallMs()): string {
		if (wallMs !== this.#stampedMs) {
			this.#stamp = new Date(wallMs).toISOString();
			this.#stampedMs = wallMs;
		}
		return this.#stamp;
	}

	nextArrival(): number {
		return ++this.#arrivals;
	}

	connectionEpoch(earlier = 0): number {
		return Math.max(earlier + 1, this.#wallMs());
	}

	#sendAll(text: string): void {
		let bytes: Uint8Array | undefined;
		for (const session of this.sessions.values()) {
			bytes ??= session.peer.encode(text);
			session.sendEncoded(bytes);
		}
	}
}
