// The chat: an application that a server runs. It composes what all clients share, and opens a session for each of them.
// docs/chat.md.

import {
	type Application,
	type ApplicationObserver,
	type ClientAddress,
	type Handshake,
	type Health,
	Latency,
	type Peer,
	type Session,
} from "../application/index.ts";
import type { Bus } from "../cluster/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import { MemoryLog, type MessageLog } from "../message-log/index.ts";
import { MemoryStateStore } from "../state-store/index.ts";
import { AddressShares } from "./address-shares.ts";
import { ChatAdministration } from "./administration.ts";
import { Answers } from "./answers.ts";
import { applyTokens } from "./apply-tokens.ts";
import { Authentication } from "./authentication.ts";
import type { ChatClient } from "./chat-client.ts";
import { ChatSession } from "./chat-session.ts";
import type { ChatCluster } from "./cluster/cluster.ts";
import { ClusterMembership } from "./cluster/membership.ts";
import { SingleNode } from "./cluster/single-node.ts";
import type { ChatContext, ChatCounts } from "./context.ts";
import { defaultClock } from "./default-clock.ts";
import { byeDocument, refusalDocument } from "./documents.ts";
import { LocalNode } from "./local-node.ts";
import { LogReads } from "./log-reads.ts";
import { MessageFilters } from "./message-filter.ts";
import { Moderation } from "./moderation.ts";
import { Names, nameKey } from "./names.ts";
import { type ChatSettings, type CreateChatOptions, chatSettings } from "./options.ts";
import { Reachability } from "./reachability.ts";
import { ChatRooms } from "./rooms/chat-rooms.ts";
import { LiveRoom } from "./rooms/live-room.ts";
import { RoomStates } from "./rooms/room-states.ts";
import { StoredRoom } from "./rooms/stored-room.ts";
import type { AddressFormat } from "./sanctions/address-range.ts";
import { SavedState } from "./saved-state.ts";
import { SeenMessages } from "./seen-messages.ts";
import { SendingPace } from "./sending-pace.ts";
import { SlowMode } from "./slow-mode.ts";
import { TokenGuesses } from "./token-guesses.ts";
import { Tokens } from "./tokens.ts";

/** What a chat is made of, besides its options. */
export interface ChatParts {
	/**
	 * Where stored rooms keep their messages, and the chat its bans, mutes, topics and settings of rooms (`log.records`); closed with the
	 * chat. The daemons of a cluster need the same. Default: a `MemoryLog`.
	 */
	readonly log?: MessageLog;
	/** Connects the daemons of a cluster; closed with the chat. Default: this daemon runs alone. */
	readonly bus?: Bus | undefined;
	/** Receives failures that no client caused. Default: the console. */
	readonly report?: (error: unknown) => void;
	/** Monotonic time and timers. Default: those of the host. */
	readonly clock?: Clock;
	/** Milliseconds since 1970. Default: `Date.now`. */
	readonly wallMs?: () => number;
	/** Reads addresses for bans and mutes. The `createChat` of xmlsocket/server has one. Default: addresses cannot be banned. */
	readonly addresses?: AddressFormat;
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
export function createChat(options: CreateChatOptions = {}, parts: ChatParts = {}): ChatApplication {
	const { authenticate, filter, ...plain } = options;
	for (const [name, hook] of Object.entries({ authenticate, filter })) {
		if (hook !== undefined && typeof hook !== "function") {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `The option ${name} must be a function.`);
		}
	}
	return new Chat(chatSettings(plain), parts, { authenticate, filter });
}

/** The chat as the program that embeds it sees it. */
export interface ChatApplication extends Application {
	/** For the tools of the operator. */
	readonly administration: ChatAdministration;
	/**
	 * Replaces the text of the token file. A client whose line is gone, or names another person now, becomes a guest, and so does a guest
	 * whose name has a token now; where there are no guests, the connection ends. After an error the tokens stay as they were.
	 *
	 * @throws XMLSOCKET_OPTION_INVALID for a line that is not `TOKEN NAME [operator]`, XMLSOCKET_NAME_INVALID.
	 */
	setTokens(text: string): void;
}

