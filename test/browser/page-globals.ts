// The globals of a page that Node lacks, as far as the server in a page needs them; and a network that only writes down what
// was asked of it.

/** A WebSocket that goes nowhere: it remembers the URL. */
export class NetworkWebSocket extends EventTarget {
	static readonly CONNECTING = 0;
	static readonly OPEN = 1;
	static readonly CLOSING = 2;
	static readonly CLOSED = 3;
	static opened: { url: string; protocols: unknown }[] = [];
	#readyState = 0;
	constructor(url: string, protocols?: unknown) {
		super();
		// As a real one does: relative addresses belong to the page.
		NetworkWebSocket.opened.push({ url: new URL(url, "https://page.example/game/").href, protocols });
	}
	get readyState(): number {
		return this.#readyState;
	}
	close(): void {
		this.#readyState = 3;
	}
}
for (const [name, value] of [
	["CONNECTING", 0],
	["OPEN", 1],
	["CLOSING", 2],
	["CLOSED", 3],
] as const)
	Object.defineProperty(NetworkWebSocket.prototype, name, { value, enumerable: true });

class NodeCloseEvent extends Event {
	readonly code: number;
	readonly reason: string;
	readonly wasClean: boolean;
	constructor(type: string, init: { code: number; reason: string; wasClean: boolean }) {
		super(type);
		this.code = init.code;
		this.reason = init.reason;
		this.wasClean = init.wasClean;
	}
}

/** What handlers of the page threw. */
export const reported: unknown[] = [];

/** Makes this process look like a page. */
export function providePage(): void {
	const page = globalThis as unknown as Record<string, unknown>;
	page.WebSocket = NetworkWebSocket;
	page.CloseEvent ??= NodeCloseEvent;
	page.location = new URL("https://page.example/game/");
	page.reportError = (error: unknown) => reported.push(error);
}
