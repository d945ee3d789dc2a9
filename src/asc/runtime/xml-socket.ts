// The class XMLSocket that scripts see. It behaves like the package's own class (`client/xml-socket.ts`), because each connection is one
// of those, in the worker. This file has the script's object, its handlers and its XML. Server-Side ActionScript Language Reference
// pp. 218-227.

import { isObject, toNumber, toText } from "../../xml/coerce.ts";
import { XML } from "../../xml/index.ts";

/** The worker's functions for sockets; `worker/sockets.ts` implements them. */
export interface SocketBridge {
	connect(id: number, isStream: boolean, host: string | undefined, port: number, timeoutMs: number): boolean;
	send(id: number, text: string): void;
	close(id: number): void;
}

/** The class, and the events that the worker reports. */
export interface ScriptSockets {
	readonly XMLSocket: new (streamtype?: unknown) => object;
	connected(id: number, success: boolean): void;
	data(id: number, text: string): void;
	closed(id: number): void;
	maxUnprocessedChars(id: number): number;
}

interface SocketState {
	readonly isStream: boolean;
	/** The number of its connection; 0 before the first. */
	id: number;
}

const DEFAULT_TIMEOUT_MS = 20_000;

/**
 * Creates the class over the worker's sockets. Exceptions of handlers reach the caller of the event.
 *
 * @param maxUnprocessedChars the value for a stream unless its script sets one.
 */
export function makeXMLSocket(bridge: SocketBridge, maxUnprocessedChars: number): ScriptSockets {
	// Separate from the instances, which have only the members of the manual.
	const states = new WeakMap<object, SocketState>();
	/** The open and connecting sockets, by the numbers of their connections. */
	const sockets = new Map<number, Record<string, unknown>>();
	let lastId = 0;

	function XMLSocket(this: Record<string, unknown>, streamtype?: unknown): undefined {
		// Without `new`, as `XMLSocket.call(this, "stream")`: the constructor of a class that inherits from this one.
		if (!new.target && !isInstance(this)) return undefined;
		const isStream = streamtype === "stream";
		states.set(this, { isStream, id: 0 });
		// A value on a prototype is the default of new sockets.
		if (isStream) hide(this, { maxUnprocessedChars: this.maxUnprocessedChars ?? maxUnprocessedChars });
		hide(this, { timeout: this.timeout ?? DEFAULT_TIMEOUT_MS });
	}

	function isInstance(value: unknown): boolean {
		return value instanceof XMLSocket && !states.has(value) && value !== XMLSocket.prototype;
	}

	// An object whose constructor never ran (`Line.prototype = new XMLSocket()`, or a method used with `call`) gets a state at
	// its first use. It is a stream if the object that it inherits from is.
	function stateOf(socket: unknown): SocketState | undefined {
		if (!isObject(socket)) return undefined;
		let state = states.get(socket);
		if (!state) {
			let above = Object.getPrototypeOf(socket) as object | null;
			while (above !== null && !states.has(above)) above = Object.getPrototypeOf(above) as object | null;
			state = { isStream: above !== null && states.get(above)?.isStream === true, id: 0 };
			states.set(socket, state);
		}
		return state;
	}

	hide(XMLSocket.prototype, {
		connect(this: Record<string, unknown>, host?: unknown, port?: unknown): boolean {
			const state = stateOf(this);
			if (!state) return false;
			const name = host === null || host === undefined ? undefined : toText(host);
			const id = ++lastId;
			if (!bridge.connect(id, state.isStream, name, toNumber(port), toNumber(this.timeout))) return false;
			drop(state.id);
			state.id = id;
			sockets.set(id, this);
			return true;
		},
		send(this: object, ...objects: unknown[]): void {
			const id = isObject(this) ? (states.get(this)?.id ?? 0) : 0;
			if (objects.length > 0 && sockets.has(id)) bridge.send(id, toText(objects[0]));
		},
		close(this: object): void {
			if (isObject(this)) drop(states.get(this)?.id ?? 0);
		},
		onData(this: Record<string, unknown>, src: string): void {
			if (typeof this.onXML === "function") this.onXML(new XML(src));
		},
	});

	function drop(id: number): void {
		if (sockets.delete(id)) bridge.close(id);
	}

	// The handler is read at each call, because a script may set it at any time, also on the prototype.
	function call(id: number, name: string, ...args: unknown[]): void {
		const socket = sockets.get(id);
		if (!socket) return;
		if (name === "onClose" || args[0] === false) sockets.delete(id);
		const handler = socket[name];
		if (typeof handler === "function") handler.apply(socket, args);
	}

	return {
		XMLSocket: XMLSocket as unknown as new (streamtype?: unknown) => object,
		connected: (id, success) => call(id, "onConnect", success),
		data: (id, text) => call(id, "onData", text),
		closed: (id) => call(id, "onClose"),
		maxUnprocessedChars: (id) => toNumber(sockets.get(id)?.maxUnprocessedChars),
	};
}

function hide(object: object, members: Record<string, unknown>): void {
	for (const [name, value] of Object.entries(members)) {
		Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
	}
}
