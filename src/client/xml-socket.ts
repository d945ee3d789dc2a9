// The documented class XMLSocket, member for member: Server-Side ActionScript Language Reference pp. 218-227, and recordings
// of real players where the manual is silent. What the player does not have is not here: no error event, no queue, no
// readable state. `connect()` is the client for programs that are written today.

import { XMLSocketError } from "../errors/index.ts";
import { Link, Scheduler } from "../link/index.ts";
import { DEFAULT_UNPROCESSED_CHARS, StreamDecoder } from "../wire/index.ts";
import { toNumber, toText } from "../xml/coerce.ts";
import { XML } from "../xml/index.ts";
import type { ClientHost } from "./dial.ts";
import { socketTarget } from "./socket-target.ts";

/**
 * A connection over which both sides send XML documents, each followed by a zero byte.
 *
 * Handlers are looked up when they are called, with `this` as the socket; what one throws is reported, and the connection
 * goes on. Server-Side ActionScript Language Reference p. 218.
 *
 * @example
 * ```ts
 * const socket = new XMLSocket();
 * socket.onConnect = (success) => {
 *   if (success) socket.send(new XML("<hello />"));
 * };
 * socket.onXML = (document) => console.log(document.firstChild?.nodeName);
 * socket.connect("localhost", 9000);
 * ```
 */
export interface XMLSocket {
	/**
	 * Starts to connect. Only an attempt that was started ends in `onConnect`: once, and never from inside this call. An
	 * earlier connection of the same socket is closed silently first.
	 *
	 * @param host a name or an address; null or nothing means the local host. An IPv6 address can be in brackets.
	 * @param port a whole number from 1024 to 65535.
	 * @returns false, and does nothing, where the port or the host cannot be connected to. (p. 222)
	 */
	connect(host?: string | null, port?: number | string): boolean;
	/**
	 * Sends the text of `object` and a zero byte; nothing while not connected, and nothing without an argument. A U+0000
	 * in the text goes out as it is, and the other side sees two documents there. (p. 226)
	 */
	send(object?: unknown): void;
	/** Sends what waits, then ends the connection. `onClose` is not called. (p. 222) */
	close(): void;
	/** Called with what became of `connect`. Absent until set. (p. 224) */
	onConnect?(success: boolean): void;
	/** Called with the text of each document. Unless replaced, it calls `onXML` with the parsed document. (p. 225) */
	onData(src: string): void;
	/** Called by `onData` with each document; one that is malformed has a negative `status`. Absent until set. (p. 225) */
	onXML?(document: XML): void;
	/** Called when the other side closed or the connection broke. Absent until set. (p. 223) */
	onClose?(): void;
	/** How long `connect` may take, in milliseconds. Default 20 000. */
	timeout: number;
	/**
	 * When set, a document of more characters closes the connection. On a stream, where it is 4096 unless set: a longer
	 * top-level element does; real rosters are longer. Read when the connection opens. (p. 223)
	 */
	maxUnprocessedChars?: number | undefined;
}

/** Options of the class that the manual does not have. */
export interface XMLSocketOptions {
	/**
	 * What becomes of a top-level element of a stream that is longer than `maxUnprocessedChars`: `close` ends the
	 * connection, as Flash Media Server 3 and later do; `discard` leaves the element out, as version 2 did. Default `close`.
	 */
	readonly overflow?: "close" | "discard";
}

