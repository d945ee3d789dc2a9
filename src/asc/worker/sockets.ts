// The sockets of a script, in its worker. Each attempt to connect is one XMLSocket of the package, so a script's socket behaves like that
// class. Only numbers, strings and Booleans cross to the script's class (`runtime/xml-socket.ts`). It parses nothing and calls no handler.
// Server-Side ActionScript Language Reference pp. 218-227.

import type { XMLSocket, XMLSocketConstructor } from "../../client/index.ts";
import { socketTarget } from "../../client/socket-target.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { nodeClock } from "../../transport/node-clock.ts";
import type { HostContext, HostPart } from "./bridge.ts";
import { MAX_SOCKETS } from "./limits.ts";
import { reportTo } from "./report.ts";

const LOCAL_HOST = "localhost";

/** The events of connections, by their numbers. None of them throws. */
export interface SocketEvents {
	connected(id: number, success: boolean): void;
	data(id: number, text: string): void;
	closed(id: number): void;
	/** The script's `maxUnprocessedChars` when the connection opens; NaN if it is not set. */
	maxUnprocessedChars(id: number): number;
}

/** Returns the socket class, or a promise while it loads. */
export type SocketClass = () => XMLSocketConstructor | Promise<XMLSocketConstructor>;

/** All sockets of one application. */
export class ScriptSockets {
	readonly #socketClass: SocketClass;
	readonly #events: SocketEvents;
	readonly #report: (error: unknown) => void;
	readonly #maxSockets: number;
	/** The open and connecting sockets, by their numbers; undefined while the class loads. */
	readonly #sockets = new Map<number, XMLSocket | undefined>();

	/**
	 * @param report receives the reason why a connection was refused.
	 * @param maxSockets the limit of open and connecting sockets.
	 */
	constructor(
		socketClass: SocketClass,
		events: SocketEvents,
		report: (error: unknown) => void,
		maxSockets: number = MAX_SOCKETS,
	) {
		this.#socketClass = socketClass;
		this.#events = events;
		this.#report = report;
		this.#maxSockets = maxSockets;
	}

	/** Open and connecting sockets. */
	get size(): number {
		return this.#sockets.size;
	}

	/**
	 * Starts to connect, under a number that the caller has not used before. Without a `host` it connects to the local host.
	 *
	 * @returns false, and no event follows, if the host or the port is not allowed, or too many connections are open.
	 */
	connect(id: number, isStream: boolean, host: string | undefined, port: number, timeoutMs: number): boolean {
		if (!socketTarget(host, port, LOCAL_HOST)) return false;
		if (this.#sockets.size >= this.#maxSockets) {
			this.#report(
				new XMLSocketError(
					"XMLSOCKET_SCRIPT_LIMIT",
					`XMLSocket.connect was refused: ${this.#maxSockets} connections of this application are open, which is the limit; close some first.`,
					{ details: { limit: this.#maxSockets } },
				),
			);
			return false;
		}
		this.#sockets.set(id, undefined);
		const begin = (XMLSocket: XMLSocketConstructor): void => {
			if (!this.#sockets.has(id)) return; // closed while the class was loading
			const socket = new XMLSocket(isStream ? "stream" : undefined);
			this.#sockets.set(id, socket);
			this.#listen(id, socket);
			socket.timeout = timeoutMs;
			socket.connect(host, port);
		};
		const known = this.#socketClass();
		if (typeof known === "function") begin(known);
		else void known.then(begin);
		return true;
	}

	/** Sends a text, if the connection is open. */
	send(id: number, text: string): void {
		this.#sockets.get(id)?.send(text);
	}

	/** Closes a connection without an event; what was sent still leaves. */
	close(id: number): void {
		this.#sockets.get(id)?.close();
		this.#sockets.delete(id);
	}

	/** Closes all connections. Resolves after what was sent has been written to the sockets. */
	async end(): Promise<void> {
		for (const id of [...this.#sockets.keys()]) this.close(id);
		await new Promise<void>((resolve) => nodeClock.afterTick(() => setImmediate(resolve)));
	}

	#listen(id: number, socket: XMLSocket): void {
		Object.defineProperty(socket, "maxUnprocessedChars", { get: () => this.#events.maxUnprocessedChars(id) });
		socket.onConnect = (success) => {
			if (!success) this.#sockets.delete(id);
			this.#events.connected(id, success);
		};
		socket.onData = (text) => this.#events.data(id, text);
		socket.onClose = () => {
			this.#sockets.delete(id);
			this.#events.closed(id);
		};
	}
}

/** The sockets as a part of the host. */
export function socketsPart({ call, log, settings }: HostContext): HostPart {
	let connected = 0;
	let data = 0;
	let closed = 0;
	let maxUnprocessedChars = 0;
	const report = reportTo(log);
	let socketClass: XMLSocketConstructor | Promise<XMLSocketConstructor> | undefined;
	const events: SocketEvents = {
		connected: (id, success) => void call(connected, "the XMLSocket's onConnect", id, success),
		data: (id, text) => void call(data, "the XMLSocket's onData", id, text),
		closed: (id) => void call(closed, "the XMLSocket's onClose", id),
		maxUnprocessedChars: (id) => Number(call(maxUnprocessedChars, "the XMLSocket's maxUnprocessedChars", id)),
	};
	// Loaded for the first connection: most applications open none, and each thread has its own copy of what it loads.
	const load = async (): Promise<XMLSocketConstructor> => {
		const [{ createXMLSocketClass }, { dialSocket }, { nodeUtf8 }] = await Promise.all([
			import("../../client/xml-socket.ts"),
			import("../../transport/dial-socket.ts"),
			import("../../transport/node-utf8.ts"),
		]);
		socketClass = createXMLSocketClass({
			dial: dialSocket,
			clock: nodeClock,
			wait: nodeClock.delay,
			random: Math.random,
			report,
			codec: nodeUtf8,
			localHost: LOCAL_HOST,
		});
		return socketClass;
	};
	const sockets = new ScriptSockets(() => (socketClass ??= load()), events, report);
	return {
		functions: {
			"socket.maxUnprocessedChars": () => settings.maxUnprocessedChars,
			"socket.listen": (...numbers: number[]): undefined => {
				[connected = 0, data = 0, closed = 0, maxUnprocessedChars = 0] = numbers;
			},
			"socket.connect": (id: number, isStream: boolean, host: string | undefined, port: number, timeoutMs: number) =>
				sockets.connect(id, isStream, host, port, timeoutMs),
			"socket.send": (id: number, text: string): undefined => sockets.send(id, text) as undefined,
			"socket.close": (id: number): undefined => sockets.close(id) as undefined,
		},
		close: () => sockets.end(),
	};
}
