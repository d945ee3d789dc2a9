// A server with real sockets for the tests of situations from the field, and what they ask it.

import { request } from "node:http";
import { createChat } from "../../src/chat/index.ts";
import { type CreateServerOptions, createServer, type Server } from "../../src/server/index.ts";
import { recordingLog } from "../server/peers.ts";

export type Log = ReturnType<typeof recordingLog>;

const servers: Server[] = [];

/** Closes all servers; for `afterEach`. */
export async function closeServers(): Promise<void> {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
}

/** A chat on a free port. */
export async function startChat(
	options: CreateServerOptions = {},
): Promise<{ server: Server; port: number; log: Log }> {
	const log = recordingLog();
	const server = createServer({ port: 0, ...options, application: createChat(), log });
	servers.push(server);
	await server.listen();
	return { server, port: server.port, log };
}

/** The answer to a request. */
export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string;
}

/** Asks for a WebSocket. The status is 101 where it is accepted; it is closed at once. */
export function askUpgrade(
	port: number,
	path: string,
	headers: Record<string, string> = {},
	host = "127.0.0.1",
): Promise<Answer> {
	return ask(port, path, {
		host,
		headers: {
			Connection: "Upgrade",
			Upgrade: "websocket",
			"Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
			...headers,
		},
	});
}

/** Asks for a path. */
export function ask(
	port: number,
	path: string,
	options: { headers?: Record<string, string>; host?: string; method?: string } = {},
): Promise<Answer> {
	const { headers = {}, host = "127.0.0.1", method = "GET" } = options;
	return new Promise((resolve, reject) => {
		const asked = request({ port, host, path, method, headers, agent: false });
		asked.on("upgrade", (response, socket) => {
			socket.destroy();
			resolve({ status: response.statusCode!, headers: response.headers, body: "" });
		});
		asked.on("response", (response) => {
			let body = "";
			response.setEncoding("utf8").on("data", (text: string) => {
				body += text;
			});
			response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
		});
		asked.on("error", reject);
		asked.end();
	});
}

/** The warnings with a reason. */
export function refusals(log: Log): Record<string, unknown>[] {
	return log.lines.filter(({ level, facts }) => level === "warn" && "reason" in facts).map(({ facts }) => facts);
}
