// One place of the chat: a room or a private conversation. It keeps the lines, the topic and the unread count, and turns the room's events
// into lines. The chat client has the room itself.

import type { Chat, Room, RoomMessage } from "../src/browser/index.ts";
import { orderMembers } from "./names.ts";
import { Timeline } from "./timeline.ts";
import { OUTSIDE, refusalWords } from "./words.ts";

/** A room or a conversation. */
export class Place {
	readonly key: string;
	readonly name: string;
	readonly isRoom: boolean;
	readonly timeline: Timeline = new Timeline();
	/** The room, while the user is in it or joins it. */
	room: Room | undefined = undefined;
	topic = "";
	/** Names in order, the user's first; in large rooms a part of them, until `loadMembers` gets more. */
	members: readonly string[] = [];
	/** Those of the members who are operators. */
	operators: ReadonlySet<string> = new Set();
	memberCount = 0;
	stored = false;
	/** Whether a page of history is being loaded. */
	loading = false;
	unread = 0;
	/** Whether one of the unread messages is private, or has the user's name in it. */
	isForMe = false;
	/** The last line that was there before the unread ones; undefined: nothing is unread. */
	unreadAfter: number | undefined = undefined;
	/** Why the user is not in the room. */
	error = "";
	/** Whether the page should retry to join. */
	retry = false;
	#position: Room["position"] = undefined;
	#me = "";
	/** Members of later pages. */
	#more: string[] = [];
	#moreOperators: string[] = [];
	#asked = 0;

	constructor(kind: "room" | "person", name: string) {
		this.key = Place.key(kind, name);
		this.name = name;
		this.isRoom = kind === "room";
	}

	/** The key of a place. Names of people are compared as the server does. */
	static key(kind: "room" | "person", name: string): string {
		return kind === "room" ? `room:${name}` : `person:${name.normalize("NFKC").toLowerCase().normalize("NFKC")}`;
	}

	/** Whether the user is in the room, on this connection. */
	get inside(): boolean {
		return this.room?.isInside ?? false;
	}

	/** Joins the room, unless the user is in it. `changed` runs after each event, with the message if the event is one. */
	enter(chat: Chat, now: () => number, changed: (message?: RoomMessage) => void): void {
		if (!this.isRoom || this.room) return;
		const { timeline } = this;
		this.#me = chat.name;
		const remark = (text: string): void => timeline.remark(text, now());
		const joining = chat.join(this.name, {
			since: this.#position,
			on: {
				message: (message) => {
					const taken = timeline.take(message);
					changed(taken === "new" ? message : undefined);
				},
				gap: ({ why }) => {
					if (why === "history") {
						timeline.restart();
						remark("This room has a new history.");
					} else if (why === "away") remark("You are back. This room keeps no messages from the meantime.");
					else timeline.gap(now());
					changed();
				},
				joined: () => {
					this.error = "";
					this.topic = "";
					this.stored = this.room?.kind === "stored";
					this.#forgetMore();
					this.#listMembers();
					changed();
				},
				enter: ({ name }) => this.#presence(chat.name, name, true, now(), changed),
				exit: ({ name }) => this.#presence(chat.name, name, false, now(), changed),
				members: () => {
					this.#listMembers();
					if (chat.status.type === "connected" && !this.inside) this.error = OUTSIDE;
					changed();
				},
				topic: ({ by, text, standing }) => {
					this.topic = text;
					if (!standing) remark(text === "" ? `${by} removed the topic` : `${by} set the topic: ${text}`);
					changed();
				},
			},
		});
		const room = chat.rooms.get(this.name);
		this.room = room;
		joining.catch((error: unknown) => {
			this.error = refusalWords(error);
		});
		void room?.ended.then(({ error }) => {
			this.#position = room.position;
			this.room = undefined;
			this.#forgetMore();
			this.members = [];
			this.memberCount = 0;
			this.loading = false;
			if (error) {
				this.error = refusalWords(error);
				this.retry = error.code === "XMLSOCKET_UNAVAILABLE";
			}
			changed();
		});
	}

	/** Asks for the next members of a large room. */
	async loadMembers(): Promise<void> {
		const { room } = this;
		if (!room) return;
		const { names, operators } = await room.listMembers({ offset: Math.max(this.#asked, room.members.length) });
		if (room !== this.room) return;
		this.#asked = Math.max(this.#asked, room.members.length) + names.length;
		this.#more.push(...names);
		this.#moreOperators.push(...operators);
		this.#listMembers();
	}

	/** A message arrived that the user has not seen. @param isForMe whether it has the user's name in it */
	missed(isForMe: boolean): void {
		if (this.unread === 0) this.unreadAfter = this.timeline.lines.at(-2)?.key;
		this.unread++;
		this.isForMe ||= isForMe || !this.isRoom;
	}

	/** The user looks at the place. @returns whether that changed anything */
	look(): boolean {
		if (this.unread === 0) return false;
		this.unread = 0;
		this.isForMe = false;
		return true;
	}

	/** The user has left the place: nothing is new any more. */
	read(): void {
		this.unread = 0;
		this.isForMe = false;
		this.unreadAfter = undefined;
	}

	#presence(me: string, name: string, came: boolean, at: number, changed: () => void): void {
		if (!came) this.#more = this.#more.filter((other) => other !== name);
		this.#listMembers();
		if (name !== me) this.timeline.presence(name, came, at);
		changed();
	}

	#forgetMore(): void {
		this.#more = [];
		this.#moreOperators = [];
		this.#asked = 0;
	}

	#listMembers(): void {
		this.operators = new Set([...(this.room?.operators ?? []), ...this.#moreOperators]);
		const names = new Set([...(this.room?.members ?? []), ...this.#more]);
		// In a large room the server's first names may be those of others alone.
		if (this.inside) names.add(this.#me);
		this.members = orderMembers([...names], this.#me, this.operators);
		this.memberCount = this.room?.memberCount ?? 0;
	}
}
