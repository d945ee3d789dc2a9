// The options of connect(): one schema, from which the defaults, the checks and their messages come. One error lists all
// mistakes, unknown names included.

import * as v from "valibot";
import { nearestName, XMLSocketError } from "../errors/index.ts";
import { type TerminatorName, type TextCodec, terminatorBytes } from "../wire/index.ts";
import type { Rejoin } from "./rejoin.ts";

/** How to reconnect after a connection was lost. */
export interface ReconnectOptions {
	/** The shortest wait before an attempt, in milliseconds. Default 500. */
	readonly minDelayMs?: number;
	/** The longest wait, in milliseconds. Default 30 000. After a connection that held for so long, the waits start short again. */
	readonly maxDelayMs?: number;
	/** Failed attempts before the connection counts as closed. Default: no limit. */
	readonly maxAttempts?: number;
	/** Whether a first connection that fails is tried again too, instead of rejecting. Default false. */
	readonly retryFirst?: boolean;
}

/** How to read an XML stream. */
export interface StreamOptions {
	/**
	 * The longest top-level element, in characters. Default 262 144: the roster of a real account exceeds the 4096 of the
	 * documented class.
	 */
	readonly maxUnprocessedChars?: number;
	/** A longer one closes the connection (`close`) or is left out and reported (`discard`). Default `close`. */
	readonly overflow?: "close" | "discard";
	/**
	 * Sends a space at this interval, in milliseconds, so that no proxy or firewall drops the connection as unused. Not while a
	 * request waits, and not over a WebSocket, which has pings. Default 0: never.
	 */
	readonly keepAliveIntervalMs?: number;
}

/** Options of `connect()`. */
export interface ConnectOptions {
	/** Ends the attempt, and later the connection, with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
	/** How long one attempt to connect may take, in milliseconds. Default 20 000. */
	readonly connectTimeoutMs?: number;
	/** Whether, and how, to reconnect. Default false: the connection closes when it is lost. */
	readonly reconnect?: boolean | ReconnectOptions;
	/**
	 * Runs on every new connection but the first, before the documents that waited leave: log in again, join rooms again. What
	 * it sends through its argument leaves first; `connection.send` queues while it runs. Where it fails, the attempt has failed.
	 */
	readonly onReconnected?: (rejoin: Rejoin) => void | Promise<void>;
	/**
	 * Whether the other side sends an XML stream, as a Jabber (XMPP) server does, instead of documents with a terminator. The
	 * stream header, each whole element below it and the end tag arrive as documents; what you send gets no terminator.
	 * Over `ws:` and `wss:` the stream follows RFC 7395. Default false. docs/guide/xmlstreams.md.
	 */
	readonly stream?: boolean | StreamOptions;
	/** The longest document accepted, in bytes. Default 16 777 216 (16 MiB). */
	readonly maxDocumentBytes?: number;
	/**
	 * How much may wait to be sent, in bytes (in UTF-16 units where a text is not encoded yet). Default 16 777 216. Past it `send`
	 * throws XMLSOCKET_OUTBOX_FULL.
	 */
	readonly maxOutboxBytes?: number;
	/** How many documents may wait to be read before reading from the network pauses. Default 256. */
	readonly maxInboxDocuments?: number;
	/** The same, in characters. Default 16 777 216. */
	readonly maxInboxChars?: number;
	/** Whether empty documents are delivered. Default false. */
	readonly keepEmpty?: boolean;
	/** Closes the connection after this long without a byte from the other side, in milliseconds. Default 0: never. */
	readonly idleTimeoutMs?: number;
	/** Over WebSockets outside a page: pings after this long without a byte, in milliseconds. Default 30 000; 0: never. */
	readonly pingIntervalMs?: number;
	/** Closes the connection when the other side reads nothing of what waits for it for this long, in milliseconds. Default 60 000; 0: never. */
	readonly unreadOutputTimeoutMs?: number;
	/** How long `close()` may take to deliver what waits, in milliseconds. Default 5000. */
	readonly lingerMs?: number;
	/** What ends a document: `nul`, `lf`, `cr`, `crlf`, or 1 to 8 bytes in hexadecimal. Default `nul`. */
	readonly terminator?: TerminatorName;
	/** The encoding. Default: UTF-8, with U+FFFD for invalid bytes. */
	readonly codec?: TextCodec;
	/** TLS: `insecure` accepts any certificate, `ca` names the authorities (PEM). Without effect in a page. */
	readonly tls?: { readonly insecure?: boolean; readonly ca?: string };
	/** The Origin header of a WebSocket. Default: none. Without effect in a page, which sends its own. */
	readonly origin?: string;
	/**
	 * Further headers of a WebSocket's request, such as `{ cookie: "session=1" }`, for a proxy or server that asks for them. Each attempt to
	 * connect sends them. Default: none. Without effect in a page and for TCP.
	 */
	readonly headers?: Readonly<Record<string, string>>;
}

