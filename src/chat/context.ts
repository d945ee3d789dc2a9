// What sessions, rooms and handlers need of the chat. They import this interface, and `chat.ts` implements it.

import type { ApplicationObserver, Latency } from "../application/index.ts";
import type { Clock } from "../link/index.ts";
import type { MessageLog } from "../message-log/index.ts";
import type { AddressShares } from "./address-shares.ts";
import type { ChatAdministration } from "./administration.ts";
import type { Answers } from "./answers.ts";
import type { Authentication } from "./authentication.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatCluster } from "./cluster/cluster.ts";
import type { LogReads } from "./log-reads.ts";
import type { MessageFilters } from "./message-filter.ts";
import type { Moderation } from "./moderation.ts";
import type { Names } from "./names.ts";
import type { ChatSettings } from "./options.ts";
import type { ChatRooms } from "./rooms/chat-rooms.ts";
import type { RoomStates } from "./rooms/room-states.ts";
import type { SeenMessages } from "./seen-messages.ts";
import type { SendingPace } from "./sending-pace.ts";
import type { SlowMode } from "./slow-mode.ts";
import type { TokenGuesses } from "./token-guesses.ts";
import type { Tokens } from "./tokens.ts";

/** Counts for `/metrics`. */
export interface ChatCounts {
	/** Messages accepted in rooms. */
	messages: number;
	/** Those of clients of this daemon. */
	posted: number;
	/** Messages passed to members of rooms, once for each member. */
	deliveries: number;
	/** Documents refused with an error. */
	refused: number;
	/** Messages that were sent again and are stored once. */
	duplicates: number;
	/** Log entries that hold no message that can be sent. */
	unreadable: number;
}

/** The parts that the clients of a chat share. */
export interface ChatContext {
	readonly settings: ChatSettings;
	readonly clock: Clock;
	readonly log: MessageLog;
	readonly cluster: ChatCluster;
	readonly rooms: ChatRooms;
	/** The clients of this daemon by the public part of their session. */
	readonly sessions: Map<string, ChatClient>;
	/** The clients of this daemon by the keys of their names. */
	readonly names: Names<ChatClient>;
	readonly tokens: Tokens;
	/** Asks the program that embeds the chat who a client is; undefined: it does not decide that. */
	readonly authentication: Authentication | undefined;
	readonly guesses: TokenGuesses;
	readonly moderation: Moderation;
	/** Topics and settings of rooms. */
	readonly states: RoomStates;
	readonly slowMode: SlowMode;
	readonly filters: MessageFilters;
	readonly administration: ChatAdministration;
	/** Private messages that were delivered recently. */
	readonly delivered: SeenMessages;
	/** What the clients of one address share. */
	readonly shares: AddressShares;
	readonly answers: Answers;
	readonly reads: LogReads;
	readonly pace: SendingPace;
	readonly counts: ChatCounts;
	/** From the receipt of a message to its writing to the members that are connected here. */
	readonly deliveryTime: Latency;
	/** From the receipt of a message to its commit in the log. */
	readonly commitTime: Latency;
	/** Receives reports about messages; undefined: nothing does. */
	readonly observer: ApplicationObserver | undefined;
	/** Reports a failure that no client caused. */
	report(error: unknown): void;
	/** A time, by default the present, as documents contain it: ISO 8601, UTC. */
	timestamp(wallMs?: number): string;
	/** Whether the person who has that name is an operator, as far as this daemon knows. */
	isOperator(name: string): boolean;
	/** The place of a new client in the order in which clients connected. */
	nextArrival(): number;
	/** A connection epoch: higher than `earlier`, and, where none is known, ordered by the wall clocks of the nodes. */
	connectionEpoch(earlier?: number): number;
}
