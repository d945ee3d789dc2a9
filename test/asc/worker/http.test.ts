// XML and LoadVars over the worker's HTTP: what a script may ask for, in which order it hears of it, and where it ends.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { makeTransfer, type ScriptTransfer } from "../../../src/asc/runtime/http.ts";
import { makeLoadVars } from "../../../src/asc/runtime/load-vars.ts";
import { type HttpOptions, ScriptHttp } from "../../../src/asc/worker/http.ts";
import type { XMLSocketError } from "../../../src/errors/index.ts";
import { startLoading } from "../../../src/xml/loading.ts";

interface Vars {
	[name: string]: unknown;
	contentType: string;
	loaded: boolean | undefined;
	load(url: string): boolean;
	send(url: string, window?: string, method?: string): boolean;
	sendAndLoad(url: string, target: object, method?: string): boolean;
	decode(source: string): void;
	addRequestHeader(name: string, value: string): void;
	getBytesLoaded(): number | undefined;
	getBytesTotal(): number | undefined;
	onLoad?(success: boolean): void;
	onData(source: string | undefined): void;
	onHTTPStatus?(status: number): void;
}

let server: Server;
let base: string;
let requests: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
let reported: XMLSocketError[];

const pages: Record<string, (response: ServerResponse) => void> = {
	"/plain": (response) => response.end("a=1&b=%C3%A9+x"),
	"/latin1": (response) => {
		response.setHeader("content-type", "text/plain; charset=ISO-8859-1");
		response.end(Buffer.from("a=\xe9", "latin1"));
	},
	"/gbk": (response) => {
		response.setHeader("content-type", 'text/plain; charset="gbk"');
		response.end(Buffer.from([0x61, 0x3d, 0xc4, 0xe3]));
	},
	"/unknown-charset": (response) => {
		response.setHeader("content-type", "text/plain; charset=klingon");
		response.end("a=é");
	},
	"/utf16": (response) => response.end(Buffer.from("\ufeffa=é", "utf16le")),
	"/gzip": (response) => {
		response.setHeader("content-encoding", "gzip");
		response.end(gzipSync(`a=${"x".repeat(5000)}`));
	},
	"/long": (response) => response.end("x".repeat(20_001)),
	"/endless": (response) => {
		const timer = setInterval(() => response.write("x".repeat(5000)), 1);
		response.on("close", () => clearInterval(timer));
	},
	"/silent": () => {},
	"/half": (response) => {
		response.setHeader("content-length", "100");
		response.write("half");
		setTimeout(() => response.destroy(), 20);
	},
	"/round": (response) => response.writeHead(302, { location: "/round" }).end(),
	"/see": (response) => response.writeHead(303, { location: "/plain" }).end(),
	"/keep": (response) => response.writeHead(307, { location: "/plain" }).end(),
	"/elsewhere-again": (response) => response.writeHead(302, { location: `${base}/plain` }).end(),
	"/elsewhere": (response) => response.writeHead(302, { location: "http://elsewhere.example/" }).end(),
	"/file": (response) => response.writeHead(302, { location: "file:///etc/hostname" }).end(),
	"/missing": (response) => response.writeHead(404).end("a=not here"),
};

