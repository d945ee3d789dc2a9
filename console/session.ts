// The state of the page's chat: the user's name, the open places, and what each shows. The chat client reconnects, resends and resumes;
// this file turns its events into lines and texts. It knows no DOM.

import {
	type Chat,
	type ConnectionStatus,
	type PrivateMessage,
	type RoomEntry,
	XMLSocketError,
} from "../src/browser/index.ts";
import { mentions } from "./names.ts";
import type { Place } from "./place.ts";
import { MAX_ROOMS, Places } from "./places.ts";
import { openSaved, type Saved, savedConversations } from "./saved-chat.ts";
import type { Connection, SessionHost } from "./session-host.ts";
import type { Line } from "./timeline.ts";
import { errorWords, farewellWords, isNameRefusal, refusalWords } from "./words.ts";

const PAGE = 50;
const DEFAULT_ROOM = "lobby";

/** One person's chat. */
export class ChatSession {
	connection: Connection = { is: "connecting" };
	/** `naming`: a name must be chosen. `entering`: the server has been asked for it. */
	phase: "naming" | "entering" | "in" = "naming";
	me = "";
	/** Why the name was refused, in words. */
	nameError = "";
	needsToken = false;
	/** The current problem of the server's cluster, as text. */
	notice = "";
	/** The server's list of rooms. */
	directory: readonly RoomEntry[] = [];
	/** Open rooms and conversations by key. */
	readonly places: Places = new Places();
	active: Place | undefined = undefined;
	readonly #host: SessionHost;
	#chat: Chat | undefined = undefined;
	#opening: AbortController | undefined = undefined;
	#wanted: { readonly name: string | undefined; readonly token: string | undefined } | undefined = undefined;
	#secret: string | undefined = undefined;
	#asking = false;
	#firstRooms: string[];
	#firstActive: string | undefined;

	/**
	 * @param saved what an earlier page of this tab left.
	 * @param room is entered at first; undefined: the saved rooms, or the lobby.
	 * @param token of a site's login, which also gives the name.
	 */
	constructor(host: SessionHost, saved: Saved | undefined, room: string | undefined, token?: string) {
		this.#host = host;
		const rooms = new Set([...(saved?.rooms ?? []), ...(room === undefined ? [] : [room])]);
		this.#firstRooms = rooms.size > 0 ? [...rooms].slice(0, MAX_ROOMS) : [DEFAULT_ROOM];
		this.#firstActive = saved?.active;
		if (saved) openSaved(saved, this.places);
		if (!saved && token === undefined) return;
		this.#wanted = token === undefined ? { name: saved?.name, token: saved?.token } : { name: undefined, token };
		this.#secret = saved?.session;
		this.phase = "entering";
	}

	/** The longest document that the server takes, in bytes. */
	get maxDocumentBytes(): number {
		return this.#chat?.maxDocumentBytes ?? 65_536;
	}

	/** The chat client: the server's name, and what the server allows. Undefined until the server has answered. */
	get chat(): Chat | undefined {
		return this.#chat;
	}

