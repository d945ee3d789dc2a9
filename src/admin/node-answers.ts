// What this node answers to the questions of the admin API, its own and those of other nodes. It knows its own clients; of rooms it knows all,
// and how busy they are because of its own clients.

import * as v from "valibot";
import type { ClientDescription, ConnectedClient } from "../application/index.ts";
import { type ChatAdministration, nameKey, type SanctionAdministration } from "../chat/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { checkOptions, type OptionsSchema } from "../options/index.ts";
import type { Server } from "../server/index.ts";
import type { AdminNodes } from "./bus-nodes.ts";
import type { NodeMonitor } from "./node-monitor.ts";
import { firstAfter, isPosition, type Order, type Position } from "./pages.ts";
import type { AnswerTo, Question, RowOf } from "./questions.ts";
import type { RecentLog } from "./recent-log.ts";
import type { TrafficTaps } from "./traffic-taps.ts";

/** Rows of a page. */
export const MAX_ROWS = 500;
/** The busiest rooms and the slowest readers of a moment. */
const MAX_LIVE_ROWS = 20;
/** The log lines of a node in a second. */
const MAX_LOG_LINES = 50;
const MAX_SHOWN_ROOMS = 64;
const SESSION_CHARACTERS = 8;

/** What clients can be sorted by. */
export const CLIENT_ORDERS: Readonly<Record<"name" | "outbox" | "rate" | "age", Order>> = {
	name: "rising",
	outbox: "falling",
	rate: "falling",
	age: "rising",
};

const room = v.pipe(v.string(), v.maxLength(256));
const filter = v.optional(v.pipe(v.string(), v.maxLength(256)));
const position = v.optional(v.custom<Position>(isPosition));
const limit = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_ROWS));

/** The details of each question. */
const DETAILS = {
	status: v.strictObject({}),
	roomRates: v.strictObject({ names: v.optional(v.pipe(v.array(room), v.maxLength(MAX_ROWS))) }),
	members: v.strictObject({ room, after: position, limit }),
	clients: v.strictObject({
		room: v.optional(room),
		name: filter,
		address: filter,
		sort: v.picklist(["name", "outbox", "rate", "age"]),
		after: position,
		limit,
	}),
	kick: v.strictObject({ room: v.optional(room), name: filter, client: filter }),
	session: v.strictObject({ client: v.pipe(v.string(), v.maxLength(256)) }),
	say: v.strictObject({ room, text: v.string() }),
	samples: v.strictObject({}),
	traffic: v.strictObject({
		tap: v.pipe(v.string(), v.maxLength(64)),
		/** The reader has gone. */
		isOver: v.optional(v.boolean(), false),
		connection: filter,
		room: v.optional(room),
	}),
	live: v.strictObject({ logAfter: v.optional(v.number()) }),
} as const satisfies Record<Question, OptionsSchema>;

/** The details of a question. */
export type DetailsOf<Q extends Question> = v.InferOutput<(typeof DETAILS)[Q]>;

/** What the answers come from. */
export interface NodeAnswersParts {
	readonly server: () => Server;
	readonly chat: ChatAdministration | undefined;
	/** Bans and mutes; undefined: the daemon keeps none. */
	readonly sanctions: SanctionAdministration | undefined;
	/** Undefined: there is no other node. */
	readonly nodes: AdminNodes | undefined;
	readonly monitor: NodeMonitor;
	readonly log: RecentLog;
	readonly taps: TrafficTaps;
	/** Milliseconds since 1970 at the monotonic time 0. */
	readonly wallOffsetMs: number;
}

type Answerers = { readonly [Q in Question]: (details: DetailsOf<Q>) => AnswerTo<Q> | Promise<AnswerTo<Q>> };

/** Answers for this node. */
export class NodeAnswers {
	readonly #parts: NodeAnswersParts;
	readonly #answerers: Answerers;