beforeAll(async () => {
	server = createServer((request, response) => {
		let body = "";
		request.setEncoding("utf8");
		request.on("data", (chunk: string) => {
			body += chunk;
		});
		request.on("end", () => {
			requests.push({ method: request.method!, url: request.url!, headers: request.headers, body });
			(pages[request.url!.split("?")[0]!] ?? pages["/missing"]!)(response);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
	requests = [];
	reported = [];
});

function loadVars(options: Partial<HttpOptions> = {}): { LoadVars: new () => Vars; transfer: ScriptTransfer } {
	const events: { transfer?: ScriptTransfer } = {};
	const http = new ScriptHttp(
		{ httpHosts: [], httpTimeoutMs: 5000, maxHttpBytes: 20_000, ...options },
		{
			progress: (id, loaded, total) => events.transfer!.progress(id, loaded, total),
			answered: (id, status, bytes, text) => events.transfer!.answered(id, status, bytes, text),
		},
		(error) => reported.push(error as XMLSocketError),
	);
	onTestFinished(() => http.end());
	const transfer = makeTransfer({
		request: (id, method, url, headers, body) => http.request(id, { method, url, headers, body }),
	});
	events.transfer = transfer;
	return { LoadVars: makeLoadVars(transfer.transfer) as new () => Vars, transfer };
}

/** Loads a page and gives what `onLoad` was told, with the object. */
async function loaded(path: string, options: Partial<HttpOptions> = {}): Promise<{ success: boolean; vars: Vars }> {
	const vars = new (loadVars(options).LoadVars)();
	const success = await new Promise<boolean>((resolve) => {
		vars.onLoad = resolve;
		expect(vars.load(path.includes(":") ? path : base + path)).toBe(true);
	});
	return { success, vars };
}

describe("LoadVars", () => {
	test("loads variables, and calls onHTTPStatus, onData and onLoad in this order", async () => {
		const { LoadVars } = loadVars();
		const vars = new LoadVars();
		const events: unknown[] = [];
		const { onData } = vars;
		vars.onHTTPStatus = (status) => events.push(["status", status, vars.a]);
		vars.onData = function (source) {
			events.push(["data", source, vars.loaded]);
			onData.call(this, source);
		};
		await new Promise<void>((resolve) => {
			vars.onLoad = (success) => {
				events.push(["load", success, vars.loaded, vars.a, vars.b]);
				resolve();
			};
			vars.load(`${base}/plain`);
			expect([vars.loaded, vars.getBytesLoaded(), vars.getBytesTotal()]).toEqual([false, 0, undefined]);
		});
		expect(events).toEqual([
			["status", 200, undefined],
			["data", "a=1&b=%C3%A9+x", false],
			["load", true, true, "1", "é x"],
		]);
		expect([vars.getBytesLoaded(), vars.getBytesTotal()]).toEqual([14, 14]);
	});

	test("sends the name and password of an address as Basic authorization, but not to where it is redirected", async () => {
		await loaded(`${base.replace("//", "//ann:p%40ss@")}/see`);
		await loaded(`${base.replace("//", "//ann:p%40ss@").replace("127.0.0.1", "localhost")}/elsewhere-again`);
		expect(requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
			["/see", "Basic YW5uOnBAc3M="],
			["/plain", "Basic YW5uOnBAc3M="],
			["/elsewhere-again", "Basic YW5uOnBAc3M="],
			["/plain", undefined],
		]);
	});

	test("prints its variables as a form, without functions", () => {
		const vars = new (loadVars().LoadVars)();
		expect(String(vars)).toBe("");
		Object.assign(vars, { name: "é & co", "a b": 1, none: null, onLoad() {}, mark: "!'()*~", half: "\ud800" });
		expect(String(vars)).toBe("name=%C3%A9%20%26%20co&a%20b=1&none=null&mark=%21%27%28%29%2A~&half=%EF%BF%BD");
	});

	test.each([
		["a=1&b=2", { a: "1", b: "2" }],
		["a&b=&=c&&", { a: "", b: "", "": "c" }],
		["a=1=2&a=3", { a: "3" }],
		["a=%zz&b=%C3&c=%41+%c3%a9", { a: "%zz", b: "%C3", c: "A é" }],
	])("decodes %s", (source, expected) => {
		const vars = new (loadVars().LoadVars)();
		vars.decode(source);
		expect({ ...vars }).toEqual(expected);
	});

	test("decoding cannot replace the prototype", () => {
		const { LoadVars } = loadVars();
		const vars = new LoadVars();
		vars.decode("__proto__=x&constructor=y");
		expect(vars).toBeInstanceOf(LoadVars);
		expect(Object.hasOwn(vars, "__proto__")).toBe(true);
	});

	test("posts with its content type and headers, or appends the variables to the address", async () => {
		const { LoadVars } = loadVars();
		const vars = new LoadVars();
		vars.q = "x y";
		vars.addRequestHeader("X-Own", "1");
		const answer = new LoadVars();
		const ask = (path: string, method?: string): Promise<boolean> =>
			new Promise((resolve) => {
				answer.onLoad = resolve;
				expect(vars.sendAndLoad(base + path, answer, method)).toBe(true);
			});
		expect(await ask("/plain")).toBe(true);
		expect(await ask("/plain?z=1#top", "get")).toBe(true);
		expect(answer.b).toBe("é x");
		expect(requests.map(({ method, url, body }) => [method, url, body])).toEqual([
			["POST", "/plain", "q=x%20y"],
			["GET", "/plain?z=1&q=x%20y", ""],
		]);
		expect([requests[0]!.headers["content-type"], requests[0]!.headers["x-own"]]).toEqual([
			"application/x-www-form-urlencoded",
			"1",
		]);
		expect([vars.send(`${base}/sent`), vars.sendAndLoad(base, 3 as never), vars.load(null as never)]).toEqual([
			true,
			false,
			false,
		]);
	});
});

describe("an answer's text", () => {
	test.each([
		["/latin1", "é"],
		["/gbk", "你"],
		["/unknown-charset", "é"],
		["/utf16", "é"],
		["/gzip", "x".repeat(5000)],
	])("of %s is read in its own encoding", async (path, value) => {
		const { success, vars } = await loaded(path);
		expect([success, vars.a]).toEqual([true, value]);
	});
});

describe("a request that fails", () => {
	test.each([
		["/missing", 404, undefined],
		["/long", 200, "XMLSOCKET_HTTP_TOO_LARGE"],
		["/endless", 200, "XMLSOCKET_HTTP_TOO_LARGE"],
		["/half", 200, "XMLSOCKET_HTTP_FAILED"],
		["/round", undefined, "XMLSOCKET_HTTP_FAILED"],
		["/file", undefined, "XMLSOCKET_HTTP_REFUSED"],
		["file:///etc/hostname", undefined, "XMLSOCKET_HTTP_REFUSED"],
		["ftp://127.0.0.1/", undefined, "XMLSOCKET_HTTP_REFUSED"],
		["data:text/plain,a=1", undefined, "XMLSOCKET_HTTP_REFUSED"],
		["http:// no address", undefined, "XMLSOCKET_HTTP_FAILED"],
	])("%s calls onLoad(false), and logs a reason", async (path, status, code) => {
		const { LoadVars } = loadVars();
		const vars = new LoadVars();
		let seen: number | undefined;
		vars.onHTTPStatus = (given) => {
			seen = given;
		};
		const success = await new Promise((resolve) => {
			vars.onLoad = resolve;
			vars.load(path.startsWith("/") ? base + path : path);
		});
		expect([success, vars.loaded, vars.a, seen]).toEqual([false, false, undefined, status]);
		expect(reported.map((error) => error.code)).toEqual(code === undefined ? [] : [code]);
	});

	test("the connection to a silent server is closed after the time limit", async () => {
		expect((await loaded("/silent", { httpTimeoutMs: 50 })).success).toBe(false);
		expect(reported[0]!.message).toContain("within 50 ms");
	});

	test("the reason names the address without its query and its password", async () => {
		await loaded("http://127.0.0.1:9/page?token=secret#x");
		await loaded("http://ann:secret@127.0.0.1:9/page");
		expect(reported.map(({ message }) => /request to (\S+) failed/.exec(message)?.[1])).toEqual([
			"http://127.0.0.1:9/page",
			"http://127.0.0.1:9/page",
		]);
		expect(reported.some(({ message }) => message.includes("secret"))).toBe(false);
	});

	test("the next request fails immediately while 64 are in progress", async () => {
		const { LoadVars } = loadVars();
		for (let at = 0; at < 64; at++) new LoadVars().load(`${base}/silent`);
		const vars = new LoadVars();
		expect(
			await new Promise((resolve) => {
				vars.onLoad = resolve;
				vars.load(`${base}/plain`);
			}),
		).toBe(false);
		expect(reported.map(({ code }) => code)).toEqual(["XMLSOCKET_SCRIPT_LIMIT"]);
	});
});

describe("hosts and redirects", () => {
	test("with a list of hosts, requests reach only these, with any port or with the listed port", async () => {
		const port = new URL(base).port;
		expect((await loaded("/plain", { httpHosts: ["127.0.0.1"] })).success).toBe(true);
		expect((await loaded("/plain", { httpHosts: [`127.0.0.1:${port}`] })).success).toBe(true);
		expect((await loaded("/plain", { httpHosts: ["127.0.0.1:1", "localhost"] })).success).toBe(false);
		expect(reported.map(({ code }) => code)).toEqual(["XMLSOCKET_HTTP_REFUSED"]);
		expect(requests.filter(({ url }) => url === "/plain").length).toBe(2);
	});

	test("a redirect is followed, but not to a host outside the list", async () => {
		expect((await loaded("/see")).vars.a).toBe("1");
		expect((await loaded("/elsewhere", { httpHosts: ["127.0.0.1"] })).success).toBe(false);
		expect(reported.map(({ code }) => code)).toEqual(["XMLSOCKET_HTTP_REFUSED"]);
	});

	test("a redirected POST stays a POST only with the statuses 307 and 308", async () => {
		for (const path of ["/see", "/keep"]) {
			const { LoadVars } = loadVars();
			const vars = new LoadVars();
			vars.q = "1";
			await new Promise((resolve) => {
				vars.onLoad = resolve;
				vars.sendAndLoad(base + path, vars);
			});
		}
		expect(requests.map(({ method, url, body }) => [method, url, body])).toEqual([
			["POST", "/see", "q=1"],
			["GET", "/plain", ""],
			["POST", "/keep", "q=1"],
			["POST", "/plain", "q=1"],
		]);
	});
});

test("the byte counts increase while a response arrives", async () => {
	const seen: unknown[] = [];
	const { transfer } = loadVars();
	const target = {
		get loadedBytes() {
			return (this as unknown as { _bytesLoaded: number })._bytesLoaded;
		},
	};
	startLoading(target, { method: "GET", url: `${base}/plain`, headers: [], body: undefined }, (request, receiver) =>
		transfer.transfer(request, {
			answered: (answer) => receiver.answered(answer),
			progress: (loadedBytes, totalBytes) => {
				receiver.progress!(loadedBytes, totalBytes);
				seen.push([target.loadedBytes, totalBytes]);
			},
		}),
	);
	for (let tries = 0; tries < 500 && seen.length === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 5));
	expect(seen).toEqual([[14, 14]]);
});
