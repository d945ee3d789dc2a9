// The screen of `xmlsocket top` as lines: state and rates of the daemon, its nodes, the busiest rooms, and the clients in an order that can be
// chosen. It draws what it gets, and asks nothing.

import { columnsOf, cutToColumns, visible } from "../../tools/traffic/index.ts";
import { CLIENT_COLUMNS, type ClientRow, ROOM_COLUMNS, type RoomRow } from "./rows.ts";
import { counted, shownAge, shownBytes, shownRate, table } from "./table.ts";

/** The answer of `api/status`. */
export interface Status {
	readonly server: string;
	readonly version: string;
	readonly startedAt: string;
	readonly clients: number;
	readonly rooms: number;
	readonly messagesPerSecond: number;
	readonly deliveriesPerSecond: number;
	readonly ready: boolean;
	readonly trouble: string | null;
	readonly missing?: readonly string[];
	readonly nodes: readonly {
		readonly node: string;
		readonly clients: number;
		readonly connections: number;
		readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
		readonly rssBytes: number;
		readonly heldBytes: number;
	}[];
}

/** What clients can be sorted by. */
export const SORTS = ["outbox", "rate", "age", "name"] as const;
/** What clients are sorted by. */
export type Sort = (typeof SORTS)[number];

/** What a screen shows. */
export interface Moment {
	readonly status: Status;
	/** Undefined: the daemon has none. */
	readonly rooms: readonly RoomRow[] | undefined;
	readonly clients: readonly ClientRow[];
	readonly sort: Sort;
	/** Why what is shown is old; undefined: it is not. */
	readonly failure: string | undefined;
}

/** How it is drawn. */
export interface ScreenSize {
	readonly columns: number;
	/** Undefined: no limit. */
	readonly rows: number | undefined;
	/** Colours a whole line, or a part of one. */
	paint(style: "good" | "bad" | "warn" | "dim", text: string): string;
}

const MAX_NODES = 8;
const SLOW_DELAY_MS = 50;
const BAD_DELAY_MS = 200;

/** The lines of the screen, none longer or more than fit. */
export function topScreen({ status, rooms, clients, sort, failure }: Moment, size: ScreenSize): string[] {
	const { columns, paint } = size;
	const cut = (text: string): string => cutToColumns(text, columns);
	const state = failure ?? (status.trouble === null ? (status.ready ? "ready" : "not ready") : status.trouble);
	const style = failure === undefined && status.ready && status.trouble === null ? "good" : "bad";
	const head = visible(
		`${status.server} ${status.version}, up ${shownAge(Date.now() - Date.parse(status.startedAt))}, `,
	);
	const lines = [
		cut(head) + paint(style, cutToColumns(visible(state), Math.max(0, columns - columnsOf(head)))),
		cut(
			`${counted(status.clients, "client")}, ${counted(status.rooms, "room")}, ${shownRate(status.messagesPerSecond)} messages/s, ${shownRate(status.deliveriesPerSecond)} deliveries/s`,
		),
		"",
		...nodeLines(status, size),
	];
	// Half of what is left is for rooms, as far as there are so many.
	const left = size.rows === undefined ? undefined : Math.max(0, size.rows - lines.length - 1);
	const roomRows = rooms?.slice(0, left === undefined ? 20 : Math.max(0, Math.floor(left / 2) - 3)) ?? [];
	if (roomRows.length > 0) lines.push("", ...headed(table(ROOM_COLUMNS, roomRows, columns), paint));
	const room = size.rows === undefined ? clients.length : Math.max(0, size.rows - lines.length - 3);
	lines.push("", ...headed(table(CLIENT_COLUMNS, clients.slice(0, room), columns), paint));
	const shown = size.rows === undefined ? lines : lines.slice(0, size.rows - 1);
	if (size.rows !== undefined) {
		while (shown.length < size.rows - 1) shown.push("");
		shown.push(
			paint(
				"dim",
				cut(`q quit   clients by: ${SORTS.map((one) => (one === sort ? `[${one}]` : one)).join(" ")} (o r a n)`),
			),
		);
	}
	return shown;
}

function nodeLines({ nodes, missing = [] }: Status, { columns, paint }: ScreenSize): string[] {
	const lines = table(
		[
			{ title: "NODE", cell: ({ node }) => node },
			{ title: "CLIENTS", isNumber: true, cell: ({ clients }) => String(clients) },
			{ title: "CONN", isNumber: true, cell: ({ connections }) => String(connections) },
			{ title: "DELAY P50", isNumber: true, cell: ({ eventLoopDelayMs }) => `${eventLoopDelayMs.p50} ms` },
			{ title: "P99", isNumber: true, cell: ({ eventLoopDelayMs }) => `${eventLoopDelayMs.p99} ms` },
			{ title: "MAX", isNumber: true, cell: ({ eventLoopDelayMs }) => `${eventLoopDelayMs.max} ms` },
			{ title: "MEMORY", isNumber: true, cell: ({ rssBytes }) => shownBytes(rssBytes) },
			{ title: "HELD", isNumber: true, cell: ({ heldBytes }) => shownBytes(heldBytes) },
		],
		nodes.slice(0, MAX_NODES),
		columns,
	);
	const coloured = headed(lines, paint).map((line, at) => {
		const delay = at === 0 ? 0 : nodes[at - 1]!.eventLoopDelayMs.p99;
		return delay >= BAD_DELAY_MS ? paint("bad", line) : delay >= SLOW_DELAY_MS ? paint("warn", line) : line;
	});
	if (nodes.length > MAX_NODES) coloured.push(paint("dim", `and ${nodes.length - MAX_NODES} more nodes`));
	for (const node of missing.slice(0, MAX_NODES)) {
		coloured.push(paint("bad", cutToColumns(visible(`${node}  does not answer`), columns)));
	}
	return coloured;
}

function headed(lines: readonly string[], paint: ScreenSize["paint"]): string[] {
	return lines.map((line, at) => (at === 0 ? paint("dim", line) : line));
}
