// Doctor on pages with Ruffle: each broken set-up has exactly the hop that is broken as failed, and each working one has none. The pages are
// served by real servers; the scripts of the pages never run.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { createGateway, parseTarget } from "../../../src/gateway/index.ts";
import { ruffleRoutes } from "../../../src/gateway/ruffle-package.ts";
import { SiteRoutes } from "../../../src/gateway/site/site-routes.ts";
import { reachableTargets } from "../../../src/gateway/site/socket-proxy.ts";
import { createServer, noDocuments, silentLogger } from "../../../src/server/index.ts";
import { type DiagnoseOptions, type Diagnosis, diagnose, showDiagnosis } from "../../../src/tools/index.ts";
import { hasNginx, startNginx, WEBSOCKET_HEADERS } from "../../field/nginx.ts";
import * as gatewayPeers from "../../gateway/peers.ts";
import { closeAll, closedPort, echo, later, type Pair, pem, silent, tcp, web, webSocketEcho } from "./servers.ts";

afterAll(async () => {
	await closeAll();
	await gatewayPeers.closeAll();
});

const DEFAULTS = { timeoutMs: 15_000, answerMs: 15_000, greetingMs: 200 };
const failed = ({ checks }: Diagnosis): string[] => checks.filter(({ ok }) => ok === false).map(({ id }) => id);

const SWF = Buffer.from("FWS\x07\0\0\0\0", "latin1");
const RUFFLE = "/* ruffle */ 1;";

interface Site {
	/** What is in the head before ruffle.js. */
	readonly head?: string;
	readonly body?: string;
	readonly headers?: Record<string, string>;
	/** Other files, or replaced ones: text, or a status. */
	readonly files?: Record<string, string | Buffer | number>;
	readonly pair?: Pair;
}

/** Serves a page with Ruffle and a SWF. */
async function site({
	head = "",
	body = '<embed src="game.swf">',
	headers = {},
	files = {},
	pair,
}: Site): Promise<number> {
	const page = `<!doctype html><html><head>${head}<script src="/ruffle/ruffle.js"></script></head><body>${body}</body></html>`;
	const all: Record<string, string | Buffer | number> = {
		"/": page,
		"/game.swf": SWF,
		"/ruffle/ruffle.js": RUFFLE,
		...files,
	};
	const handle = (request: IncomingMessage, response: ServerResponse): void => {
		const path = (request.url ?? "/").split("?")[0]!;
		const file = all[path] ?? 404;
		if (typeof file === "number") {
			response.writeHead(file, file < 400 ? { location: "/elsewhere.html" } : {}).end();
			return;
		}
		const type = path.endsWith(".js")
			? "text/javascript"
			: /\/$|html$/.test(path)
				? "text/html"
				: "application/octet-stream";
		response.writeHead(200, { "content-type": type, ...(path === "/" ? headers : {}) }).end(file);
	};
	return await web(handle, pair ? { pair } : {});
}

const config = (list: string): string => `<script>window.RufflePlayer = { config: { socketProxy: ${list} } };</script>`;
const entry = (proxyUrl: string, host = "game.example", port = 9000): string =>
	`{ host: "${host}", port: ${port}, proxyUrl: ${JSON.stringify(proxyUrl)} }`;
const echoUrl = async (): Promise<string> => `ws://127.0.0.1:${await webSocketEcho()}/`;
const TARGET = { target: "game.example:9000" };

const page = async (parts: Site, more: Partial<DiagnoseOptions> = {}): Promise<DiagnoseOptions> => ({
	address: `${parts.pair ? "https" : "http"}://localhost:${await site(parts)}/`,
	...TARGET,
	...more,
});

interface Row {
	readonly is: string;
	readonly set: () => Promise<DiagnoseOptions>;
	readonly fails: readonly string[];
	readonly says?: RegExp;
	readonly needs?: () => boolean;
}

