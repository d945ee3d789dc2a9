// One client of the chat: its name, its session, and what it is still owed. It hands documents to the handlers and turns
// what they throw into `<error>` documents; nothing that a client sends gets further than its own session.

import type { Peer, Session } from "../application/index.ts";
import { type ErrorCode, wireCode, XMLSocketError } from "../errors/index.ts";
import type { Member } from "../rooms/index.ts";
import type { Chat } from "./chat.ts";
import type { ChatRoom } from "./chat-room.ts";
import { byeDocument, errorDocument, pingDocument, welcomeDocument } from "./documents.ts";
import { BAD_DOCUMENT_CODES, idOf, readDocument } from "./incoming.ts";
import { nameKey } from "./names.ts";
import type { Replay } from "./replay.ts";
import { newSessionKey, type SessionKey } from "./session-key.ts";

const MAX_PENDING = 256;
const MINUTE_MS = 60_000;

/** One client. */
export class ChatSession implements Session, Member {
	readonly chat: Chat;
	readonly peer: Peer;
	/** As shown to others. */
	name: string;
	/** As compared. */
	nameKey: string;
	key: SessionKey;
	/** Whether a token was given; without one this is a guest. */
	trusted = false;
	operator = false;
	/** Whether this client has been told its name. */
	welcomed = false;
	gone = false;
	/** Orders the connections of its session over all nodes: that of the newest is the highest. */
	arrival: number;
	/** When it went on here with a session that it had elsewhere; monotonic milliseconds. */
	cameMs: number = Number.NEGATIVE_INFINITY;
	/** The rooms in which it is still being brought up to date. */
	replays: Map<ChatRoom, Replay> | undefined = undefined;
	#pending = 0;
	// What the client has sent while it waits for an answer that must come first.
	#waiting: string[] | undefined = undefined;
	#settled: (() => void) | undefined = undefined;
	#bad = 0;
	#badSinceMs = 0;

	constructor(chat: Chat, peer: Peer) {
		this.chat = chat;
		this.peer = peer;
		this.name = chat.names.takeGuest(this, () => chat.nextGuest());
		this.nameKey = this.name;
		this.key = newSessionKey();
		this.arrival = chat.arrival();
		chat.sessions.set(this.key.id, this);
		chat.deployment?.person(this);
	}

	// --- sending

	/** Sends one document to this client. */
	send(text: string): void {
		this.peer.send(text);
	}

	sendEncoded(bytes: Uint8Array): void {
		this.peer.sendEncoded(bytes);
	}

	/** Tells the client who it is. */
	welcome(): void {
		this.welcomed = true;
		const { settings } = this.chat;
		this.send(
			welcomeDocument({
				name: this.name,
				session: `${this.key.id}-${this.key.secret}`,
				server: settings.serverName,
				documentBytes: settings.maxDocumentBytes,
				documentsPerSecond: settings.documentsPerSecond,
				rooms: settings.maxRoomsPerClient,
			}),
		);
	}

	/** Tells the client what was refused. Where the error is not one of ours, it is reported and described as internal. */
	refuse(error: unknown, id?: string): void {
		const known =
			error instanceof XMLSocketError
				? error
				: new XMLSocketError("XMLSOCKET_INTERNAL", "The server failed; the failure was logged.");
		if (known !== error) this.chat.report(error);
		this.chat.refused++;
		const limit = known.details.limitBytes ?? known.details.limit;
		try {
			this.send(errorDocument(known.code, known.message, id, typeof limit === "number" ? limit : undefined));
		} catch (failure) {
			// Possible with a terminator that is made of letters.
			this.chat.report(failure);
		}
	}

	// --- what is owed

