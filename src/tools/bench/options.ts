// The options of a load test, checked, with their defaults. A list of numbers makes a step of each.

import { readFileSync } from "node:fs";
import * as v from "valibot";
import { XMLSocketError } from "../../errors/index.ts";
import { checkOptions, described } from "../../options/index.ts";
import { terminatorBytes } from "../../wire/index.ts";
import type { BenchProgress } from "./report.ts";

const MOST_STEPS = 50;
/** A receiver keeps what it has received from each sender of its room, 12 bytes each. */
const MOST_PAIRS = 10_000_000;
const DEFAULT_SENDERS = 500;
/** Descriptors of this process that are no connections. */
const OTHER_FILES = 64;
const DEFAULT_DURATION_MS = 8000;
const FIND_DURATION_MS = 3000;
const DEFAULT_GOAL_MS = 100;

const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const steps = (least: number, most: number) =>
	v.pipe(
		v.union([v.number(), v.array(v.number())]),
		v.check((value) => {
			const list = [value].flat();
			const allowed = (one: number): boolean => Number.isInteger(one) && one >= least && one <= most;
			return list.length >= 1 && list.length <= MOST_STEPS && list.every(allowed);
		}, `a whole number from ${least} to ${most}, or a list of up to ${MOST_STEPS}`),
	);

/** The schema of the options that are data. */
export const benchSchema = v.strictObject({
	mode: v.optional(
		described(
			v.picklist(["auto", "chat", "relay", "echo"]),
			"what the server does with a document: chat rooms of this package, all others receive it, or its sender does; auto: find out",
		),
		"auto",
	),
	connections: v.optional(described(steps(1, 100_000), "connections that are open at the same time"), 50),
	rooms: v.optional(described(steps(1, 10_000), "chat: rooms, among which the connections are divided"), 1),
	roomNames: v.optional(described(v.array(v.pipe(v.string(), v.nonEmpty())), "chat: these rooms instead of new ones")),
	senders: v.optional(described(steps(1, 100_000), "connections that send; default: all, at most 500")),
	sizeBytes: v.optional(described(steps(1, 1 << 20), "length of a document, in bytes"), 128),
	rate: v.optional(described(steps(1, 1_000_000), "messages a second of all senders together"), 100),
	outstanding: v.optional(
		described(
			steps(1, 10_000),
			"instead of a rate: each sender has so many messages under way, and sends the next when one has arrived",
		),
	),
	durationMs: v.optional(
		described(whole(100, 3_600_000), "how long each step is measured; default: 8 s, with find 3 s"),
	),
	warmUpMs: v.optional(described(whole(0, 60_000), "how long each step runs before it is measured"), 1000),
	find: v.optional(
		described(v.boolean(), "search for the highest rate that meets the goal, from `rate` upwards"),
		false,
	),
	goalP99Ms: v.optional(
		described(
			v.pipe(v.number(), v.minValue(0.1), v.maxValue(60_000)),
			"99 % of the deliveries must arrive within this time; default: with find 100 ms, otherwise no goal",
		),
	),
	connectsPerSecond: v.optional(described(whole(1, 100_000), "new connections a second"), 1000),
	timeoutMs: v.optional(
		described(whole(100, 60_000), "how long to wait for a connection, and for documents that do not arrive"),
		5000,
	),
	terminator: v.optional(described(v.string(), "bytes that end a document: nul, lf, cr, crlf or hexadecimal"), "nul"),
	insecure: v.optional(described(v.boolean(), "accept any certificate"), false),
	ca: v.optional(described(v.string(), "certificate authorities, PEM; default: those of Node")),
	origin: v.optional(described(v.string(), "the Origin header of a WebSocket")),
});

/** The options of `runBench`. Each has a default; docs/guide/bench.md describes them. */
export type BenchOptions = v.InferInput<typeof benchSchema> & {
	/** Ends the run early: it resolves with the results so far, or rejects with XMLSOCKET_ABORTED if there are none. */
	readonly signal?: AbortSignal | undefined;
	/** Called as connections open, four times a second during a step, and after each step. */
	readonly onProgress?: ((progress: BenchProgress) => void) | undefined;
};

