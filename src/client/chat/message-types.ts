// The chat's documents as typed values: read from what a server sends, written for what a client sends. It checks and keeps nothing;
// a document that it does not know is `unknown`. docs/chat.md.

import { attribute, child, element, elements, type MarkupValue, textContent, type XMLNode } from "../../xml/index.ts";

/** A message of a room, as the server sent it. */
export interface Message {
	/** `said`: a text. `sent`: an application's own document. */
	readonly kind: "said" | "sent";
	readonly from: string;
	/** The text; for a `sent` document its content as markup. */
	readonly text: string;
	/** The whole element. */
	readonly xml: XMLNode;
	/** When the server accepted it, in milliseconds since 1970; when it arrived, where the server sends no time. */
	readonly at: number;
	/** Its number in a stored room. */
	readonly seq: number | undefined;
	/** The number of the message before it in a stored room. */
	readonly prev: number | undefined;
	/** The sender's own id of it; only in the sender's copy. */
	readonly id: string | undefined;
}

/** A room in the server's list. */
export interface RoomEntry {
	readonly name: string;
	readonly members: number;
}

/** A ban or a mute in the server's list. */
export interface SanctionEntry {
	readonly id: string;
	/** Undefined: everywhere. */
	readonly room: string | undefined;
	/** Whom it is for: one of the three. */
	readonly name: string | undefined;
	readonly session: string | undefined;
	readonly address: string | undefined;
	/** The operator. */
	readonly by: string;
	/** When it began and ends, in milliseconds since 1970; without an end: undefined. */
	readonly at: number;
	readonly until: number | undefined;
	readonly reason: string | undefined;
}

/** How a room works. */
export interface RoomSettingsEntry {
	readonly room: string;
	/** Seconds between two messages of a member; 0: none. */
	readonly slowSeconds: number;
	readonly isPrivate: boolean;
	/** Only in the answer to an operator. */
	readonly key: string | undefined;
	readonly invited: readonly string[];
}

/** A document that a server sends. */
export type ServerDocument =
	| {
			readonly is: "welcome";
			readonly name: string;
			readonly session: string;
			readonly maxDocumentBytes: number;
			/** The server's own name: what its operator says comes from it. */
			readonly server: string;
			readonly isOperator: boolean;
			readonly canSetTopics: boolean;
			readonly canCreateRooms: boolean;
	  }
	| {
			readonly is: "joined";
			readonly room: string;
			readonly stored: boolean;
			readonly log: string | undefined;
			readonly seq: number | undefined;
			readonly members: number;
			readonly names: readonly string[];
			/** Those of them who are operators. */
			readonly operators: readonly string[];
			readonly slowSeconds: number;
	  }
	| { readonly is: "message"; readonly room: string; readonly message: Message }
	| {
			readonly is: "ack";
			readonly id: string;
			readonly seq: number | undefined;
			readonly duplicate: boolean;
			/** The id of the ban or mute that was asked for. */
			readonly sanction: string | undefined;
	  }
	| {
			readonly is: "told";
			readonly from: string;
			readonly id: string | undefined;
			readonly text: string;
			readonly at: number;
	  }
	| {
			readonly is: "presence";
			readonly room: string;
			readonly name: string;
			readonly came: boolean;
			readonly isOperator: boolean;
			readonly members: number | undefined;
			/** Why the member had to leave; undefined: by choice. */
			readonly reason: string | undefined;
	  }
	| { readonly is: "count"; readonly room: string; readonly members: number }
	| { readonly is: "topic"; readonly room: string; readonly by: string; readonly text: string }
	| {
			readonly is: "members";
			readonly room: string;
			readonly members: number;
			/** How many names are on earlier pages. */
			readonly offset: number;
			readonly names: readonly string[];
			readonly operators: readonly string[];
	  }
	| { readonly is: "rooms"; readonly rooms: readonly RoomEntry[] }
	| { readonly is: "page"; readonly room: string; readonly more: boolean; readonly messages: readonly Message[] }
	| {
			readonly is: "gap";
			readonly room: string;
			readonly from: number | undefined;
			readonly to: number | undefined;
	  }
	| { readonly is: "notice"; readonly code: string; readonly text: string; readonly room: string | undefined }
	| { readonly is: "bye"; readonly reason: string; readonly retryAfterSeconds: number | undefined }
	| {
			readonly is: "error";
			readonly code: string;
			readonly id: string | undefined;
			readonly text: string;
			readonly retryAfterSeconds: number | undefined;
	  }
	| {
			readonly is: "sanctions";
			readonly kind: "ban" | "mute";
			readonly list: readonly SanctionEntry[];
			readonly more: boolean;
	  }
	| { readonly is: "settings"; readonly id: string | undefined; readonly settings: RoomSettingsEntry }
	| { readonly is: "ping"; readonly id: string | undefined }
	| { readonly is: "unknown"; readonly element: string };

/** The longest document for a server that announces no limit. */
const ASSUMED_DOCUMENT_BYTES = 65_536;

