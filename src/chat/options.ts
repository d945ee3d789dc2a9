// The chat's options: one schema, from which come the types, the defaults, the checks and what `--help` says. Every mistake
// is reported, not only the first.

import * as v from "valibot";
import { XMLSocketError } from "../errors/index.ts";

const count = (minimum: number, maximum: number) =>
	v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));
const about = <Input>(text: string, flag?: string): v.MetadataAction<Input, { about: string; flag?: string }> =>
	v.metadata({ about: text, ...(flag ? { flag } : {}) });

/** The schema. `about` says what an option does, `flag` names its command-line flag where it has one. */
export const chatSchema = v.strictObject({
	rooms: v.optional(
		v.pipe(
			v.array(v.string()),
			about("rooms that always exist, beside lobby: NAME, NAME:stored or NAME:live", "--room <name[:live|stored]...>"),
		),
		[],
	),
	createRooms: v.optional(
		v.pipe(v.picklist(["live", "stored", "off"]), about("what a room is that a join creates; off: none is created")),
		"live",
	),
	history: v.optional(
		v.pipe(count(0, 100), about("messages that a stored room replays to a newcomer", "--history <n>")),
		50,
	),
	greet: v.optional(
		v.pipe(
			v.boolean(),
			about("welcome clients before they speak; off: after their first document", "--greet <on|off>"),
		),
		true,
	),
	tokens: v.optional(
		v.pipe(v.string(), about("the token file's text: lines TOKEN NAME [operator]; # begins a comment")),
		"",
	),
	guests: v.optional(v.pipe(v.boolean(), about("let clients without a token speak")), true),
	topics: v.optional(v.pipe(v.picklist(["operators", "everyone"]), about("who may set topics")), "operators"),
	maxRooms: v.optional(v.pipe(count(1, 1_000_000), about("rooms in all")), 10_000),
	maxRoomsPerClient: v.optional(v.pipe(count(1, 10_000), about("rooms that one client may be in")), 64),
	maxBadDocumentsPerMinute: v.optional(
		v.pipe(count(1, 1_000_000), about("unreadable documents in a minute; one more closes the connection")),
		10,
	),
	serverName: v.optional(v.pipe(v.string(), v.nonEmpty(), about("what welcome calls the server")), "xmlsocket"),
	maxDocumentBytes: v.optional(
		v.pipe(count(64, 1 << 30), about("what welcome announces: the server's limit")),
		262_144,
	),
	documentsPerSecond: v.optional(
		v.pipe(count(1, 10_000_000), about("what welcome announces: the server's limit")),
		1000,
	),
});

/** What `createChat` takes; every option has a default. */
export type ChatOptions = v.InferInput<typeof chatSchema>;
/** The same with the defaults filled in. */
export type ChatSettings = v.InferOutput<typeof chatSchema>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID (all mistakes in one message).
 */
export function chatSettings(options: ChatOptions): ChatSettings {
	const result = v.safeParse(chatSchema, options);
	if (result.success) return result.output;
	let unknown = false;
	const lines = result.issues.map((issue) => {
		const key = v.getDotPath(issue) ?? "";
		if (issue.type !== "strict_object" || issue.expected !== "never") return `Option "${key}": ${issue.message}.`;
		unknown = true;
		return `There is no option "${key}"; the chat's are ${Object.keys(chatSchema.entries).join(", ")}.`;
	});
	throw new XMLSocketError(unknown ? "XMLSOCKET_OPTION_UNKNOWN" : "XMLSOCKET_OPTION_INVALID", lines.join("\n"));
}

/** A room of the option `rooms`: a name, and what it is. */
export function parseRoom(text: string): { readonly name: string; readonly kind: "live" | "stored" } {
	const found = /^(.*):(live|stored)$/su.exec(text);
	return found ? { name: found[1]!, kind: found[2] as "live" | "stored" } : { name: text, kind: "stored" };
}
