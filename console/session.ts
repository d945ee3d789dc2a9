// The state of the chat and its rules: who one is, which rooms are open, what waits to be sent, and how all of it comes back
// after a lost connection (say who one is, enter the rooms again after the last message seen, strike what the replay shows
// as one's own, send the rest again under the same ids). It knows neither DOM nor network. docs/chat.md.

import type { Command, Connection, Incoming, RoomEntry } from "./events.ts";
import type { Place } from "./place.ts";
import { MAX_ROOMS, Places } from "./places.ts";
import type { Arrival, Line } from "./timeline.ts";
import { errorWords, exitWords, farewellWords, staysAway } from "./words.ts";

/** What survives a reload of the page. */
export interface Saved {
	readonly name: string;
	readonly session: string;
	readonly token?: string | undefined;
	readonly rooms: readonly string[];
	readonly active?: string | undefined;
}

/** What the session needs of the page around it. */
export interface SessionHost {
	send(command: Command): void;
	/** Keeps `saved` for a reload; undefined: forget it. */
	save(saved: Saved | undefined): void;
	/** Something that is shown has changed. */
	changed(): void;
	/** Says something that no line of a room says. */
	announce(words: string, kind: "error" | "note"): void;
	/** Ends the connection without coming back. */
	stop(): void;
	/** Unique for this page and every other one, at most 64 characters. */
	newId(): string;
	/** Milliseconds since 1970. */
	now(): number;
	/** Whether the reader looks at the page. */
	isWatched(): boolean;
}

const PAGE = 50;

/** One person's chat. */
export class ChatSession {
	connection: Connection = { is: "connecting" };
	/** `naming`: a name must be chosen. `entering`: the server has been asked for it. */
	phase: "naming" | "entering" | "in" = "naming";
	me = "";
	/** Why the name was refused, in words. */
	nameError = "";
	needsToken = false;
	/** The deployment's trouble, in words, while it lasts. */
	notice = "";
	maxDocumentBytes = 65_536;
	/** The server's list of rooms. */
	directory: readonly RoomEntry[] = [];
	/** Open rooms and conversations by key. */
	readonly places: Places = new Places();
	active: Place | undefined = undefined;
	readonly #host: SessionHost;
	#wanted: { readonly name: string; readonly token: string | undefined } | undefined = undefined;
	#secret: string | undefined = undefined;
	#triedSecret = false;
	#helloId = "";
	#firstRooms: string[];
	#firstActive: string | undefined;

	/** @param saved what an earlier page of this tab left; `room` is entered at first. */
	constructor(host: SessionHost, saved: Saved | undefined, room: string) {
		this.#host = host;
		this.#firstRooms =
			saved && saved.rooms.length > 0 ? [...new Set([...saved.rooms, room])].slice(0, MAX_ROOMS) : [room];
		this.#firstActive = saved?.active;
		if (!saved) return;
		this.#wanted = { name: saved.name, token: saved.token };
		this.#secret = saved.session;
		this.phase = "entering";
	}

	// --- what the reader does

	/** Asks the server for a name. */
	enter(name: string, token: string | undefined): void {
		this.#wanted = { name: name.trim().normalize("NFC"), token: token || undefined };
		this.phase = "entering";
		this.nameError = "";
		this.#hello();
		this.#host.changed();
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
		if (!place.inside) this.#sendJoin(place);
		this.show(place);
	}

	/** Leaves a room, or closes a conversation. */
	leave(place: Place): void {
		if (place.isRoom && place.inside) this.#host.send({ do: "leave", room: place.name });
		this.#close(place);
	}

	/** Shows the conversation with someone. */
	converse(name: string): void {
		if (name !== this.me) this.show(this.places.openConversation(name, this.active));
	}

	/** Makes a place the one that is shown. */
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