class Chat implements ChatApplication, ChatContext {
	readonly output = "text";
	readonly settings: ChatSettings;
	readonly clock: Clock;
	readonly log: MessageLog;
	readonly authentication: Authentication | undefined;
	readonly guesses: TokenGuesses;
	readonly sessions: Map<string, ChatClient> = new Map();
	readonly names: Names<ChatClient> = new Names();
	readonly delivered: SeenMessages = new SeenMessages();
	readonly shares: AddressShares = new AddressShares();
	readonly answers: Answers;
	readonly reads: LogReads;
	readonly pace: SendingPace;
	readonly counts: ChatCounts = { messages: 0, posted: 0, deliveries: 0, refused: 0, duplicates: 0, unreadable: 0 };
	readonly deliveryTime: Latency = new Latency("chat_delivery_seconds");
	readonly commitTime: Latency = new Latency("chat_commit_seconds");
	readonly latencies: readonly Latency[] = [this.deliveryTime, this.commitTime];
	observer: ApplicationObserver | undefined = undefined;
	readonly cluster: ChatCluster;
	readonly rooms: ChatRooms;
	readonly moderation: Moderation;
	readonly states: RoomStates;
	readonly slowMode: SlowMode;
	readonly filters: MessageFilters;
	readonly saved: SavedState;
	readonly addresses: AddressFormat | undefined;
	readonly wallMs: () => number;
	readonly administration: ChatAdministration = new ChatAdministration(this);
	readonly report: (error: unknown) => void;
	/** Its clients leave because it ends, and not because they want to. */
	#isEnding = false;
	#tokens: Tokens;
	#arrivals = 0;
	// The messages of one millisecond share their timestamp.
	#stamp = "";
	#stampedMs = Number.NaN;
	readonly #reachability: Reachability;
	readonly #stopWatching: (() => void) | undefined;

	constructor(settings: ChatSettings, parts: ChatParts, hooks: Pick<CreateChatOptions, "authenticate" | "filter">) {
		const { bus, clock = defaultClock, report = (error) => console.error(error) } = parts;
		this.settings = settings;
		this.clock = clock;
		this.report = report;
		this.log = parts.log ?? new MemoryLog();
		this.answers = new Answers(clock);
		this.reads = new LogReads(this.log, clock);
		this.pace = new SendingPace(clock);
		this.guesses = new TokenGuesses(clock);
		this.#tokens = new Tokens(settings.tokens);
		this.authentication = hooks.authenticate && new Authentication(hooks.authenticate, clock, report);
		this.wallMs = parts.wallMs ?? Date.now;
		this.#reachability = new Reachability(
			(document) => this.#sendAll(document),
			() => this.cluster.restoredNotice,
		);
		this.addresses = parts.addresses;
		this.saved = new SavedState(this.log.records ?? new MemoryStateStore(), clock, report);
		this.states = new RoomStates({
			saved: this.saved,
			maxRooms: settings.maxRooms,
			isInUse: (room) => this.#isInUse(room),
			topicChanged: (room, topic) => this.rooms.get(room)?.setTopic(topic),
			settingsChanged: (room) => this.rooms.get(room)?.announceSettings(),
		});
		this.slowMode = new SlowMode(clock, this.states);
		this.filters = new MessageFilters(hooks.filter, clock, report);
		const local = new LocalNode(this, this.#reachability);
		this.cluster = bus ? new ClusterMembership({ bus, clock, report, state: local, events: local }) : new SingleNode();
		this.rooms = new ChatRooms({
			settings,
			cluster: this.cluster,
			states: this.states,
			isEnding: () => this.#isEnding,
			create: (name, kind) => (kind === "stored" ? new StoredRoom(name, this) : new LiveRoom(name, this)),
		});
		this.moderation = new Moderation(this);
		this.rooms.openPermanent();
		this.saved.open(this.moderation, this.states.topicPart, this.states.settingsPart);
		this.#stopWatching = this.log.watch?.((reachable) => this.#reachability.changed("log", reachable));
	}