/** What one step does. */
export interface BenchLoad {
	readonly connections: number;
	readonly rooms: number;
	readonly senders: number;
	readonly sizeBytes: number;
	/** Messages a second of all senders together; undefined: `outstanding` decides. */
	readonly rate: number | undefined;
	/** Messages that each sender has under way; undefined: `rate` decides. */
	readonly outstanding: number | undefined;
}

/** The options with their defaults. */
export type BenchSettings = Omit<v.InferOutput<typeof benchSchema>, "terminator" | "durationMs"> & {
	readonly loads: readonly BenchLoad[];
	readonly durationMs: number;
	readonly terminator: Uint8Array;
};

/** @throws XMLSOCKET_OPTION_INVALID, XMLSOCKET_OPTION_UNKNOWN */
export function benchSettings(options: BenchOptions): BenchSettings {
	const { signal: _, onProgress: __, ...data } = options;
	// A program may leave options undefined.
	const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
	const settings = checkOptions(benchSchema, given);
	const { find } = settings;
	if (settings.outstanding !== undefined && (find || given.rate !== undefined))
		throw invalid("outstanding excludes rate and find: a sender either keeps a rate or waits for its messages.");
	const goalP99Ms = settings.goalP99Ms ?? (find ? DEFAULT_GOAL_MS : undefined);
	const loads = loadsOf(settings);
	if (find && loads.length > 1) throw invalid("find searches with one load: give single numbers, not lists.");
	return {
		...settings,
		goalP99Ms,
		loads,
		durationMs: settings.durationMs ?? (find ? FIND_DURATION_MS : DEFAULT_DURATION_MS),
		terminator: terminatorBytes(settings.terminator),
	};
}

function loadsOf(settings: v.InferOutput<typeof benchSchema>): BenchLoad[] {
	const lists = {
		connections: [settings.connections].flat(),
		rooms: settings.roomNames ? [settings.roomNames.length] : [settings.rooms].flat(),
		senders: [settings.senders ?? 0].flat(),
		sizeBytes: [settings.sizeBytes].flat(),
		rate: [settings.rate].flat(),
		outstanding: [settings.outstanding ?? 0].flat(),
	};
	const count = Math.max(...Object.values(lists).map(({ length }) => length));
	for (const [name, { length }] of Object.entries(lists))
		if (length !== 1 && length !== count)
			throw invalid(`${name} has ${length} values, but another list has ${count}: lists must be equally long.`);
	return Array.from({ length: count }, (_, index) => {
		const at = (list: readonly number[]): number => list[list.length === 1 ? 0 : index]!;
		const connections = at(lists.connections);
		const isClosedLoop = settings.outstanding !== undefined;
		const load: BenchLoad = {
			connections,
			rooms: at(lists.rooms),
			senders: at(lists.senders) || Math.min(connections, DEFAULT_SENDERS),
			sizeBytes: at(lists.sizeBytes),
			rate: isClosedLoop ? undefined : at(lists.rate),
			outstanding: isClosedLoop ? at(lists.outstanding) : undefined,
		};
		checkLoad(load);
		return load;
	});
}

function checkLoad({ connections, rooms, senders }: BenchLoad): void {
	if (rooms > connections)
		throw invalid(`${rooms} rooms need at least as many connections, but there are ${connections}.`);
	if (senders > connections)
		throw invalid(`${senders} senders need at least as many connections, but there are ${connections}.`);
	const pairs = connections * Math.ceil(senders / rooms);
	if (pairs > MOST_PAIRS)
		throw invalid(
			`${connections} connections that each check ${Math.ceil(senders / rooms)} senders are ${pairs} pairs, and ${MOST_PAIRS} are allowed: use fewer senders or more rooms.`,
		);
	const files = openFileLimit();
	if (connections > files - OTHER_FILES)
		throw invalid(
			`${connections} connections need more open files than the limit of this process, ${files}. Raise it in this shell with \`ulimit -n ${connections + 1000}\`, and for the server too.`,
		);
}

function openFileLimit(): number {
	try {
		const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
		if (line) return Number(line[1]);
	} catch {
		// No such file on this system: its limit cannot be read.
	}
	return Number.POSITIVE_INFINITY;
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OPTION_INVALID", message);
}