	/** Connects; or tries at once, where it waits to connect again. */
	connect(): void {
		if (this.#chat && this.connection.is !== "closed") this.#chat.reconnectNow();
		else void this.#open();
	}

	// --- actions of the user

	/** Asks the server for a name. */
	enter(name: string, token: string | undefined): void {
		this.#wanted = { name: name.trim().normalize("NFC"), token: token || undefined };
		this.phase = "entering";
		this.nameError = "";
		void this.#ask();
		this.#host.changed();
	}

	/** Enters under the name that the server has given. */
	enterAsGuest(): void {
		if (this.#chat) this.enter(this.#chat.name, undefined);
	}

	/** Signs in with a token of a site's login, as the user that it names. */
	login(token: string): void {
		this.#wanted = { name: undefined, token };
		this.#secret = undefined;
		this.phase = "entering";
		this.nameError = "";
		void this.#open();
	}

	/** Enters a room, or shows it where one is in it already. */
	join(room: string): void {
		const name = room.trim().normalize("NFC");
		if (name === "") return;
		if (!this.places.room(name) && this.places.rooms.length >= MAX_ROOMS) {
			this.#host.announce(`You are in ${MAX_ROOMS} rooms already. Leave one first.`, "error");
			return;
		}
		const place = this.places.openRoom(name);
		this.#join(place);
		this.show(place);
	}

	/** Leaves a room, or closes a conversation. */
	leave(place: Place): void {
		place.room?.leave();
		this.#close(place);
	}

	/** Shows the conversation with someone. */
	converse(name: string): void {
		if (name !== this.me) this.show(this.places.openConversation(name, this.active));
	}

	/** Shows a place. */
	show(place: Place): void {
		this.active?.read();
		this.active = place;
		place.look();
		this.#save();
		this.#host.changed();
	}

	/** The reader looks at the page again. */
	looked(): void {
		if (this.active?.look()) this.#host.changed();
	}

	/** Sends `text` to the active place. False if it cannot be sent. */
	speak(text: string): boolean {
		const place = this.active;
		if (!place || text.trim() === "") return false;
		const line = place.timeline.write(this.#host.newId(), this.me, text, this.#host.now());
		if (!line) {
			this.#host.announce("Too many messages wait to be sent. Please wait a moment.", "error");
			return false;
		}
		void this.#transmit(place, line);
		this.#host.changed();
		return true;
	}

	/** Sends a failed message again, under its old id: the server may have it after all. */
	retry(line: Line): void {
		if (!this.active || line.state !== "failed") return;
		line.state = "pending";
		line.why = "";
		void this.#transmit(this.active, line);
		this.#host.changed();
	}

	/** Removes a failed message. */
	discard(line: Line): void {
		if (line.id !== undefined) this.active?.timeline.withdraw(line.id);
		this.#host.changed();
	}

	/** Asks for older messages of the active room. */
	async loadOlder(): Promise<void> {
		const place = this.active;
		const before = place?.timeline.firstSeq;
		if (!place?.room || before === undefined || place.loading || !place.inside) return;
		place.loading = true;
		this.#host.changed();
		try {
			const { messages, more } = await place.room.history({ before, limit: PAGE });
			place.timeline.prepend(messages, more);
		} catch (error) {
			if (this.connection.is === "open") this.#host.announce(refusalWords(error), "error");
		}
		place.loading = false;
		this.#host.changed();
	}

	/** Asks for more members of the active room. */
	async loadMembers(): Promise<void> {
		try {
			await this.active?.loadMembers();
		} catch (error) {
			if (this.connection.is === "open") this.#host.announce(refusalWords(error), "error");
		}
		this.#host.changed();
	}

	/** Sets the active room's topic. */
	setTopic(text: string): void {
		this.active?.room?.setTopic(text).catch((error: unknown) => this.#host.announce(refusalWords(error), "error"));
	}

	/** Asks for what changes without notice: the list of rooms. Call it now and then. */
	async refresh(): Promise<void> {
		if (this.connection.is !== "open" || this.phase !== "in") return;
		for (const place of this.places.values()) if (place.retry) this.#join(place);
		try {
			this.directory = (await this.#chat?.listRooms()) ?? [];
			this.#host.changed();
		} catch {
			// The connection was lost meanwhile; the list of before stays.
		}
	}

	/** Signs out and releases the name. */
	signOut(): void {
		this.#host.save(undefined);
		this.#opening?.abort();
		void this.#chat?.close();
	}

	// --- the chat behind it

	async #open(): Promise<void> {
		this.#opening?.abort();
		const opening = new AbortController();
		this.#opening = opening;
		this.#chat = undefined;
		this.connection = { is: "connecting" };
		this.#host.changed();
		try {
			const isLogin = this.#wanted !== undefined && this.#wanted.name === undefined;
			const known = this.#secret !== undefined || isLogin ? { ...this.#wanted, session: this.#secret } : {};
			const chat = await this.#host.open({
				...known,
				signal: opening.signal,
				reconnect: { retryFirst: true },
				on: {
					status: (status) => this.#opening === opening && this.#statusChanged(status),
					told: (told) => this.#told(told),
					notice: ({ code, text }) => this.#noticed(code, text),
					refused: (error) => this.#host.announce(refusalWords(error), "error"),
				},
			});
			this.#chat = chat;
			this.connection = { is: "open" };
			void chat.closed.then(({ error }) => this.#opening === opening && this.#ended(error));
			if (this.#secret !== undefined || isLogin) this.#entered(chat);
			else await this.#ask();
		} catch (error) {
			if (opening.signal.aborted) return;
			if (isNameRefusal(error)) this.#refused(error as XMLSocketError);
			else this.#host.later(() => this.#opening === opening && this.connect());
		}
		this.#host.changed();
	}

	// A guest asks for the name; where the connection is lost meanwhile, once it is back.
	async #ask(): Promise<void> {
		const chat = this.#chat;
		const wanted = this.#wanted;
		if (
			!chat ||
			wanted?.name === undefined ||
			this.#asking ||
			this.phase !== "entering" ||
			this.connection.is !== "open"
		)
			return;
		this.#asking = true;
		try {
			await chat.rename(wanted.name, { token: wanted.token });
			this.#entered(chat);
		} catch (error) {
			if (isNameRefusal(error)) this.#nameRefused(error as XMLSocketError);
		}
		this.#asking = false;
		this.#host.changed();
	}

	#entered(chat: Chat): void {
		this.phase = "in";
		this.me = chat.name;
		this.#secret = chat.session;
		for (const place of this.places.rooms) this.#join(place);
		for (const room of this.#firstRooms.splice(0)) this.#join(this.places.openRoom(room));
		const active = this.#firstActive === undefined ? undefined : this.places.get(this.#firstActive);
		if (!this.active) this.active = active ?? this.places.latest;
		void this.refresh();
		this.#save();
	}

	#statusChanged(status: ConnectionStatus): void {
		if (status.type === "connected") {
			this.connection = { is: "open" };
			if (this.phase === "entering") void this.#ask();
			void this.refresh();
		} else if (status.type === "reconnecting") {
			this.connection = { is: "waiting", retryAt: this.#host.now() + status.delayMs };
		}
		this.#host.changed();
	}

	#ended(error: XMLSocketError | undefined): void {
		if (isNameRefusal(error)) this.#refused(error as XMLSocketError);
		else this.connection = { is: "closed", why: farewellWords(error?.code) };
		this.#host.changed();
	}

	// Returns to the sign-in form, where the user can choose another name.
	#refused(error: XMLSocketError): void {
		this.#nameRefused(error);
		void this.#open();
	}

	#nameRefused(error: XMLSocketError): void {
		this.phase = "naming";
		this.#wanted = undefined;
		this.#secret = undefined;
		this.nameError = refusalWords(error);
		this.needsToken ||= error.code === "XMLSOCKET_TOKEN_INVALID";
		this.#host.save(undefined);
	}

