// Every document that the chat sends, in one place. They are templates whose values are escaped by construction; the one
// exception is the content of an application document, which was checked when it came and goes out unchanged.
// docs/chat.md, "Server to client".

import { wireCode, type XMLSocketError } from "../errors/index.ts";
import { type Markup, xml } from "../xml/index.ts";
import type { RoomSettings } from "./rooms/room-states.ts";
import type { Sanction, SanctionKind } from "./sanctions/sanction.ts";

/** A message of a room. */
export interface RoomMessage {
	/** A text, or the content of an application document. */
	readonly kind: "said" | "sent";
	readonly from: string;
	/** Plain text where the kind is `said`, checked markup where it is `sent`. */
	readonly body: string;
	readonly room: string;
	/** ISO 8601, UTC. */
	readonly at: string;
	/** In stored rooms alone. */
	readonly seq?: number;
	readonly prev?: number;
	/** In the speaker's copy alone. */
	readonly id?: string | undefined;
}

/** `<said …>` or `<sent …>`. */
export function messageDocument({ kind, room, seq, prev, from, at, id, body }: RoomMessage): string {
	if (kind === "said") {
		return String(xml`<said room=${room} seq=${seq} prev=${prev} from=${from} at=${at} id=${id}>${body}</said>`);
	}
	const envelope = String(xml`<sent room=${room} seq=${seq} prev=${prev} from=${from} at=${at} id=${id}></sent>`);
	return `${envelope.slice(0, -END_OF_SENT.length)}${body}${END_OF_SENT}`;
}

const END_OF_SENT = "</sent>";

/** `<welcome …>`: who the client is, and the limits. */
export function welcomeDocument(welcome: {
	readonly name: string;
	readonly session: string;
	readonly server: string;
	readonly documentBytes: number;
	readonly documentsPerSecond: number;
	readonly rooms: number;
	/** What the client can do: an operator anything, others what the options allow to all. */
	readonly operator: boolean;
	readonly topics: "everyone" | "operators";
	readonly createsRooms: boolean;
}): string {
	const { name, session, server, documentBytes, documentsPerSecond, rooms } = welcome;
	const operator = welcome.operator || undefined;
	const topics = welcome.topics === "everyone" ? welcome.topics : undefined;
	const createRooms = welcome.createsRooms ? undefined : "off";
	return String(
		xml`<welcome name=${name} session=${session} server=${server} operator=${operator} topics=${topics} create-rooms=${createRooms}><limits document=${documentBytes} rate=${documentsPerSecond} rooms=${rooms} /></welcome>`,
	);
}

/** `<joined …>`: the room as it is, to the one who joined. */
export function joinedDocument(joined: {
	readonly room: string;
	readonly kind: string;
	readonly log?: string | undefined;
	readonly seq?: number | undefined;
	readonly members: number;
	readonly names: readonly string[];
	readonly isOperator: (name: string) => boolean;
	/** Of slow mode; 0: the room is not in slow mode. */
	readonly slowSeconds?: number;
	readonly isPrivate?: boolean;
}): string {
	const { room, kind, log, seq, members, names, isOperator, slowSeconds, isPrivate } = joined;
	const slow = slowSeconds || undefined;
	return String(
		xml`<joined room=${room} kind=${kind} log=${log} seq=${seq} members=${members} slow=${slow} private=${isPrivate || undefined}>${fitting(names, memberMarkup(isOperator))}</joined>`,
	);
}

/** `<members …>`: a page of a room's members. */
export function membersDocument(page: {
	readonly room: string;
	readonly members: number;
	readonly offset: number;
	readonly names: readonly string[];
	readonly isOperator: (name: string) => boolean;
}): string {
	const { room, members, offset, names, isOperator } = page;
	const list = fitting(names, memberMarkup(isOperator));
	const more = list.length > 0 && offset + list.length < members;
	return String(xml`<members room=${room} members=${members} offset=${offset} more=${more}>${list}</members>`);
}

function memberMarkup(isOperator: (name: string) => boolean): (name: string) => Markup {
	return (name) => xml`<member name=${name} operator=${isOperator(name) || undefined} />`;
}

/** `<rooms …>`: a page of the rooms. */
export function roomsDocument(
	rooms: readonly { readonly name: string; readonly kind: string; readonly size: number }[],
	offset: number,
	more: boolean,
): string {
	const list = fitting(rooms, ({ name, kind, size }) => xml`<room name=${name} kind=${kind} members=${size} />`);
	return String(xml`<rooms offset=${offset} more=${more || list.length < rooms.length}>${list}</rooms>`);
}

/** How long a list of members or rooms can be in one document, in characters. */
const MAX_LIST = 32 * 1024;

// As many as fit, and at least one.
function fitting<T>(items: readonly T[], markup: (item: T) => Markup): Markup[] {
	const list: Markup[] = [];
	let length = 0;
	for (const item of items) {
		const one = markup(item);
		length += String(one).length;
		if (list.length > 0 && length > MAX_LIST) break;
		list.push(one);
	}
	return list;
}

/** `<page …>`: a page of history, from messages that are documents already. */
export function pageDocument(room: string, messages: readonly string[], more: boolean): string {
	const envelope = String(xml`<page room=${room} more=${more}></page>`);
	return `${envelope.slice(0, -END_OF_PAGE.length)}${messages.join("")}${END_OF_PAGE}`;
}

