// Situations from the field in which a game did not connect, as people reported them in public: doctor names the cause of each.

import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll, describe, it } from "vitest";
import { createChat, createServer } from "../../src/server/index.ts";
import { type DiagnoseOptions, type DiagnosisCheck, diagnose } from "../../src/tools/index.ts";
import {
	bare,
	closeAll,
	closedPort,
	echo,
	hasWebsockify,
	later,
	pem,
	perDocument,
	silent,
	startWebsockify,
	tcp,
	web,
	webSocketEcho,
} from "../tools/doctor/servers.ts";
import { hasNginx, startNginx } from "./nginx.ts";

afterAll(closeAll);

const DEFAULTS = { timeoutMs: 15_000, answerMs: 15_000, greetingMs: 200 };

/** The checks, by their ids. */
async function checksOf(options: DiagnoseOptions): Promise<Record<string, DiagnosisCheck>> {
	const { checks } = await diagnose({ ...DEFAULTS, masterPort: await closedPort(), ...options });
	return Object.fromEntries(checks.map((check) => [check.id, check]));
}

const failures = (checks: Record<string, DiagnosisCheck>): string[] =>
	Object.values(checks)
		.filter(({ ok }) => ok === false)
		.map(({ id }) => id);

const ruffle = '<script src="ruffle.js"></script>';
const config = (list: string): string => `<script>window.RufflePlayer = { config: { socketProxy: ${list} } };</script>`;

/** A page, and what else is beside it. */
async function pageAt(html: string, files: Record<string, string | Buffer> = {}, type = "text/html"): Promise<string> {
	const all: Record<string, string | Buffer> = {
		"/ruffle.js": ";",
		"/game.swf": "FWS\x07\0\0\0\0",
		"/": html,
		...files,
	};
	const handle = (request: IncomingMessage, response: ServerResponse): void => {
		const path = (request.url ?? "").split("?")[0]!;
		const file = all[path];
		const kind = path === "/" ? type : path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
		response.writeHead(file === undefined ? 404 : 200, { "content-type": kind }).end(file);
	};
	return `http://localhost:${await web(handle)}/`;
}

async function proxied(server: string): Promise<number> {
	const proxy = await startNginx(server);
	later(() => proxy.stop());
	return proxy.port;
}

async function chat(): Promise<number> {
	const server = createServer({ port: 0, application: createChat() });
	await server.listen();
	later(() => server.close({ graceMs: 0 }));
	return server.port;
}

