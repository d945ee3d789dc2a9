// The options of openChat(): one schema, from which the defaults, the checks and their messages come.

import * as v from "valibot";
import { XMLSocketError } from "../../errors/index.ts";
import { bytes, checkOptions, count, milliseconds } from "../../options/index.ts";
import type { ConnectOptions, ReconnectOptions } from "../options.ts";
import type { ChatEvents } from "./chat-events.ts";

/** Listeners that are there before the chat is open, and so miss nothing. */
export type ChatReader = { readonly [Name in keyof ChatEvents]?: (value: ChatEvents[Name]) => void };

/** Options of `openChat()`. */
export interface ChatClientOptions {
	/** The name to take. Default: the server gives one, `guest-N`. */
	readonly name?: string | undefined;
	/** The token of the name, where the server asks for one. */
	readonly token?: string | undefined;
	/** `chat.session` of an earlier chat: goes on with that session, and takes its name back. A secret. */
	readonly session?: string | undefined;
	/** Ends the chat with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
	/** Until a connection stands, in milliseconds. Default 20 000. */
	readonly connectTimeoutMs?: number;
	/** Whether, and how, to come back by itself. Default true. */
	readonly reconnect?: boolean | ReconnectOptions;
	/** A sign of life is asked for as often, in milliseconds; a server silent for two and a half of them is gone. Default 30 000. */
	readonly pingIntervalMs?: number;
	/** Messages that may wait for their acknowledgement. Default 1000. */
	readonly maxOutboxMessages?: number;
	/** The same, in bytes. Default 1 048 576 (1 MiB). */
	readonly maxOutboxBytes?: number;
	/** Messages of one room that may wait to be read. Default 1000. */
	readonly maxInboxMessages?: number;
	/** The same, in characters. Default 4 194 304. */
	readonly maxInboxChars?: number;
	/** Listeners that miss nothing, by event. */
	readonly on?: ChatReader;
	/** TLS, as `connect()` has it. */
	readonly tls?: NonNullable<ConnectOptions["tls"]>;
	/** The Origin header of a WebSocket, as `connect()` has it. */
	readonly origin?: string;
}

const text = v.string();
const passed = v.optional(v.any());

// What `connect()` checks itself is passed on to it.
const schema = v.strictObject({
	name: v.optional(text),
	token: v.optional(text),
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

/** The options of the chat with every default in place, and those of its connection. */
export interface ChatClientSettings {
	readonly name: string | undefined;
	readonly token: string | undefined;
	readonly session: string | undefined;
	readonly pingIntervalMs: number;
	readonly maxOutboxMessages: number;
	readonly maxOutboxBytes: number;
	readonly maxInboxMessages: number;
	readonly maxInboxChars: number;
	readonly on: ChatReader;
	readonly connection: ConnectOptions;
}

const BESIDE_MESSAGES_BYTES = 16 * 1024 * 1024;
const SILENT_INTERVALS = 2.5;

/**
 * Checks options and puts the defaults in.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID (all mistakes in one message).
 */
export function chatClientSettings(options: ChatClientOptions = {}): ChatClientSettings {
	const { signal, connectTimeoutMs, reconnect, tls, origin, on, ...own } = checkOptions(schema, options);
	for (const listener of Object.values((on ?? {}) as ChatReader)) {
		if (listener === undefined || typeof listener === "function") continue;
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", 'Option "on": every listener must be a function.');
	}
	const given = Object.entries({ signal, connectTimeoutMs, tls, origin }).filter(([, value]) => value !== undefined);
	return {
		name: own.name?.normalize("NFC"),
		token: own.token,
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
			maxOutboxBytes: own.maxOutboxBytes + BESIDE_MESSAGES_BYTES,
			idleTimeoutMs: Math.round(own.pingIntervalMs * SILENT_INTERVALS),
		},
	};
}