const END_OF_PAGE = "</page>";

/** `<ack …>`: to the speaker, behind the own message. */
export function ackDocument(id: string, seq?: number, duplicate?: boolean): string {
	return String(xml`<ack id=${id} seq=${seq} duplicate=${duplicate || undefined} />`);
}

/** `<ack … ban="ID" />`: to an operator, with the id of the ban or mute. */
export function sanctionAckDocument(id: string, kind: SanctionKind, sanction: string): string {
	return String(kind === "ban" ? xml`<ack id=${id} ban=${sanction} />` : xml`<ack id=${id} mute=${sanction} />`);
}

/** `<bans …>` or `<mutes …>`: a page of those that hold. */
export function sanctionsDocument(
	kind: SanctionKind,
	page: readonly Sanction[],
	{ room, offset, more }: { readonly room: string | undefined; readonly offset: number; readonly more: boolean },
	time: (wallMs: number) => string,
): string {
	const list = fitting(page, ({ id, room: where, target: { name, session, address }, by, atMs, untilMs, reason }) => {
		const at = time(atMs);
		const until = untilMs === undefined ? undefined : time(untilMs);
		return kind === "ban"
			? xml`<ban id=${id} room=${where} name=${name} session=${session} address=${address} by=${by} at=${at} until=${until} reason=${reason} />`
			: xml`<mute id=${id} room=${where} name=${name} session=${session} address=${address} by=${by} at=${at} until=${until} reason=${reason} />`;
	});
	const isMore = more || list.length < page.length;
	return String(
		kind === "ban"
			? xml`<bans room=${room} offset=${offset} more=${isMore}>${list}</bans>`
			: xml`<mutes room=${room} offset=${offset} more=${isMore}>${list}</mutes>`,
	);
}

/** `<settings …>`: how a room works; the key and the invited people are only for an operator who has asked. */
export function settingsDocument(
	room: string,
	{ slowSeconds, isPrivate, key, invited }: RoomSettings,
	asked?: { readonly id: string | undefined },
): string {
	const people = asked ? invited.map((name) => xml`<invited name=${name} />`) : [];
	return String(
		xml`<settings room=${room} id=${asked?.id} slow=${slowSeconds} private=${String(isPrivate)} key=${asked && key}>${people}</settings>`,
	);
}

/** A private message. */
export interface PrivateMessage {
	readonly from: string;
	/** ISO 8601, UTC. */
	readonly at: string;
	readonly text: string;
	readonly id: string | undefined;
}

/** `<told …>`: a private message. */
export function toldDocument(from: string, at: string, text: string, id: string | undefined): string {
	return String(xml`<told from=${from} id=${id} at=${at}>${text}</told>`);
}

/** `<enter …>`: someone came. */
export function enterDocument(room: string, name: string, members: number, operator: boolean): string {
	return String(xml`<enter room=${room} name=${name} members=${members} operator=${operator || undefined} />`);
}

/** Why someone left, where it was not by choice. */
export interface ExitReason {
	readonly reason: "kicked" | "banned" | "unavailable";
	readonly by?: string;
}

/** `<exit …>`: someone left. */
export function exitDocument(room: string, name: string, members: number, why?: ExitReason): string {
	return String(xml`<exit room=${room} name=${name} members=${members} reason=${why?.reason} by=${why?.by} />`);
}

/** `<count …>`: in place of `enter` and `exit` in large rooms. */
export function countDocument(room: string, members: number): string {
	return String(xml`<count room=${room} members=${members} />`);
}

/** `<topic …>`. */
export function topicDocument(room: string, by: string, text: string): string {
	return String(xml`<topic room=${room} by=${by}>${text}</topic>`);
}

/** `<gap …>`: messages that cannot be had again, from the first to the last. */
export function gapDocument(room: string, from: number, to: number): string {
	return String(xml`<gap room=${room} from=${from} to=${to} />`);
}

/** `<gap …>` in a live room: so many messages from another server did not come; the room has no numbers for them. */
export function lostDocument(room: string, messages: number): string {
	return String(xml`<gap room=${room} messages=${messages} />`);
}

/** `<notice …>`: the cluster's state, or what an operator did, in words. */
export function noticeDocument(
	code: "broker-lost" | "broker-back" | "muted" | "invited",
	words: string,
	room?: string,
): string {
	return String(xml`<notice code=${code} room=${room}>${words}</notice>`);
}

/** Why the server closes a connection. */
export type ByeReason = "draining" | "kicked" | "session-resumed" | "banned";

/** `<bye …>`: the server closes behind it. */
export function byeDocument(reason: ByeReason, retryAfterSeconds?: number): string {
	return String(xml`<bye reason=${reason} retry-after=${retryAfterSeconds} />`);
}

/** `<error …>`: something was refused. */
export function refusalDocument({ code, message, details }: XMLSocketError, id?: string): string {
	const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
	const limit = numberOf(details.limitBytes ?? details.limit);
	const retryAfter = numberOf(details.retryAfterSeconds);
	return String(
		xml`<error code=${wireCode(code)} id=${id} limit=${limit} retry-after=${retryAfter}>${message}</error>`,
	);
}

/** `<ping />`, and its answer. */
export function pingDocument(name: "ping" | "pong", id?: string): string {
	return String(name === "ping" ? xml`<ping id=${id} />` : xml`<pong id=${id} />`);
}
