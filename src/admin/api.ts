// What the paths of the admin API answer: questions to all nodes, and one answer of theirs. docs/guide/administration.md lists them.

import * as v from "valibot";
import {
	type ChatAdministration,
	checkedPersonName,
	checkedRoomName,
	type RoomFacts,
	type Sanction,
} from "../chat/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { checkOptions, type OptionsSchema } from "../options/index.ts";
import { sumOf } from "./live-events.ts";
import { CLIENT_ORDERS, MAX_ROWS, type NodeAnswers } from "./node-answers.ts";
import { MAX_SAMPLES, SAMPLE_SECONDS, type Sample } from "./node-monitor.ts";
import { decodePosition, firstAfter, mergeParts, type Order, type Position } from "./pages.ts";
import type { AllAnswers, Questions } from "./questions.ts";
import type { TrafficTarget } from "./traffic-stream.ts";

const DEFAULT_ROWS = 100;
/** Of a ban or mute: ten years. */
const MAX_SECONDS = 10 * 365 * 24 * 3600;

const paging = {
	limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_ROWS)), DEFAULT_ROWS),
	after: v.optional(v.string()),
};
const roomsQuery = v.strictObject({
	sort: v.optional(v.picklist(["name", "members", "rate"]), "name"),
	/** The rooms whose names begin with this one and a slash, and that room itself. */
	under: v.optional(v.string()),
	...paging,
});
const membersQuery = v.strictObject({ room: v.string(), ...paging });
const clientsQuery = v.strictObject({
	room: v.optional(v.string()),
	name: v.optional(v.string()),
	address: v.optional(v.string()),
	sort: v.optional(v.picklist(["name", "outbox", "rate", "age"]), "name"),
	...paging,
});
const sayBody = v.strictObject({ room: v.string(), text: v.pipe(v.string(), v.nonEmpty()) });
const kickBody = v.strictObject({
	room: v.optional(v.string()),
	name: v.optional(v.pipe(v.string(), v.nonEmpty())),
	client: v.optional(v.pipe(v.string(), v.nonEmpty())),
});

const trafficQuery = v.strictObject({ client: v.optional(v.string()), room: v.optional(v.string()) });
const target = v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(256)));
const sanctionBody = v.strictObject({
	room: v.optional(v.string()),
	name: target,
	client: target,
	session: target,
	address: target,
	/** With a name: the address of the person too. */
	also: v.optional(v.literal("address")),
	seconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SECONDS))),
	reason: v.optional(v.string()),
});
const liftBody = v.strictObject({ room: v.optional(v.string()), name: target, session: target, address: target });
const sanctionsQuery = v.strictObject({
	kind: v.optional(v.picklist(["ban", "mute"])),
	room: v.optional(v.string()),
	limit: paging.limit,
	after: v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/))),
});

/** The facts of the whole daemon that every status has. */
export interface DaemonFacts {
	readonly server: string;
	readonly version: string;
	/** ISO 8601, UTC. */
	readonly startedAt: string;
}

/** What was done, for the log. */
export interface Deed {
	readonly answer: object;
	readonly facts: object;
}

/** The questions and deeds of the API. */
export class AdminApi {
	readonly #questions: Questions;
	readonly #own: NodeAnswers;
	readonly #facts: DaemonFacts;

	constructor(questions: Questions, own: NodeAnswers, facts: DaemonFacts) {
		this.#questions = questions;
		this.#own = own;
		this.#facts = facts;
	}

	async status(): Promise<object> {
		const all = await this.#questions.all("status", () => ({}));
		const nodes = all.answers.map(({ answer }) => answer);
		const own = nodes[0]!;
		const sum = (of: (node: (typeof nodes)[number]) => number): number =>
			Math.round(nodes.reduce((total, node) => total + of(node), 0) * 100) / 100;
		return {
			...this.#facts,
			node: own.node,
			nodes: nodes.map(({ ready, trouble, ...node }) => ({ ...node, ready, ...(trouble && { trouble }) })),
			clients: sum(({ clients }) => clients),
			rooms: own.rooms,
			messagesPerSecond: sum(({ messagesPerSecond }) => messagesPerSecond),
			deliveriesPerSecond: sum(({ deliveriesPerSecond }) => deliveriesPerSecond),
			ready: nodes.every(({ ready }) => ready),
			trouble: nodes.find(({ trouble }) => trouble)?.trouble ?? null,
			...missingIn(all),
		};
	}

