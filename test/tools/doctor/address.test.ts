// Doctor on addresses: each broken set-up has exactly the hop that is broken as failed, and each working one has none.

import type { Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, describe, it } from "vitest";
import { createChat, createServer } from "../../../src/server/index.ts";
import { type DiagnoseOptions, type Diagnosis, diagnose, showDiagnosis } from "../../../src/tools/index.ts";
import { hasNginx, startNginx, WEBSOCKET_HEADERS } from "../../field/nginx.ts";
import * as gatewayPeers from "../../gateway/peers.ts";
import { startGateway } from "../../gateway/peers.ts";
import {
	bare,
	closeAll,
	closedPort,
	echo,
	hasWebsockify,
	later,
	pem,
	perChunk,
	perDocument,
	silent,
	startWebsockify,
	tcp,
	tls,
	web,
	webSocketEcho,
} from "./servers.ts";

afterAll(async () => {
	await closeAll();
	await gatewayPeers.closeAll();
});

/** Long where a working server only needs to be waited for; rows whose server never answers have shorter times. */
const DEFAULTS = { timeoutMs: 15_000, answerMs: 15_000, greetingMs: 200 };
const SHORT = { timeoutMs: 1000, answerMs: 1500 };
const PING = "<ping id='1'>hello</ping>";

async function check(options: DiagnoseOptions): Promise<Diagnosis> {
	return await diagnose({ ...DEFAULTS, masterPort: await closedPort(), ...options });
}

const failed = ({ checks }: Diagnosis): string[] => checks.filter(({ ok }) => ok === false).map(({ id }) => id);

interface Row {
	readonly is: string;
	readonly set: () => Promise<DiagnoseOptions>;
	/** The hops that fail. */
	readonly fails: readonly string[];
	/** What the text and hint of the first say. */
	readonly says?: RegExp;
	readonly needs?: () => boolean;
}

const at = (port: number, more: Partial<DiagnoseOptions> = {}): DiagnoseOptions => ({
	address: `127.0.0.1:${port}`,
	...more,
});
const ws = (port: number, path = "/", more: Partial<DiagnoseOptions> = {}): DiagnoseOptions => ({
	address: `ws://127.0.0.1:${port}${path}`,
	...more,
});
const wss = (port: number, more: Partial<DiagnoseOptions> = {}): DiagnoseOptions => ({
	address: `wss://localhost:${port}/`,
	...more,
});
const slowNginx = async (location: string): Promise<number> => {
	const proxy = await startNginx(location);
	later(() => proxy.stop());
	return proxy.port;
};