/** The constructor: with `new` it makes a socket, without it gives undefined, as all classes of the player's API do. */
export interface XMLSocketConstructor {
	/**
	 * @param streamtype `"stream"`, exactly, asks for XMLStreams: `send` adds no zero byte, and `onData` gets the stream
	 * header as soon as it has come, each whole element below it, and the end tag, after which the connection closes.
	 * Anything else asks for documents. (p. 227)
	 */
	new (streamtype?: unknown, options?: XMLSocketOptions): XMLSocket;
	(...ignored: unknown[]): undefined;
	readonly prototype: XMLSocket;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const LONGEST_DELAY_MS = 2 ** 31 - 1;
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_OUTBOX_BYTES = 16 * 1024 * 1024;
const LINGER_MS = 5000;
const NOTHING: Uint8Array = new Uint8Array(0);
/** The most bytes that one UTF-16 unit of a text can stand for. */
const BYTES_PER_CHAR = 3;

/** Makes the class `XMLSocket` for a host, which knows how to connect. Every call makes a class of its own. */
export function createXMLSocketClass(host: ClientHost): XMLSocketConstructor {
	const scheduler = new Scheduler(host.clock, host.report);
	// Kept apart from the instances: a script must find no member on them that the manual does not name.
	const states = new WeakMap<object, SocketState>();

	function XMLSocket(this: XMLSocket, streamtype?: unknown, options?: XMLSocketOptions): undefined {
		// Without `new`, as `XMLSocket.call(this, "stream")`: the constructor of a class that inherits from this one.
		if (!new.target && !isInstance(this)) return undefined;
		const stream = streamtype === "stream" ? (options ?? {}) : undefined;
		states.set(this, new SocketState(this, stream, host, scheduler));
		// A value on a prototype is the default of new sockets.
		if (stream) hide(this, { maxUnprocessedChars: this.maxUnprocessedChars ?? DEFAULT_UNPROCESSED_CHARS });
		// The player keeps it as an own property that for..in does not show.
		hide(this, { timeout: this.timeout ?? DEFAULT_TIMEOUT_MS });
	}

	function isInstance(value: unknown): boolean {
		return value instanceof XMLSocket && !states.has(value) && value !== XMLSocket.prototype;
	}

	// An object whose constructor never ran (`Line.prototype = new XMLSocket()`, or a method used with `call`) gets a state at
	// its first use. It is a stream if the object that it inherits from is.
	function stateOf(socket: unknown): SocketState | undefined {
		if ((typeof socket !== "object" || socket === null) && typeof socket !== "function") return undefined;
		let state = states.get(socket);
		if (!state) {
			state = new SocketState(socket as XMLSocket, streamAbove(socket), host, scheduler);
			states.set(socket, state);
		}
		return state;
	}

	function streamAbove(socket: object): XMLSocketOptions | undefined {
		let above = Object.getPrototypeOf(socket) as object | null;
		while (above !== null && !states.has(above)) above = Object.getPrototypeOf(above) as object | null;
		return above === null ? undefined : states.get(above)?.stream;
	}

	hide(XMLSocket.prototype, {
		connect(this: object, hostName?: unknown, port?: unknown): boolean {
			return stateOf(this)?.connect(hostName, port) ?? false;
		},
		send(this: object, ...objects: unknown[]): void {
			if (objects.length > 0) states.get(this)?.send(objects[0]);
		},
		close(this: object): void {
			states.get(this)?.close();
		},
		onData(this: XMLSocket, src: string): void {
			if (typeof this.onXML === "function") this.onXML(new XML(src));
		},
	});
	return XMLSocket as unknown as XMLSocketConstructor;
}

// idle (neither field set) -> connecting (#attempt) -> open (#link) -> idle. An attempt and a link are each compared with
// the current one before their events count, so events of an earlier connection are ignored.
class SocketState {
	/** Undefined in document mode. */
	readonly stream: XMLSocketOptions | undefined;
	readonly #socket: XMLSocket;
	readonly #host: ClientHost;
	readonly #scheduler: Scheduler;
	#attempt: AbortController | undefined = undefined;
	#link: Link | undefined = undefined;

	constructor(socket: XMLSocket, stream: XMLSocketOptions | undefined, host: ClientHost, scheduler: Scheduler) {
		this.stream = stream;
		this.#socket = socket;
		this.#host = host;
		this.#scheduler = scheduler;
	}

