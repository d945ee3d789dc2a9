// The WebSocket handshake as bytes (RFC 6455, 4): the request of a browser, and the answer. A tool that explains failed handshakes needs the
// answer's head and body, also where they are not HTTP. Pure; no I/O.

import { createHash, randomBytes } from "node:crypto";

/** The answer to an upgrade request. */
export interface HandshakeAnswer {
	readonly status: number;
	/** By their names in small letters; a repeated one joined with commas. */
	readonly headers: ReadonlyMap<string, string>;
	/** Where the body, or the first frame, begins. */
	readonly headBytes: number;
	/** Why a browser refuses an answer with status 101; undefined if it accepts it. */
	readonly invalid: string | undefined;
}

/** A request, and what its answer must contain. */
export interface HandshakeRequest {
	readonly bytes: Uint8Array;
	/** Sec-WebSocket-Accept. */
	readonly accept: string;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const END = "\r\n\r\n";

/** The request that Ruffle causes in a browser: no sub-protocol. It offers no compression, so that frames can be read. */
export function handshakeRequest(url: URL, origin: string | undefined): HandshakeRequest {
	const key = randomBytes(16).toString("base64");
	const lines = [
		`GET ${url.pathname}${url.search} HTTP/1.1`,
		`Host: ${url.host}`,
		"Connection: Upgrade",
		"Upgrade: websocket",
		"Sec-WebSocket-Version: 13",
		`Sec-WebSocket-Key: ${key}`,
		...(origin === undefined ? [] : [`Origin: ${origin}`]),
		"User-Agent: xmlsocket-doctor",
	];
	return {
		bytes: Buffer.from(`${lines.join("\r\n")}${END}`, "latin1"),
		accept: createHash("sha1")
			.update(key + GUID)
			.digest("base64"),
	};
}

/** Whether the bytes can still become an HTTP answer. */
export function looksLikeHttp(received: Buffer): boolean {
	const start = received.toString("latin1", 0, 5);
	return "HTTP/".startsWith(start) || start === "HTTP/";
}

/** The answer; undefined while its head is not complete. */
export function readAnswer(received: Buffer, accept: string): HandshakeAnswer | undefined {
	const end = received.indexOf(END);
	if (end < 0) return undefined;
	const [line = "", ...fields] = received.toString("latin1", 0, end).split("\r\n");
	const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(line)?.[1] ?? 0);
	const headers = new Map<string, string>();
	for (const field of fields) {
		const colon = field.indexOf(":");
		if (colon < 1) continue;
		const name = field.slice(0, colon).trim().toLowerCase();
		const value = field.slice(colon + 1).trim();
		headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
	}
	return {
		status,
		headers,
		headBytes: end + END.length,
		invalid: status === 101 ? whyInvalid(headers, accept) : undefined,
	};
}

function whyInvalid(headers: ReadonlyMap<string, string>, accept: string): string | undefined {
	const has = (name: string, word: string): boolean =>
		(headers.get(name) ?? "")
			.toLowerCase()
			.split(/\s*,\s*/)
			.includes(word);
	if (!has("upgrade", "websocket")) return "the header Upgrade is missing";
	if (!has("connection", "upgrade")) return "the header Connection is missing";
	if (headers.get("sec-websocket-accept") !== accept) return "the header Sec-WebSocket-Accept has a wrong value";
	const protocol = headers.get("sec-websocket-protocol");
	if (protocol !== undefined) return `it names the sub-protocol "${protocol}", which Ruffle does not ask for`;
	const extension = headers.get("sec-websocket-extensions");
	if (extension !== undefined) return `it names the extension "${extension}", which was not offered`;
	return undefined;
}