	#noticed(code: string, text: string): void {
		if (code === "broker-lost") this.notice = text;
		else this.#host.announce(text, "note");
		if (code === "broker-back") {
			this.notice = "";
			void this.refresh();
		}
		this.#host.changed();
	}

	// --- rooms and conversations

	#join(place: Place): void {
		if (this.phase !== "in" || !this.#chat) return;
		place.error = "";
		place.retry = false;
		place.enter(this.#chat, this.#host.now, (arrival) => {
			if (arrival && !arrival.own && !arrival.old) this.#news(place, arrival.from, arrival.text);
			this.#host.changed();
		});
		this.#save();
	}

	#told({ from, id, text, at }: PrivateMessage): void {
		// The user's own copy is already in the conversation.
		if (from === this.me) return;
		const place = this.places.openConversation(from, this.active);
		place.timeline.take({ kind: "said", from, text, at, seq: undefined, prev: undefined, id, own: false });
		this.#news(place, from, text);
		this.#save();
		this.#host.changed();
	}

	#news(place: Place, from: string, text: string): void {
		const isWatched = this.#host.isWatched();
		if (place === this.active && isWatched) return;
		const isForMe = !place.isRoom || mentions(text, this.me);
		place.missed(isForMe);
		if (isForMe && !isWatched) this.#host.alert(place, from, text);
	}

	async #transmit(place: Place, { id, text }: Line): Promise<void> {
		if (id === undefined) return;
		try {
			const receipt = place.isRoom ? place.room?.say(text, { id }) : this.#chat?.tell(place.name, text, { id });
			if (!receipt) throw new XMLSocketError("XMLSOCKET_ROOM_NOT_JOINED", errorWords("room-not-joined", ""));
			place.timeline.acknowledge(id, (await receipt).seq);
			if (!place.isRoom) this.#save();
		} catch (error) {
			place.timeline.refuse(id, refusalWords(error));
		}
		this.#host.changed();
	}

	#close(place: Place): void {
		this.places.delete(place.key);
		if (this.active === place) {
			this.active = undefined;
			if (this.places.latest) this.show(this.places.latest);
		}
		this.#save();
		this.#host.changed();
	}

	#save(): void {
		if (this.#secret === undefined || this.phase !== "in") return;
		const rooms = this.places.rooms.map((place) => place.name);
		this.#host.save({
			name: this.me,
			session: this.#secret,
			token: this.#wanted?.token,
			rooms,
			conversations: savedConversations(this.places),
			active: this.active?.key,
		});
	}
}
