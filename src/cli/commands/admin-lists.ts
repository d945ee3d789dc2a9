// `xmlsocket rooms`, `who`, `clients`, `bans` and `mutes`: lists of a running daemon, as tables, or as one JSON object for each row.

import { once } from "node:events";
import { AdminClient, type AdminFlags } from "../admin/admin-client.ts";
import {
	CLIENT_COLUMNS,
	type ClientRow,
	MEMBER_COLUMNS,
	type MemberRow,
	ROOM_COLUMNS,
	type RoomRow,
	SANCTION_COLUMNS,
	type SanctionRow,
} from "../admin/rows.ts";
import { type Column, counted, table } from "../admin/table.ts";

/** The flags of `rooms`. */
export interface RoomsFlags extends AdminFlags {
	readonly sort?: string;
	/** A room, with those whose names begin with it and a slash. */
	readonly under?: string;
}

/** Prints the rooms, and how many members those below one room have together. */
export async function rooms(flags: RoomsFlags): Promise<void> {
	const { sort, under } = flags;
	const list = new AdminClient(flags).list<RoomRow>("rooms", "rooms", { sort, under });
	const shown = await print(list, ROOM_COLUMNS, flags);
	if (under === undefined || flags.json) return;
	const members = shown.reduce((sum, room) => sum + room.members, 0);
	await write(`${counted(shown.length, "room")}, ${counted(members, "member")}\n`);
}

/** Prints the members of a room. */
export async function who(room: string, flags: AdminFlags): Promise<void> {
	await print(new AdminClient(flags).list<MemberRow>("members", "members", { room }), MEMBER_COLUMNS, flags);
}

/** The flags of `clients`. */
export interface ClientsFlags extends AdminFlags {
	readonly room?: string;
	readonly name?: string;
	readonly from?: string;
	readonly sort?: string;
}

/** Prints the clients. */
export async function clients(flags: ClientsFlags): Promise<void> {
	const { room, name, from, sort } = flags;
	const list = new AdminClient(flags).list<ClientRow>("clients", "clients", { room, name, address: from, sort });
	await print(list, CLIENT_COLUMNS, flags);
}

/** Prints the bans or the mutes that hold. @param room default: those of all rooms, and those that hold everywhere */
export async function sanctions(kind: "ban" | "mute", room: string | undefined, flags: AdminFlags): Promise<void> {
	const list = new AdminClient(flags).list<SanctionRow>("sanctions", "sanctions", { kind, room });
	await print(list, SANCTION_COLUMNS, flags);
}

async function print<Row>(
	rows: AsyncGenerator<Row>,
	columns: readonly Column<Row>[],
	{ json }: AdminFlags,
): Promise<Row[]> {
	const all: Row[] = [];
	if (json) {
		for await (const row of rows) await write(`${JSON.stringify(row)}\n`);
		return all;
	}
	for await (const row of rows) all.push(row);
	const { stdout } = process;
	await write(`${table(columns, all, stdout.isTTY ? stdout.columns : undefined).join("\n")}\n`);
	return all;
}

async function write(text: string): Promise<void> {
	if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