	async rooms(query: object): Promise<object> {
		const { sort, under, limit, after } = checked(roomsQuery, query);
		const { chat } = this.#own;
		const parent = under === undefined ? undefined : checkedRoomName(under);
		if (sort === "rate") return await this.#busiestRooms(chat, limit, parent);
		const order: Order = sort === "name" ? "rising" : "falling";
		const total = { rooms: 0, members: 0 };
		const placed = function* (): Generator<readonly [Position, RoomFacts]> {
			for (const room of chat.rooms()) {
				if (!isUnder(room.name, parent)) continue;
				total.rooms++;
				total.members += room.members;
				yield [[sort === "name" ? room.name : room.members, room.name], room];
			}
		};
		const part = firstAfter(placed(), order, positionOf(after), limit, (room) => room);
		const { rows, next } = mergeParts([part], order, limit);
		const all = await this.#questions.all("roomRates", () => ({ names: rows.map(({ name }) => name) }));
		const more = { ...(next === undefined ? {} : { next }), ...(parent === undefined ? {} : { total }) };
		return { rooms: withRates(rows, all), ...more, ...missingIn(all) };
	}

	async #busiestRooms(chat: ChatAdministration, limit: number, parent: string | undefined): Promise<object> {
		const all = await this.#questions.all("roomRates", () => ({}));
		const busy = all.answers.flatMap(({ answer }) => answer.map(({ name }) => name));
		const names = new Set(busy.filter((name) => isUnder(name, parent)));
		const rooms = [...names].flatMap((name) => chat.room(name) ?? []);
		const rated = withRates(rooms, all).sort((a, b) => b.messagesPerSecond - a.messagesPerSecond);
		return { rooms: rated.slice(0, limit), ...missingIn(all) };
	}

	async members(query: object): Promise<object> {
		const { room: text, limit, after } = checked(membersQuery, query);
		const room = this.#roomNamed(text);
		const details = { room, limit, ...place(after) };
		const all = await this.#questions.all("members", () => details);
		const { rows, next } = mergeParts(partsOf(all), "rising", limit);
		return { members: rows, ...(next === undefined ? {} : { next }), ...missingIn(all) };
	}

	async clients(query: object): Promise<object> {
		const { after, ...wanted } = checked(clientsQuery, query);
		const details = { ...wanted, ...place(after) };
		const all = await this.#questions.all("clients", () => details);
		const { rows, next } = mergeParts(partsOf(all), CLIENT_ORDERS[wanted.sort], wanted.limit);
		return { clients: rows, ...(next === undefined ? {} : { next }), ...missingIn(all) };
	}

	async say(body: object): Promise<Deed> {
		const { room: named, text } = checked(sayBody, body);
		const room = this.#roomNamed(named);
		// Live rooms that are not open here are open at the nodes of their members.
		const node = this.#own.chat.nodeOf(room) ?? this.#questions.node;
		const answer = await this.#questions.one(node, "say", { room, text });
		return { answer, facts: { action: "say", room, characters: text.length } };
	}

	async kick(body: object): Promise<Deed> {
		const { room: named, name, client } = checked(kickBody, body);
		if ((name === undefined) === (client === undefined)) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "The body needs either the field name or the field client.");
		}
		const room = named === undefined ? undefined : this.#roomNamed(named);
		const who = name === undefined ? { client } : { name };
		const details = room === undefined ? who : { room, ...who };
		const all = await this.#questions.all("kick", () => details);
		const removed = all.answers.reduce((sum, { answer }) => sum + answer.removed, 0);
		if (removed === 0 && all.missing.length === 0) throw unknownPerson(room, name, client);
		return { answer: { removed, ...missingIn(all) }, facts: { action: "kick", ...details, removed } };
	}

	/**
	 * Bans or mutes a name, a client, a session, or an address or range: in a room or everywhere, for a time or without an end.
	 *
	 * @param by the name of the token.
	 */
	async impose(kind: "ban" | "mute", body: object, by: string): Promise<Deed> {
		const { room: named, name, client, session, address, also, seconds, reason } = checked(sanctionBody, body);
		checkOneTarget({ name, client, session, address });
		if (also !== undefined && name === undefined) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "The field also comes with the field name.");
		}
		const room = named === undefined ? undefined : checkedRoomName(named);
		const who =
			client === undefined ? targetOf({ name, session, address }) : { session: await this.#sessionOf(client) };
		const alsoAddress = also !== undefined;
		const id = await this.#own.sanctions.impose({ kind, room, target: who, alsoAddress, seconds, reason, by });
		const facts = { action: kind, id, ...(room === undefined ? {} : { room }), ...who, ...(also && { also }) };
		return { answer: { id }, facts: { ...facts, ...(seconds && { seconds }), ...(reason && { reason }) } };
	}

	/** The bans and mutes that hold. */
	async sanctions(query: object): Promise<object> {
		const { kind, room: named, limit, after = "0" } = checked(sanctionsQuery, query);
		const room = named === undefined ? undefined : checkedRoomName(named);
		const first = Number(after);
		const rows: object[] = [];
		let at = 0;
		for (const sanction of this.#own.sanctions.sanctions({ kind, room })) {
			if (at++ < first) continue;
			if (rows.length === limit) return { sanctions: rows, next: String(first + limit) };
			rows.push(sanctionRow(sanction));
		}
		return { sanctions: rows };
	}

	/** Ends the ban or mute of an id. */
	async lift(id: string): Promise<Deed> {
		const [lifted] = await this.#own.sanctions.lift({ id });
		if (!lifted) throw new XMLSocketError("XMLSOCKET_SANCTION_UNKNOWN", "There is no ban or mute of this id.");
		return { answer: {}, facts: { action: `un${lifted.kind}`, ...factsOf(lifted) } };
	}

	/** Ends the bans, or the mutes, for a name, a session, or an address or range. */
	async liftTarget(kind: "ban" | "mute", body: object): Promise<Deed> {
		const { room: named, name, session, address } = checked(liftBody, body);
		const given = { name, session, address };
		checkOneTarget(given);
		const room = named === undefined ? undefined : checkedRoomName(named);
		const target = targetOf(given);
		const lifted = await this.#own.sanctions.lift({ kind, room, target });
		const [first] = lifted;
		if (!first) {
			const who = target.name ?? target.session ?? target.address;
			const where = room === undefined ? "that holds everywhere" : `in room "${room}"`;
			throw new XMLSocketError("XMLSOCKET_SANCTION_UNKNOWN", `There is no ${kind} of "${who}" ${where}.`);
		}
		return { answer: { lifted: lifted.length }, facts: { action: `un${kind}`, ...factsOf(first) } };
	}

	async #sessionOf(client: string): Promise<string> {
		const { answers } = await this.#questions.all("session", () => ({ client }));
		const session = answers.find(({ answer }) => answer.session !== undefined)?.answer.session;
		if (session === undefined) throw unknownPerson(undefined, undefined, client);
		return session;
	}

	/** What a request for traffic means. @throws XMLSOCKET_ADMIN_CLIENT_UNKNOWN, XMLSOCKET_ROOM_UNKNOWN, XMLSOCKET_OPTION_INVALID */
	trafficTarget(query: object): TrafficTarget {
		const { client, room } = checked(trafficQuery, query);
		if ((client === undefined) === (room === undefined)) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "The request needs either the parameter client or room.");
		}
		if (room !== undefined) return { room: this.#roomNamed(room) };
		const dash = client!.lastIndexOf("-");
		if (dash < 1) throw unknownPerson(undefined, undefined, client);
		return { node: client!.slice(0, dash), connection: client!.slice(dash + 1) };
	}

	async samples(): Promise<object> {
		const all = await this.#questions.all("samples", () => ({}));
		const times = new Map<number, Sample[]>();
		for (const sample of all.answers.flatMap(({ answer }) => answer)) {
			const together = times.get(sample.at) ?? [];
			together.push(sample);
			times.set(sample.at, together);
		}
		const samples = [...times].sort(([a], [b]) => a - b).map(([at, together]) => sumOf(together, at));
		return { intervalSeconds: SAMPLE_SECONDS, samples: samples.slice(-MAX_SAMPLES), ...missingIn(all) };
	}

	/** @throws XMLSOCKET_NAME_INVALID, XMLSOCKET_ROOM_UNKNOWN */
	#roomNamed(text: string): string {
		const { chat } = this.#own;
		const room = checkedRoomName(text);
		if (!chat.room(room)) throw new XMLSocketError("XMLSOCKET_ROOM_UNKNOWN", `There is no room "${room}".`);
		return room;
	}
}

