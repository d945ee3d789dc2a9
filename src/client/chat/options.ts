// The options of openChat(): one schema, from which the defaults, the checks and their messages come.

import * as v from "valibot";
import { bytes, checkOptions, count, milliseconds } from "../../options/index.ts";
import type { ConnectOptions, ReconnectOptions } from "../options.ts";
import { CHAT_EVENTS, type ChatEvents } from "./chat-events.ts";
import { checkListeners } from "./check-listeners.ts";

/** Listeners that are added before the chat is open, and so miss nothing. */
export type ChatReader = { readonly [Name in keyof ChatEvents]?: (value: ChatEvents[Name]) => void };

/** A token, or what gets one. */
export type ChatToken = string | (() => string | undefined | Promise<string | undefined>);

/** Options of `openChat()`. */
export interface ChatClientOptions {
	/** The name to take. Default: the server gives one, `guest-N`. */
	readonly name?: string | undefined;
	/**
	 * The token of the name, where the server requires one; or a function that gets one, called for each connection: a token of a site's
	 * login is worth one login. A reconnection for which it throws or rejects is tried again.
	 */
	readonly token?: ChatToken | undefined;
	/** `chat.session` of an earlier chat: resumes that session and takes its name back. A secret. */
	readonly session?: string | undefined;
	/** Ends the chat with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
	/** How long one attempt to connect may take, in milliseconds. Default 20 000. */
	readonly connectTimeoutMs?: number;
	/** Whether, and how, to reconnect. Default true. */
	readonly reconnect?: boolean | ReconnectOptions;
	/**
	 * Sends a ping at this interval, in milliseconds. A connection over which nothing arrives for two and a half intervals counts as
	 * lost. Default 30 000, at least 1000.
	 */
	readonly pingIntervalMs?: number;
	/** How many messages may wait for their acknowledgement. Default 1000. */
	readonly maxOutboxMessages?: number;
	/** The same, in bytes. Default 1 048 576 (1 MiB). */
	readonly maxOutboxBytes?: number;
	/** How many messages of one room may wait to be read. Default 1000. */
	readonly maxInboxMessages?: number;
	/** The same, in characters. Default 4 194 304. */
	readonly maxInboxChars?: number;
	/** Listeners that miss nothing, by event. */
	readonly on?: ChatReader;
	/** TLS, as for `connect()`. */
	readonly tls?: NonNullable<ConnectOptions["tls"]>;
	/** The Origin header of a WebSocket, as for `connect()`. */
	readonly origin?: string;
}

const text = v.string();
const passed = v.optional(v.any());

// `connect()` checks the options that are passed on to it.
const schema = v.strictObject({
	name: v.optional(text),
	token: v.optional(v.union([text, v.function()])),
	session: v.optional(text),
	signal: passed,
	connectTimeoutMs: passed,
	reconnect: passed,
	pingIntervalMs: v.optional(milliseconds(1000), 30_000),
	maxOutboxMessages: v.optional(count(), 1000),
	maxOutboxBytes: v.optional(bytes(1), 1_048_576),
	maxInboxMessages: v.optional(count(), 1000),
	maxInboxChars: v.optional(count(), 4_194_304),
	on: passed,
	tls: passed,
	origin: passed,
});

/** The options of the chat with all defaults filled in, and those of its connection. */
export interface ChatClientSettings {
	readonly name: string | undefined;
	readonly token: ChatToken | undefined;
	readonly session: string | undefined;
	readonly pingIntervalMs: number;
	readonly maxOutboxMessages: number;
	readonly maxOutboxBytes: number;
	readonly maxInboxMessages: number;
	readonly maxInboxChars: number;
	readonly on: ChatReader;
	readonly connection: ConnectOptions;
}

const OTHER_DOCUMENTS_BYTES = 16 * 1024 * 1024;
const SILENT_INTERVALS = 2.5;

/**
 * Checks options and fills in the defaults.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID (one error lists all mistakes).
 */
export function chatClientSettings(options: ChatClientOptions = {}): ChatClientSettings {
	const { signal, connectTimeoutMs, reconnect, tls, origin, on, ...own } = checkOptions(schema, options);
	if (on) checkListeners("openChat()", on, CHAT_EVENTS);
	const given = Object.entries({ signal, connectTimeoutMs, tls, origin }).filter(([, value]) => value !== undefined);
	return {
		name: own.name?.normalize("NFC"),
		token: own.token as ChatToken | undefined,
		session: own.session,
		pingIntervalMs: own.pingIntervalMs,
		maxOutboxMessages: own.maxOutboxMessages,
		maxOutboxBytes: own.maxOutboxBytes,
		maxInboxMessages: own.maxInboxMessages,
		maxInboxChars: own.maxInboxChars,
		on: on ?? {},
		connection: {
			...(Object.fromEntries(given) as ConnectOptions),
			reconnect: reconnect ?? true,
			// The chat's own bound is met first.
			maxOutboxBytes: own.maxOutboxBytes + OTHER_DOCUMENTS_BYTES,
			idleTimeoutMs: Math.round(own.pingIntervalMs * SILENT_INTERVALS),
		},
	};
}
