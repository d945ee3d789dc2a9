// The rows of the admin API's lists, and how the commands show them.

import { type Column, shownAge, shownBytes, shownRate } from "./table.ts";

/** A room of `api/rooms`. */
export interface RoomRow {
	readonly name: string;
	readonly kind: string;
	readonly members: number;
	readonly topic: string;
	readonly messagesPerSecond: number;
	readonly lastSeq?: number;
}

/** A member of `api/members`. */
export interface MemberRow {
	readonly name: string;
	readonly client: string;
	readonly node: string;
}

/** A client of `api/clients`. */
export interface ClientRow {
	readonly id: string;
	readonly name?: string;
	readonly guest?: boolean;
	readonly operator?: boolean;
	readonly address: string;
	readonly transport: string;
	readonly rooms: readonly string[];
	readonly moreRooms?: number;
	readonly connectedAt: number;
	readonly documentsPerSecond: number;
	readonly bytesPerSecond: number;
	readonly outboxBytes: number;
}

/** A ban or a mute of `api/sanctions`. Times are milliseconds since 1970. */
export interface SanctionRow {
	readonly id: string;
	/** Missing: everywhere. */
	readonly room?: string;
	readonly who: { readonly name?: string; readonly session?: string; readonly address?: string };
	/** Besides a name: the addresses that it holds for too. */
	readonly addresses?: readonly string[];
	/** Missing: it has no end. */
	readonly until?: number;
	readonly by: string;
	readonly at: number;
	readonly reason?: string;
}

export const SANCTION_COLUMNS: readonly Column<SanctionRow>[] = [
	{
		title: "WHO",
		cell: ({ who: { name, session, address }, addresses = [] }) =>
			[name ?? address ?? `session ${session}`, ...addresses].join(" "),
	},
	{ title: "ROOM", cell: ({ room }) => room ?? "everywhere" },
	{
		title: "LEFT",
		isNumber: true,
		cell: ({ until }) => (until === undefined ? "forever" : shownAge(until - Date.now())),
	},
	{ title: "AGE", isNumber: true, cell: ({ at }) => shownAge(Date.now() - at) },
	{ title: "BY", cell: ({ by }) => by },
	{ title: "ID", cell: ({ id }) => id },
	{ title: "REASON", cell: ({ reason }) => reason ?? "" },
];

export const ROOM_COLUMNS: readonly Column<RoomRow>[] = [
	{ title: "ROOM", cell: ({ name }) => name },
	{ title: "KIND", cell: ({ kind }) => kind },
	{ title: "MEMBERS", isNumber: true, cell: ({ members }) => String(members) },
	{ title: "MSG/S", isNumber: true, cell: ({ messagesPerSecond }) => shownRate(messagesPerSecond) },
	{ title: "LAST", isNumber: true, cell: ({ lastSeq }) => (lastSeq === undefined ? "-" : String(lastSeq)) },
	{ title: "TOPIC", cell: ({ topic }) => topic },
];

export const MEMBER_COLUMNS: readonly Column<MemberRow>[] = [
	{ title: "NAME", cell: ({ name }) => name },
	{ title: "CLIENT", cell: ({ client }) => client },
];

export const CLIENT_COLUMNS: readonly Column<ClientRow>[] = [
	{ title: "NAME", cell: ({ name, operator }) => `${name ?? "-"}${operator ? " *" : ""}` },
	{ title: "ADDRESS", cell: ({ address }) => address },
	{ title: "OVER", cell: ({ transport }) => transport },
	{ title: "AGE", isNumber: true, cell: ({ connectedAt }) => shownAge(Date.now() - connectedAt) },
	{ title: "DOC/S", isNumber: true, cell: ({ documentsPerSecond }) => shownRate(documentsPerSecond) },
	{ title: "WAITING", isNumber: true, cell: ({ outboxBytes }) => shownBytes(outboxBytes) },
	{ title: "CLIENT", cell: ({ id }) => id },
	{
		title: "ROOMS",
		cell: ({ rooms, moreRooms }) => `${rooms.join(", ")}${moreRooms === undefined ? "" : ` and ${moreRooms} more`}`,
	},
];
