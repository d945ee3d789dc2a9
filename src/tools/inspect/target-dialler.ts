// Opens the connection to the target of an inspector: a byte stream, or a WebSocket with what the client's own request asked for. It notices
// where the target is the inspector itself.

import { networkInterfaces } from "node:os";
import { parseAddressFrom, type Target } from "../../client/address.ts";
import { XMLSocketError } from "../../errors/index.ts";
import {
	addressesOf,
	attempt,
	dial,
	dialMessages,
	type UpgradeRequest,
	type WebSocketMessages,
} from "../../transport/index.ts";
import { MessageSide, type Side, StreamSide } from "./side.ts";

/** How to dial. */
export interface DiallerOptions {
	readonly connectTimeoutMs: number;
	readonly insecure: boolean;
	/** The Origin of a WebSocket. Default: the client's. */
	readonly origin: string | undefined;
	readonly maxMessageBytes: number;
	readonly terminator: Uint8Array;
}

/** A side that is connected. */
export interface Dialled {
	readonly side: Side;
	/** The sub-protocol of a WebSocket; empty where there is none. */
	readonly protocol: string;
}

/** Headers that belong to one connection, or that the WebSocket library writes itself. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
	"host",
	"connection",
	"upgrade",
	"keep-alive",
	"proxy-connection",
	"te",
	"trailer",
	"transfer-encoding",
	"content-length",
]);

/**
 * Reads the address of a target: HOST:PORT or a URL. All ports are allowed, because players request policy files from low ones.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID
 */
export function parseInspectTarget(text: string): InspectTarget {
	const target = parseAddressFrom(text, 1);
	return { ...target, hasPath: /^wss?:\/\/[^/?#]*[/?]/i.test(text) };
}

/** Where an inspector leads. */
export interface InspectTarget extends Target {
	/** Whether its URL names a path. Otherwise that of the client's request is used. */
	readonly hasPath: boolean;
}

/** Dials one target. */
export class TargetDialler {
	readonly target: InspectTarget;
	readonly #options: DiallerOptions;

	constructor(target: InspectTarget, options: DiallerOptions) {
		this.target = target;
		this.#options = options;
	}

	/** Whether the target uses WebSockets. */
	get isWebSocket(): boolean {
		return this.target.protocol === "ws" || this.target.protocol === "wss";
	}

	/**
	 * Connects.
	 *
	 * @param request the client's own request for a WebSocket.
	 *
	 * Rejects with XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT or XMLSOCKET_ABORTED.
	 */
	async dial(request: UpgradeRequest | undefined, signal: AbortSignal): Promise<Dialled> {
		const { connectTimeoutMs: timeoutMs, insecure, terminator } = this.#options;
		if (!this.isWebSocket) {
			const transport = await dial(this.target, { timeoutMs, insecure, signal });
			return { side: new StreamSide(transport), protocol: "" };
		}
		const messages = await this.#dialMessages(request, signal);
		return { side: new MessageSide(messages, terminator), protocol: messages.protocol };
	}

	/**
	 * Whether a connection to the target would reach this port on this machine.
	 *
	 * @param addresses those that the inspector listens on.
	 */
	async leadsTo(port: number, addresses: readonly string[]): Promise<boolean> {
		if (this.target.port !== port) return false;
		const found = await addressesOf(this.target.host);
		const listensOn = (address: string): boolean =>
			addresses.includes(address) || (addresses.some((each) => each === "::" || each === "0.0.0.0") && isOwn(address));
		return found.some((address) => listensOn(address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address));
	}

	#dialMessages(request: UpgradeRequest | undefined, signal: AbortSignal): Promise<WebSocketMessages> {
		const { connectTimeoutMs: timeoutMs, insecure, origin, maxMessageBytes } = this.#options;
		const { target } = this;
		const headers: Record<string, string> = {};
		for (const [name, value] of Object.entries(request?.headers ?? {}))
			if (!NOT_PASSED_ON.has(name) && !name.startsWith("sec-websocket-")) headers[name] = value;
		if (origin !== undefined) headers.origin = origin;
		const protocols = (request?.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
		const path = request && !target.hasPath && request.url.startsWith("/") ? request.url : target.path;
		return attempt(target, { timeoutMs, signal }, (where) =>
			dialMessages(`${target.protocol}://${where}${path}`, {
				timeoutMs,
				headers,
				protocols: protocols.filter((name) => name !== ""),
				maxMessageBytes,
				insecure,
				signal,
			}),
		);
	}
}

/** The error of an inspector that would connect to itself. */
export function selfTarget(target: InspectTarget, port: number): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_TARGET_IS_SELF",
		`The target ${target.host}:${target.port} is this inspector itself, which listens on port ${port}.`,
		{ details: { host: target.host, port } },
	);
}

function isOwn(address: string): boolean {
	if (address.startsWith("127.")) return true;
	return Object.values(networkInterfaces()).some((list) => list?.some((each) => each.address === address));
}
