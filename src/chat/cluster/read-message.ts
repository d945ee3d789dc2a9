// Reads what arrives from the bus. Other programs can publish there, and nodes of other versions, so every value is checked here, once:
// the rest of the folder relies on the types of `messages.ts`. A message that is not valid in every part is no message.

import { checkFragment } from "../../xml/index.ts";
import { isXmlText } from "../incoming.ts";
import { checkedName } from "../names.ts";
import type { NodeMessage, RelayedMessage } from "./messages.ts";

const NODE = /^[A-Za-z0-9]{1,64}$/;
const SESSION = /^[0-9a-f]{16}$/;
const DIGEST = /^[\w-]{1,64}$/;
/** A time as `toISOString` writes it. */
const TIME = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** The beginning of a message, up to the id of the node that sent it. A room's messages begin with the id. */
const SENDER = /^\["(?:[a-z-]{1,16}","(?=[A-Za-z0-9]{1,64}"))?([A-Za-z0-9]{1,64})"[,\]]/;
const SENDER_BYTES = 96;
/** The last time of JavaScript's calendar; a connection epoch begins as a time. */
const MAX_EPOCH = 8.64e15;
const MAX_ID_CHARACTERS = 64;
/** A part has 128 KiB; no node has the memory for so many. */
const MAX_PARTS = 10_000;

/** Of an operator's question, and of its answer. */
const MAX_QUESTION_CHARACTERS = 262_144;
const MAX_ANSWER_CHARACTERS = 1_048_576;

const decoder = new TextDecoder();

/** The id of the node that sent a message, read from its first bytes; undefined where they are not the beginning of a message. */
export function senderOf(data: Uint8Array): string | undefined {
	return SENDER.exec(decoder.decode(data.subarray(0, SENDER_BYTES)))?.[1];
}

/** A message to all nodes or to this one; undefined where it is not valid. */
export function readNodeMessage(data: Uint8Array): NodeMessage | undefined {
	const message = readArray(data);
	if (!message || !isNode(message[1])) return undefined;
	const check = Object.hasOwn(NODE_MESSAGES, String(message[0]))
		? NODE_MESSAGES[message[0] as NodeMessage[0]]
		: undefined;
	return check?.(message) ? (message as unknown as NodeMessage) : undefined;
}

/** A message to the nodes that have a room open; undefined where it is not valid. */
export function readRelayedMessage(data: Uint8Array): RelayedMessage | undefined {
	const message = readArray(data);
	if (!message || !isNode(message[0]) || !isCount(message[1]) || !isCount(message[2])) return undefined;
	if (message.length === 3) return message as unknown as RelayedMessage;
	const [, , , kind, session, from, at, body, sentMs] = message;
	const isValid =
		message.length >= 9 &&
		matches(SESSION, session) &&
		isPersonName(from) &&
		matches(TIME, at) &&
		(kind === "said" ? isText(body) : kind === "sent" && isMarkup(body)) &&
		isTime(sentMs);
	return isValid ? (message as unknown as RelayedMessage) : undefined;
}

type Check = (values: readonly unknown[]) => boolean;

const NODE_MESSAGES: Readonly<Record<NodeMessage[0], Check>> = {
	heartbeat: ([, , changes, sentMs]) => isCount(changes) && isTime(sentMs),
	changes: ([, , number, changes]) => isCount(number) && isListOf(changes, isChange),
	"snapshot-request": () => true,
	snapshot: ([, , changes, part, parts, snapshot]) =>
		isCount(changes) && isCount(part) && isCount(parts) && part < parts && parts <= MAX_PARTS && isSnapshot(snapshot),
	leave: () => true,
	request: ([, , id, request]) => isCount(id) && Array.isArray(request) && isRequest(request),
	response: ([, , id, answer]) =>
		isCount(id) && (typeof answer === "boolean" || isShort(answer, MAX_ANSWER_CHARACTERS)),
	sent: ([, , room, epoch, count]) => isRoomName(room) && isCount(epoch) && isCount(count),
};

function isChange(change: unknown): boolean {
	if (!Array.isArray(change)) return false;
	const [kind, first, second, third, fourth] = change as unknown[];
	switch (kind) {
		case "person":
			return isPerson([first, second, third, fourth]);
		case "gone":
			return matches(SESSION, first);
		case "enter":
			return matches(SESSION, first) && isRoomName(second);
		case "exit":
			return matches(SESSION, first) && isRoomName(second) && (third === null || isExitReason(third));
		default:
			return false;
	}
}

function isSnapshot(snapshot: unknown): boolean {
	if (typeof snapshot !== "object" || snapshot === null) return false;
	const { people, sent } = snapshot as Record<string, unknown>;
	return (
		isListOf(people, (row) => Array.isArray(row) && isPerson(row) && isListOf(row[4], isRoomName)) &&
		isListOf(sent, (row) => Array.isArray(row) && isRoomName(row[0]) && isCount(row[1]) && isCount(row[2]))
	);
}

function isRequest(request: readonly unknown[]): boolean {
	if (request[0] === "ask") return isShort(request[1], MAX_QUESTION_CHARACTERS);
	if (request[0] === "kick") {
		const [, room, session, by] = request;
		return isRoomName(room) && matches(SESSION, session) && isPersonName(by);
	}
	const [kind, session, sender, from, at, text, id] = request;
	return (
		kind === "tell" &&
		matches(SESSION, session) &&
		matches(SESSION, sender) &&
		isPersonName(from) &&
		matches(TIME, at) &&
		isText(text) &&
		(id === null || (isText(id) && (id as string).length <= MAX_ID_CHARACTERS))
	);
}

function isPerson([session, name, digest, connectionEpoch]: readonly unknown[]): boolean {
	return (
		matches(SESSION, session) &&
		isPersonName(name) &&
		matches(DIGEST, digest) &&
		isCount(connectionEpoch) &&
		connectionEpoch <= MAX_EPOCH
	);
}

function isExitReason(why: unknown): boolean {
	if (typeof why !== "object" || why === null) return false;
	const { reason, by } = why as Record<string, unknown>;
	return (
		(reason === "kicked" || reason === "banned" || reason === "unavailable") && (by === undefined || isPersonName(by))
	);
}

// A number of JSON can be infinite: 1e999.
function isTime(value: unknown): boolean {
	return Number.isFinite(value);
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNode(value: unknown): boolean {
	return matches(NODE, value);
}

function matches(pattern: RegExp, value: unknown): boolean {
	return typeof value === "string" && pattern.test(value);
}

function isPersonName(value: unknown): boolean {
	return isName(value, "name");
}

function isRoomName(value: unknown): boolean {
	return isName(value, "room");
}

function isName(value: unknown, what: "name" | "room"): boolean {
	if (typeof value !== "string") return false;
	try {
		return checkedName(value, what) === value;
	} catch {
		return false;
	}
}

function isShort(value: unknown, maxCharacters: number): boolean {
	return typeof value === "string" && value.length <= maxCharacters;
}

function isText(value: unknown): boolean {
	return typeof value === "string" && isXmlText(value);
}

// It goes out as it is, so that an end tag in it would forge documents.
function isMarkup(value: unknown): boolean {
	return typeof value === "string" && checkFragment(value) === undefined;
}

function isListOf(value: unknown, isEntry: (entry: unknown) => boolean): boolean {
	return Array.isArray(value) && value.every(isEntry);
}

function readArray(data: Uint8Array): readonly unknown[] | undefined {
	try {
		const message: unknown = JSON.parse(decoder.decode(data));
		return Array.isArray(message) ? message : undefined;
	} catch {
		return undefined;
	}
}