	constructor(parts: NodeAnswersParts) {
		this.#parts = parts;
		this.#answerers = {
			status: () => this.#status(),
			roomRates: ({ names }) => this.#roomRates(names),
			members: (details) => this.#members(details),
			clients: (details) => this.#clients(details),
			kick: (details) => ({ removed: this.#kick(details) }),
			session: ({ client }) => {
				const connection = this.connectionOf(client);
				const session = connection === undefined ? undefined : this.chat.sessionOf(connection);
				return session === undefined ? {} : { session };
			},
			say: async ({ room, text }) => {
				const seq = await this.chat.say(room, text);
				return seq === undefined ? {} : { seq };
			},
			samples: () => [...parts.monitor.samples],
			traffic: ({ tap, connection, room, isOver }) => {
				if (isOver) {
					parts.taps.close(tap);
					return { lines: [], ended: true };
				}
				if (room !== undefined) void this.chat;
				return parts.taps.fetch(tap, { connection, room }, (client) => this.#idOf(client));
			},
			live: ({ logAfter }) => this.#live(logAfter),
		};
	}

	/** This node. */
	get node(): string {
		return this.#parts.nodes?.node ?? "local";
	}

	/** The chat. @throws XMLSOCKET_ADMIN_NOT_APPLICABLE where the daemon runs another application. */
	get chat(): ChatAdministration {
		if (this.#parts.chat) return this.#parts.chat;
		throw new XMLSocketError(
			"XMLSOCKET_ADMIN_NOT_APPLICABLE",
			"This daemon runs no chat, so it has no rooms and no names: --relay and --app know clients alone.",
		);
	}

	/** Its bans and mutes. @throws XMLSOCKET_ADMIN_NOT_APPLICABLE where there are none. */
	get sanctions(): SanctionAdministration {
		return this.#parts.sanctions ?? this.chat;
	}

	/** Answers a question. Rejects with XMLSOCKET_OPTION_INVALID for details that are not valid, and with what the question refuses. */
	async answer<Q extends Question>(question: Q, details: object): Promise<AnswerTo<Q>> {
		const checked = checkOptions(DETAILS[question] as OptionsSchema, details, (key) => `The field ${key}`);
		return await this.#answerers[question](checked as DetailsOf<Q>);
	}

	#status(): AnswerTo<"status"> {
		const { server, chat, monitor } = this.#parts;
		const running = server();
		const { ready, trouble } = running.health();
		return {
			node: this.node,
			clients: chat?.clients ?? running.peers,
			rooms: chat ? count(chat.rooms()) : 0,
			connections: running.connections,
			eventLoopDelayMs: monitor.eventLoopDelayMs,
			rssBytes: process.memoryUsage.rss(),
			heldBytes: running.heldBytes,
			...monitor.totals(),
			ready,
			trouble: trouble ?? null,
		};
	}

	/** @param names default: the busiest rooms. */
	#roomRates(names: readonly string[] | undefined): AnswerTo<"roomRates"> {
		const { chat } = this;
		const { monitor } = this.#parts;
		if (names === undefined) return this.#busiest(MAX_ROWS);
		return names.flatMap((name) => {
			const facts = chat.room(name);
			if (!facts || !chat.isOpen(name)) return [];
			const { posted, lastSeq } = facts;
			return [
				{ name, messagesPerSecond: monitor.roomRate(name, posted), ...(lastSeq === undefined ? {} : { lastSeq }) },
			];
		});
	}

	#busiest(limit: number): { name: string; messagesPerSecond: number; members: number }[] {
		const { monitor, chat } = this.#parts;
		const rated = function* (): Generator<readonly [Position, { name: string; rate: number; members: number }]> {
			for (const { name, posted, members } of chat?.rooms() ?? []) {
				const rate = posted === 0 ? 0 : monitor.roomRate(name, posted);
				if (rate > 0) yield [[rate, name], { name, rate, members }];
			}
		};
		return firstAfter(rated(), "falling", undefined, limit, (room) => room).entries.map(({ row }) => ({
			name: row.name,
			messagesPerSecond: row.rate,
			members: row.members,
		}));
	}