/** @param parent undefined: every room is. */
function isUnder(room: string, parent: string | undefined): boolean {
	return parent === undefined || room === parent || room.startsWith(`${parent}/`);
}

function checked<Schema extends OptionsSchema>(schema: Schema, given: object): v.InferOutput<Schema> {
	return checkOptions(schema, given, (key) => `The field ${key}`);
}

/** @throws XMLSOCKET_OPTION_INVALID */
function checkOneTarget(given: Readonly<Record<string, string | undefined>>): void {
	const names = Object.keys(given);
	if (names.filter((name) => given[name] !== undefined).length === 1) return;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`The body needs one of the fields ${names.slice(0, -1).join(", ")} and ${names.at(-1)}.`,
	);
}

interface Target {
	readonly name?: string | undefined;
	readonly session?: string | undefined;
	readonly address?: string | undefined;
}

/** @throws XMLSOCKET_NAME_INVALID */
function targetOf({ name, ...others }: Target): Target {
	return { name: name === undefined ? undefined : checkedPersonName(name), ...others };
}

function sanctionRow({ id, kind, room, target, ranges, untilMs, by, atMs, reason }: Sanction): object {
	const addresses = target.address === undefined && ranges.length > 0 ? ranges.map(({ text }) => text) : undefined;
	return { id, kind, room, who: target, addresses, until: untilMs, by, at: atMs, reason };
}

