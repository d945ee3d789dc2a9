// The rooms of a LevelLog in memory: where each history begins and ends, how much of it is kept, and who follows it. Their number
// is bounded. A room without messages exists only while it has followers or appends, so that joins of empty rooms leave nothing
// behind. Nothing here reads or writes the disk.

import { XMLSocketError } from "../../errors/index.ts";
import { Followers } from "../index.ts";
import type { RoomRecord } from "./level-format.ts";

/** One room. */
export class LevelRoom {
	readonly name: string;
	/** Its number in the data folder; 0 before the first append. */
	number = 0;
	lastSeq = 0;
	firstSeq = 1;
	/** Entries kept. */
	count = 0;
	/** Of their payloads. */
	bytes = 0;
	/** Appends that have not settled. */
	pending = 0;
	readonly followers: Followers = new Followers();

	constructor(name: string) {
		this.name = name;
	}
}

/** All rooms of one log. */
export class LevelRooms {
	readonly #max: number;
	readonly #rooms = new Map<string, LevelRoom>();
	#nextNumber = 1;

	constructor(max: number) {
		this.#max = max;
	}

	get(name: string): LevelRoom | undefined {
		return this.#rooms.get(name);
	}

	/** The room, which is created if it does not exist. @throws XMLSOCKET_TOO_MANY_ROOMS */
	open(name: string): LevelRoom {
		let room = this.#rooms.get(name);
		if (!room) {
			if (this.#rooms.size >= this.#max) {
				throw new XMLSocketError("XMLSOCKET_TOO_MANY_ROOMS", `The log has ${this.#max} rooms, which is its limit.`);
			}
			room = new LevelRoom(name);
			this.#rooms.set(name, room);
		}
		return room;
	}

	/** As `open`, for a room that gets an entry. */
	openForAppend(name: string): LevelRoom {
		const room = this.open(name);
		if (room.number === 0) room.number = this.#nextNumber++;
		return room;
	}

	/** Removes a room that has no messages, no followers and no appends. */
	removeUnused(room: LevelRoom): void {
		const isUnused = room.lastSeq === 0 && room.followers.size === 0 && room.pending === 0;
		if (isUnused && this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
	}

	/** Brings a room to the state that the data folder has, even above the limit. */
	load(name: string, record: RoomRecord): LevelRoom {
		let room = this.#rooms.get(name);
		if (!room) {
			room = new LevelRoom(name);
			this.#rooms.set(name, room);
		}
		Object.assign(room, record);
		this.#nextNumber = Math.max(this.#nextNumber, record.number + 1);
		return room;
	}
}