	/** Says or tells `text` in the active place; false where it cannot be taken. */
	speak(text: string): boolean {
		const place = this.active;
		if (!place || text.trim() === "") return false;
		const line = place.timeline.write(this.#host.newId(), this.me, text, this.#host.now());
		if (!line) {
			this.#host.announce("Too many messages wait to be sent. Please wait a moment.", "error");
			return false;
		}
		this.#transmit(place, line);
		this.#host.changed();
		return true;
	}

	/** Sends a failed message again, under its old id: the server may have it after all. */
	retry(line: Line): void {
		if (!this.active || line.state !== "failed") return;
		line.state = "pending";
		line.why = "";
		this.#transmit(this.active, line);
		this.#host.changed();
	}

	/** Gives a failed message up. */
	discard(line: Line): void {
		if (line.id !== undefined) this.active?.timeline.withdraw(line.id);
		this.#host.changed();
	}

	/** Asks for older messages of the active room. */
	loadOlder(): void {
		const place = this.active;
		const before = place?.timeline.firstSeq;
		if (!place || before === undefined || place.loading || !place.inside) return;
		place.loading = true;
		place.pageId = this.#host.newId();
		this.#host.send({ do: "history", id: place.pageId, room: place.name, before, limit: PAGE });
		this.#host.changed();
	}

	/** Sets the active room's topic. */
	setTopic(text: string): void {
		if (this.active?.isRoom) this.#host.send({ do: "topic", room: this.active.name, text });
	}

	/** Asks for what changes without notice: the list of rooms. It is a sign of life as well. Call it now and then. */
	refresh(): void {
		if (this.connection.is !== "open") return;
		this.#host.send({ do: "rooms" });
		for (const place of this.places.values()) if (place.retry && !place.inside) this.#sendJoin(place);
	}

	/** Gives the name back. */
	signOut(): void {
		this.#host.save(undefined);
		this.#host.stop();
	}

	// --- what the connection does

	/** The connection's state has changed. */
	connectionChanged(connection: Connection): void {
		const wasOpen = this.connection.is === "open";
		this.connection = connection;
		if (wasOpen || connection.is === "open") {
			for (const place of this.places.values()) place.disconnected();
		}
		if (connection.is === "open") {
			this.#triedSecret = false;
			if (this.#wanted) {
				this.phase = "entering";
				this.#hello();
			}
		}
		this.#host.changed();
	}

	/** A document came. */
	receive(incoming: Incoming): void {
		switch (incoming.is) {
			case "welcome":
				this.#welcome(incoming);
				break;
			case "joined":
				this.#joined(incoming);
				break;
			case "arrival":
				this.#arrived(incoming.room, incoming.arrival);
				break;
			case "ack":
				for (const place of this.places.values()) if (place.timeline.acknowledge(incoming.id, incoming.seq)) break;
				break;
			case "told":
				this.#told(incoming);
				break;
			case "presence":
				this.#presence(incoming);
				break;
			case "count":
				this.places.room(incoming.room)?.counted(incoming.members);
				break;
			case "topic":
				this.#topic(incoming);
				break;
			case "members":
				this.places.room(incoming.room)?.listed(incoming.names, incoming.members);
				break;
			case "rooms":
				this.directory = incoming.rooms;
				break;
			case "page": {
				const place = this.places.room(incoming.room);
				if (!place) break;
				place.loading = false;
				place.timeline.prepend(incoming.arrivals, incoming.more, this.me);
				break;
			}
			case "gap": {
				const place = this.places.room(incoming.room);
				place?.timeline.gap(incoming.to, this.#host.now());
				if (place) this.#settle(place);
				break;
			}
			case "notice":
				if (incoming.code === "broker-lost") this.notice = incoming.text;
				else this.#host.announce(incoming.text, "note");
				if (incoming.code === "broker-back") {
					this.notice = "";
					this.refresh();
				}
				break;
			case "bye":
				this.#bye(incoming.reason);
				break;
			case "error":
				this.#refused(incoming.code, incoming.id, incoming.text);
				break;
			case "ping":
				this.#host.send({ do: "pong", id: incoming.id });
				return;
			case "unknown":
				return;
		}
		this.#host.changed();
	}

	#hello(): void {
		if (this.connection.is !== "open" || !this.#wanted) return;
		this.#triedSecret = this.#secret !== undefined;
		this.#helloId = this.#host.newId();
		this.#host.send({ do: "hello", id: this.#helloId, ...this.#wanted, session: this.#secret });
	}

	#welcome(welcome: Extract<Incoming, { is: "welcome" }>): void {
		this.maxDocumentBytes = welcome.maxDocumentBytes;
		// The greeting of a new connection names a guest; the answer to `hello` names the one who asked.
		if (this.phase !== "entering" || welcome.name !== this.#wanted?.name) return;
		this.phase = "in";
		this.me = welcome.name;
		this.#secret = welcome.session;
		for (const place of this.places.values()) {
			if (place.isRoom) this.#sendJoin(place);
			else for (const line of place.timeline.pending) this.#transmit(place, line);
		}
		for (const room of this.#firstRooms.splice(0)) this.#sendJoin(this.places.openRoom(room));
		const active = this.#firstActive === undefined ? undefined : this.places.get(this.#firstActive);
		if (!this.active) this.active = active ?? this.places.latest;
		this.refresh();
		this.#save();
	}

	#sendJoin(place: Place): void {
		place.error = "";
		if (this.phase !== "in") return;
		place.joinId = this.#host.newId();
		const { lastSeq: after, log } = place.timeline;
		this.#host.send({
			do: "join",
			id: place.joinId,
			room: place.name,
			after,
			log: after === undefined ? undefined : log,
		});
	}

