// One client of the chat: its name, its session, and the requests that are not answered yet. It passes documents to the handlers
// and turns what they throw into `<error>` documents, so that a client's mistake affects its own session alone.

import type { ClientDescription, Handshake, Peer, Session } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { BadDocuments } from "./bad-documents.ts";
import type { ByteRate } from "./byte-rate.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatContext } from "./context.ts";
import { type ByeReason, byeDocument, pingDocument, refusalDocument, welcomeDocument } from "./documents.ts";
import { dispatch } from "./handlers/index.ts";
import type { Identity } from "./identity.ts";
import { BAD_DOCUMENT_CODES, idOf, readDocument } from "./incoming.ts";
import { nameKey } from "./names.ts";
import { PacedClient } from "./paced-client.ts";
import { MANY_MEMBERS } from "./rooms/chat-room.ts";
import { newSessionKey, type SessionKey, sessionText } from "./session-key.ts";
import type { WrongTokens } from "./token-guesses.ts";

const MAX_PENDING = 256;

/** One client. */
export class ChatSession extends PacedClient implements Session, ChatClient {
	readonly arrival: number;
	name: string;
	nameKey: string;
	key: SessionKey;
	connectionEpoch: number;
	identity: Identity | undefined = undefined;
	/** Kept only where the program that embeds the chat asks for it. */
	readonly handshake: Handshake | undefined;
	resumedMs: number = Number.NEGATIVE_INFINITY;
	answerRate: ByteRate | undefined = undefined;
	unstoredBytes = 0;
	wrongTokens: WrongTokens | undefined = undefined;
	readonly #chat: ChatContext;
	/** Whether the client has received its name. */
	#welcomed = false;
	#pending = 0;
	/** Called when nothing is pending any more. */
	#settled: (() => void) | undefined = undefined;
	#bad: BadDocuments | undefined = undefined;
	#goneListener: (() => void) | undefined = undefined;

	constructor(chat: ChatContext, peer: Peer, handshake: Handshake | undefined) {
		super(peer, chat.shares.acquire(peer.addressKey, chat.clock.now()));
		this.#chat = chat;
		this.handshake = handshake;
		this.arrival = chat.nextArrival();
		this.name = chat.names.takeGuest(this, () => chat.cluster.guestNumber());
		this.nameKey = this.name;
		this.key = newSessionKey();
		this.connectionEpoch = chat.connectionEpoch();
		chat.sessions.set(this.key.id, this);
		chat.cluster.personChanged(this);
	}

	get trusted(): boolean {
		return this.identity !== undefined;
	}

	get operator(): boolean {
		return this.identity?.operator ?? false;
	}

	/** Payloads on their way to the log. */
	get heldBytes(): number {
		return this.unstoredBytes;
	}

	// --- sending

	send(text: string): void {
		this.peer.send(text);
	}

	welcome(): void {
		this.#welcomed = true;
		const { settings } = this.#chat;
		this.send(
			welcomeDocument({
				name: this.name,
				session: sessionText(this.key, this.identity?.ticket),
				server: settings.serverName,
				documentBytes: settings.maxDocumentBytes,
				documentsPerSecond: settings.documentsPerSecond,
				rooms: settings.maxRoomsPerClient,
				operator: this.operator,
				topics: settings.topics,
				createsRooms: settings.createRooms !== "off",
			}),
		);
	}

	refuse(error: unknown, id?: string): void {
		const refused = this.#sendError(error, id);
		this.peer.refused(refused);
	}

	ignored(element: string): void {
		this.peer.ignored?.(element);
	}

	// Where the connection ends with the same error, the server counts that.
	#sendError(error: unknown, id?: string): XMLSocketError {
		const known =
			error instanceof XMLSocketError
				? error
				: new XMLSocketError("XMLSOCKET_INTERNAL", "The server failed; the failure was logged.");
		if (known !== error) this.#chat.report(error);
		this.#chat.counts.refused++;
		try {
			this.send(refusalDocument(known, id));
		} catch (failure) {
			// A terminator of letters can occur in the message.
			this.#chat.report(failure);
		}
		return known;
	}

	// --- pending requests

	startPending(): void {
		if (this.#pending >= MAX_PENDING) throw tooManyPending();
		this.#pending++;
	}

	endPending(): void {
		if (--this.#pending === 0) this.#settled?.();
	}

	answerLater<T>(promise: Promise<T>, id: string | undefined, then: (value: T) => void): void {
		promise.catch(() => {});
		this.startPending();
		void this.#answer(promise, id, then);
	}

	#answer<T>(promise: Promise<T>, id: string | undefined, then: (value: T) => void): Promise<void> {
		// In one step, so that a refusal leaves before the answer to what the client sent next.
		const refuse = (error: unknown): void => {
			if (!this.gone) this.refuse(error, id);
		};
		const answer = (value: T): void => {
			try {
				if (!this.gone) then(value);
			} catch (error) {
				refuse(error);
			}
		};
		return promise.then(answer, refuse).finally(() => this.endPending());
	}

	// --- identity

	onGone(run: () => void): () => void {
		this.#goneListener = run;
		return () => {
			if (this.#goneListener === run) this.#goneListener = undefined;
		};
	}

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
		this.#chat.moderation.renamed(this);
		for (const room of rooms.roomsOf(this)) {
			this.#chat.answers.countAnnounced(this, 2 * Math.min(room.size, MANY_MEMBERS));
			room.announceRename(name, old);
		}
		cluster.personChanged(this);
	}

	loseName(error: XMLSocketError): void {
		this.refuse(error);
		const { names, cluster } = this.#chat;
		names.release(this.nameKey, this);
		const guest = names.takeGuest(this, () => cluster.guestNumber());
		names.release(guest, this);
		this.rename(guest);
		this.identity = undefined;
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

	expel(error: XMLSocketError, reason: ByeReason): void {
		if (this.gone) return;
		this.#sendError(error);
		this.send(byeDocument(reason));
		this.#leave(false);
		this.peer.end(error);
	}

	// --- Session

	document(text: string): void {
		if (this.gone) return;
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

	failing(error: XMLSocketError): void {
		this.#sendError(error);
	}

	describe(): ClientDescription {
		const { name, trusted, operator, key } = this;
		return { name, guest: !trusted, operator, session: key.id, rooms: this.#roomNames() };
	}

	dismissed(): void {
		this.send(byeDocument("kicked"));
	}

	closed(): void {
		this.#leave(false);
	}

	*#roomNames(): Generator<string> {
		for (const { name } of this.#chat.rooms.roomsOf(this)) yield name;
	}

	// ---

	// What the client sends meanwhile waits, so that nothing overtakes the document that is being handled.
	#holdBack(later: Promise<void>, id: string | undefined): void {
		const release = this.hold();
		// There is only one of these, so it may exceed the limit of pending requests.
		this.#pending++;
		// A refusal is sent before anything that came behind its document is handled.
		void this.#answer(later, id, () => {}).finally(release);
	}

	#leave(keepsName: boolean): void {
		if (this.gone) return;
		this.gone = true;
		this.#goneListener?.();
		const { rooms, names, sessions, cluster, shares } = this.#chat;
		shares.release(this.share);
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
		if (end.code !== refused.code) this.#sendError(end);
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
