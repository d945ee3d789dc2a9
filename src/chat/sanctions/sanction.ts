// A ban or a mute, and its record in the store. Records can come from other daemons, other versions and other programs, so every value
// is checked here.

import { isXmlText } from "../incoming.ts";
import { checkedName, nameKey } from "../names.ts";
import { type AddressFormat, type AddressRange, parseRange } from "./address-range.ts";

/** What an operator can impose. */
export type SanctionKind = "ban" | "mute";

/** Whom it is for: one of the three. */
export interface SanctionTarget {
	readonly name?: string | undefined;
	/** The public part of a session. */
	readonly session?: string | undefined;
	/** An address or a range, in its usual form. */
	readonly address?: string | undefined;
}

/** A ban or a mute. Times are wall times, in milliseconds since 1970. */
export interface Sanction {
	/** Unique; later ones are greater. */
	readonly id: string;
	readonly kind: SanctionKind;
	/** Undefined: everywhere. */
	readonly room: string | undefined;
	readonly target: SanctionTarget;
	/** Sessions that it is for too: those that had the name. */
	readonly sessions: readonly string[];
	/** Addresses that it is for: that of the target, and those that the person of a name had. */
	readonly ranges: readonly AddressRange[];
	/** Whether the daemon that has the person adds the address. */
	readonly wantsAddress: boolean;
	/** The operator's name: in the chat, or of the token of the admin API. */
	readonly by: string;
	/** Whether it came through the admin API. Members are shown the server's name then: in the chat, anybody can be called like its user. */
	readonly isFromServer: boolean;
	readonly atMs: number;
	/** Undefined: it has no end. */
	readonly untilMs: number | undefined;
	/** What the person is shown. */
	readonly reason: string | undefined;
}

/** The longest reason, in characters. */
export const MAX_REASON = 200;
export const SESSION: RegExp = /^[0-9a-f]{16}$/;
const ID = /^[0-9a-z]{1,32}$/;
const MAX_EXTRAS = 32;
export const MAX_BY = 256;
/** The last time of JavaScript's calendar. */
const MAX_MS = 8.64e15;

/** One that has nothing but its target, to find others with the same. */
export function withTarget(
	kind: SanctionKind,
	room: string | undefined,
	target: SanctionTarget,
	range: AddressRange | undefined,
): Sanction {
	return {
		id: "",
		kind,
		room,
		target: { ...target, address: range?.text },
		sessions: [],
		ranges: range ? [range] : [],
		wantsAddress: false,
		by: "",
		isFromServer: false,
		atMs: 0,
		untilMs: undefined,
		reason: undefined,
	};
}

/** A new id. */
export function newSanctionId(wallMs: number): string {
	const random = crypto.getRandomValues(new Uint8Array(4));
	const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
	return `${Math.max(0, Math.floor(wallMs)).toString(36).padStart(9, "0")}${tail}`;
}

/** The keys of the names and sessions that it is for. */
export function peopleOf({ target, sessions }: Sanction): string[] {
	const { name, session } = target;
	const keys = sessions.map(sessionKey);
	if (name !== undefined) keys.push(personKey(nameKey(name)));
	if (session !== undefined) keys.push(sessionKey(session));
	return keys;
}

/** How a name is looked up. */
export function personKey(key: string): string {
	return `n${key}`;
}

/** How a session is looked up. */
export function sessionKey(session: string): string {
	return `s${session}`;
}

/** Whether two are for the same person or address in the same place. */
export function hasSameTarget(a: Omit<Sanction, "id">, b: Omit<Sanction, "id">): boolean {
	const nameOf = ({ target: { name } }: Omit<Sanction, "id">): string | undefined => name && nameKey(name);
	return (
		a.kind === b.kind &&
		a.room === b.room &&
		nameOf(a) === nameOf(b) &&
		a.target.session === b.target.session &&
		a.target.address === b.target.address
	);
}

/** As the store has it. */
export function recordOf(sanction: Sanction): object {
	const { kind, room, target, sessions, ranges, wantsAddress, by, isFromServer, atMs, untilMs, reason } = sanction;
	const addresses = ranges.map(({ text }) => text).filter((text) => text !== target.address);
	return {
		kind,
		room,
		...target,
		...(sessions.length > 0 ? { sessions } : {}),
		...(addresses.length > 0 ? { addresses } : {}),
		...(wantsAddress ? { wantsAddress } : {}),
		by,
		...(isFromServer ? { fromServer: true } : {}),
		at: atMs,
		until: untilMs,
		reason,
	};
}

/** Reads a record; undefined where it is not valid in every part. */
export function readSanction(id: string, value: unknown, format: AddressFormat | undefined): Sanction | undefined {
	if (!ID.test(id) || typeof value !== "object" || value === null) return undefined;
	const {
		kind,
		room,
		name,
		session,
		address,
		sessions = [],
		addresses = [],
		by,
		at,
		until,
		reason,
		wantsAddress,
		fromServer,
	} = value as Record<string, unknown>;
	const isValid =
		(kind === "ban" || kind === "mute") &&
		(room === undefined || isName(room, "room")) &&
		[name, session, address].filter((one) => one !== undefined).length === 1 &&
		(name === undefined || isName(name, "name")) &&
		(session === undefined || isSession(session)) &&
		isList(sessions, isSession) &&
		isList(addresses, (one) => typeof one === "string") &&
		isBy(by) &&
		isTime(at) &&
		(until === undefined || isTime(until)) &&
		(reason === undefined || isReason(reason));
	if (!isValid) return undefined;
	const texts = address === undefined ? (addresses as string[]) : [address as string, ...(addresses as string[])];
	const ranges: AddressRange[] = [];
	for (const text of texts) {
		const range = typeof text === "string" && format ? parseRange(text, format) : undefined;
		if (!range) return undefined;
		ranges.push(range);
	}
	return {
		id,
		kind,
		room: room as string | undefined,
		target: { name, session, address } as SanctionTarget,
		sessions: sessions as string[],
		ranges,
		wantsAddress: wantsAddress === true,
		by: by as string,
		isFromServer: fromServer === true,
		atMs: at as number,
		untilMs: until as number | undefined,
		reason: reason as string | undefined,
	};
}

/** Whether a text can be a reason. */
export function isReason(value: unknown): boolean {
	return typeof value === "string" && value.length <= MAX_REASON && isXmlText(value);
}

function isName(value: unknown, what: "name" | "room"): boolean {
	try {
		return typeof value === "string" && checkedName(value, what) === value;
	} catch {
		return false;
	}
}

// A name, or that of the server, which can be longer.
function isBy(value: unknown): boolean {
	return typeof value === "string" && value.length <= MAX_BY && isXmlText(value);
}

function isSession(value: unknown): boolean {
	return typeof value === "string" && SESSION.test(value);
}

function isTime(value: unknown): boolean {
	return typeof value === "number" && value >= 0 && value <= MAX_MS;
}

function isList(value: unknown, isEntry: (entry: unknown) => boolean): boolean {
	return Array.isArray(value) && value.length <= MAX_EXTRAS && value.every(isEntry);
}