/** The options with all defaults filled in. */
export interface ResolvedOptions {
	readonly signal?: AbortSignal | undefined;
	readonly connectTimeoutMs: number;
	readonly reconnect: Required<ReconnectOptions> | undefined;
	readonly onReconnected?: ((rejoin: Rejoin) => void | Promise<void>) | undefined;
	readonly stream: Required<StreamOptions> | undefined;
	readonly maxDocumentBytes: number;
	readonly maxOutboxBytes: number;
	readonly maxInboxDocuments: number;
	readonly maxInboxChars: number;
	readonly keepEmpty: boolean;
	readonly idleTimeoutMs: number;
	readonly pingIntervalMs: number;
	readonly unreadOutputTimeoutMs: number;
	readonly lingerMs: number;
	readonly terminator?: Uint8Array | undefined;
	readonly codec?: TextCodec | undefined;
	readonly tls: { readonly insecure?: boolean | undefined; readonly ca?: string | undefined };
	readonly origin?: string | undefined;
	readonly headers?: Readonly<Record<string, string>> | undefined;
}

const MOST = 2 ** 31 - 1;
const SIZE = 16 * 1024 * 1024;
const NOTHING: Uint8Array = new Uint8Array(0);

function whole(unit: string, least: number): v.GenericSchema<number> {
	const message = `a whole number of ${unit} from ${least} to ${MOST}`;
	return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(MOST, message));
}

function made<T>(message: string, check: (value: unknown) => boolean): v.GenericSchema<T> {
	return v.custom<T>(check, message);
}

const flag = v.boolean("true or false");
const text = v.string("a string");
const positiveMs = whole("milliseconds", 1);
const msOrNever = whole("milliseconds", 0);
const bytes = whole("bytes", 1);
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** What the handshake of a WebSocket needs for itself (RFC 6455, 4.1), and `origin`, which has an option of its own. */
const OWN_HEADERS = /^(?:connection|content-length|host|origin|sec-websocket-.*|transfer-encoding|upgrade)$/i;

function isHeader([name, value]: [string, unknown]): boolean {
	if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || OWN_HEADERS.test(name)) return false;
	return typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

const reconnectSchema = v.strictObject(
	{
		minDelayMs: v.optional(positiveMs, 500),
		maxDelayMs: v.optional(positiveMs, 30_000),
		maxAttempts: v.optional(
			made<number>("a whole number from 1, or Infinity", (value) => Number(value) >= 1 && isCount(value)),
			Number.POSITIVE_INFINITY,
		),
		retryFirst: v.optional(flag, false),
	},
	"true, false or an object",
);

const streamSchema = v.strictObject(
	{
		maxUnprocessedChars: v.optional(whole("characters", 1), 262_144),
		overflow: v.optional(v.picklist(["close", "discard"], "close or discard"), "close"),
		keepAliveIntervalMs: v.optional(msOrNever, 0),
	},
	"true, false or an object",
);

