// The rooms of a chat: those that are open here, those that have members on other nodes alone, and the rules for which of them
// exist.

import { XMLSocketError } from "../../errors/index.ts";
import { RoomRegistry } from "../../rooms/index.ts";
import type { AddressShare } from "../address-shares.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatCluster } from "../cluster/cluster.ts";
import { checkedName } from "../names.ts";
import { type ChatSettings, parseRoom } from "../options.ts";
import type { ChatRoom, RoomKind } from "./chat-room.ts";
import type { RoomStates } from "./room-states.ts";

/** A room in the list of rooms. */
export interface RoomListEntry {
	readonly name: string;
	readonly kind: RoomKind;
	/** Members on all nodes. */
	readonly size: number;
}

/** What the rooms are made with. */
export interface ChatRoomsParts {
	readonly settings: ChatSettings;
	readonly cluster: ChatCluster;
	readonly states: RoomStates;
	/** Whether the chat ends, so that rooms lose their members without having been left. */
	readonly isEnding: () => boolean;
	readonly create: (name: string, kind: RoomKind) => ChatRoom;
}

/** Fewer addresses cannot take all rooms. */
const ADDRESSES_THAT_FILL_ALL = 16;

/** All rooms. */
export class ChatRooms extends RoomRegistry<ChatClient, ChatRoom> {
	readonly #settings: ChatSettings;
	readonly #cluster: ChatCluster;
	readonly #kinds: ReadonlyMap<string, RoomKind>;
	/** The shares that rooms count for; those of the operator count for none. */
	readonly #shares = new Map<ChatRoom, AddressShare>();
	/** Rooms that can exist because of the clients of one address. */
	readonly #maxRoomsPerAddress: number;
	// The rooms that announce their number of members at the next sweep.
	readonly #recounted: Set<ChatRoom>;

	constructor({ settings, cluster, states, isEnding, create }: ChatRoomsParts) {
		const kinds = new Map<string, RoomKind>([["lobby", "stored"]]);
		for (const text of settings.rooms) {
			const { name, kind } = parseRoom(text);
			kinds.set(checkedName(name, "room"), kind);
		}
		const recounted = new Set<ChatRoom>();
		super({
			create: (name) => {
				const room = create(name, kinds.get(name) ?? kindOfNew(settings));
				room.topic = states.topicOf(name);
				return room;
			},
			dropped: (room) => {
				recounted.delete(room);
				room.dropped();
				if (room.kind === "live" && !isEnding() && cluster.count(room.name) === 0) states.forgetTopic(room.name);
			},
			maxRooms: settings.maxRooms,
			maxRoomsPerMember: settings.maxRoomsPerClient,
		});
		this.#settings = settings;
		this.#cluster = cluster;
		this.#kinds = kinds;
		this.#recounted = recounted;
		this.#maxRoomsPerAddress = Math.max(
			settings.maxRoomsPerClient,
			Math.floor(settings.maxRooms / ADDRESSES_THAT_FILL_ALL),
		);
	}

	override join(name: string, client: ChatClient): ChatRoom {
		const isNew = this.get(name) === undefined;
		if (isNew && client.share && client.share.rooms >= this.#maxRoomsPerAddress) {
			throw new XMLSocketError(
				"XMLSOCKET_TOO_MANY_ROOMS",
				`There are ${client.share.rooms} rooms because of clients of your address, and ${this.#maxRoomsPerAddress} is the limit.`,
				{ details: { limit: this.#maxRoomsPerAddress } },
			);
		}
		const room = super.join(name, client);
		if (isNew) this.#countFor(room, client.share);
		return room;
	}

	override leave(room: ChatRoom, client: ChatClient): boolean {
		if (!super.leave(room, client)) return false;
		// The member who has been in it longest.
		const [longest] = room.members();
		if (!this.#kinds.has(room.name)) this.#countFor(room, longest?.share);
		return true;
	}

	#countFor(room: ChatRoom, share: AddressShare | undefined): void {
		const before = this.#shares.get(room);
		if (before === share) return;
		if (before) before.rooms--;
		if (share) {
			share.rooms++;
			this.#shares.set(room, share);
		} else this.#shares.delete(room);
	}

	/** Opens the rooms that always exist. */
	openPermanent(): void {
		for (const name of this.#kinds.keys()) this.pin(name);
	}

	/** Whether a room exists because of the server's options. */
	isPermanent(name: string): boolean {
		return this.#kinds.has(name);
	}

	/** The kind of a room of that name. */
	kindOf(name: string): RoomKind {
		return this.get(name)?.kind ?? this.#kinds.get(name) ?? kindOfNew(this.#settings);
	}

	/** Whether a `join` may create a room of that name. */
	mayCreate(name: string): boolean {
		return this.#kinds.has(name) || this.#settings.createRooms !== "off";
	}

	/** @throws XMLSOCKET_ROOM_UNKNOWN where no room of that name is open, here or on another node. */
	checkExists(name: string): void {
		if (this.get(name) || this.#cluster.count(name) > 0) return;
		throw new XMLSocketError("XMLSOCKET_ROOM_UNKNOWN", `There is no room "${name}".`);
	}

	/** The room of that name, which the client must be in. @throws XMLSOCKET_ROOM_NOT_JOINED */
	joined(name: string, client: ChatClient): ChatRoom {
		const room = this.get(name);
		if (room?.has(client)) return room;
		throw new XMLSocketError("XMLSOCKET_ROOM_NOT_JOINED", `You are not in room "${name}".`);
	}

	/** A page of the names of a room's members, and the number of its members. */
	members(name: string, offset: number, limit: number): { readonly names: string[]; readonly total: number } {
		const room = this.get(name);
		if (room) return { names: room.memberNames(offset, limit), total: room.total };
		const people = [...this.#cluster.members(name)];
		return { names: people.slice(offset, offset + limit).map((person) => person.name), total: people.length };
	}

	/** All rooms; those that are open here first. */
	*list(): Generator<RoomListEntry> {
		for (const { name, kind, total } of this.rooms()) yield { name, kind, size: total };
		for (const name of this.#cluster.rooms()) {
			if (this.get(name)) continue;
			const kind = this.kindOf(name);
			yield { name, kind, size: this.#cluster.count(name) };
		}
	}

	/** Has a room announce its number of members at the next sweep. */
	announceCountLater(room: ChatRoom): void {
		this.#recounted.add(room);
	}

	/** Called once a second. */
	sweep(): void {
		const rooms = [...this.#recounted];
		this.#recounted.clear();
		for (const room of rooms) room.announceCount();
	}
}

function kindOfNew({ createRooms }: ChatSettings): RoomKind {
	return createRooms === "off" ? "live" : createRooms;
}
