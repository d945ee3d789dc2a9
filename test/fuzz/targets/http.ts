// The port: requests, upgrades, WebSocket frames, policy requests and documents over real sockets. The server answers or closes, never
// fails, and keeps no connection.

import { once } from "node:events";
import { connect } from "node:net";
import { createChat } from "../../../src/chat/index.ts";
import { createServer } from "../../../src/server/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { bytesOf, holds, same, type Target } from "../target.ts";
import { cut } from "./cut.ts";

/** Far longer than the server's limits below, which end every connection. */
const CLOSE_LIMIT_MS = 20_000;
const MOST_SEGMENTS = 6;
const REMAINS_MS = 10_000;
const HEADS = [
	"GET / HTTP/1.1",
	"GET /socket HTTP/1.1",
	"GET /socket?frames=text HTTP/1.1",
	"HEAD /healthz HTTP/1.1",
	"GET /metrics HTTP/1.0",
	"OPTIONS * HTTP/1.1",
	"POST /socket HTTP/1.1",
	"GET http://localhost/healthz HTTP/1.1",
];
const HEADERS = [
	"Host: localhost",
	"Upgrade: websocket",
	"Connection: Upgrade",
	"Connection: keep-alive, Upgrade",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version: 13",
	"Sec-WebSocket-Version: 12",
	"Sec-WebSocket-Protocol: xmlsocket, x",
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
	"Origin: http://localhost",
	"Origin: null",
	"X-Forwarded-For: 1.2.3.4, unknown",
	'Forwarded: for="[::1]"',
	"Content-Length: 5",
	"Transfer-Encoding: chunked",
	"Range: bytes=0-1,5-",
	"Expect: 100-continue",
	"Connection: close",
];
const UPGRADE = `${[HEADS[1], ...HEADERS.slice(0, 3), ...HEADERS.slice(4, 6), HEADERS[9]].join("\r\n")}\r\n\r\n`;
/** Masked frames: text, ping, close, a fragment and its end, a reserved code, a huge length, a frame without a mask. */
const FRAMES = [
	"\x81\x85\0\0\0\0<a/>\0",
	"\x81\x8c\x01\x02\x03\x04=cjlo+,2>'?",
	"\x89\x80abcd",
	"\x88\x82\0\0\0\0\x03\xe8",
	"\x01\x82\0\0\0\0<a",
	"\x80\x82\0\0\0\0/>",
	"\x83\x80\0\0\0\0",
	"\x82\xff\0\0\0\0\xff\xff\xff\xff\0\0\0\0",
	"\x82\xfe\x01\0\0\0\0\0",
	"\x81\x03abc",
	"\xc1\x80\0\0\0\0",
];

/** The target. */
export async function open(): Promise<Target> {
	const failures: string[] = [];
	const silence = (): void => {};
	const server = createServer({
		port: 0,
		host: "127.0.0.1",
		application: createChat(),
		firstBytesTimeoutMs: 10,
		tlsTimeoutMs: 500,
		documentTimeoutMs: 500,
		firstDocumentTimeoutMs: 500,
		pingIntervalMs: 300,
		lingerMs: 200,
		log: {
			debug: silence,
			info: silence,
			warn: silence,
			error: (facts, message) => void failures.push(`${message} ${JSON.stringify(facts)}`),
		},
	});
	await server.listen();
	return {
		atOnce: 16,
		async run(input, random) {
			const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
			socket.on("error", () => {});
			let answer = "";
			socket.setEncoding("latin1");
			socket.on("data", (text) => {
				answer = (answer + text).slice(0, 65_536);
			});
			const closed = once(socket, "close");
			const timer = setTimeout(() => socket.destroy(new Error("late")), CLOSE_LIMIT_MS);
			for (const segment of cut(input, random).slice(0, MOST_SEGMENTS)) {
				socket.write(segment);
				await new Promise((resolve) => setImmediate(resolve));
			}
			socket.end();
			await closed;
			clearTimeout(timer);
			holds(
				`a connection stays open after its end: ${JSON.stringify(answer.slice(0, 200))}`,
				(socket.errored as Error | null)?.message !== "late",
			);
			if (answer.startsWith("HTTP/")) {
				const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
				holds(`an answer that is none: ${JSON.stringify(answer.slice(0, 100))}`, status !== undefined);
				holds(`the server answered ${status}`, !/^5(?!0[135])/.test(status!));
			}
			if (failures.length > 0) throw new Error(`the server logged an error: ${failures.splice(0)[0]}`);
		},
		generate(random: Random) {
			if (random.once(3)) {
				let text = UPGRADE;
				for (let count = random.below(6); count > 0; count--) text += random.pick(FRAMES);
				return bytesOf(text);
			}
			let text = `${random.pick(HEADS)}\r\n`;
			for (let count = random.below(10); count > 0; count--) text += `${random.pick(HEADERS)}\r\n`;
			return bytesOf(`${text}\r\n${random.pick(["", "hello", "5\r\nhello\r\n0\r\n\r\n", UPGRADE, "<a/>\0"])}`);
		},
		tokens: [
			...HEADS,
			...HEADERS,
			...FRAMES,
			UPGRADE,
			"\r\n",
			"\r\n\r\n",
			"\0",
			":",
			" ",
			"<policy-file-request/>\0",
			"\x16\x03\x01",
			"%00",
			"/../",
			"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		],
		async finish() {
			const untilMs = performance.now() + REMAINS_MS;
			while (server.connections > 0 && performance.now() < untilMs)
				await new Promise((resolve) => setTimeout(resolve, 20));
			const remains = server.connections;
			await server.close({ graceMs: 0 });
			same("connections that remain", remains, 0);
		},
	};
}
