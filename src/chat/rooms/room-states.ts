// What is stored of rooms besides their messages: topics, and what operators have set. All daemons share it, and it outlives them. The topic
// of a live room that a join created ends with the room.

import { XMLSocketError } from "../../errors/index.ts";
import { isXmlText } from "../incoming.ts";
import { checkedName, nameKey } from "../names.ts";
import type { SavedPart, SavedState } from "../saved-state.ts";

const TOPIC = "topic/";
const SETTINGS = "settings/";
const MAX_TOPIC_BYTES = 1024;
/** The longest pause between two messages of a member, in seconds. */
export const MAX_SLOW_SECONDS = 21_600;
/** The longest key of a private room, in characters. */
export const MAX_KEY_CHARACTERS = 64;
export const MAX_INVITED = 200;
const encoder = new TextEncoder();

/** The topic of a room. */
export interface Topic {
	readonly by: string;
	/** Empty: the topic is removed. */
	readonly text: string;
}

/** What operators have set for a room. */
export interface RoomSettings {
	/** Seconds between two messages of a member; 0: none. */
	readonly slowSeconds: number;
	/** Whether only invited people, and those who know the key, may enter. */
	readonly isPrivate: boolean;
	/** Opens a private room; undefined: only invitations do. */
	readonly key: string | undefined;
	/** The names of the invited people. */
	readonly invited: readonly string[];
}

const DEFAULT_SETTINGS: RoomSettings = { slowSeconds: 0, isPrivate: false, key: undefined, invited: [] };

/** What room states need of the chat. */
export interface RoomStatesParts {
	readonly saved: SavedState;
	/** Topics, and settings, that are kept. */
	readonly maxRooms: number;
	/** Whether a room is open here or has members elsewhere, or always exists. */
	isInUse(room: string): boolean;
	/** Another daemon has set the topic of a room. */
	topicChanged(room: string, topic: Topic): void;
	/** The settings of a room have changed. */
	settingsChanged(room: string): void;
}

/** The stored state of all rooms. */
export class RoomStates {
	readonly #parts: RoomStatesParts;
	readonly #topics = new Map<string, Topic>();
	readonly #settings = new Map<string, RoomSettings>();
	readonly topicPart: SavedPart = { prefix: TOPIC, changed: (room, value) => this.#topicStored(room, value) };
	readonly settingsPart: SavedPart = { prefix: SETTINGS, changed: (room, value) => this.#settingsStored(room, value) };

	constructor(parts: RoomStatesParts) {
		this.#parts = parts;
	}

	topicOf(room: string): Topic | undefined {
		return this.#topics.get(room);
	}

	settingsOf(room: string): RoomSettings {
		return this.#settings.get(room) ?? DEFAULT_SETTINGS;
	}

	/** Whether a person may enter a private room without its key. */
	isInvited(room: string, key: string): boolean {
		return this.settingsOf(room).invited.some((name) => nameKey(name) === key);
	}

	/**
	 * Sets a topic. Settles when it is stored.
	 *
	 * @throws XMLSOCKET_TOO_MANY_ROOMS
	 */
	setTopic(room: string, topic: Topic): Promise<void> {
		const isKept = topic.text !== "";
		if (isKept && !this.#topics.has(room)) this.#checkSpace(this.#topics, TOPIC);
		if (isKept) this.#topics.set(room, topic);
		else this.#topics.delete(room);
		return this.#parts.saved.save(TOPIC + room, isKept ? topic : undefined);
	}

	/** Forgets the topic of a room that does not exist any more. */
	forgetTopic(room: string): void {
		// Where the storage cannot be reached, it is deleted later.
		if (this.#topics.delete(room)) this.#parts.saved.save(TOPIC + room, undefined).catch(() => {});
	}

	/**
	 * Changes settings. Settles when they are stored.
	 *
	 * @throws XMLSOCKET_TOO_MANY_ROOMS
	 */
	change(room: string, changes: Partial<RoomSettings>): Promise<void> {
		if (!this.#settings.has(room)) this.#checkSpace(this.#settings, SETTINGS);
		const settings = { ...this.settingsOf(room), ...changes };
		const { slowSeconds, isPrivate, key, invited } = settings;
		const isDefault = slowSeconds === 0 && !isPrivate && key === undefined && invited.length === 0;
		if (isDefault) this.#settings.delete(room);
		else this.#settings.set(room, settings);
		this.#parts.settingsChanged(room);
		const record = { slow: slowSeconds, private: isPrivate, key, invited };
		return this.#parts.saved.save(SETTINGS + room, isDefault ? undefined : record);
	}

	// What is left of rooms that nobody has been in since a daemon was killed makes space.
	#checkSpace(states: Map<string, unknown>, prefix: string): void {
		if (states.size < this.#parts.maxRooms) return;
		for (const room of states.keys()) {
			if (prefix === SETTINGS || this.#parts.isInUse(room)) continue;
			states.delete(room);
			this.#parts.saved.save(prefix + room, undefined).catch(() => {});
			return;
		}
		throw new XMLSocketError(
			"XMLSOCKET_TOO_MANY_ROOMS",
			`${states.size} rooms have ${prefix === TOPIC ? "a topic" : "settings"}, and that is the limit.`,
			{ details: { limit: this.#parts.maxRooms } },
		);
	}

	#topicStored(room: string, value: unknown): boolean {
		if (!isRoom(room)) return false;
		if (value === undefined) {
			const before = this.#topics.get(room);
			this.#topics.delete(room);
			if (before) this.#parts.topicChanged(room, { by: before.by, text: "" });
			return true;
		}
		if (typeof value !== "object" || value === null) return false;
		const { by, text } = value as Record<string, unknown>;
		if (typeof by !== "string" || typeof text !== "string" || !isXmlText(by) || !isXmlText(text)) return false;
		if (by.length > MAX_TOPIC_BYTES || encoder.encode(text).length > MAX_TOPIC_BYTES || text === "") return false;
		const before = this.#topics.get(room);
		if (before?.by === by && before.text === text) return true;
		if (!before && this.#topics.size >= this.#parts.maxRooms) return true;
		this.#topics.set(room, { by, text });
		this.#parts.topicChanged(room, { by, text });
		return true;
	}

	#settingsStored(room: string, value: unknown): boolean {
		if (!isRoom(room)) return false;
		if (value === undefined) this.#settings.delete(room);
		else {
			const settings = readSettings(value);
			if (!settings) return false;
			if (!this.#settings.has(room) && this.#settings.size >= this.#parts.maxRooms) return true;
			this.#settings.set(room, settings);
		}
		this.#parts.settingsChanged(room);
		return true;
	}
}

function readSettings(value: unknown): RoomSettings | undefined {
	if (typeof value !== "object" || value === null) return undefined;
	const { slow, private: isPrivate, key, invited } = value as Record<string, unknown>;
	const isValid =
		Number.isInteger(slow) &&
		(slow as number) >= 0 &&
		(slow as number) <= MAX_SLOW_SECONDS &&
		typeof isPrivate === "boolean" &&
		(key === undefined || (typeof key === "string" && key.length <= MAX_KEY_CHARACTERS)) &&
		Array.isArray(invited) &&
		invited.length <= MAX_INVITED &&
		invited.every((name) => typeof name === "string" && name.length <= MAX_KEY_CHARACTERS * 2);
	if (!isValid) return undefined;
	return { slowSeconds: slow as number, isPrivate, key, invited: invited as string[] };
}

function isRoom(name: string): boolean {
	try {
		return checkedName(name, "room") === name;
	} catch {
		return false;
	}
}
