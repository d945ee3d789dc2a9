// One client of the chat: its name, its session, and the requests that are not answered yet. It passes documents to the handlers
// and turns what they throw into `<error>` documents, so that a client's mistake affects its own session alone.

import type { Peer, Session } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { BadDocuments } from "./bad-documents.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatContext } from "./context.ts";
import { byeDocument, errorDocument, pingDocument, welcomeDocument } from "./documents.ts";
import { dispatch } from "./handlers/index.ts";
import { BAD_DOCUMENT_CODES, idOf, readDocument } from "./incoming.ts";
import { nameKey } from "./names.ts";
import { newSessionKey, type SessionKey } from "./session-key.ts";

const MAX_PENDING = 256;

/** One client. */
export class ChatSession implements Session, ChatClient {
	readonly peer: Peer;
	name: string;
	nameKey: string;
	key: SessionKey;
	connectionEpoch: number;
	trusted = false;
	operator = false;
	gone = false;
	resumedMs: number = Number.NEGATIVE_INFINITY;
	readonly #chat: ChatContext;
	/** Whether the client has received its name. */
	#welcomed = false;
	#pending = 0;
	/** Called when nothing is pending any more. */
	#settled: (() => void) | undefined = undefined;
	// What the client has sent while one of its documents is being handled.
	#waiting: string[] | undefined = undefined;
	#drainListeners: Set<() => void> | undefined = undefined;
	#bad: BadDocuments | undefined = undefined;

	constructor(chat: ChatContext, peer: Peer) {
		this.#chat = chat;
		this.peer = peer;
		this.name = chat.names.takeGuest(this, () => chat.cluster.guestNumber());
		this.nameKey = this.name;
		this.key = newSessionKey();
		this.connectionEpoch = chat.connectionEpoch();
		chat.sessions.set(this.key.id, this);
		chat.cluster.personChanged(this);
	}

	// --- sending

	send(text: string): void {
		this.peer.send(text);
	}

	sendEncoded(bytes: Uint8Array): void {
		this.peer.sendEncoded(bytes);
	}

	welcome(): void {
		this.#welcomed = true;
		const { settings } = this.#chat;
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

	refuse(error: unknown, id?: string): void {
		const known =
			error instanceof XMLSocketError
				? error
				: new XMLSocketError("XMLSOCKET_INTERNAL", "The server failed; the failure was logged.");
		if (known !== error) this.#chat.report(error);
		this.#chat.counts.refused++;
		const limit = known.details.limitBytes ?? known.details.limit;
		try {
			this.send(errorDocument(known.code, known.message, id, typeof limit === "number" ? limit : undefined));
		} catch (failure) {
			// A terminator of letters can occur in the message.
			this.#chat.report(failure);
		}
	}

	// --- pending requests

	startPending(): void {
		if (this.#pending >= MAX_PENDING) throw tooManyPending();
		this.#pending++;
	}

	endPending(): void {
		if (--this.#pending === 0) this.#settled?.();
	}

	answerLater<T>(promise: Promise<T>, id: string | undefined, then: (value: T) => void, after?: () => void): void {
		promise.catch(() => {});
		this.startPending();
		promise
			.then((value) => {
				if (!this.gone) then(value);
			})
			.catch((error: unknown) => {
				if (!this.gone) this.refuse(error, id);
			})
			.finally(() => {
				after?.();
				this.endPending();
			});
	}

	onDrained(run: () => void): () => void {
		this.#drainListeners ??= new Set();
		this.#drainListeners.add(run);
		return () => this.#drainListeners?.delete(run);
	}

	// --- identity

	rename(name: string): void {
		const old = this.name;
		if (name === old) return;
		const { names, rooms, cluster } = this.#chat;
		names.release(this.nameKey, this);
		const key = nameKey(name);
		if (key !== this.nameKey) cluster.releaseName(this.nameKey, this.key.id);
		this.name = name;
		this.nameKey = key;
		names.take(key, this);
		for (const room of rooms.roomsOf(this)) room.announceRename(name, old);
		cluster.personChanged(this);
	}

	loseName(error: XMLSocketError): void {
		this.refuse(error);
		const { names, cluster } = this.#chat;
		names.release(this.nameKey, this);
		const guest = names.takeGuest(this, () => cluster.guestNumber());
		names.release(guest, this);
		this.rename(guest);
		this.trusted = false;
		this.operator = false;
		this.welcome();
	}

	adopt(key: SessionKey, earlierEpoch?: number): void {
		const { sessions, cluster } = this.#chat;
		if (sessions.get(this.key.id) === this) sessions.delete(this.key.id);
		cluster.personGone(this.key.id);
		this.key = key;
		this.connectionEpoch = this.#chat.connectionEpoch(earlierEpoch);
		sessions.set(key.id, this);
		cluster.personChanged(this);
	}

	supersede(keepsName: boolean): void {
		this.send(byeDocument("session-resumed"));
		this.#leave(keepsName);
		this.peer.end(new XMLSocketError("XMLSOCKET_SESSION_RESUMED", "The session continued over another connection."));
	}

	// --- Session

	document(text: string): void {
		if (this.gone) return;
		if (this.#waiting) {
			if (this.#waiting.length < MAX_PENDING) this.#waiting.push(text);
			else this.peer.end(tooManyPending());
			return;
		}
		let id: string | undefined;
		try {
			const root = readDocument(text);
			if (!this.#welcomed && root.name !== "hello") this.welcome();
			id = idOf(root);
			const later = dispatch(this.#chat, this, root);
			if (later) this.#holdBack(later, id);
		} catch (error) {
			if (!this.#welcomed) this.welcome();
			this.refuse(error, id);
			if (error instanceof XMLSocketError && BAD_DOCUMENT_CODES.has(error.code)) this.#countBad(error);
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

	drained(): void {
		const listeners = this.#drainListeners;
		if (!listeners) return;
		this.#drainListeners = undefined;
		for (const run of listeners) run();
	}

	failing(error: XMLSocketError): void {
		this.refuse(error);
	}

	closed(): void {
		this.#leave(false);
	}

	// ---

	// What the client sends meanwhile waits, so that nothing overtakes the document that is being handled.
	#holdBack(later: Promise<void>, id: string | undefined): void {
		this.#waiting = [];
		this.answerLater(
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

	#leave(keepsName: boolean): void {
		if (this.gone) return;
		this.gone = true;
		const { rooms, names, sessions, cluster } = this.#chat;
		for (const room of [...rooms.roomsOf(this)]) room.exit(this);
		names.release(this.nameKey, this);
		if (!keepsName) cluster.releaseName(this.nameKey, this.key.id);
		if (sessions.get(this.key.id) === this) {
			sessions.delete(this.key.id);
			cluster.personGone(this.key.id);
		}
		this.drained();
		this.#settled?.();
	}

	#countBad(refused: XMLSocketError): void {
		const { clock, settings } = this.#chat;
		this.#bad ??= new BadDocuments();
		const end = this.#bad.add(refused.code, settings.maxBadDocumentsPerMinute, clock.now());
		if (!end) return;
		if (end.code !== refused.code) this.refuse(end);
		this.peer.end(end);
	}
}

function tooManyPending(): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_TOO_MANY_PENDING",
		`${MAX_PENDING} requests wait for their answers; that is the limit.`,
		{ details: { limit: MAX_PENDING } },
	);
}
