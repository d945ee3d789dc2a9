// The chat's options: one schema, from which come the types, the defaults, the checks and what `--help` says.

import * as v from "valibot";
import { checkOptions, described } from "../options/index.ts";
import type { Authenticate } from "./authentication.ts";
import type { MessageFilter } from "./message-filter.ts";
import { checkedName } from "./names.ts";

const count = (minimum: number, maximum: number) =>
	v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));

/** The schema of the options. `about` says what an option does, `flag` names its command-line flag where it has one. */
export const chatSchema = v.strictObject({
	rooms: v.optional(
		described(
			v.array(
				v.pipe(
					v.string(),
					v.check(isRoom, "NAME, NAME:stored or NAME:live; a name has 1 to 64 characters and no control characters"),
				),
			),
			"rooms that always exist, in addition to lobby: NAME, NAME:stored or NAME:live",
			"--room <name...>",
		),
		[],
	),
	createRooms: v.optional(
		described(
			v.picklist(["live", "stored", "off"]),
			"kind of a room that a join creates; off: a join creates no rooms",
		),
		"live",
	),
	history: v.optional(
		described(count(0, 100), "messages that a stored room replays to a new member", "--history <n>"),
		50,
	),
	greet: v.optional(
		described(
			v.boolean(),
			"welcome clients before they send anything; off: after their first document",
			"--greet <on|off>",
		),
		true,
	),
	tokens: v.optional(
		described(v.string(), "the token file's text: lines TOKEN NAME [operator]; # begins a comment"),
		"",
	),
	guests: v.optional(described(v.boolean(), "refuse clients without a token", "--no-guests"), true),
	topics: v.optional(described(v.picklist(["operators", "everyone"]), "who can set topics"), "operators"),
	maxRooms: v.optional(described(count(1, 1_000_000), "rooms in all"), 10_000),
	maxRoomsPerClient: v.optional(described(count(1, 10_000), "rooms that one client can be in"), 64),
	maxBadDocumentsPerMinute: v.optional(
		described(count(1, 1_000_000), "invalid documents of a client in a minute; one more closes the connection"),
		10,
	),
	serverName: v.optional(
		described(
			v.pipe(v.string(), v.check(isPersonName, "1 to 64 characters without control characters")),
			"name of the server in its welcome; what its operator says comes from it",
		),
		"xmlsocket",
	),
	maxDocumentBytes: v.optional(
		described(count(64, 1 << 30), "longest document that welcome announces, in bytes; set it to the server's limit"),
		262_144,
	),
	documentsPerSecond: v.optional(
		described(count(1, 10_000_000), "rate that welcome announces, in documents a second; set it to the server's limit"),
		1000,
	),
});

/** The chat's options that are values; every one has a default. */
export type ChatOptions = v.InferInput<typeof chatSchema>;
/** What `createChat` accepts. */
export interface CreateChatOptions extends ChatOptions {
	/** Decides who a client is, beside the token file. Default: the token file decides alone. docs/guide/identity.md. */
	readonly authenticate?: Authenticate | undefined;
	/** Looks at each text that a client sends to others. Default: everything is allowed. docs/guide/moderation.md. */
	readonly filter?: MessageFilter | undefined;
}
/** The options with all defaults filled in. */
export type ChatSettings = v.InferOutput<typeof chatSchema>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID (all mistakes in one message).
 */
export function chatSettings(options: ChatOptions): ChatSettings {
	return checkOptions(chatSchema, options);
}

// A colon in a name would hide a misspelled kind, so a name with a colon is written with its kind: a:b:stored.
function isRoom(text: string): boolean {
	const { name, kind } = parseRoom(text);
	if (kind === "stored" && !text.endsWith(":stored") && name.includes(":")) return false;
	try {
		checkedName(name, "room");
		return true;
	} catch {
		return false;
	}
}

function isPersonName(text: string): boolean {
	try {
		return checkedName(text, "name") === text;
	} catch {
		return false;
	}
}

/** A room of the option `rooms`: a name, and what it is. */
export function parseRoom(text: string): { readonly name: string; readonly kind: "live" | "stored" } {
	const found = /^(.*):(live|stored)$/su.exec(text);
	return found ? { name: found[1]!, kind: found[2] as "live" | "stored" } : { name: text, kind: "stored" };
}