const schema = v.strictObject(
	{
		signal: v.optional(made<AbortSignal>("an AbortSignal", (value) => isObject(value) && "aborted" in value)),
		connectTimeoutMs: v.optional(positiveMs, 20_000),
		reconnect: v.optional(reconnectSchema),
		onReconnected: v.optional(
			made<NonNullable<ConnectOptions["onReconnected"]>>("a function", (value) => typeof value === "function"),
		),
		stream: v.optional(streamSchema),
		maxDocumentBytes: v.optional(bytes, SIZE),
		maxOutboxBytes: v.optional(bytes, SIZE),
		maxInboxDocuments: v.optional(whole("documents", 1), 256),
		maxInboxChars: v.optional(whole("characters", 1), SIZE),
		keepEmpty: v.optional(flag, false),
		idleTimeoutMs: v.optional(msOrNever, 0),
		pingIntervalMs: v.optional(msOrNever, 30_000),
		unreadOutputTimeoutMs: v.optional(msOrNever, 60_000),
		lingerMs: v.optional(positiveMs, 5000),
		terminator: v.optional(
			made<TerminatorName>("nul, lf, cr, crlf, or 1 to 8 bytes in hexadecimal such as 0d0a", isTerminator),
		),
		codec: v.optional(made<TextCodec>("a codec", (value) => isObject(value) && "decode" in value && "encode" in value)),
		tls: v.optional(
			v.strictObject({ insecure: v.optional(flag), ca: v.optional(text) }, "an object with insecure or ca"),
			{},
		),
		origin: v.optional(text),
		headers: v.optional(
			made<Readonly<Record<string, string>>>(
				"an object of names and texts of a request, without those that a WebSocket itself sends",
				(value) => isObject(value) && Object.entries(value).every(isHeader),
			),
		),
	},
	"an object",
);

/**
 * Checks options and fills in the defaults.
 *
 * @throws XMLSOCKET_OPTION_INVALID, or XMLSOCKET_OPTION_UNKNOWN where unknown names are the only mistakes. One error lists all of
 * them.
 */
export function resolveOptions(options: ConnectOptions = {}): ResolvedOptions {
	const given = objectFor("stream", objectFor("reconnect", options));
	const result = v.safeParse(schema, given, { abortPipeEarly: true });
	if (!result.success) throw invalid(result.issues);
	const { terminator, reconnect: limits, stream, ...rest } = result.output;
	if (stream && terminator !== undefined) {
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "The option terminator has no meaning with stream.");
	}
	if (limits && limits.minDelayMs > limits.maxDelayMs) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The option reconnect.minDelayMs (${limits.minDelayMs}) is greater than reconnect.maxDelayMs (${limits.maxDelayMs}).`,
		);
	}
	return {
		...rest,
		reconnect: limits,
		stream,
		// Without the option a link uses its faster path for the zero byte.
		terminator: stream
			? NOTHING
			: terminator === undefined || terminator === "nul"
				? undefined
				: terminatorBytes(terminator),
	};
}

function invalid(issues: readonly v.BaseIssue<unknown>[]): XMLSocketError {
	const mistakes = issues.map((issue) => {
		const path = issue.path?.map((item) => String(item.key)) ?? [];
		const name = path.join(".");
		if (issue.type === "strict_object" && issue.expected === "never") {
			const nearest = nearestName(path.at(-1) ?? "", namesNextTo(path));
			return { unknown: true, text: `There is no option ${name}${nearest ? `; did you mean ${nearest}?` : "."}` };
		}
		const subject = name === "" ? "The options" : `The option ${name}`;
		return {
			unknown: false,
			text: `${subject} must be ${issue.message}, but ${name === "" ? "are" : "is"} ${show(issue.input)}.`,
		};
	});
	return new XMLSocketError(
		mistakes.every((mistake) => mistake.unknown) ? "XMLSOCKET_OPTION_UNKNOWN" : "XMLSOCKET_OPTION_INVALID",
		mistakes.map((mistake) => mistake.text).join(" "),
		{ details: { mistakes: mistakes.length } },
	);
}

// `true` asks for the defaults, `false` for nothing.
function objectFor(name: "reconnect" | "stream", options: ConnectOptions): ConnectOptions {
	const value = options?.[name];
	return typeof value === "boolean" ? ({ ...options, [name]: value ? {} : undefined } as ConnectOptions) : options;
}

function namesNextTo(path: readonly string[]): string[] {
	if (path.length < 2) return Object.keys(schema.entries);
	if (path[0] === "tls") return ["insecure", "ca"];
	return Object.keys(path[0] === "stream" ? streamSchema.entries : reconnectSchema.entries);
}

function isCount(value: unknown): boolean {
	return value === Number.POSITIVE_INFINITY || Number.isInteger(value);
}

function isTerminator(value: unknown): boolean {
	if (typeof value !== "string") return false;
	try {
		terminatorBytes(value);
		return true;
	} catch {
		return false;
	}
}

function show(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
	return typeof value === "object" && value !== null ? "an object" : String(value);
}
