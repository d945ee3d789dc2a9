// A WebSocket that ends within its page: the interface of the WHATWG's WebSocket over one end of a memory pair. Like the
// daemon's, it carries a byte stream in binary messages, or with `?frames=text` a text message for each document.
// WHATWG, WebSockets Standard, "The WebSocket interface".

import type { Transport } from "../link/index.ts";
import { pageClock } from "./page-clock.ts";

/** Hands the page's end of a new connection to `end`; false where the server takes none. */
export type AcceptInPage = (end: (near: Transport) => void) => boolean;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
/** What a page may have sent and the server has not read yet; past it the connection fails, as a full WebSocket does. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;
const MAX_REASON_BYTES = 123;

type Handler = ((this: WebSocket, event: never) => unknown) | null;

/** Makes the class of these sockets; its objects are instances of `real` as well, and share nothing with it but that. */
export function pageWebSocketClass(real: typeof WebSocket, accept: AcceptInPage): new (url: URL) => EventTarget {
	class PageWebSocket extends EventTarget {
		readonly #url: URL;
		readonly #handlers = new Map<string, { handler: Handler; listener: (event: Event) => void }>();
		readonly #text: boolean;
		#near: Transport | undefined = undefined;
		#readyState = CONNECTING;
		#binaryType: BinaryType = "blob";
		/** Blobs that are being read, and what was sent behind them. */
		#reading: Promise<void> | undefined = undefined;
		#readingBytes = 0;
		/** Sent after the end: the interface counts it until the page is left. */
		#lostBytes = 0;
		#close: { readonly code: number; readonly reason: string } | undefined = undefined;

		constructor(url: URL) {
			super();
			this.#url = url;
			this.#text = url.searchParams.get("frames") === "text";
			pageClock.afterTick(() => this.#open());
		}

		get url(): string {
			return this.#url.href;
		}
		get readyState(): number {
			return this.#readyState;
		}
		get bufferedAmount(): number {
			return (this.#near?.bufferedBytes ?? 0) + this.#readingBytes + this.#lostBytes;
		}
		get extensions(): string {
			return "";
		}
		get protocol(): string {
			return "";
		}
		get binaryType(): BinaryType {
			return this.#binaryType;
		}
		set binaryType(type: BinaryType) {
			if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
		}
		get onopen(): Handler {
			return this.#handlerOf("open");
		}
		set onopen(handler: Handler) {
			this.#handle("open", handler);
		}
		get onmessage(): Handler {
			return this.#handlerOf("message");
		}
		set onmessage(handler: Handler) {
			this.#handle("message", handler);
		}
		get onerror(): Handler {
			return this.#handlerOf("error");
		}
		set onerror(handler: Handler) {
			this.#handle("error", handler);
		}
		get onclose(): Handler {
			return this.#handlerOf("close");
		}
		set onclose(handler: Handler) {
			this.#handle("close", handler);
		}

		send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
			if (this.#readyState === CONNECTING)
				throw new DOMException("The WebSocket is not open yet.", "InvalidStateError");
			const whole = data instanceof Blob ? data : bytesOf(data);
			const length = whole instanceof Blob ? whole.size : whole.length;
			if (this.#readyState !== OPEN) this.#lostBytes += length;
			else if (this.bufferedAmount + length > MAX_BUFFERED_BYTES) {
				this.#lostBytes += length;
				this.#fail();
			} else if (whole instanceof Blob || this.#reading) {
				this.#readingBytes += length;
				const reading = (this.#reading ?? Promise.resolve())
					.then(async () => {
						const bytes = whole instanceof Blob ? new Uint8Array(await whole.arrayBuffer()) : whole;
						this.#readingBytes -= length;
						this.#write(bytes, typeof data === "string");
					})
					.catch(() => this.#fail())
					.finally(() => {
						if (this.#reading === reading) this.#reading = undefined;
					});
				this.#reading = reading;
			} else this.#write(whole, typeof data === "string");
		}

		close(code?: number, reason = ""): void {
			if (code !== undefined) {
				const wanted = Math.min(Math.max(Math.round(Number(code)) || 0, 0), 65535);
				if (wanted !== 1000 && !(wanted >= 3000 && wanted <= 4999))
					throw new DOMException(`The close code is 1000, or 3000 to 4999, not ${code}.`, "InvalidAccessError");
				code = wanted;
			}
			if (new TextEncoder().encode(reason).length > MAX_REASON_BYTES)
				throw new DOMException(`The reason is longer than ${MAX_REASON_BYTES} bytes.`, "SyntaxError");
			if (this.#readyState >= CLOSING) return;
			if (this.#readyState === CONNECTING) {
				this.#readyState = CLOSING;
				return;
			}
			this.#end(code ?? 1005, reason);
		}

		#open(): void {
			const taken =
				this.#readyState === CONNECTING &&
				accept((near) => {
					this.#near = near;
				});
			if (!taken) {
				this.#closed(true);
				return;
			}
			this.#readyState = OPEN;
			this.dispatchEvent(new Event("open"));
			this.#near!.start({
				bytes: (chunk) => this.#message(chunk),
				// The server closes: it has sent all it had, and expects no more.
				end: () => {
					if (this.#readyState === OPEN) this.#end(1000, "");
				},
				drain: () => {},
				pong: () => {},
				close: (error) => this.#closed(error !== undefined),
			});
		}

		#message(chunk: Uint8Array): void {
			for (const data of this.#text ? documentsIn(chunk) : [this.#binary(chunk)]) {
				if (this.#readyState !== OPEN) return;
				this.dispatchEvent(new MessageEvent("message", { data, origin: this.#url.origin }));
			}
		}

		// The server's bytes may be shared with other connections: each listener's are a copy.
		#binary(chunk: Uint8Array): ArrayBuffer | Blob {
			const { buffer } = chunk.slice() as Uint8Array<ArrayBuffer>;
			return this.#binaryType === "blob" ? new Blob([buffer]) : buffer;
		}

		#write(bytes: Uint8Array, text: boolean): void {
			// A text that ends with a zero byte has all its terminators.
			if (!text || bytes.at(-1) === 0) this.#near?.write(bytes);
			else if (bytes.includes(0)) {
				// One text message is one document: a zero byte in it would make two of it.
				this.#close ??= { code: 1007, reason: "a text message holds U+0000" };
				this.#near?.destroy(new Error("a text message holds U+0000"));
			} else {
				const document = new Uint8Array(bytes.length + 1);
				document.set(bytes);
				this.#near?.write(document);
			}
		}

		// What was sent goes out first, also what is still being read.
		#end(code: number, reason: string): void {
			this.#readyState = CLOSING;
			this.#close ??= { code, reason };
			if (this.#reading) void this.#reading.then(() => this.#near?.end());
			else this.#near?.end();
		}

		#fail(): void {
			this.#readyState = CLOSING;
			this.#near?.destroy(new Error("the page's WebSocket failed"));
		}

		#closed(broken: boolean): void {
			const refused = this.#close?.code === 1007;
			const { code, reason } =
				broken && !refused ? { code: 1006, reason: "" } : (this.#close ?? { code: 1000, reason: "" });
			this.#readyState = CLOSED;
			if (code === 1006) this.dispatchEvent(new Event("error"));
			this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean: code !== 1006 }));
		}

		#handlerOf(type: string): Handler {
			return this.#handlers.get(type)?.handler ?? null;
		}

		// An event handler keeps its place among the listeners while it is replaced, and loses it when it is taken away.
		#handle(type: string, value: unknown): void {
			const handler = typeof value === "function" ? (value as NonNullable<Handler>) : null;
			const known = this.#handlers.get(type);
			if (known && handler) known.handler = handler;
			else if (known) {
				this.removeEventListener(type, known.listener);
				this.#handlers.delete(type);
			} else if (handler) {
				const slot = {
					handler: handler as Handler,
					listener: (event: Event) => slot.handler?.call(this as unknown as WebSocket, event as never),
				};
				this.#handlers.set(type, slot);
				this.addEventListener(type, slot.listener);
			}
		}
	}
	Object.setPrototypeOf(PageWebSocket.prototype, real.prototype);
	return PageWebSocket;
}

// A copy: the page may change what it sent.
function bytesOf(data: string | ArrayBufferLike | ArrayBufferView): Uint8Array {
	if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
	if (data instanceof ArrayBuffer) return new Uint8Array(data).slice();
	return new TextEncoder().encode(String(data));
}

// A link hands on whole documents; each is a text message without its zero byte.
function documentsIn(bytes: Uint8Array): string[] {
	const documents = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\0");
	if (documents.at(-1) === "") documents.pop();
	return documents;
}