	#joined(joined: Extract<Incoming, { is: "joined" }>): void {
		const place = this.places.openRoom(joined.room);
		place.entered(joined, this.#host.now());
		this.#settle(place);
		this.#save();
	}

	// Once the replay is complete, what it did not show goes out again.
	#settle(place: Place): void {
		if (!place.replayed()) return;
		for (const line of place.timeline.pending) this.#transmit(place, line);
	}

	#arrived(room: string, arrival: Arrival): void {
		const place = this.places.room(room);
		if (!place) return;
		const taken = place.take(arrival, this.me);
		if (taken === "new" && arrival.from !== this.me && place.isNews(arrival)) this.#notice(place);
		this.#settle(place);
	}

	#told({ from, id, text, at }: Extract<Incoming, { is: "told" }>): void {
		// A copy of one's own is in the conversation already.
		if (from === this.me) return;
		const place = this.places.openConversation(from, this.active);
		// Who did not hear the acknowledgement tells it again, under the same id.
		if (id !== undefined && place.timeline.lines.some((line) => line.id === id && line.from === from)) return;
		place.timeline.take({ kind: "message", from, text, at, seq: undefined, prev: undefined, id }, this.me, false);
		this.#notice(place);
	}

	#notice(place: Place): void {
		if (place === this.active && this.#host.isWatched()) return;
		place.missed();
	}

	#presence(presence: Extract<Incoming, { is: "presence" }>): void {
		const place = this.places.room(presence.room);
		if (!place?.inside) return;
		const { name, came, members, reason } = presence;
		if (!came && name === this.me) {
			place.disconnected();
			place.listed([], 0);
			place.error = exitWords(reason);
			place.retry = reason === "unavailable";
			return;
		}
		if (place.namesStale) this.#host.send({ do: "who", room: place.name });
		place.presence(name, came, members);
		if (name !== this.me) place.timeline.presence(name, came, this.#host.now());
	}

	#topic({ room, by, text }: Extract<Incoming, { is: "topic" }>): void {
		const place = this.places.room(room);
		if (!place?.headed(text)) return;
		place.timeline.remark(text === "" ? `${by} removed the topic` : `${by} set the topic: ${text}`, this.#host.now());
	}

	#bye(reason: string): void {
		if (!staysAway(reason)) return;
		this.#host.stop();
		this.connection = { is: "closed", why: farewellWords(reason) };
	}

	#refused(code: string, id: string | undefined, text: string): void {
		const words = errorWords(code, text);
		if (id !== undefined && id === this.#helloId) {
			this.#nameRefused(code, words);
			return;
		}
		for (const place of id === undefined ? [] : this.places.values()) {
			if (place.timeline.refuse(id as string, words)) return;
			if (place.pageId === id) place.loading = false;
			if (place.joinId !== id) continue;
			place.error = words;
			return;
		}
		this.#host.announce(words, "error");
	}

	#nameRefused(code: string, words: string): void {
		// The server may have forgotten the session; the name alone may still be free.
		if (this.#triedSecret) {
			this.#secret = undefined;
			this.#hello();
			return;
		}
		this.phase = "naming";
		this.#wanted = undefined;
		this.nameError = words;
		this.needsToken ||= code === "token-invalid";
		this.#host.save(undefined);
	}

	#transmit(place: Place, line: Line): void {
		if (this.phase !== "in" || line.id === undefined) return;
		const { id, text } = line;
		if (!place.isRoom) this.#host.send({ do: "tell", to: place.name, id, text });
		else if (place.settled) this.#host.send({ do: "say", room: place.name, id, text });
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
			active: this.active?.isRoom ? this.active.key : undefined,
		});
	}
}
