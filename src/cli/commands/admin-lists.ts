// `xmlsocket rooms`, `who` and `clients`: lists of a running daemon, as tables, or as one JSON object for each row.

import { once } from "node:events";
import { AdminClient, type AdminFlags } from "../admin/admin-client.ts";
import {
	CLIENT_COLUMNS,
	type ClientRow,
	MEMBER_COLUMNS,
	type MemberRow,
	ROOM_COLUMNS,
	type RoomRow,
} from "../admin/rows.ts";
import { type Column, table } from "../admin/table.ts";

/** Prints the rooms. */
export async function rooms(flags: AdminFlags & { readonly sort?: string }): Promise<void> {
	const { sort } = flags;
	await print(new AdminClient(flags).list<RoomRow>("rooms", "rooms", { sort }), ROOM_COLUMNS, flags);
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

async function print<Row>(
	rows: AsyncGenerator<Row>,
	columns: readonly Column<Row>[],
	{ json }: AdminFlags,
): Promise<void> {
	if (json) {
		for await (const row of rows) await write(`${JSON.stringify(row)}\n`);
		return;
	}
	const all: Row[] = [];
	for await (const row of rows) all.push(row);
	const { stdout } = process;
	await write(`${table(columns, all, stdout.isTTY ? stdout.columns : undefined).join("\n")}\n`);
}

async function write(text: string): Promise<void> {
	if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