const BROKEN: readonly Row[] = [
	{
		is: "a port at which nothing listens",
		set: async () => at(await closedPort()),
		fails: ["ipv4"],
		says: /nothing listens on port \d+ there \(ECONNREFUSED.*check the port/,
	},
	{
		is: "a name that does not exist",
		set: async () => ({ address: "no-such-host.invalid:9000" }),
		fails: ["name"],
		says: /no-such-host\.invalid/,
	},
	{
		is: "a server that has only IPv6",
		set: async () => ({ address: `localhost:${await tcp(echo, "::1")}` }),
		fails: ["ipv4"],
		says: /Only IPv6 works/,
	},
	{
		is: "a server that never answers",
		set: async () => at(await tcp(silent), { send: PING, ...SHORT }),
		fails: ["answer"],
		says: /never answers/,
	},
	{
		is: "a server that closes instead of answering",
		set: async () => at(await tcp(perChunk((_, socket) => void socket.end())), { send: PING }),
		fails: ["answer"],
		says: /the server ended the connection/,
	},
	{
		is: "a server that drops documents which arrive in two pieces",
		set: async () =>
			at(await tcp(perChunk((chunk) => (chunk.at(0) === 0x3c && chunk.at(-1) === 0 ? "<pong/>\0" : undefined))), {
				send: PING,
				answerMs: 2000,
			}),
		fails: ["split"],
		says: /in two pieces/,
	},
	{
		is: "a server that takes each piece for a document",
		set: async () => at(await tcp(perChunk((chunk) => `${chunk.toString().replace(/\0$/, "")}\0`)), { send: PING }),
		fails: ["split"],
		says: /only a part of the document/,
	},
	{
		is: "a server that answers every piece alike",
		set: async () => at(await tcp(perChunk(() => "<ok/>\0")), { send: PING }),
		fails: ["split"],
	},
	{
		is: "a server that decodes each piece by itself",
		set: async () =>
			at(
				await tcp((socket) => {
					let text = "";
					socket.on("data", (chunk: Buffer) => {
						text += chunk.toString();
						if (!text.endsWith("\0")) return;
						if (!text.startsWith("<policy")) socket.write(text);
						text = "";
					});
				}),
				{ send: "<say>Zoë and Łukasz</say>" },
			),
		fails: ["split"],
		says: /damages a character/,
	},
	{
		is: "a server that sends Latin-1",
		set: async () => at(await tcp(perDocument(() => Buffer.from("<m n='Zo\xeb'/>\0", "latin1"))), { send: PING }),
		fails: ["encoding"],
		says: /not UTF-8.*windows-1252/,
	},
	{
		is: "a server that sends GBK",
		set: async () =>
			at(await tcp(perDocument(() => Buffer.from("3c6d3ec4e3bac3cac0bde73c2f6d3e00", "hex"))), { send: PING }),
		fails: ["encoding"],
		says: /gbk/,
	},
	{
		is: "a server that sends another encoding and declares it",
		set: async () =>
			at(
				await tcp(
					perDocument(() => Buffer.from('<?xml version="1.0" encoding="ISO-8859-2"?><m>\xb1\xea</m>\0', "latin1")),
				),
				{ send: PING },
			),
		fails: ["encoding"],
		says: /declaration says ISO-8859-2/,
	},
	{
		is: "a server that reads UTF-8 as Latin-1",
		set: async () =>
			at(await tcp(perDocument((document) => `${document.toString("latin1")}\0`)), { send: "<say>Zoë Ångström</say>" }),
		fails: ["encoding"],
		says: /changes characters/,
	},
	{
		is: "a server that replaces characters with question marks",
		set: async () =>
			at(await tcp(perDocument((document) => `${document.toString().replace(/[^\0-\x7f]/g, "?")}\0`)), {
				send: "<say>Zoë Ångström</say>",
			}),
		fails: ["encoding"],
		says: /changes characters/,
	},
	{
		is: "a server that ends its answers with a line break",
		set: async () => at(await tcp(perDocument(() => "<pong/>\r\n")), { send: PING, answerMs: 2000 }),
		fails: ["terminator"],
		says: /a line break \(0d 0a\).*waits for the end forever/,
	},
	{
		is: "a server that waits for a line break",
		set: async () => at(await tcp(perDocument(() => "<pong/>\n", "\n")), { send: PING, answerMs: 2000 }),
		fails: ["terminator"],
		says: /only if a line break \(0a\)/,
	},
	{
		is: "a web server at a raw address",
		set: async () => at(await web((_, response) => response.end("hi"))),
		fails: ["service"],
		says: /web server/,
	},
	{
		is: "TLS at an address without TLS",
		set: async () => at(await tls(pem.trusted, silent)),
		fails: ["service"],
		says: /expects TLS/,
	},
	{
		is: "another service's port",
		set: async () => at(await bare((socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n"))),
		fails: ["service"],
		says: /SSH/,
	},
	{
		is: "a port that is forwarded to nothing",
		set: async () => at(await bare((socket) => void socket.end())),
		fails: ["service"],
		says: /ends it at once/,
	},
	{
		is: "no policy file for Flash Player, where a site is named",
		set: async () => at(await bare(silent), { origin: "https://game.example", timeoutMs: 1500 }),
		fails: ["policy"],
		says: /does not let content from game\.example.*Ruffle needs no policy file/,
	},
	{
		is: "a page of a foreign origin",
		set: async () => {
			const target = await tcp(echo);
			const { server } = await startGateway({ targets: [`game=127.0.0.1:${target}`] });
			return ws(server.port, "/gateway/game", { origin: "https://game.example" });
		},
		fails: ["origin"],
		says: /refuses pages of https:\/\/game\.example \(403\).*--origin https:\/\/game\.example/,
	},
	{
		is: "a gateway whose game server does not run",
		set: async () => {
			const { server } = await startGateway({ targets: [`game=127.0.0.1:${await closedPort()}`] });
			return ws(server.port, "/gateway/game");
		},
		fails: ["stays-open"],
		says: /opens, then the server closed the WebSocket with code 1011/,
	},
	{
		is: "websockify whose game server does not run",
		set: async () => ws(await startWebsockify(await closedPort())),
		fails: ["stays-open"],
		says: /connected", then "closed/,
		needs: () => hasWebsockify,
	},
	{
		is: "text frames",
		set: async () => ws(await webSocketEcho({ text: true }), "/", { send: PING }),
		fails: ["frames"],
		says: /Ruffle drops them/,
	},
	{
		is: "a game server's own port as WebSocket",
		set: async () => ws(await tcp(silent), "/", { timeoutMs: 1500 }),
		fails: ["websocket"],
		says: /never answers the WebSocket request.*put a gateway in front/,
	},
	{
		is: "an echo server as WebSocket",
		set: async () => ws(await tcp(perChunk((chunk) => chunk))),
		fails: ["websocket"],
		says: /something else/,
	},
	{
		is: "a port that browsers block",
		set: async () => ({ address: "ws://127.0.0.1:6667/" }),
		fails: ["port", "ipv4"],
		says: /list of ports/,
	},
	{
		is: "a redirect",
		set: async () =>
			ws(
				await web(() => {}, {
					upgrade: (_, socket) =>
						void socket.end("HTTP/1.1 301 Moved\r\nLocation: https://b.example/\r\nContent-Length: 0\r\n\r\n"),
				}),
			),
		fails: ["websocket"],
		says: /do not follow redirects/,
	},
	{
		is: "a sub-protocol that was not asked for",
		set: async () =>
			ws(
				await web(() => {}, {
					upgrade: async (request, socket) => {
						const { createHash } = await import("node:crypto");
						const key = (request.headers as Record<string, string>)["sec-websocket-key"];
						const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
						socket.write(
							`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: base64\r\n\r\n`,
						);
					},
				}),
			),
		fails: ["websocket"],
		says: /sub-protocol "base64"/,
	},
	{
		is: "a path without a WebSocket",
		set: async () => {
			const { server } = await startGateway({ targets: [`a=127.0.0.1:1025`, "b=127.0.0.1:1026"] });
			return ws(server.port, "/nothing");
		},
		fails: ["websocket"],
		says: /404/,
	},
	{
		is: "a proxy that strips the header Upgrade, in front of the daemon",
		set: async () => {
			const server = createServer({ port: 0, application: createChat() });
			await server.listen();
			later(() => server.close({ graceMs: 0 }));
			return ws(await slowNginx(`location / { proxy_pass http://127.0.0.1:${server.port}; }`), "/socket");
		},
		fails: ["websocket"],
		says: /426.*removes the header Upgrade.*proxy_set_header Upgrade/,
		needs: hasNginx,
	},
	{
		is: "a proxy that strips the header Upgrade, in front of websockify",
		set: async () =>
			ws(await slowNginx(`location / { proxy_pass http://127.0.0.1:${await startWebsockify(await tcp(echo))}; }`)),
		fails: ["websocket"],
		says: /405.*removes the header Upgrade/,
		needs: () => hasNginx() && hasWebsockify,
	},
	{
		is: "a proxy whose gateway does not run",
		set: async () =>
			ws(await slowNginx(`location / { ${WEBSOCKET_HEADERS} proxy_pass http://127.0.0.1:${await closedPort()}; }`)),
		fails: ["websocket"],
		says: /502.*not the server behind it/,
		needs: hasNginx,
	},
	{
		is: "a self-signed certificate",
		set: async () => wss(await webSocketEcho({ pair: pem.trusted })),
		fails: ["certificate"],
		says: /self-signed/,
	},
	{
		is: "an expired certificate",
		set: async () => wss(await webSocketEcho({ pair: pem.expired }), { ca: pem.root }),
		fails: ["certificate"],
		says: /expired on 2020-02-01/,
	},
	{
		is: "a certificate for another name",
		set: async () => wss(await webSocketEcho({ pair: pem.otherName }), { ca: pem.root }),
		fails: ["certificate"],
		says: /is for DNS:other\.example, not for localhost/,
	},
	{
		is: "a certificate without its intermediate one",
		set: async () => wss(await webSocketEcho({ pair: pem.leaf }), { ca: pem.root }),
		fails: ["certificate"],
		says: /fullchain\.pem/,
	},
	{
		is: "wss:// at a port without TLS",
		set: async () => wss(await webSocketEcho()),
		fails: ["tls"],
		says: /without TLS/,
	},
	{
		is: "ws:// at a port with TLS",
		set: async () => ws(await webSocketEcho({ pair: pem.trusted })),
		fails: ["websocket"],
	},
	{
		is: "an old version of TLS",
		set: async () => {
			const server = createTlsServer({
				...pem.trusted,
				minVersion: "TLSv1",
				maxVersion: "TLSv1.1",
				ciphers: "DEFAULT@SECLEVEL=0",
			});
			const port = await new Promise<number>((resolve) =>
				server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
			);
			later(() => server.close());
			return wss(port);
		},
		fails: ["tls"],
	},
];

const greetThenEcho = (socket: Socket): void => {
	socket.write("<welcome/>\0");
	echo(socket);
};
const greetLateThenEcho = (socket: Socket): void => {
	socket.once("data", () => socket.write("<welcome/>\0"));
	echo(socket);
};

const HEALTHY: readonly Omit<Row, "fails">[] = [
	{ is: "an echo server", set: async () => at(await tcp(echo), { send: "<say>Zoë 你好</say>" }) },
	{ is: "an echo server without a document", set: async () => at(await tcp(echo)) },
	{
		is: "a server with a greeting",
		set: async () => at(await tcp(greetThenEcho), { send: PING }),
	},
	{
		is: "a server that greets only after the first bytes",
		set: async () =>
			at(await tcp(greetLateThenEcho), {
				send: PING,
			}),
	},
	{
		is: "a GBK server with --encoding gbk",
		set: async () => at(await tcp(echo), { send: "<say>你好</say>", encoding: "gbk" }),
	},
	{
		is: "a line server with --terminator lf",
		set: async () =>
			at(await tcp(perDocument((document) => `${document}\n`, "\n")), { send: "hello there", terminator: "lf" }),
	},
	{
		is: "a server that has only IPv6, asked by its address",
		set: async () => ({ address: `[::1]:${await tcp(echo, "::1")}` }),
	},
	{
		is: "a server that has only IPv4, asked by a name with both",
		set: async () => ({ address: `localhost:${await tcp(echo)}` }),
	},
	{
		is: "a raw TLS server",
		set: async () => ({ address: `xmlsockets://localhost:${await tls(pem.chain, echo)}`, ca: pem.root, send: PING }),
	},
	{ is: "a WebSocket server", set: async () => ws(await webSocketEcho(), "/", { send: PING }) },
	{
		is: "a WebSocket server with TLS",
		set: async () => wss(await webSocketEcho({ pair: pem.chain }), { ca: pem.root, send: PING }),
	},
	{
		is: "websockify",
		set: async () => ws(await startWebsockify(await tcp(echo)), "/", { send: PING }),
		needs: () => hasWebsockify,
	},
	{
		is: "the gateway",
		set: async () => {
			const { server } = await startGateway({ targets: [`game=127.0.0.1:${await tcp(echo)}`] });
			return ws(server.port, "/gateway/game", { send: PING });
		},
	},
	{
		is: "the daemon, raw",
		set: async () =>
			at(await chat({ origin: ["https://game.example"] }), { send: "<ping/>", origin: "https://game.example" }),
	},
	{
		is: "the daemon, as WebSocket",
		set: async () =>
			ws(await chat({ origin: ["https://game.example"] }), "/socket", {
				send: "<ping/>",
				origin: "https://game.example/play.html",
			}),
	},
	{
		is: "the daemon behind nginx",
		set: async () =>
			ws(
				await slowNginx(`location / { ${WEBSOCKET_HEADERS} proxy_pass http://127.0.0.1:${await chat({})}; }`),
				"/socket",
				{ send: "<ping/>" },
			),
		needs: hasNginx,
	},
];

async function chat(options: { origin?: string[] }): Promise<number> {
	const server = createServer({ port: 0, ...options, application: createChat() });
	await server.listen();
	later(() => server.close({ graceMs: 0 }));
	return server.port;
}

describe.concurrent("diagnose, with an address", () => {
	for (const { is, set, fails, says, needs } of BROKEN) {
		it.runIf(needs?.() ?? true)(`names ${is}, and blames nothing else`, async ({ expect }) => {
			const diagnosis = await check(await set());
			expect(failed(diagnosis), showDiagnosis(diagnosis)).toEqual(fails);
			const first = diagnosis.checks.find(({ ok }) => ok === false)!;
			expect(first.hint).not.toBe("");
			expect(`${first.text} ${first.hint}`).toMatch(says ?? /./);
		});
	}

	for (const { is, set, needs } of HEALTHY) {
		it.runIf(needs?.() ?? true)(`finds nothing wrong with ${is}`, async ({ expect }) => {
			const diagnosis = await check(await set());
			expect(failed(diagnosis), showDiagnosis(diagnosis)).toEqual([]);
			expect(diagnosis.ok).toBe(true);
		});
	}
});
