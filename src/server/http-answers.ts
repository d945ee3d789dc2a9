// Short answers on the HTTP side: to requests, and to upgrades that are refused. A refused upgrade is no longer Node's HTTP
// server's socket, so the refusal reads on and closes it within a deadline.

import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { closeWithin } from "../transport/index.ts";
import type { RefusalReason } from "./refusal-reasons.ts";

/** How long a refused connection may take to read its answer and close, in milliseconds. */
const REFUSED_CLOSE_MS = 2000;

/** Answers a request with a text. */
export function answer(
	response: ServerResponse,
	status: number,
	body: string,
	type = "text/plain; charset=utf-8",
): void {
	response.writeHead(status, {
		"content-type": type,
		"content-length": Buffer.byteLength(body),
		"x-content-type-options": "nosniff",
	});
	response.end(response.req.method === "HEAD" ? undefined : body);
}

const reasons = new WeakMap<ServerResponse, RefusalReason | undefined>();

/** As `answer`, for a refusal whose status does not show its reason. */
export function refuseRequest(
	response: ServerResponse,
	status: number,
	reason: RefusalReason,
	body: string,
	type?: string,
): void {
	reasons.set(response, reason);
	answer(response, status, body, type);
}

/** Counts the answer as no refusal, whatever its status is: a route has answered a request that it allows. */
export function countAsAnswered(response: ServerResponse): void {
	reasons.set(response, undefined);
}

/** The reason of a refusal: of `refuseRequest`, or by the status; undefined where nothing was refused. */
export function reasonOf(
	response: ServerResponse,
	byStatus: Readonly<Record<number, RefusalReason>>,
): RefusalReason | undefined {
	return reasons.has(response) ? reasons.get(response) : byStatus[response.statusCode];
}

/** Answers a plain request for the path of a WebSocket: usually the upgrade of a page, without the headers that a proxy did not pass. */
export function answerUpgradeRequired(response: ServerResponse): void {
	response.setHeader("upgrade", "websocket");
	if (!response.hasHeader("connection")) response.setHeader("connection", "upgrade");
	answer(
		response,
		426,
		"This path is for WebSocket connections. A proxy in front must pass the headers Upgrade and Connection, over HTTP/1.1.\n",
	);
}

/**
 * Answers an upgrade with a refusal, and closes the connection: when the client closes it, at the latest after 2 s.
 *
 * @param status code and reason phrase, for example `403 Forbidden`.
 */
export function refuseUpgrade(socket: Duplex, status: string, text: string): void {
	const body = `${text}\n`;
	socket.on("error", () => {});
	closeWithin(socket, REFUSED_CLOSE_MS);
	// What the client still sends is read and dropped: unread bytes would hide its close, and reset the connection at ours.
	socket.resume();
	socket.end(
		`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
	);
}