describe.concurrent("a page that does not connect", () => {
	it("puts each proxy's address together from its own, with a path for each port", async ({ expect }) => {
		const port = await webSocketEcho();
		const script = `let host = window.location.hostname + ":${port}";
			let protocol = window.location.protocol == 'http:' ? 'ws:' : 'wss:';
			window.RufflePlayer = window.RufflePlayer || {};
			window.RufflePlayer.config = { autoplay: "on", logLevel: "debug", socketProxy: [
				{ host: "127.0.0.1", port: 3000, proxyUrl: \`\${protocol}//\${host}/websocket/lobby\`, },
				{ host: "127.0.0.1", port: 3001, proxyUrl: \`\${protocol}//\${host}/websocket/game\`, },
			], urlRewriteRules: [ // ["a", "b"],
				[/^https?:\\/\\/example.com\\/(.*)\\.swf$/, "$1.swf"], ], };`;
		const address = await pageAt(`${ruffle}<script>${script}</script><embed src=game.swf>`);
		const checks = await checksOf({ address });
		expect(failures(checks)).toEqual([]);
		expect(checks.config!.text).toContain("127.0.0.1:3000, 127.0.0.1:3001");
		expect(checks["proxy-url"]!.text).toContain(`ws://localhost:${port}/websocket/lobby`);
		expect(checks["proxy-url-2"]!.text).toContain(`ws://localhost:${port}/websocket/game`);
		expect(checks["stays-open-2"]!.ok).toBe(true);
	});

	it("has the addresses in an object of another script, which the server fills in", async ({ expect }) => {
		const html = `<script>window.Game = {"lobbyUrl": "ws://localhost:${await webSocketEcho()}/"};</script><script src=conf.js></script>${ruffle}<embed src=game.swf>`;
		const files = {
			"/conf.js": `RufflePlayer.config = { socketProxy: [{ host: "127.0.0.1", port: 3000, proxyUrl: window.Game.lobbyUrl }] };`,
		};
		expect(failures(await checksOf({ address: await pageAt(html, files), target: "127.0.0.1:3000" }))).toEqual([]);
	});

	it("has the addresses in an object that only the running page knows: nothing is blamed", async ({ expect }) => {
		const html = `${config('[{ host: "127.0.0.1", port: 3000, proxyUrl: Session.get("lobby") }]')}${ruffle}<embed src=game.swf>`;
		const checks = await checksOf({ address: await pageAt(html), target: "127.0.0.1:3000" });
		expect(failures(checks)).toEqual([]);
		expect([checks.config!.ok, checks.entry!.ok, checks.websocket!.ok]).toEqual([null, null, null]);
	});

	it("writes the list as SocketProxy, after the other options in capitals", async ({ expect }) => {
		const html = `<script>window.RufflePlayer = { config: { logLevel: "warn", SocketProxy: [{ host: "198.51.100.157", port: 7800, proxyUrl: "ws://localhost:9001" }] } };</script>${ruffle}<embed src=game.swf>`;
		const checks = await checksOf({ address: await pageAt(html), target: "198.51.100.157:7800" });
		expect(failures(checks)).toEqual(["config"]);
		expect(checks.config!.text).toContain("the name is socketProxy");
	});

	it("was made for players with the browser extension, which has no list of its own", async ({ expect }) => {
		const checks = await checksOf({ address: await pageAt("<embed src=game.swf>"), target: "198.51.100.1:844" });
		expect(failures(checks)).toEqual(["ruffle", "config"]);
		expect(checks.ruffle!.text).toContain("browser extension");
	});

	it("has an entry for one of the two ports that the game uses", async ({ expect }) => {
		const url = `ws://localhost:${await webSocketEcho()}/`;
		const html = `${config(`[{ host: "198.51.100.1", port: 80, proxyUrl: "${url}" }]`)}${ruffle}<embed src=game.swf>`;
		const address = await pageAt(html);
		expect(failures(await checksOf({ address, target: "198.51.100.1:80" }))).toEqual([]);
		const checks = await checksOf({ address, target: "198.51.100.1:844" });
		expect(failures(checks)).toEqual(["entry"]);
		expect(checks.entry!.hint).toContain("needs an entry for each");
	});

	it("has ruffle.js from a copy of the site over http, while players use https", async ({ expect }) => {
		const parts = {
			"/ruffle.js": 'u="core.ruffle."+{1:"0123456789abcdef"}[e]+".js"',
			"/core.ruffle.0123456789abcdef.js": 'p+"0123456789abcdef0123.wasm"',
			"/0123456789abcdef0123.wasm": "\0asm",
		};
		const other = await pageAt("", parts);
		const html = `${config(`[{ host: "a", port: 3000, proxyUrl: "ws://localhost:${await webSocketEcho()}/" }]`)}<script src="${other}ruffle.js"></script><embed src=game.swf>`;
		const checks = await checksOf({ address: await pageAt(html), target: "a:3000" });
		expect(failures(checks)).toEqual(["ruffle"]);
		expect(checks.ruffle!.text).toContain("does not let this page read it (CORS)");
	});

	it("has a publicPath that is not Ruffle's folder", async ({ expect }) => {
		const html = `<script>window.RufflePlayer = { config: { publicPath: "/assets", socketProxy: [{ host: "a", port: 3000, proxyUrl: "ws://localhost:${await webSocketEcho()}/" }] } };</script>${ruffle}<embed src=game.swf>`;
		const files = {
			"/ruffle.js": 'u="core.ruffle."+{1:"0123456789abcdef"}[e]+".js"',
			"/core.ruffle.0123456789abcdef.js": "1",
		};
		const checks = await checksOf({ address: await pageAt(html, files), target: "a:3000" });
		expect(failures(checks)).toEqual(["ruffle"]);
		expect(checks.ruffle!.text).toMatch(/sets publicPath to http:\/\/localhost:\d+\/assets\//);
	});

	it("sends the WebAssembly with a wrong type: it works, slowly", async ({ expect }) => {
		const html = `${config(`[{ host: "a", port: 3000, proxyUrl: "ws://localhost:${await webSocketEcho()}/" }]`)}${ruffle}<embed src=game.swf>`;
		const files = {
			"/ruffle.js": 'u="core.ruffle."+{1:"0123456789abcdef"}[e]+".js"',
			"/core.ruffle.0123456789abcdef.js": 'p+"0123456789abcdef0123.wasm"',
			"/0123456789abcdef0123.wasm": "\0asm",
		};
		const checks = await checksOf({ address: await pageAt(html, files), target: "a:3000" });
		expect(failures(checks)).toEqual([]);
		expect(checks.ruffle!.hint).toContain("application/wasm");
	});

	it.for([
		["as it is", (swf: Buffer) => swf],
		[
			"compressed",
			(swf: Buffer) => Buffer.concat([Buffer.from("CWS"), swf.subarray(3, 8), deflateSync(swf.subarray(8))]),
		],
	] as const)(
		"has a SWF, %s, with a host that the page spells otherwise, and nobody knows what it asks for",
		async ([, form], { expect }) => {
			const swf = readFileSync(join(import.meta.dirname, "../../flash/greeter.swf"));
			const html = `${config(`[{ host: "127.0.0.1", port: 9000, proxyUrl: "ws://localhost:${await webSocketEcho()}/" }]`)}${ruffle}<object data="game.swf" type="application/x-shockwave-flash"></object>`;
			const checks = await checksOf({ address: await pageAt(html, { "/game.swf": form(swf) }) });
			expect(failures(checks)).toEqual([]);
			expect(checks.entry!).toMatchObject({
				ok: null,
				text: expect.stringContaining('contains the text "localhost", but no entry'),
			});
		},
	);

	it("passes the host in FlashVars, spelled otherwise", async ({ expect }) => {
		const html = `${config(`[{ host: "localhost", port: 9000, proxyUrl: "ws://localhost:${await webSocketEcho()}/" }]`)}${ruffle}<object><param name=FlashVars value="ip=127.0.0.1&amp;port=9000"><param name=movie value=game.swf></object>`;
		const checks = await checksOf({ address: await pageAt(html) });
		expect(checks.entry!.text).toContain('contains the text "127.0.0.1", but no entry');
	});

	it("shows the game in a frame of another address", async ({ expect }) => {
		const url = `ws://localhost:${await webSocketEcho()}/`;
		const inner = await pageAt(
			`${config(`[{ host: "a", port: 3000, proxyUrl: "${url}" }]`)}${ruffle}<embed src=game.swf>`,
		);
		const checks = await checksOf({
			address: await pageAt(`<iframe src="about:blank"></iframe><iframe src="${inner}"></iframe>`),
			target: "a:3000",
		});
		expect(failures(checks)).toEqual([]);
		expect(checks.frame!.text).toContain(inner);
		expect(checks["stays-open"]!.ok).toBe(true);
	});

	it("loads its configuration by a script that another script adds", async ({ expect }) => {
		const html = `<script>var s = document.createElement("script"); s.src = "js/sockets.js?v=3"; document.head.append(s);</script>${ruffle}<embed src=game.swf>`;
		const files = {
			"/js/sockets.js": config(
				`[{ host: "a", port: 3000, proxyUrl: "ws://localhost:${await webSocketEcho()}/" }]`,
			).slice(8, -9),
		};
		expect(failures(await checksOf({ address: await pageAt(html, files), target: "a:3000" }))).toEqual([]);
	});

	it("is a catch-all page, which the server also sends for ruffle.js and the SWF", async ({ expect }) => {
		const html = `${config(`[{ host: "a", port: 3000, proxyUrl: "ws://localhost:${await webSocketEcho()}/" }]`)}${ruffle}<embed src=game.swf>`;
		const port = await web((_, response) => void response.writeHead(200, { "content-type": "text/html" }).end(html));
		const checks = await checksOf({ address: `http://localhost:${port}/`, target: "a:3000" });
		expect(failures(checks)).toEqual(["ruffle", "movie"]);
		expect(checks.ruffle!.text).toContain("is a page instead of the file");
	});
});

describe.concurrent("a proxy that does not work", () => {
	it.runIf(hasNginx()).for([
		[
			"passes Upgrade without Connection",
			'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "";',
		],
		["passes Connection without Upgrade", 'proxy_http_version 1.1; proxy_set_header Connection "upgrade";'],
	] as const)("is an nginx that %s", async ([, lines], { expect }) => {
		const port = await proxied(
			`location / { ${lines} proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:${await chat()}; }`,
		);
		const checks = await checksOf({ address: `ws://127.0.0.1:${port}/socket` });
		expect(failures(checks)).toEqual(["websocket"]);
		expect(checks.websocket!.text).toMatch(/is 4(?:26|00).*server: nginx.*removes the header Upgrade/);
	});

	it("is a site whose rule for everything else answers the WebSocket with the start page", async ({ expect }) => {
		const port = await web(
			(_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"),
		);
		const checks = await checksOf({ address: `ws://127.0.0.1:${port}/gateway/game` });
		expect(failures(checks)).toEqual(["websocket"]);
		expect(checks.websocket!.text).toContain("is 200");
	});

	it.runIf(hasNginx())("redirects WebSockets to https", async ({ expect }) => {
		const checks = await checksOf({
			address: `ws://127.0.0.1:${await proxied("return 301 https://$host$request_uri;")}/gateway/game`,
		});
		expect(failures(checks)).toEqual(["websocket"]);
		expect(checks.websocket!.text).toContain("https://127.0.0.1/gateway/game");
	});

	it.runIf(hasWebsockify)("is websockify, and the game server listens on IPv6 only", async ({ expect }) => {
		const checks = await checksOf({
			address: `ws://127.0.0.1:${await startWebsockify(await tcp(echo, "::1"))}/`,
			greetingMs: 8000,
		});
		expect(failures(checks)).toEqual(["stays-open"]);
		expect(checks["stays-open"]!.hint).toContain("127.0.0.1 instead of localhost");
	});

	it("answers only a known Origin with an error page of its own", async ({ expect }) => {
		const port = await web(() => {}, {
			upgrade: (request, socket) => {
				const { origin } = request.headers as { origin?: string };
				socket.end(`HTTP/1.1 ${origin === undefined ? 500 : 403} No\r\nContent-Length: 0\r\n\r\n`);
			},
		});
		const checks = await checksOf({ address: `ws://127.0.0.1:${port}/`, origin: "https://game.example" });
		expect(failures(checks)).toEqual(["websocket"]);
		expect(checks.websocket!.text).toContain("is 403");
	});

	it("is a gateway whose self-signed certificate worked in a tab of its own", async ({ expect }) => {
		const checks = await checksOf({ address: `wss://localhost:${await webSocketEcho({ pair: pem.trusted })}/` });
		expect(failures(checks)).toEqual(["certificate"]);
		expect(checks.certificate!.text).toContain("without asking the player");
	});
});

describe.concurrent("a server that does not work", () => {
	it("listens on IPv4 only, and localhost is also ::1: players connect, and the hint says who does not", async ({
		expect,
	}) => {
		const checks = await checksOf({ address: `localhost:${await tcp(echo)}` });
		expect(failures(checks)).toEqual([]);
		expect(checks.ipv6!.hint).toContain("try only the first address");
	});

	it("tells WebSockets and documents apart by the word GET", async ({ expect }) => {
		const port = await chat();
		expect(failures(await checksOf({ address: `127.0.0.1:${port}`, send: "<ping/>" }))).toEqual([]);
		expect(failures(await checksOf({ address: `ws://127.0.0.1:${port}/socket`, send: "<ping/>" }))).toEqual([]);
	});

	it.for([
		[
			"without the zero byte at its end",
			'<cross-domain-policy><allow-access-from domain="*" to-ports="*"/></cross-domain-policy>',
		],
		["without to-ports", '<cross-domain-policy><allow-access-from domain="*"/></cross-domain-policy>\0'],
		[
			"for another site",
			'<cross-domain-policy><allow-access-from domain="old.example" to-ports="*"/></cross-domain-policy>\0',
		],
	] as const)("serves a policy file %s", async ([, file], { expect }) => {
		const port = await bare((socket: Socket) => {
			socket.once("data", () => socket.end(file));
		});
		const checks = await checksOf({ address: `127.0.0.1:${port}`, origin: "https://game.example" });
		expect(failures(checks)).toEqual(["policy"]);
		expect(failures(await checksOf({ address: `127.0.0.1:${port}` }))).toEqual([]);
	});

	it("is asked by the old name, which leads to the new computer only in the hosts file", async ({ expect }) => {
		const port = await tcp(echo);
		expect(failures(await checksOf({ address: `old-game.invalid:${port}` }))).toEqual(["name"]);
		expect(
			failures(await checksOf({ address: `old-game.invalid:${port}`, hosts: { "old-game.invalid": "127.0.0.1" } })),
		).toEqual([]);
	});

	it("answers only after a login, and each answer has another number", async ({ expect }) => {
		let number = 0;
		const port = await tcp(perDocument(() => `<msg t="sys" id="${number++}" time="${Date.now()}"/>\0`));
		expect(failures(await checksOf({ address: `127.0.0.1:${port}`, send: "<login/>" }))).toEqual([]);
	});

	it("has text messages with percent signs instead of XML", async ({ expect }) => {
		const port = await tcp(perDocument((document) => `%xt%ok%${document.length}%\0`));
		expect(failures(await checksOf({ address: `127.0.0.1:${port}`, send: "%xt%s%m#sm%1%hello%" }))).toEqual([]);
	});

	it("is behind a container's port, and has not started yet", async ({ expect }) => {
		const checks = await checksOf({ address: `127.0.0.1:${await bare((socket) => void socket.destroy())}` });
		expect(failures(checks)).toEqual(["service"]);
		expect(checks.answer!.ok).toBe(null);
	});

	it("ends connections that send nothing for half a second", async ({ expect }) => {
		const port = await tcp((socket) => {
			echo(socket);
			const timer = setTimeout(() => socket.end(), 500);
			socket.once("data", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
		});
		const dropped = await bare(() => {});
		expect(
			failures(await checksOf({ address: `127.0.0.1:${port}`, send: "<ping/>", timeoutMs: 1000, masterPort: dropped })),
		).toEqual([]);
	});

	it("never reads: the document is lost without an error", async ({ expect }) => {
		const checks = await checksOf({
			address: `127.0.0.1:${await tcp(silent)}`,
			send: "<ping/>",
			timeoutMs: 1000,
			answerMs: 500,
		});
		expect(failures(checks)).toEqual(["answer"]);
	});
});