/** The document with this root element as a value. */
export function readServerDocument(root: XMLNode | null | undefined): ServerDocument {
	const name = root?.nodeName ?? "";
	if (!root) return { is: "unknown", element: name };
	const room = text(root, "room");
	switch (name) {
		case "welcome": {
			const limits = child(root, "limits");
			const isOperator = attribute(root, "operator") === "true";
			return {
				is: "welcome",
				name: text(root, "name"),
				session: text(root, "session"),
				maxDocumentBytes: (limits && count(limits, "document")) ?? ASSUMED_DOCUMENT_BYTES,
				server: text(root, "server"),
				isOperator,
				canSetTopics: isOperator || attribute(root, "topics") === "everyone",
				canCreateRooms: attribute(root, "create-rooms") !== "off",
			};
		}
		case "joined":
			return {
				is: "joined",
				room,
				stored: attribute(root, "kind") === "stored",
				log: attribute(root, "log"),
				seq: count(root, "seq"),
				slowSeconds: count(root, "slow") ?? 0,
				...members(root, 0),
			};
		case "said":
		case "sent":
			return { is: "message", room, message: readMessage(root) };
		case "ack":
			return {
				is: "ack",
				id: text(root, "id"),
				seq: count(root, "seq"),
				duplicate: attribute(root, "duplicate") === "true",
				sanction: attribute(root, "ban") ?? attribute(root, "mute"),
			};
		case "told":
			return {
				is: "told",
				from: text(root, "from"),
				id: attribute(root, "id"),
				text: textContent(root),
				at: time(root),
			};
		case "enter":
		case "exit":
			return {
				is: "presence",
				room,
				name: text(root, "name"),
				came: name === "enter",
				isOperator: attribute(root, "operator") === "true",
				members: count(root, "members"),
				reason: attribute(root, "reason"),
			};
		case "count":
			return { is: "count", room, members: count(root, "members") ?? 0 };
		case "topic":
			return { is: "topic", room, by: text(root, "by"), text: textContent(root) };
		case "members":
			return { is: "members", room, offset: count(root, "offset") ?? 0, ...members(root) };
		case "rooms":
			return {
				is: "rooms",
				rooms: elements(root, "room").map((entry) => ({
					name: text(entry, "name"),
					members: count(entry, "members") ?? 0,
				})),
			};
		case "page": {
			const messages = [...elements(root, "said"), ...elements(root, "sent")].map(readMessage);
			messages.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
			return { is: "page", room, more: attribute(root, "more") === "true", messages };
		}
		case "gap":
			return { is: "gap", room, from: count(root, "from"), to: count(root, "to") };
		case "notice":
			return { is: "notice", code: text(root, "code"), text: textContent(root), room: attribute(root, "room") };
		case "bye":
			return { is: "bye", reason: text(root, "reason"), retryAfterSeconds: count(root, "retry-after") };
		case "error":
			return {
				is: "error",
				code: text(root, "code"),
				id: attribute(root, "id"),
				text: textContent(root),
				retryAfterSeconds: count(root, "retry-after"),
			};
		case "bans":
		case "mutes": {
			const kind = name === "bans" ? "ban" : "mute";
			const list = elements(root, kind).map(readSanction);
			return { is: "sanctions", kind, list, more: attribute(root, "more") === "true" };
		}
		case "settings":
			return { is: "settings", id: attribute(root, "id"), settings: readSettings(root) };
		case "ping":
			return { is: "ping", id: attribute(root, "id") };
		default:
			return { is: "unknown", element: name };
	}
}

/** A client's document as text; an attribute without a value is left out. */
export function clientDocument(
	name:
		| ("hello" | "join" | "leave" | "say" | "send" | "tell" | "who" | "rooms" | "history" | "topic" | "ping" | "pong")
		| ("kick" | "ban" | "mute" | "unban" | "unmute" | "bans" | "mutes" | "settings" | "invite"),
	attributes: Readonly<Record<string, string | number | undefined>> = {},
	content?: MarkupValue,
): string {
	return String(element(name, attributes, content));
}

function readMessage(node: XMLNode): Message {
	const kind = node.nodeName === "said" ? "said" : "sent";
	return {
		kind,
		from: text(node, "from"),
		text: kind === "said" ? textContent(node) : node.childNodes.join(""),
		xml: node,
		at: time(node),
		seq: count(node, "seq"),
		prev: count(node, "prev"),
		id: attribute(node, "id"),
	};
}

function readSanction(node: XMLNode): SanctionEntry {
	const until = Date.parse(text(node, "until"));
	return {
		id: text(node, "id"),
		room: attribute(node, "room"),
		name: attribute(node, "name"),
		session: attribute(node, "session"),
		address: attribute(node, "address"),
		by: text(node, "by"),
		at: time(node),
		until: Number.isNaN(until) ? undefined : until,
		reason: attribute(node, "reason"),
	};
}

function readSettings(node: XMLNode): RoomSettingsEntry {
	return {
		room: text(node, "room"),
		slowSeconds: count(node, "slow") ?? 0,
		isPrivate: attribute(node, "private") === "true",
		key: attribute(node, "key"),
		invited: elements(node, "invited").map((person) => text(person, "name")),
	};
}

function members(
	node: XMLNode,
	unsaid?: number,
): { readonly members: number; readonly names: readonly string[]; readonly operators: readonly string[] } {
	const list = elements(node, "member");
	const names = list.map((member) => text(member, "name"));
	const operators = list
		.filter((member) => attribute(member, "operator") === "true")
		.map((member) => text(member, "name"));
	return { members: count(node, "members") ?? unsaid ?? names.length, names, operators };
}

function text(node: XMLNode, name: string): string {
	return attribute(node, name) ?? "";
}

function count(node: XMLNode, name: string): number | undefined {
	const value = Number(attribute(node, name) || Number.NaN);
	return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function time(node: XMLNode): number {
	const at = Date.parse(text(node, "at"));
	return Number.isNaN(at) ? Date.now() : at;
}
