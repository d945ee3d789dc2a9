// What sessions, rooms and handlers need of the chat. They import this interface, and `chat.ts` implements it.

import type { Clock } from "../link/index.ts";
import type { MessageLog } from "../message-log/index.ts";
import type { AddressShares } from "./address-shares.ts";
import type { Answers } from "./answers.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatCluster } from "./cluster/cluster.ts";
import type { LogReads } from "./log-reads.ts";
import type { Moderation } from "./moderation.ts";
import type { Names } from "./names.ts";
import type { ChatSettings } from "./options.ts";
import type { ChatRooms } from "./rooms/chat-rooms.ts";
import type { SeenMessages } from "./seen-messages.ts";
import type { SendingPace } from "./sending-pace.ts";
import type { TokenGuesses } from "./token-guesses.ts";
import type { Tokens } from "./tokens.ts";

/** Counts for `/metrics`. */
export interface ChatCounts {
	/** Messages accepted in rooms. */
	messages: number;
	/** Documents refused with an error. */
	refused: number;
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
	readonly guesses: TokenGuesses;
	readonly moderation: Moderation;
	/** Private messages that were delivered recently. */
	readonly delivered: SeenMessages;
	/** What the clients of one address share. */
	readonly shares: AddressShares;
	readonly answers: Answers;
	readonly reads: LogReads;
	readonly pace: SendingPace;
	readonly counts: ChatCounts;
	/** Reports a failure that no client caused. */
	report(error: unknown): void;
	/** A time, by default the present, as documents contain it: ISO 8601, UTC. */
	timestamp(wallMs?: number): string;
	/** The place of a new client in the order in which clients connected. */
	nextArrival(): number;
	/** A connection epoch: higher than `earlier`, and, where none is known, ordered by the wall clocks of the nodes. */
	connectionEpoch(earlier?: number): number;
}
