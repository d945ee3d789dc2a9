// Short answers on the HTTP side, to requests and to upgrades that are refused.

import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

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

/** Answers an upgrade with a refusal, for example `403 Forbidden`, and closes. */
export function refuseUpgrade(socket: Duplex, status: string, words: string): void {
	const body = `${words}\n`;
	socket.on("error", () => {});
	socket.end(
		`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
	);
}