	#members({ room, after, limit }: DetailsOf<"members">): AnswerTo<"members"> {
		const { chat, node } = this;
		const placed = function* (): Generator<readonly [Position, RowOf<"members">]> {
			for (const { name, connection } of chat.members(room)) {
				const client = `${node}-${connection}`;
				yield [[name, client], { name, client, node }];
			}
		};
		return firstAfter(placed(), "rising", after, limit, (row) => row);
	}

	#clients(details: DetailsOf<"clients">): AnswerTo<"clients"> {
		const { sort, after, limit } = details;
		if (details.room !== undefined || details.name !== undefined) void this.chat;
		return firstAfter(this.#placedClients(details), CLIENT_ORDERS[sort], after, limit, (client) => this.#row(client));
	}

	*#placedClients({ sort, ...wanted }: DetailsOf<"clients">): Generator<readonly [Position, ConnectedClient]> {
		const part = wanted.name === undefined ? undefined : nameKey(wanted.name);
		for (const client of this.#parts.server().clients()) {
			// One that was disconnected is listed no more, although it may still read its last documents.
			if (!client.isOpen) continue;
			if (wanted.address !== undefined && !client.remoteAddress.includes(wanted.address)) continue;
			const known = part !== undefined || wanted.room !== undefined || sort === "name" ? client.describe() : undefined;
			if (part !== undefined && !nameKey(known?.name ?? "").includes(part)) continue;
			if (wanted.room !== undefined && !isIn(wanted.room, known)) continue;
			yield [[this.#key(sort, client, known), this.#idOf(client)], client];
		}
	}

	#key(sort: keyof typeof CLIENT_ORDERS, client: ConnectedClient, known?: ClientDescription): string | number {
		switch (sort) {
			case "name":
				return known?.name ?? "";
			case "outbox":
				return client.outboxBytes;
			case "rate":
				return this.#parts.monitor.clientRates(client).documentsPerSecond;
			case "age":
				return this.#connectedAt(client);
		}
	}

	#row(client: ConnectedClient): RowOf<"clients"> {
		const known = client.describe();
		const rooms = [...(known?.rooms ?? [])];
		return {
			id: this.#idOf(client),
			...(known && { name: known.name, guest: known.guest, operator: known.operator }),
			address: client.remoteAddress,
			transport: client.transport,
			node: this.node,
			rooms: rooms.slice(0, MAX_SHOWN_ROOMS),
			...(rooms.length > MAX_SHOWN_ROOMS ? { moreRooms: rooms.length - MAX_SHOWN_ROOMS } : {}),
			connectedAt: this.#connectedAt(client),
			...this.#parts.monitor.clientRates(client),
			outboxBytes: client.outboxBytes,
			...(known && { session: known.session.slice(0, SESSION_CHARACTERS) }),
		};
	}

	#kick({ room, name, client }: DetailsOf<"kick">): number {
		const connection = client === undefined ? undefined : this.connectionOf(client);
		if (room !== undefined || name !== undefined) void this.chat;
		if (client !== undefined && connection === undefined) return 0;
		if (room !== undefined) {
			const who = connection === undefined ? { name: name! } : { connection };
			return this.chat.kick(room, who) ? 1 : 0;
		}
		const key = name === undefined ? undefined : nameKey(name);
		let removed = 0;
		for (const each of [...this.#parts.server().clients()]) {
			const isMeant = connection === undefined ? nameKey(each.describe()?.name ?? "") === key : each.id === connection;
			if (!isMeant || !each.isOpen) continue;
			each.dismiss();
			removed++;
		}
		return removed;
	}

	#live(logAfter: number | undefined): AnswerTo<"live"> {
		const { server, monitor, log } = this.#parts;
		const readers = function* (): Generator<readonly [Position, ConnectedClient]> {
			for (const client of server().clients()) {
				if (client.outboxBytes > 0) yield [[client.outboxBytes, client.id], client];
			}
		};
		const slowest = firstAfter(readers(), "falling", undefined, MAX_LIVE_ROWS, (client) => client);
		return {
			sample: monitor.sample(),
			rooms: this.#busiest(MAX_LIVE_ROWS),
			readers: slowest.entries.map(({ row: client }) => {
				const name = client.describe()?.name;
				const { remoteAddress: address, outboxBytes } = client;
				return { id: this.#idOf(client), ...(name === undefined ? {} : { name }), address, outboxBytes };
			}),
			log: { ...log.from(logAfter, MAX_LOG_LINES), lines: [...log.from(logAfter, MAX_LOG_LINES).lines] },
		};
	}

	/** The id of a connection of this node, of a client's id; undefined for a client of another node. */
	connectionOf(client: string): string | undefined {
		const dash = client.lastIndexOf("-");
		return client.slice(0, dash) === this.node ? client.slice(dash + 1) : undefined;
	}

	#idOf({ id }: ConnectedClient): string {
		return `${this.node}-${id}`;
	}

	#connectedAt({ connectedMs }: ConnectedClient): number {
		return Math.round(this.#parts.wallOffsetMs + connectedMs);
	}
}

function isIn(room: string, known: ClientDescription | undefined): boolean {
	for (const name of known?.rooms ?? []) if (name === room) return true;
	return false;
}

function count(items: Iterable<unknown>): number {
	let number = 0;
	for (const _ of items) number++;
	return number;
}