/** Of a ban or mute that was ended, for the log. */
function factsOf({ id, room, target }: Sanction): object {
	return { id, ...(room === undefined ? {} : { room }), ...target };
}

function positionOf(after: string | undefined): Position | undefined {
	return after === undefined ? undefined : decodePosition(after);
}

function place(after: string | undefined): { after?: Position } {
	return after === undefined ? {} : { after: decodePosition(after) };
}

function partsOf<Part>(all: { readonly answers: readonly { readonly answer: Part }[] }): Part[] {
	return all.answers.map(({ answer }) => answer);
}

function missingIn({ missing }: { readonly missing: readonly string[] }): { missing?: readonly string[] } {
	return missing.length > 0 ? { missing } : {};
}

interface RatedRoom extends Omit<RoomFacts, "posted" | "lastSeq"> {
	readonly messagesPerSecond: number;
	readonly lastSeq?: number;
}

function withRates(rooms: readonly RoomFacts[], { answers }: AllAnswers<"roomRates">): RatedRoom[] {
	const rates = new Map<string, { rate: number; lastSeq: number | undefined }>();
	for (const { name, messagesPerSecond, lastSeq } of answers.flatMap(({ answer }) => answer)) {
		const known = rates.get(name) ?? { rate: 0, lastSeq: undefined };
		known.rate += messagesPerSecond;
		if (lastSeq !== undefined) known.lastSeq = Math.max(known.lastSeq ?? 0, lastSeq);
		rates.set(name, known);
	}
	return rooms.map(({ name, kind, members, topic, lastSeq: own }) => {
		const known = rates.get(name);
		const lastSeq = known?.lastSeq ?? own;
		const messagesPerSecond = Math.round((known?.rate ?? 0) * 100) / 100;
		return { name, kind, members, topic, messagesPerSecond, ...(lastSeq === undefined ? {} : { lastSeq }) };
	});
}

function unknownPerson(room: string | undefined, name: string | undefined, client: string | undefined): XMLSocketError {
	const where = room === undefined ? "" : ` in room "${room}"`;
	return name === undefined
		? new XMLSocketError("XMLSOCKET_ADMIN_CLIENT_UNKNOWN", `There is no client "${client}"${where}.`)
		: new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody${where} is called "${name}".`);
}