	connect(hostName: unknown, port: unknown): boolean {
		const target = socketTarget(hostName, port, this.#host.localHost);
		if (!target) return false;
		this.close();
		const attempt = new AbortController();
		this.#attempt = attempt;
		this.#host.dial(target, { timeoutMs: this.#timeoutMs(), signal: attempt.signal }).then(
			(transport) => {
				if (this.#attempt !== attempt) {
					transport.destroy();
					return;
				}
				this.#attempt = undefined;
				this.#open(transport);
			},
			() => {
				if (this.#attempt !== attempt) return;
				this.#attempt = undefined;
				this.#call("onConnect", false);
			},
		);
		return true;
	}

	send(object: unknown): void {
		this.#link?.sendUnchecked(toText(object));
	}

	close(): void {
		this.#attempt?.abort();
		this.#attempt = undefined;
		const link = this.#link;
		this.#link = undefined;
		link?.end();
	}

	#open(transport: Link["transport"]): void {
		const maxChars = toNumber(this.#socket.maxUnprocessedChars);
		const limited = !this.stream && maxChars > 0;
		const link: Link = new Link(
			transport,
			{
				output: "text",
				...(this.#host.codec ? { codec: this.#host.codec } : {}),
				...(this.stream ? this.#streamOptions(this.stream, maxChars) : {}),
				maxDocumentBytes: limited ? Math.min(MAX_DOCUMENT_BYTES, maxChars * BYTES_PER_CHAR) : MAX_DOCUMENT_BYTES,
				keepEmpty: true,
				maxOutboxBytes: MAX_OUTBOX_BYTES,
				firstDocumentTimeoutMs: 0,
				documentTimeoutMs: 0,
				idleTimeoutMs: 0,
				unreadOutputTimeoutMs: 0,
				pingIntervalMs: 0,
				lingerMs: LINGER_MS,
			},
			this.#scheduler,
			{
				document: (text) => {
					if (this.#link !== link) return;
					if (limited && text.length > maxChars) {
						link.end();
						this.#over(link, tooManyChars(text.length, maxChars));
					} else this.#call("onData", text);
				},
				// The other side's half-close, or a limit, is the end for the script; what it sent before still goes out.
				ended: () => {
					this.#over(link);
					return undefined;
				},
				failing: (error) => this.#over(link, error),
				closed: ({ by, error }) => this.#over(link, by === "local" ? error : undefined),
			},
		);
		this.#link = link;
		this.#call("onConnect", true);
	}

	#streamOptions(options: XMLSocketOptions, maxChars: number): { terminator: Uint8Array; decoder: StreamDecoder } {
		const decoder = new StreamDecoder({
			...(this.#host.codec ? { codec: this.#host.codec } : {}),
			maxUnprocessedChars: maxChars > 0 ? maxChars : DEFAULT_UNPROCESSED_CHARS,
			overflow: options.overflow === "discard" ? "discard" : "close",
			discarded: (error) => this.#host.report(error),
			maxDocumentBytes: MAX_DOCUMENT_BYTES,
		});
		return { terminator: NOTHING, decoder };
	}

	// The class has no event for the reason, so a limit of ours is reported.
	#over(link: Link, limit?: XMLSocketError): void {
		if (this.#link !== link) return;
		this.#link = undefined;
		if (limit) this.#host.report(limit);
		this.#call("onClose");
	}

	#call(name: "onConnect" | "onData" | "onClose", ...args: unknown[]): void {
		try {
			const handler: unknown = this.#socket[name];
			if (typeof handler === "function") handler.apply(this.#socket, args);
		} catch (error) {
			this.#host.report(error);
		}
	}

	#timeoutMs(): number {
		const timeoutMs = toNumber(this.#socket.timeout);
		return timeoutMs > 0 ? Math.min(timeoutMs, LONGEST_DELAY_MS) : DEFAULT_TIMEOUT_MS;
	}
}

function tooManyChars(chars: number, limit: number): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_DOCUMENT_TOO_LARGE",
		`A document of ${chars} characters came, more than maxUnprocessedChars (${limit}).`,
		{ details: { characters: chars, limit } },
	);
}

function hide(prototype: object, members: Record<string, unknown>): void {
	for (const [name, value] of Object.entries(members)) {
		Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
	}
}
