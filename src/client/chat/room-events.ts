// The events of a room: its messages, and everything else that happens in it.

import type { XMLSocketError } from "../../errors/index.ts";
import type { Message } from "./message-types.ts";

/** A message as a room's reader gets it. */
export interface RoomMessage extends Message {
	/** This client sent it. */
	readonly own: boolean;
	/** It was sent before this client first entered the room. */
	readonly old: boolean;
	/** Messages right before it are missing: the server has lost them, or nobody read them here and they were dropped. */
	readonly afterGap: boolean;
}

/** A page of a room's history. */
export interface RoomPage {
	/** Oldest first. */
	readonly messages: readonly RoomMessage[];
	/** Whether the server has older ones. */
	readonly more: boolean;
}

/** Messages that this reader will not see. */
export interface Gap {
	/**
	 * `lost`: the server no longer has them. `history`: the room has another history than before. `away`: the room is live, and
	 * the connection was lost meanwhile.
	 */
	readonly why: "lost" | "history" | "away";
	/** The first and the last number, where they are known. */
	readonly from: number | undefined;
	readonly to: number | undefined;
}

/** The events of a room, and the values that their listeners receive. */
export interface RoomEvents {
	/** A message. */
	message: RoomMessage;
	/** Messages are missing. */
	gap: Gap;
	/** The room was entered. `back`: again, on a new connection. `another`: its history is another one than before. */
	joined: { readonly back: boolean; readonly another: boolean };
	/** A member entered. */
	enter: { readonly name: string };
	/** A member left. */
	exit: { readonly name: string };
	/** `room.members` and `room.memberCount` have changed. `isStale`: only a part of the names is known. */
	members: { readonly isStale: boolean };
	/** The topic. `standing`: the room had it when it was entered. */
	topic: { readonly by: string; readonly text: string; readonly standing: boolean };
	/** The room is over for this client. */
	ended: { readonly error?: XMLSocketError };
}

/** The names of the events. */
export const ROOM_EVENTS: readonly (keyof RoomEvents)[] = Object.keys({
	message: true,
	gap: true,
	joined: true,
	enter: true,
	exit: true,
	members: true,
	topic: true,
	ended: true,
} satisfies Record<keyof RoomEvents, true>) as readonly (keyof RoomEvents)[];

/** Listeners that are added before the room is entered, and so miss nothing. */
export type RoomReader = { readonly [Name in keyof RoomEvents]?: (value: RoomEvents[Name]) => void };