const BROKEN: readonly Row[] = [
	{
		is: "a web server that does not run",
		set: async () => ({ address: `http://127.0.0.1:${await closedPort()}/play.html` }),
		fails: ["ipv4"],
	},
	{
		is: "a page that does not exist",
		set: async () => ({ address: `http://localhost:${await site({})}/nothing.html` }),
		fails: ["page"],
		says: /404/,
	},
	{
		is: "a SWF instead of a page",
		set: async () => ({ address: `http://localhost:${await site({})}/game.swf` }),
		fails: ["page"],
		says: /xmlsocket play/,
	},
	{
		is: "a game server instead of a page",
		set: async () => ({ address: `http://127.0.0.1:${await tcp(silent)}/`, timeoutMs: 700 }),
		fails: ["page"],
		says: /no answer/,
	},
	{
		is: "a page without Ruffle",
		set: async () =>
			page({ files: { "/": `<head>${config(`[${entry(await echoUrl())}]`)}</head><embed src=game.swf>` } }),
		fails: ["ruffle"],
		says: /does not load ruffle\.js/,
	},
	{
		is: "a missing ruffle.js",
		set: async () => page({ head: config(`[${entry(await echoUrl())}]`), files: { "/ruffle/ruffle.js": 404 } }),
		fails: ["ruffle"],
		says: /404/,
	},
	{
		is: "a ruffle.js without its other files",
		set: async () =>
			page({
				head: config(`[${entry(await echoUrl())}]`),
				files: { "/ruffle/ruffle.js": 'a.u=e=>"core.ruffle."+{482:"f000070ea72f8ae4fe3a"}[e]+".js"' },
			}),
		fails: ["ruffle"],
		says: /core\.ruffle\.f000070ea72f8ae4fe3a\.js: it answers 404/,
	},
	{
		is: "Ruffle without its WebAssembly",
		set: async () =>
			page({
				head: config(`[${entry(await echoUrl())}]`),
				files: {
					"/ruffle/ruffle.js": 'a.u=e=>"core.ruffle."+{482:"f000070ea72f8ae4fe3a"}[e]+".js"',
					"/ruffle/core.ruffle.f000070ea72f8ae4fe3a.js": 'new URL(n.p+"72a20ef1c0b8ceb37720.wasm")',
				},
			}),
		fails: ["ruffle"],
		says: /72a20ef1c0b8ceb37720\.wasm: it answers 404/,
	},
	{
		is: "a SWF that does not exist",
		set: async () =>
			page({
				head: config(`[${entry(await echoUrl())}]`),
				body: '<object data="Game.swf" type="application/x-shockwave-flash"></object>',
			}),
		fails: ["movie"],
		says: /upper and lower case/,
	},
	{
		is: "a page instead of the SWF",
		set: async () =>
			page({ head: config(`[${entry(await echoUrl())}]`), files: { "/game.swf": "<!doctype html><p>Not found</p>" } }),
		fails: ["movie"],
		says: /is not a SWF/,
	},
	{
		is: "a SWF on another site without CORS",
		set: async () =>
			page({
				head: config(`[${entry(await echoUrl())}]`),
				body: `<embed src="http://127.0.0.1:${await site({})}/game.swf">`,
			}),
		fails: ["movie"],
		says: /Access-Control-Allow-Origin/,
	},
	{ is: "no configuration", set: async () => page({}), fails: ["config"], says: /no socketProxy list/ },
	{
		is: "a configuration that is commented out",
		set: async () =>
			page({
				head: `<script>// window.RufflePlayer = { config: { socketProxy: [${entry("ws://127.0.0.1/")}] } }\n</script>`,
			}),
		fails: ["config"],
	},
	{
		is: "a misspelled name of the list",
		set: async () =>
			page({
				head: `<script>window.RufflePlayer = { config: { SocketProxy: [${entry("ws://127.0.0.1/")}] } };</script>`,
			}),
		fails: ["config"],
		says: /SocketProxy, which Ruffle ignores/,
	},
	{
		is: "one entry instead of a list",
		set: async () => page({ head: config(entry("ws://127.0.0.1/")) }),
		fails: ["config"],
		says: /put \[ and \] around it/,
	},
	{
		is: "an entry without its proxyUrl",
		set: async () => page({ head: config('[{ host: "game.example", port: 9000, url: "ws://127.0.0.1/" }]') }),
		fails: ["config"],
		says: /not proxyUrl/,
	},
	{
		is: "no entry for the SWF's server",
		set: async () => page({ head: config(`[${entry(await echoUrl(), "other.example")}]`) }),
		fails: ["entry"],
		says: /no entry for game\.example:9000/,
	},
	{
		is: "an entry for another port",
		set: async () => page({ head: config(`[${entry(await echoUrl(), "game.example", 9001)}]`) }),
		fails: ["entry"],
		says: /only port 9001/,
	},
	{
		is: "a host that the SWF spells 127.0.0.1 and the page localhost",
		set: async () => page({ head: config(`[${entry(await echoUrl(), "localhost")}]`) }, { target: "127.0.0.1:9000" }),
		fails: ["entry"],
		says: /spelled localhost:9000.*letter by letter/,
	},
	{
		is: "a host in other letters",
		set: async () => page({ head: config(`[${entry(await echoUrl(), "Game.Example")}]`) }),
		fails: ["entry"],
		says: /spelled Game\.Example/,
	},
	{
		is: "a proxyUrl without a scheme",
		set: async () => page({ head: config(`[${entry("127.0.0.1:9001/gateway")}]`) }),
		fails: ["proxy-url"],
		says: /has no scheme.*ws:\/\/127\.0\.0\.1:9001/,
	},
	{
		is: "a proxyUrl with a fragment",
		set: async () => page({ head: config(`[${entry(`${await echoUrl()}#game`)}]`) }),
		fails: ["proxy-url"],
		says: /fragment/,
	},
	{
		is: "a proxyUrl that leads players to their own computer",
		set: async () => ({
			...(await page({ head: config(`[${entry(await echoUrl())}]`) }).then(({ address }) => ({
				address: address.replace("localhost", "game.example"),
			}))),
			...TARGET,
			hosts: { "game.example": "127.0.0.1" },
		}),
		fails: ["proxy-url"],
		says: /the player's own computer/,
	},
	{
		is: "mixed content",
		set: async () =>
			page(
				{ head: config(`[${entry(`ws://game.example:${await webSocketEcho()}/`)}]`), pair: pem.chain },
				{ ca: pem.root, hosts: { "game.example": "127.0.0.1" } },
			),
		fails: ["mixed-content"],
		says: /mixed content.*Write wss:\/\//,
	},
	{
		is: "a content security policy of the header",
		set: async () =>
			page({
				head: config(`[${entry(await echoUrl())}]`),
				headers: { "content-security-policy": "connect-src 'self'" },
			}),
		fails: ["csp"],
		says: /connect-src 'self'.*Add ws:\/\/127/,
	},
	{
		is: "a content security policy of a meta tag",
		set: async () =>
			page({
				head: `<meta http-equiv="Content-Security-Policy" content="default-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' 127.0.0.1:*">${config(`[${entry(await echoUrl())}]`)}`,
			}),
		fails: ["csp"],
		says: /A host without a scheme does not include WebSockets/,
	},
	{
		is: "a content security policy that allows the proxy, but not the SWF",
		set: async () => {
			const url = await echoUrl();
			return page({
				head: config(`[${entry(url)}]`),
				headers: { "content-security-policy": `connect-src ${new URL(url).origin}` },
			});
		},
		fails: ["csp"],
		says: /does not let Ruffle load http:\/\/localhost:\d+\/game\.swf\. Add 'self'/,
	},
	{
		is: "a content security policy without WebAssembly",
		set: async () =>
			page({
				head: config(`[${entry(await echoUrl())}]`),
				headers: { "content-security-policy": "script-src 'self' 'unsafe-inline'" },
			}),
		fails: ["csp"],
		says: /wasm-unsafe-eval/,
	},
	{
		is: "a self-signed certificate of the proxy",
		set: async () =>
			page({ head: config(`[${entry(`wss://localhost:${await webSocketEcho({ pair: pem.trusted })}/`)}]`) }),
		fails: ["proxy-certificate"],
		says: /self-signed/,
	},
	{
		is: "a proxy that does not run",
		set: async () => page({ head: config(`[${entry(`ws://127.0.0.1:${await closedPort()}/`)}]`) }),
		fails: ["proxy-ipv4"],
		says: /nothing listens/,
	},
	{
		is: "a proxyUrl with the game server's own port",
		set: async () => page({ head: config(`[${entry(`ws://127.0.0.1:${await tcp(silent)}/`)}]`) }, { timeoutMs: 1500 }),
		fails: ["websocket"],
		says: /put a gateway in front/,
	},
	{
		is: "a gateway that does not know the page's origin",
		set: async () => {
			const { server } = await gatewayPeers.startGateway(
				{ targets: [`game=127.0.0.1:${await tcp(echo)}`] },
				{ origin: ["https://other.example"] },
			);
			return page({ head: config(`[${entry(`ws://127.0.0.1:${server.port}/gateway/game`)}]`) });
		},
		fails: ["origin"],
		says: /refuses pages of http:\/\/localhost:\d+ \(403\)/,
	},
	{
		is: "a gateway whose game server does not run",
		set: async () => ({ address: `http://localhost:${await gatewaySite(await closedPort())}/` }),
		fails: ["stays-open"],
		says: /target refused/,
	},
	{
		is: "a proxy that sends text frames",
		set: async () =>
			page(
				{ head: config(`[${entry(`ws://127.0.0.1:${await webSocketEcho({ text: true })}/`)}]`) },
				{ send: "<ping/>" },
			),
		fails: ["frames"],
		says: /Ruffle drops them/,
	},
	{
		is: "a game server that never answers, behind a proxy",
		set: async () => ({
			address: `http://localhost:${await gatewaySite(await tcp(silent))}/`,
			send: "<ping/>",
			answerMs: 700,
		}),
		fails: ["answer"],
		says: /never answers/,
	},
	{
		is: "nginx in front of the gateway's site that strips Upgrade",
		set: async () => ({
			address: `http://localhost:${await nginx(`location / { proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:${await gatewaySite(await tcp(echo))}; }`)}/`,
		}),
		fails: ["websocket"],
		says: /426.*proxy_set_header Upgrade/,
		needs: hasNginx,
	},
];

const VARIANTS: readonly [is: string, script: (url: string) => string][] = [
	[
		"with quoted keys and trailing commas",
		(url) =>
			`window["RufflePlayer"] = {"config": {"socketProxy": [{"host": "game.example", "port": 9000, "proxyUrl": "${url}",},],},};`,
	],
	[
		"set later, key by key",
		(url) => `RufflePlayer.config.socketProxy = [{host: 'game.example', port: '9000', proxyUrl: '${url}'}]`,
	],
	[
		"from variables and the page's address",
		(url) =>
			`const h = location.hostname, s = location.protocol === 'https:' ? 'wss:' : 'ws:';\nlet u = \`\${s}//\${h}:${new URL(url).port}/\`; window.RufflePlayer = window.RufflePlayer || {}; RufflePlayer.config = { socketProxy: [{ host: "game.example", port: 9000, proxyUrl: u }] };`,
	],
	[
		"from location.origin",
		(url) =>
			`var base = location.origin.replace(/^http/, "ws").replace(location.port, "${new URL(url).port}"); x({ socketProxy: [{ host: "game.example", port: 9000, proxyUrl: base + "/" }] })`,
	],
	[
		"from an object of another script",
		(url) =>
			`window.Game = { urls: { lobby: "${url}" } }; window.RufflePlayer = { config: { socketProxy: [{ host: "game.example", port: 9000, proxyUrl: window.Game.urls.lobby }] } };`,
	],
	[
		"of one player",
		(url) =>
			`const player = RufflePlayer.newest().createPlayer(); player.load({ url: "/game.swf", socketProxy: [{ host: "game.example", port: 9000, proxyUrl: "${url}" }] });`,
	],
	[
		"pushed",
		(url) => `window.RufflePlayer.config.socketProxy.push({ host: "game.example", port: 9000, proxyUrl: "${url}" });`,
	],
	[
		"from JSON",
		(url) =>
			`const config = JSON.parse('{"socketProxy":[]}'); window.RufflePlayer = { config: JSON.parse('{"a":1}') }; RufflePlayer.config.socketProxy = JSON.parse('[{"host":"game.example","port":9000,"proxyUrl":"${url}"}]');`,
	],
	[
		"minified",
		(url) =>
			`!function(){var e=/"/g,t="game.example";window.RufflePlayer={config:{a:1/2,socketProxy:[{host:t,port:9e3,proxyUrl:"${url}"}]}}}();`,
	],
	[
		"beside a comment with another one",
		(url) =>
			`/* socketProxy: [{ host: "x", port: 1, proxyUrl: "ws://y" }] */ window.RufflePlayer = { config: { socketProxy: [ // our server\n { host: "game.example", port: 9000, proxyUrl: "${url}" /* gateway */ } ] } };`,
	],
];

const HEALTHY: readonly Omit<Row, "fails">[] = [
	...VARIANTS.flatMap(([is, script]) => [
		{ is: `a list ${is}`, set: async () => page({ head: `<script>${script(await localEcho())}</script>` }) },
	]),
	{
		is: "a list in a script file",
		set: async () =>
			page({
				head: '<script src="js/config.js" defer></script>',
				files: { "/js/config.js": `window.RufflePlayer = { config: { socketProxy: [${entry(await echoUrl())}] } };` },
			}),
	},
	{
		is: "a list in a data attribute",
		set: async () =>
			page({
				body: `<embed src=game.swf><div data-config='{"socketProxy":[{"host":"game.example","port":9000,"proxyUrl":"${await echoUrl()}"}]}'></div>`,
			}),
	},
	{ is: "a list that the page makes while it runs", set: async () => page({ head: config("ports.map(makeEntry)") }) },
	{
		is: "a policy that allows the proxy",
		set: async () => {
			const url = await echoUrl();
			return page({
				head: config(`[${entry(url)}]`),
				headers: {
					"content-security-policy": `default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'self' ${new URL(url).origin}`,
				},
			});
		},
	},
	{
		is: "a page over https that upgrades ws",
		set: async () =>
			page(
				{
					head: config(`[${entry(`ws://other.example:${await webSocketEcho({ pair: pem.otherName })}/`)}]`),
					pair: pem.chain,
					headers: { "content-security-policy": "upgrade-insecure-requests" },
				},
				{ ca: pem.root, hosts: { "other.example": "127.0.0.1" } },
			),
	},
	{
		is: "the gateway's own site",
		set: async () => ({ address: `http://localhost:${await gatewaySite(await tcp(echo))}/`, send: "<ping/>" }),
	},
	{
		is: "the gateway's own site behind nginx with TLS",
		set: async () => ({
			address: `https://localhost:${await nginxTls(await gatewaySite(await tcp(echo), ["https://localhost:*"]))}/`,
			ca: pem.root,
			send: "<ping/>",
		}),
		needs: hasNginx,
	},
	{
		is: "a page that redirects",
		set: async () => ({
			address: `http://localhost:${await site({ files: { "/old.html": 301, "/elsewhere.html": `<head>${config(`[${entry(await echoUrl())}]`)}<script src=/ruffle/ruffle.js></script></head><embed src=game.swf>` } })}/old.html`,
		}),
	},
];

const localEcho = async (): Promise<string> => `ws://localhost:${await webSocketEcho()}/`;

async function nginx(server: string): Promise<number> {
	const proxy = await startNginx(server);
	later(() => proxy.stop());
	return proxy.port;
}

async function nginxTls(port: number): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-doctor-"));
	later(() => rmSync(folder, { recursive: true, force: true }));
	writeFileSync(join(folder, "cert.pem"), pem.chain.cert);
	writeFileSync(join(folder, "key.pem"), pem.chain.key);
	const tlsPort = await closedPort();
	await nginx(`listen 127.0.0.1:${tlsPort} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
		location / { ${WEBSOCKET_HEADERS} proxy_pass http://127.0.0.1:${port}; }`);
	return tlsPort;
}

/** What `xmlsocket gateway --web FOLDER` runs: the gateway, Ruffle and a site with one page. */
async function gatewaySite(targetPort: number, origin: string[] = []): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-doctor-"));
	later(() => rmSync(folder, { recursive: true, force: true }));
	writeFileSync(join(folder, "index.html"), '<!doctype html><head></head><embed src="game.swf">');
	writeFileSync(join(folder, "game.swf"), SWF);
	const targets = [`127.0.0.1:${targetPort}`];
	const routes = new SiteRoutes({
		folder,
		inject: true,
		ruffle: ruffleRoutes(),
		targets: () => reachableTargets(targets.map(parseTarget), targets),
		reports: true,
		forOtherSites: false,
		log: silentLogger,
	});
	const server = createServer({
		port: 0,
		origin,
		application: noDocuments,
		routes: [createGateway({ targets }), routes],
	});
	await server.listen();
	later(() => server.close({ graceMs: 0 }));
	return server.port;
}

describe.concurrent("diagnose, with a page", () => {
	for (const { is, set, fails, says, needs } of BROKEN) {
		it.runIf(needs?.() ?? true)(`names ${is}, and blames nothing else`, async ({ expect }) => {
			const diagnosis = await diagnose({ ...DEFAULTS, ...(await set()) });
			expect(failed(diagnosis), showDiagnosis(diagnosis)).toEqual(fails);
			const first = diagnosis.checks.find(({ ok }) => ok === false)!;
			expect(first.hint).not.toBe("");
			expect(`${first.text} ${first.hint}`).toMatch(says ?? /./);
		});
	}

	for (const { is, set, needs } of HEALTHY) {
		it.runIf(needs?.() ?? true)(`finds nothing wrong with ${is}`, async ({ expect }) => {
			const options = await set();
			const diagnosis = await diagnose({ ...DEFAULTS, ...options });
			expect(failed(diagnosis), showDiagnosis(diagnosis)).toEqual([]);
			const opened = diagnosis.checks.some(({ id, ok }) => id === "stays-open" && ok === true);
			expect(opened || is.includes("while it runs"), showDiagnosis(diagnosis)).toBe(true);
		});
	}
});
