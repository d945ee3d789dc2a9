// Reads the head of an HTTP request from a connection, to tell the request for a WebSocket from others. It answers nothing.
// RFC 9112; RFC 6455, 4.2.1.

import type { Socket } from "node:net";
import { deadline } from "../../transport/index.ts";

/** What a connection began with. */
export interface RequestStart {
	/** All bytes that were read. */
	readonly seen: Uint8Array;
	/** The request for a WebSocket, if it is one. */
	readonly upgrade: UpgradeHead | undefined;
}

/** A request for a WebSocket. */
export interface UpgradeHead {
	readonly method: string;
	readonly url: string;
	/** By their names in small letters; repeated ones joined with commas. */
	readonly headers: Readonly<Record<string, string>>;
	/** The bytes behind the head. */
	readonly rest: Uint8Array;
}

const MAX_HEAD_BYTES = 16_384;

/**
 * Reads until the head is complete, the client ends, the head is too long, or the time is over. The socket is paused then, and what was
 * read is not put back.
 *
 * @param done called once, with undefined where the connection closed.
 */
export function readRequestStart(
	socket: Socket,
	timeoutMs: number,
	done: (start: RequestStart | undefined) => void,
): void {
	let seen = Buffer.alloc(0);
	const settle = (start: RequestStart | undefined): void => {
		cancel();
		socket.pause();
		socket.off("data", onData).off("end", onEnd).off("close", onClose);
		done(start);
	};
	const onEnd = (): void => settle({ seen, upgrade: undefined });
	const onClose = (): void => settle(undefined);
	const onData = (chunk: Buffer): void => {
		seen = Buffer.concat([seen, chunk]);
		const end = seen.indexOf("\r\n\r\n");
		if (end >= 0) settle({ seen, upgrade: upgradeOf(seen.toString("latin1", 0, end), seen.subarray(end + 4)) });
		else if (seen.length > MAX_HEAD_BYTES) onEnd();
	};
	const cancel = deadline(timeoutMs, onEnd);
	socket.on("error", () => {});
	socket.on("data", onData).on("end", onEnd).on("close", onClose);
	socket.resume();
}

function upgradeOf(head: string, rest: Uint8Array): UpgradeHead | undefined {
	const [first = "", ...lines] = head.split("\r\n");
	const [method = "", url = "/"] = first.split(" ");
	const headers: Record<string, string> = Object.create(null) as Record<string, string>;
	for (const line of lines) {
		const colon = line.indexOf(":");
		if (colon < 1) continue;
		const name = line.slice(0, colon).trim().toLowerCase();
		const value = line.slice(colon + 1).trim();
		headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
	}
	return headers.upgrade?.toLowerCase() === "websocket" ? { method, url, headers, rest } : undefined;
}
