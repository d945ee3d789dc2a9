// One place of the chat: a room, or a private conversation. It keeps its members, topic, unread count and whether the
// replay after entering is complete. It sends nothing; `session.ts` decides.

import type { Incoming } from "./events.ts";
import { type Arrival, type Taken, Timeline } from "./timeline.ts";

/** A room or a conversation. */
export class Place {
	readonly key: string;
	readonly name: string;
	readonly isRoom: boolean;
	readonly timeline: Timeline = new Timeline();
	topic = "";
	/** Names, sorted; cut in large rooms. */
	members: readonly string[] = [];
	memberCount = 0;
	/** Whether the server has one in the room, on this connection. */
	inside = false;
	/** Whether what one says may go out: after the replay. */
	settled = false;
	stored = false;
	/** A page of history is on its way. */
	loading = false;
	unread = 0;
	/** The last line that was there before the unread ones; undefined: nothing is unread. */
	unreadAfter: number | undefined = undefined;
	/** Why one is not in the room, in words. */
	error = "";
	/** Whether the page should try by itself to come in again. */
	retry = false;
	/** The id of the last attempt to enter, and of the last question for history: a refusal names it. */
	joinId = "";
	pageId = "";
	/** The names are out of date, because the room only told numbers. */
	namesStale = false;
	/** The last sequence number of the replay; undefined: none is awaited. */
	#replayTo: number | undefined = undefined;
	#replaying = false;
	#beenInside = false;
	#topicExpected = false;
	/** What came up to this number was said before one came in. */
	#oldTo = 0;

	constructor(kind: "room" | "person", name: string) {
		this.key = Place.key(kind, name);
		this.name = name;
		this.isRoom = kind === "room";
	}

	/** The key of a place. Names of people are compared as the server does. */
	static key(kind: "room" | "person", name: string): string {
		return kind === "room" ? `room:${name}` : `person:${name.normalize("NFKC").toLowerCase().normalize("NFKC")}`;
	}

	/** The connection is gone, or a new one has not entered yet. */
	disconnected(): void {
		this.inside = false;
		this.settled = false;
		this.loading = false;
		this.#replaying = false;
	}

	/** The server has let one in. */
	entered(joined: Extract<Incoming, { is: "joined" }>, now: number): void {
		const { timeline } = this;
		if (joined.stored) {
			if (joined.log !== timeline.log) {
				timeline.restart(joined.log);
				if (this.#beenInside) timeline.remark("This room has a new history.", now);
			}
			if (timeline.lastSeq === undefined) {
				this.#oldTo = joined.seq ?? 0;
				if (joined.seq === 0) timeline.lastSeq = 0;
			}
		} else if (this.#beenInside) timeline.remark("You are back. This room keeps no messages from the meantime.", now);
		this.stored = joined.stored;
		this.inside = true;
		this.error = "";
		this.retry = false;
		this.#replaying = joined.stored;
		this.#replayTo = joined.seq;
		this.#beenInside = true;
		this.topic = "";
		this.#topicExpected = true;
		this.listed(joined.names, joined.members);
	}

	/** The topic; whether someone has changed it, which is not so for the one that comes after `joined`. */
	headed(text: string): boolean {
		const changed = !this.#topicExpected && text !== this.topic;
		this.#topicExpected = false;
		this.topic = text;
		return changed;
	}

	/** Takes a message in. */
	take(arrival: Arrival, me: string): Taken {
		this.#topicExpected = false;
		const live = !this.#replaying || (this.#replayTo !== undefined && (arrival.seq ?? 0) > this.#replayTo);
		return this.timeline.take(arrival, me, !live);
	}

	/** Whether a message was said since one came in first. */
	isNews(arrival: Arrival): boolean {
		return arrival.seq === undefined || arrival.seq > this.#oldTo;
	}

	/** Whether the replay has become complete just now. */
	replayed(): boolean {
		if (!this.inside || this.settled) return false;
		// The newest page of a history not seen before holds nothing that waits here, so there is nothing to wait for.
		const complete =
			this.#replayTo === undefined || this.#replayTo <= (this.timeline.lastSeq ?? Number.POSITIVE_INFINITY);
		if (this.#replaying && !complete) return false;
		this.settled = true;
		return true;
	}

	/** Names of members, all of them or the first of many. */
	listed(names: readonly string[], count: number): void {
		this.members = [...new Set(names)].sort((a, b) => a.localeCompare(b));
		this.memberCount = count;
		this.namesStale = false;
	}

	/** Someone came or went. */
	presence(name: string, came: boolean, count: number | undefined): void {
		const others = this.members.filter((member) => member !== name);
		this.listed(came ? [...others, name] : others, count ?? others.length + (came ? 1 : 0));
	}

	/** So many are in the room; who they are is not said. */
	counted(count: number): void {
		this.memberCount = count;
		this.namesStale = true;
	}

	/** A message came that the reader has not seen. */
	missed(): void {
		if (this.unread === 0) this.unreadAfter = this.timeline.lines.at(-2)?.key;
		this.unread++;
	}

	/** The reader looks at it; whether that changed anything. */
	look(): boolean {
		if (this.unread === 0) return false;
		this.unread = 0;
		return true;
	}

	/** The reader has gone elsewhere: what was new is not any more. */
	read(): void {
		this.unread = 0;
		this.unreadAfter = undefined;
	}
}
