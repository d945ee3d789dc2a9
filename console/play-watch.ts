// Observes Ruffle's sockets without Ruffle's help. It replaces the page's WebSocket class by one that reports its events, and reads the
// console for the one case without a WebSocket: a host and port without an entry in `socketProxy`.

/** One WebSocket of the movie. */
export interface WatchedSocket {
	opened(): void;
	sent(bytes: number): void;
	received(bytes: number): void;
	/** @param byMovie the movie closed it. */
	closed(code: number, reason: string, byMovie: boolean): void;
}

/** The listeners. */
export interface Watcher {
	/** The movie opens a WebSocket. @param mark its label in the server's events. @returns undefined: not of interest. */
	asked(url: string, mark: string): WatchedSocket | undefined;
	/** The movie requested a host and port that no entry has. */
	missing(host: string, port: number): void;
}

/** Observes all WebSockets of the page from now on. A label in the address of each connects it with the server's events. */
export function watchWebSockets(watcher: Watcher): void {
	const page = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
	let made = 0;
	globalThis.WebSocket = class extends WebSocket {
		readonly #watched: WatchedSocket | undefined;
		#failed = false;
		#byMovie = false;

		constructor(url: string | URL, protocols?: string | string[]) {
			const mark = `${page}-${++made}`;
			const marked = new URL(url, location.href);
			marked.searchParams.set("watch", mark);
			// The hash distinguishes entries with the same address; the address of a WebSocket must not have one.
			marked.hash = "";
			super(marked, protocols);
			this.#watched = watcher.asked(String(url), mark);
			this.addEventListener("error", () => {
				this.#failed = true;
			});
			this.addEventListener("open", () => this.#watched?.opened());
			this.addEventListener("message", (event) => this.#watched?.received(sizeOf(event.data)));
			this.addEventListener("close", (event) => this.#watched?.closed(event.code, event.reason, this.#byMovie));
		}

		override send(data: string | Blob | ArrayBufferLike | ArrayBufferView<ArrayBuffer>): void {
			super.send(data as string);
			this.#watched?.sent(sizeOf(data));
		}

		override close(code?: number, reason?: string): void {
			// Ruffle also closes failed sockets.
			this.#byMovie ||= !this.#failed;
			super.close(code, reason);
		}
	};
}

const MISSING = /Missing WebSocket proxy for host ([^\s,]+), port (\d+)/;

/** Reads the console's messages from now on, and still prints them. */
export function watchConsole(watcher: Watcher): void {
	for (const level of ["debug", "log", "info", "warn", "error"] as const) {
		const print = console[level].bind(console);
		console[level] = (...words: unknown[]) => {
			print(...words);
			const [, host, port] = MISSING.exec(words.map(String).join(" ")) ?? [];
			if (host !== undefined) watcher.missing(host, Number(port));
		};
	}
}

function sizeOf(data: unknown): number {
	if (typeof data === "string") return data.length;
	if (data instanceof Blob) return data.size;
	return (data as ArrayBuffer | ArrayBufferView).byteLength;
}