	/**
	 * Begins something whose answer comes later.
	 *
	 * @throws XMLSOCKET_TOO_MANY_PENDING
	 */
	begin(): void {
		if (this.#pending >= MAX_PENDING) throw this.#tooManyPending();
		this.#pending++;
	}

	/**
	 * Goes on with `then` once `promise` has settled, unless the client has gone; what either throws is told to the client.
	 *
	 * @throws XMLSOCKET_TOO_MANY_PENDING
	 */
	await<T>(promise: Promise<T>, id: string | undefined, then: (value: T) => void, after?: () => void): void {
		promise.catch(() => {});
		this.begin();
		promise
			.then((value) => {
				if (!this.gone) then(value);
			})
			.catch((error: unknown) => {
				if (!this.gone) this.refuse(error, id);
			})
			.finally(() => {
				after?.();
				this.finish();
			});
	}

	/** Ends what `begin` began. */
	finish(): void {
		if (--this.#pending === 0) this.#settled?.();
	}

	// --- identity

	/** Takes another name, which is free, and tells the rooms and the other nodes. */
	rename(name: string): void {
		const old = this.name;
		if (name === old) return;
		const { names, deployment } = this.chat;
		names.release(this.nameKey, this);
		const key = nameKey(name);
		if (key !== this.nameKey) deployment?.names.release(this.nameKey, this.key.id);
		this.name = name;
		this.nameKey = key;
		names.take(key, this);
		for (const room of this.chat.hub.roomsOf(this)) room.announceRename(name, old);
		deployment?.person(this);
	}

	/** Goes on as a guest: the name went to someone else while this node was out of reach. */
	loseName(error: XMLSocketError): void {
		this.refuse(error);
		const { chat } = this;
		chat.names.release(this.nameKey, this);
		const guest = chat.names.takeGuest(this, () => chat.nextGuest());
		chat.names.release(guest, this);
		this.rename(guest);
		this.trusted = false;
		this.operator = false;
		this.welcome();
	}

	/** Goes on with the session of an earlier connection. @param before that connection's `arrival`, where it is known */
	adopt(key: SessionKey, before?: number): void {
		const { sessions } = this.chat;
		if (sessions.get(this.key.id) === this) sessions.delete(this.key.id);
		const { deployment } = this.chat;
		deployment?.gone(this.key.id);
		this.key = key;
		this.arrival = this.chat.arrival(before);
		sessions.set(key.id, this);
		deployment?.person(this);
	}

	/**
	 * Ends this connection because its client has come back over another one.
	 *
	 * @param keepsName whether its name is its client's now.
	 */
	supersede(keepsName: boolean): void {
		this.send(byeDocument("session-resumed"));
		this.#leave(keepsName);
		this.peer.end(new XMLSocketError("XMLSOCKET_SESSION_RESUMED", "The session went on over another connection."));
	}

	// --- Session

	document(text: string): void {
		if (this.gone) return;
		if (this.#waiting) {
			if (this.#waiting.length < MAX_PENDING) this.#waiting.push(text);
			else this.peer.end(this.#tooManyPending());
			return;
		}
		let id: string | undefined;
		try {
			const root = readDocument(text);
			if (!this.welcomed && root.name !== "hello") this.welcome();
			id = idOf(root);
			const later = this.chat.handle(this, root);
			if (later) this.#holdBack(later, id);
		} catch (error) {
			if (!this.welcomed) this.welcome();
			this.refuse(error, id);
			if (error instanceof XMLSocketError && BAD_DOCUMENT_CODES.has(error.code)) this.#countBad(error.code);
		}
	}

	ended(): Promise<void> | undefined {
		if (this.#pending === 0) return undefined;
		return new Promise((resolve) => {
			this.#settled = resolve;
		});
	}

	idle(): void {
		this.send(pingDocument("ping"));
	}

	failing(error: XMLSocketError): void {
		this.refuse(error);
	}

	closed(): void {
		this.#leave();
	}

	// ---

	// What the client sends while one of its documents is being dealt with waits, so that nothing overtakes.
	#holdBack(later: Promise<void>, id: string | undefined): void {
		this.#waiting = [];
		this.await(
			later,
			id,
			() => {},
			() => {
				const waiting = this.#waiting ?? [];
				this.#waiting = undefined;
				for (const [at, text] of waiting.entries()) {
					this.document(text);
					if (this.#waiting === undefined) continue;
					(this.#waiting as string[]).push(...waiting.slice(at + 1));
					return;
				}
			},
		);
	}

	#tooManyPending(): XMLSocketError {
		return new XMLSocketError(
			"XMLSOCKET_TOO_MANY_PENDING",
			`${MAX_PENDING} requests wait for their answers, which is the limit.`,
			{ details: { limit: MAX_PENDING } },
		);
	}

	#leave(keepsName = false): void {
		if (this.gone) return;
		this.gone = true;
		const { chat } = this;
		for (const room of [...chat.hub.roomsOf(this)]) room.exit(this);
		chat.names.release(this.nameKey, this);
		if (!keepsName) chat.deployment?.names.release(this.nameKey, this.key.id);
		if (chat.sessions.get(this.key.id) === this) {
			chat.sessions.delete(this.key.id);
			chat.deployment?.gone(this.key.id);
		}
		this.#settled?.();
	}

	#countBad(code: ErrorCode): void {
		const nowMs = this.chat.nowMs();
		if (this.#bad === 0 || nowMs - this.#badSinceMs >= MINUTE_MS) {
			this.#bad = 0;
			this.#badSinceMs = nowMs;
		}
		this.#bad++;
		const limit = this.chat.settings.maxBadDocumentsPerMinute;
		if (code !== "XMLSOCKET_UTF16" && this.#bad <= limit) return;
		const error =
			code === "XMLSOCKET_UTF16"
				? new XMLSocketError(code, "The stream looks like UTF-16.")
				: new XMLSocketError(
						"XMLSOCKET_TOO_MANY_BAD_DOCUMENTS",
						`${this.#bad} documents in a minute could not be read (the last: ${wireCode(code)}), and ${limit} is the limit.`,
						{ details: { limit } },
					);
		if (error.code !== code) this.refuse(error);
		this.peer.end(error);
	}
}
