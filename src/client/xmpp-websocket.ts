// XMPP over WebSocket as a Transport that looks like a Jabber connection: above it there is a stream with its header and end
// tag; below, each element is a text message of its own, and <open/> and <close/> stand for the two. It opens nothing: it is
// put around a WebSocket with the sub-protocol `xmpp`. RFC 7395.

import type { Transport, TransportEvents } from "../link/index.ts";
import { DocumentDecoder, StreamDecoder, type TextCodec, utf8Codec } from "../wire/index.ts";
import { attribute, attributes, element, elements, XML } from "../xml/index.ts";
import {
	type Declaration,
	declarationsOf,
	isStreamEnd,
	isStreamHeader,
	withDeclarations,
} from "./stream-namespaces.ts";

/** The sub-protocol to ask for. */
export const XMPP_PROTOCOL = "xmpp";

const FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
const STREAMS = "http://etherx.jabber.org/streams";
const CONDITIONS = "urn:ietf:params:xml:ns:xmpp-streams";
/** A framing element; some servers put a declaration before it. */
const FRAME = /^\s*(?:<\?xml[^>]*>\s*)?<(?:[^\s:/>]+:)?(open|close)[\s/>]/;
/** What the other side may put into one message, and this side into one element. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** A WebSocket with the sub-protocol of XMPP, as a connection that carries an XML stream. */
export class XmppWebSocket implements Transport {
	readonly kind = "websocket";
	readonly remoteAddress: string;
	/** Asks the WebSocket below: white space as a sign of life does not travel here (RFC 7395, 3.8). */
	readonly ping?: () => void;
	readonly #inner: Transport;
	readonly #codec: TextCodec = utf8Codec();
	readonly #incoming: DocumentDecoder;
	readonly #outgoing: StreamDecoder;
	#declarations: readonly Declaration[] = [];
	/** Whether the server has sent <open/>. */
	#isOpen = false;

	/** @param inner hands each text message over as a document with a zero byte, and sends each such document as one. */
	constructor(inner: Transport) {
		this.#inner = inner;
		this.remoteAddress = inner.remoteAddress;
		if (inner.ping) this.ping = () => inner.ping!();
		const limits = { maxDocumentBytes: MAX_MESSAGE_BYTES, codec: this.#codec };
		this.#incoming = new DocumentDecoder({ output: "text", ...limits });
		this.#outgoing = new StreamDecoder({ maxUnprocessedChars: MAX_MESSAGE_BYTES, ...limits });
	}

	get bufferedBytes(): number {
		return this.#inner.bufferedBytes;
	}

	start(events: TransportEvents): void {
		this.#inner.start({
			bytes: (chunk) => {
				const messages: string[] = [];
				const error = this.#incoming.push(chunk, 0, messages);
				for (const message of messages) events.bytes(this.#codec.encode(this.#fragmentOf(message)));
				if (error) this.destroy(error);
			},
			end: () => events.end(),
			drain: () => events.drain(),
			pong: () => events.pong(),
			close: (error) => events.close(error),
		});
	}

	write(bytes: Uint8Array): boolean {
		const fragments: string[] = [];
		const error = this.#outgoing.push(bytes, 0, fragments);
		const messages = fragments.map((fragment) => `${this.#messageOf(fragment)}\0`).join("");
		const more = messages === "" || this.#inner.write(this.#codec.encode(messages));
		// What the program sends is no XML stream: no message could be made of it.
		if (error) this.destroy(error);
		return more;
	}

	end(): void {
		this.#inner.end();
	}

	destroy(error?: Error): void {
		this.#inner.destroy(error);
	}

	pause(): void {
		this.#inner.pause();
	}

	resume(): void {
		this.#inner.resume();
	}

	#fragmentOf(message: string): string {
		const framing = FRAME.exec(message);
		if (framing === null) return message;
		const root = elements(new XML(message))[0];
		if (!root || root.namespaceURI !== FRAMING) return message;
		if (framing[1] === "open") {
			this.#isOpen = true;
			return headerOf(message);
		}
		// A server that is busy elsewhere answers <open/> with <close/>; above, an end follows a header (RFC 7395, 3.6.1).
		return `${this.#isOpen ? "" : headerOf("")}${redirection(attribute(root, "see-other-uri"))}</stream:stream>`;
	}

	#messageOf(fragment: string): string {
		if (isStreamEnd(fragment)) return `<close xmlns="${FRAMING}" />`;
		if (!isStreamHeader(fragment)) return withDeclarations(fragment, this.#declarations);
		this.#declarations = declarationsOf(fragment);
		return String(element("open", { xmlns: FRAMING, ...others(fragment) }));
	}
}

function headerOf(open: string): string {
	const header = element("stream:stream", { xmlns: "jabber:client", "xmlns:stream": STREAMS, ...others(open) });
	return `${String(header).slice(0, -" />".length)}>`;
}

// The address in <close/> as the stream error that means the same on TCP.
function redirection(uri: string | undefined): string {
	if (uri === undefined) return "";
	return String(element("stream:error", {}, element("see-other-host", { xmlns: CONDITIONS }, uri)));
}

// What a header and <open/> have in common: to, from, id, version, xml:lang.
function others(text: string): Record<string, string> {
	const root = elements(new XML(text))[0];
	const all = root ? [...attributes(root)] : [];
	return Object.fromEntries(all.filter(([name]) => name !== "xmlns" && !name.startsWith("xmlns:")));
}
