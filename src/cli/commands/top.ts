// `xmlsocket top`: a live view of a running daemon. On a terminal it redraws once a second until you press q; elsewhere it prints one moment and
// ends. With --json it prints one object for each moment.

import { XMLSocketError } from "../../errors/index.ts";
import { AdminClient, type AdminFlags } from "../admin/admin-client.ts";
import type { ClientRow, RoomRow } from "../admin/rows.ts";
import { type Moment, SORTS, type Sort, type Status, topScreen } from "../admin/top-screen.ts";
import { isScreen } from "../colour.ts";
import { painter } from "../painter.ts";

/** The flags of the command. */
export interface TopFlags extends AdminFlags {
	readonly sort: string;
	readonly interval: string;
	readonly count?: string;
}

const MAX_ROWS = 100;
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_REST = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/** Shows the daemon until q, Ctrl-C, or `--count` moments. */
export async function top(flags: TopFlags): Promise<void> {
	const client = new AdminClient(flags);
	const intervalMs = 1000 * numberOf("--interval", flags.interval, 0.2, 3600);
	const count = flags.count === undefined ? undefined : numberOf("--count", flags.count, 1, 1_000_000);
	const sort = SORTS.find((one) => one === flags.sort);
	if (!sort) {
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `--sort must be ${SORTS.join(", ")}, but is "${flags.sort}".`);
	}
	const { stdout, stdin } = process;
	if (flags.json || !isScreen(stdout) || !stdin.isTTY) {
		await printMoments(
			client,
			sort,
			flags.json === true,
			intervalMs,
			count ?? (flags.json ? Number.POSITIVE_INFINITY : 1),
		);
	} else await showScreen(client, sort, intervalMs, count ?? Number.POSITIVE_INFINITY);
}

async function printMoments(
	client: AdminClient,
	sort: Sort,
	json: boolean,
	intervalMs: number,
	count: number,
): Promise<void> {
	const paint = painter();
	for (let left = count; ; ) {
		const moment = await look(client, sort);
		const { status, rooms, clients } = moment;
		const size = {
			columns: process.stdout.columns ?? 200,
			rows: undefined,
			paint: paint ?? ((_: string, text: string): string => text),
		};
		process.stdout.write(
			json ? `${JSON.stringify({ status, rooms, clients })}\n` : `${topScreen(moment, size).join("\n")}\n`,
		);
		if (--left <= 0) return;
		await new Promise((resolve) => setTimeout(resolve, intervalMs));
	}
}

async function look(client: AdminClient, sort: Sort): Promise<Moment> {
	const [status, rooms, clients] = await Promise.all([
		client.get<Status>("status"),
		client.get<{ rooms: RoomRow[] }>("rooms", { sort: "rate", limit: MAX_ROWS }).catch(noRooms),
		client.get<{ clients: ClientRow[] }>("clients", { sort, limit: MAX_ROWS }),
	]);
	return { status, rooms: rooms?.rooms, clients: clients.clients, sort, failure: undefined };
}

// A relay has none.
function noRooms(error: unknown): undefined {
	if (!(error instanceof XMLSocketError) || error.code !== "XMLSOCKET_ADMIN_NOT_APPLICABLE") throw error;
}

async function showScreen(client: AdminClient, first: Sort, intervalMs: number, count: number): Promise<void> {
	const { stdin, stdout } = process;
	// Before the screen changes: a wrong token or address ends the command with its error.
	let moment = await look(client, first);
	let sort = first;
	let isOver = false;
	let wake = (): void => {};
	const paint = painter() ?? ((_: string, text: string): string => text);
	const draw = (): void => {
		if (isOver) return;
		const lines = topScreen(moment, { columns: stdout.columns, rows: stdout.rows, paint });
		stdout.write(`${HOME}${lines.map((line) => `${line}${CLEAR_REST}`).join("\r\n")}${CLEAR_BELOW}`);
	};
	const end = (): void => {
		isOver = true;
		wake();
	};
	const pressed = (keys: string): void => {
		for (const key of keys) {
			const chosen = SORTS.find((one) => one.startsWith(key));
			if (key === "q" || key === "\u0003" || key === "\u0004") end();
			else if (chosen) {
				sort = chosen;
				moment = { ...moment, sort };
				draw();
				wake();
			}
		}
	};
	stdout.write(ENTER);
	stdin.setRawMode(true);
	stdin.setEncoding("utf8");
	stdin.on("data", pressed).on("end", end);
	stdin.resume();
	stdout.on("resize", draw);
	process.on("SIGTERM", end).on("SIGHUP", end);
	try {
		for (let shown = 1; !isOver; shown++) {
			draw();
			if (shown >= count) break;
			await new Promise<void>((resolve) => {
				wake = resolve;
				setTimeout(resolve, intervalMs).unref();
			});
			if (isOver) break;
			try {
				moment = await look(client, sort);
			} catch (error) {
				// The daemon may come back.
				moment = { ...moment, failure: (error as Error).message };
			}
		}
	} finally {
		stdin.off("data", pressed).off("end", end);
		stdin.setRawMode(false);
		stdin.pause();
		stdout.off("resize", draw);
		process.off("SIGTERM", end).off("SIGHUP", end);
		stdout.write(LEAVE);
	}
}

function numberOf(flag: string, text: string, least: number, most: number): number {
	const value = Number(text);
	if (text.trim() !== "" && value >= least && value <= most) return value;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`${flag} must be a number from ${least} to ${most}, but is "${text}".`,
	);
}
