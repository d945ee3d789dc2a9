// A client that is connected to this daemon, as rooms, handlers and the cluster see it. `ChatSession` implements it.

import type { Handshake } from "../application/index.ts";
import type { XMLSocketError } from "../errors/index.ts";
import type { Member } from "../rooms/index.ts";
import type { ByteRate } from "./byte-rate.ts";
import type { LocalPerson } from "./cluster/cluster.ts";
import type { ByeReason } from "./documents.ts";
import type { Identity } from "./identity.ts";
import type { PacedClient } from "./paced-client.ts";
import type { SessionKey } from "./session-key.ts";
import type { WrongTokens } from "./token-guesses.ts";

/** One client. */
export interface ChatClient extends PacedClient, Member, LocalPerson {
	/** Its place in the order in which clients connected. */
	readonly arrival: number;
	gone: boolean;
	/** How it has proved its name; undefined for a guest. */
	identity: Identity | undefined;
	/** Whether it has proved its name; otherwise it is a guest. */
	readonly trusted: boolean;
	readonly operator: boolean;
	/** How it connected; undefined where nothing asks for it. */
	readonly handshake: Handshake | undefined;
	/** When it continued here a session from an earlier connection; monotonic milliseconds. */
	resumedMs: number;
	/** The rate of its long answers; undefined before the first. */
	answerRate: ByteRate | undefined;
	/** Bytes of its messages that the log has not stored yet. */
	unstoredBytes: number;
	/** Wrong tokens that it has sent; undefined before the first. */
	wrongTokens: WrongTokens | undefined;

	/** Sends one document. @throws XMLSOCKET_NUL_IN_DOCUMENT */
	send(text: string): void;
	/** Sends `<welcome>` with the client's name and the limits. */
	welcome(): void;
	/** Sends `<error>`. An error that is not an XMLSocketError is reported and described as internal. */
	refuse(error: unknown, id?: string): void;
	/** Reports an element that the chat does not know. */
	ignored(element: string): void;

	/**
	 * Counts one more request whose answer comes later: the connection stays open for it. `endPending` must follow.
	 *
	 * @throws XMLSOCKET_TOO_MANY_PENDING
	 */
	startPending(): void;
	/** Ends what `startPending` started. */
	endPending(): void;
	/**
	 * Calls `then` when `promise` has settled, unless the client is gone. What either throws is refused with `id`.
	 *
	 * @throws XMLSOCKET_TOO_MANY_PENDING
	 */
	answerLater<T>(promise: Promise<T>, id: string | undefined, then: (value: T) => void): void;

	/** Calls `run` when its connection is over; for one caller at a time. @returns a function that cancels it. */
	onGone(run: () => void): () => void;

	/** Changes to another name, which must be free, and announces it to the rooms and the other nodes. */
	rename(name: string): void;
	/** Becomes a guest, because another client has the name. */
	loseName(error: XMLSocketError): void;
	/** Continues the session of an earlier connection. @param earlierEpoch its connection epoch, where it is known. */
	adopt(key: SessionKey, earlierEpoch?: number): void;
	/** Ends this connection, because its session continues over another one. @param keepsName whether that one has the name. */
	supersede(keepsName: boolean): void;
	/** Sends `<error>` and `<bye>`, and ends the connection. */
	expel(error: XMLSocketError, reason: ByeReason): void;
}
