// What a room tells its readers: messages, and everything about them that is not one. Types alone.

import type { XMLSocketError } from "../../errors/index.ts";
import type { Message } from "./vocabulary.ts";

/** A message as a room's reader gets it. */
export interface RoomMessage extends Message {
	/** One said it oneself. */
	readonly own: boolean;
	/** It was said before this client first came in. */
	readonly old: boolean;
	/** Something right before it cannot be had, or was not kept here because nobody read. */
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
	 * `lost`: the server has them no more. `history`: the room has another history than before. `away`: a live room, and the
	 * connection was away.
	 */
	readonly why: "lost" | "history" | "away";
	/** The first and the last number, where they are known. */
	readonly from: number | undefined;
	readonly to: number | undefined;
}

/** The events of a room and what their listeners get. */
export interface RoomEvents {
	message: RoomMessage;
	gap: Gap;
	/** One is in the room; `back`: again, on a new connection; `another`: and its history is another one. */
	joined: { readonly back: boolean; readonly another: boolean };
	/** Someone came. */
	enter: { readonly name: string };
	/** Someone went. */
	exit: { readonly name: string };
	/** `room.members` and `room.memberCount` are new; `isStale`: of the names only a part is known. */
	members: { readonly isStale: boolean };
	/** `standing`: it was there when one came in. */
	topic: { readonly by: string; readonly text: string; readonly standing: boolean };
	/** The room is over for this client. */
	ended: { readonly error?: XMLSocketError };
}

/** Listeners that are there before the room is entered, and so miss nothing. */
export type RoomReader = { readonly [Name in keyof RoomEvents]?: (value: RoomEvents[Name]) => void };