	// --- Application

	open(peer: Peer, handshake: Handshake): Session {
		const refusal = this.moderation.refusalOf(peer);
		if (refusal) return refuseConnection(peer, refusal);
		const session = new ChatSession(this, peer, this.authentication && handshake);
		if (this.settings.greet) session.welcome();
		return session;
	}

	refusalOf(client: ClientAddress): XMLSocketError | undefined {
		return this.moderation.refusalOf(client);
	}

	sweep(): void {
		this.cluster.sweep();
		this.rooms.sweep();
		this.moderation.sweep();
		this.saved.sweep();
		this.slowMode.sweep();
		this.shares.sweep(this.clock.now());
		for (const latency of this.latencies) latency.sweep();
	}

	drain(retryAfterSeconds: number): void {
		this.#isEnding = true;
		this.#sendAll(byeDocument("draining", retryAfterSeconds));
	}

	async close(): Promise<void> {
		this.#isEnding = true;
		this.#stopWatching?.();
		this.saved.close();
		this.cluster.leave();
		this.reads.close();
		await this.log.close();
		await this.cluster.close();
	}

	health(): Health {
		return this.#reachability.health();
	}

	observe(observer: ApplicationObserver): void {
		this.observer = observer;
	}

	stats(): Record<string, number> {
		return {
			chat_clients: this.sessions.size,
			chat_rooms: this.rooms.size,
			chat_messages: this.counts.messages,
			chat_deliveries: this.counts.deliveries,
			chat_duplicates: this.counts.duplicates,
			chat_refused: this.counts.refused,
			chat_unreadable: this.counts.unreadable,
			...this.moderation.stats(),
			chat_records_unsaved: this.saved.unsaved,
			chat_records_unreadable: this.saved.unreadable,
			...this.cluster.stats(),
		};
	}

	// --- ChatApplication

	setTokens(text: string): void {
		this.#tokens = new Tokens(text);
		applyTokens(this.#tokens, this.sessions.values(), this.settings.guests);
	}

	// --- ChatContext

	get tokens(): Tokens {
		return this.#tokens;
	}

	timestamp(wallMs: number = this.wallMs()): string {
		if (wallMs !== this.#stampedMs) {
			this.#stamp = new Date(wallMs).toISOString();
			this.#stampedMs = wallMs;
		}
		return this.#stamp;
	}

	isOperator(name: string): boolean {
		// Lists of members ask for each name, and most servers have no operators at all.
		if (!this.authentication && !this.#tokens.hasOperators) return false;
		const key = nameKey(name);
		return this.names.holder(key)?.operator ?? this.#tokens.isOperator(key);
	}

	nextArrival(): number {
		return ++this.#arrivals;
	}

	connectionEpoch(earlier = 0): number {
		return Math.max(earlier + 1, this.wallMs());
	}

	#isInUse(room: string): boolean {
		return this.rooms.get(room) !== undefined || this.cluster.count(room) > 0;
	}

	#sendAll(text: string): void {
		let bytes: Uint8Array | undefined;
		for (const session of this.sessions.values()) {
			bytes ??= session.peer.encode(text);
			session.sendEncoded(bytes);
		}
	}
}

/** Sends a client why it is refused, and ends its connection. */
function refuseConnection(peer: Peer, refusal: XMLSocketError): Session {
	try {
		peer.send(refusalDocument(refusal));
	} catch {
		// The reason contains the terminator of the server's documents.
	}
	peer.send(byeDocument("banned"));
	peer.end(refusal);
	return { document: () => {}, closed: () => {} };
}
