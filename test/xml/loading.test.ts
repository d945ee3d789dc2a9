// Loading and sending over HTTP (docs/xml.md, "Document properties and loading"), against a real server on the loopback
// interface.

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { XML } from "../../src/xml/index.ts";

interface Request {
	method: string | undefined;
	url: string | undefined;
	headers: IncomingHttpHeaders;
	body: string;
}

let server: Server;
let base: string;
const requests: Request[] = [];

const pages: Record<string, Buffer> = {
	"/plain": Buffer.from("<a>é</a>"),
	"/bom": Buffer.from("\ufeff<a/>"),
	"/utf16le": Buffer.from("\ufeff<a>é</a>", "utf16le"),
	"/utf16be": Buffer.from("\ufeff<a>é</a>", "utf16le").swap16(),
	"/broken": Buffer.from("<a>"),
	"/empty": Buffer.alloc(0),
	"/one": Buffer.from("<"),
};

beforeAll(async () => {
	server = createServer((request, response) => {
		let body = "";
		request.setEncoding("utf8");
		request.on("data", (chunk: string) => {
			body += chunk;
		});
		request.on("end", () => {
			requests.push({ method: request.method, url: request.url, headers: request.headers, body });
			const page = request.method === "POST" ? Buffer.from("<answer/>") : pages[request.url ?? ""];
			if (request.url === "/slow") {
				setTimeout(() => response.end("<slow/>"), 100);
				return;
			}
			response.statusCode = page === undefined ? 404 : 200;
			response.end(page ?? "<not found>");
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

/** Loads a page and waits for `onLoad`. */
async function loaded(document: XML, path: string): Promise<boolean> {
	return new Promise((resolve) => {
		document.onLoad = resolve;
		expect(document.load(base + path)).toBe(true);
	});
}

/** Waits until the server has one more request than `before`. */
async function nextRequest(before: number): Promise<Request> {
	for (let tries = 0; tries < 500 && requests.length === before; tries++)
		await new Promise((resolve) => setTimeout(resolve, 10));
	return requests[before] as Request;
}

describe("load", () => {
	test("replaces the content and calls the handlers in order", async () => {
		const document = new XML("<old/>");
		const events: unknown[] = [];
		document.onHTTPStatus = (status) => events.push(["onHTTPStatus", status, document.toString()]);
		const { onData } = document;
		document.onData = function (source) {
			events.push(["onData", source, this.loaded]);
			onData.call(this, source);
		};
		const done = new Promise<void>((resolve) => {
			document.onLoad = (success) => {
				events.push(["onLoad", success, document.loaded, document.toString()]);
				resolve();
			};
		});
		expect(document.load(`${base}/plain`)).toBe(true);
		expect([document.loaded, document.getBytesLoaded(), document.getBytesTotal()]).toEqual([false, 0, undefined]);
		expect(document.toString()).toBe("<old />");
		await done;
		expect(events).toEqual([
			["onHTTPStatus", 200, "<old />"],
			["onData", "<a>é</a>", false],
			["onLoad", true, true, "<a>é</a>"],
		]);
		expect([document.getBytesLoaded(), document.getBytesTotal()]).toEqual([9, 9]);
	});

	test("keeps its byte counts in two hidden properties of the document", async () => {
		const document = new XML();
		expect([document.getBytesLoaded(), document.getBytesTotal()]).toEqual([undefined, undefined]);
		expect(Object.hasOwn(document, "_bytesLoaded")).toBe(false);
		const done = loaded(document, "/plain");
		expect([Object.hasOwn(document, "_bytesLoaded"), Object.hasOwn(document, "_bytesTotal")]).toEqual([true, true]);
		expect(Object.keys(document)).toEqual(["onLoad"]);
		expect([Object.hasOwn(document, "loaded"), Object.hasOwn(document, "status")]).toEqual([false, false]);
		await done;
		document.parseXML("<other/>");
		expect(document.getBytesTotal()).toBe(9);
	});

	const rows: [path: string, printed: string, status: number][] = [
		["/plain", "<a>é</a>", 0],
		["/bom", "<a />", 0],
		["/utf16le", "<a>é</a>", 0],
		["/utf16be", "<a>é</a>", 0],
		["/empty", "", 0],
		["/one", "", -6],
		["/broken", "<a />", -9],
	];
	test.each(rows)("of %s succeeds, whatever the status", async (path, printed, status) => {
		const document = new XML("<old/>");
		expect(await loaded(document, path)).toBe(true);
		expect([document.toString(), document.status, document.loaded]).toEqual([printed, status, true]);
	});

	test("that fails keeps the tree, the declarations and the status", async () => {
		const document = new XML("<?xml x?><a>");
		const statuses: number[] = [];
		document.onHTTPStatus = (status) => statuses.push(status);
		expect(await loaded(document, "/missing")).toBe(false);
		expect([document.toString(), document.status, document.loaded]).toEqual(["<?xml x?><a />", -9, false]);
		expect(statuses).toEqual([404]);
		const unreachable = new XML("<a/>");
		const failed = new Promise((resolve) => {
			unreachable.onLoad = resolve;
		});
		expect(unreachable.load("http://127.0.0.1:9/")).toBe(true);
		expect(await failed).toBe(false);
		expect([unreachable.toString(), unreachable.loaded]).toEqual(["<a />", false]);
		const unreadable = new XML();
		const refused = new Promise((resolve) => {
			unreadable.onLoad = resolve;
		});
		expect(unreadable.load("not an address")).toBe(true);
		expect(await refused).toBe(false);
	});

	test("leaves what handlers throw to the host, and calls those of a prototype too", async () => {
		class Loud extends XML {
			override onLoad(success: boolean): void {
				this.attributes.seen = success;
				throw new Error("from onLoad");
			}
		}
		const document = new Loud("<old/>");
		const reported = new Promise<unknown>((resolve) => {
			const others = process.listeners("unhandledRejection");
			process.removeAllListeners("unhandledRejection");
			process.once("unhandledRejection", (reason) => {
				for (const listener of others) process.on("unhandledRejection", listener);
				resolve(reason);
			});
		});
		document.load(`${base}/plain`);
		expect(String(await reported)).toBe("Error: from onLoad");
		expect([document.toString(), document.attributes.seen]).toEqual([' seen="true"<a>é</a>', true]);
		expect(() => document.onData("<b/>")).toThrow("from onLoad");
	});

	test("without an address returns false and does nothing", () => {
		const document = new XML();
		expect(document.load(null as unknown as string)).toBe(false);
		expect((document.load as () => boolean)()).toBe(false);
		expect([document.loaded, Object.hasOwn(document, "_bytesLoaded")]).toEqual([undefined, false]);
	});

	test("begun again before the answer delivers once", async () => {
		const document = new XML();
		const printed: string[] = [];
		const done = new Promise<void>((resolve) => {
			document.onLoad = () => {
				printed.push(document.toString());
				resolve();
			};
		});
		document.load(`${base}/slow`);
		document.load(`${base}/plain`);
		await done;
		await new Promise((resolve) => setTimeout(resolve, 250));
		expect(printed).toEqual(["<a>é</a>"]);
	});

	test("asks with GET and without the script's headers", async () => {
		const document = new XML();
		document.addRequestHeader("X-Own", "1");
		const before = requests.length;
		await loaded(document, "/plain");
		const request = requests[before] as Request;
		expect([request.method, request.headers["x-own"]]).toEqual(["GET", undefined]);
	});
});

describe("the default onData", () => {
	test.each([undefined, null])("of %s means failure", (source) => {
		const document = new XML("<a/>");
		const results: unknown[] = [];
		document.onLoad = (success) => results.push(success, document.loaded);
		document.onData(source as undefined);
		expect(results).toEqual([false, false]);
		expect(document.toString()).toBe("<a />");
	});

	test("of a text parses it", () => {
		const document = new XML();
		const results: unknown[] = [];
		document.onLoad = (success) => results.push(success, document.loaded, document.status);
		document.onData("<a>");
		expect(results).toEqual([true, true, -9]);
	});

	test("and onLoad are functions of the prototype that do not complain", () => {
		expect(new XML().onLoad(true)).toBeUndefined();
		expect(new XML().onData("<a/>")).toBeUndefined();
	});
});

describe("send and sendAndLoad", () => {
	test("post the document with its content type and headers", async () => {
		const document = new XML("<a b='c'/>");
		document.addRequestHeader("X-Own", "1");
		document.addRequestHeader("bad name", "2");
		document.addRequestHeader("X-Bad-Value", "a\r\nInjected: 1");
		document.addRequestHeader("Content-Length", "1");
		const before = requests.length;
		expect(document.send(`${base}/send`)).toBe(true);
		const { method, url, body, headers } = await nextRequest(before);
		expect([method, url, body]).toEqual(["POST", "/send", '<a b="c" />']);
		expect([headers["content-type"], headers["x-own"]]).toEqual(["application/x-www-form-urlencoded", "1"]);
		expect([headers["x-bad-value"], headers.injected, headers["content-length"]]).toEqual([undefined, undefined, "11"]);
	});

	test("let a header of the script replace the content type", async () => {
		const document = new XML("<a/>");
		document.contentType = "text/plain";
		let before = requests.length;
		document.send(`${base}/send`);
		expect((await nextRequest(before)).headers["content-type"]).toBe("text/plain");
		document.addRequestHeader("Content-Type", "text/xml");
		before = requests.length;
		document.send(`${base}/send`);
		expect((await nextRequest(before)).headers["content-type"]).toBe("text/xml");
	});

	test("give the answer to the target", async () => {
		const target = new XML("<old/>");
		const done = new Promise((resolve) => {
			target.onLoad = resolve;
		});
		expect(new XML("<question/>").sendAndLoad(`${base}/ask`, target)).toBe(true);
		expect([Object.hasOwn(target, "loaded"), target.loaded]).toEqual([false, false]);
		expect(await done).toBe(true);
		expect([target.toString(), target.getBytesTotal()]).toEqual(["<answer />", 9]);
	});

	test("take any object as target, and call its onData if it has one", async () => {
		const target: { loaded?: boolean; onData?: (source: string) => void } = {};
		const done = new Promise((resolve) => {
			target.onData = resolve;
		});
		expect(new XML("<a/>").sendAndLoad(`${base}/ask`, target)).toBe(true);
		expect([Object.hasOwn(target, "loaded"), target.loaded]).toEqual([true, false]);
		expect(await done).toBe("<answer/>");
		const date = new Date(1);
		expect(new XML("<a/>").sendAndLoad(`${base}/ask`, date)).toBe(true);
		expect([Object.hasOwn(date, "loaded"), date.getTime()]).toEqual([true, 1]);
	});

	test.each([3, "text", true, null, undefined])("refuse %j as target", (target) => {
		expect(new XML("<a/>").sendAndLoad(`${base}/ask`, target as unknown as object)).toBe(false);
	});

	test("need an address", () => {
		expect((new XML().send as () => boolean)()).toBe(false);
		expect(new XML().sendAndLoad(undefined as unknown as string, {})).toBe(false);
	});

	test("to nowhere fail in silence, or with onLoad(false)", async () => {
		expect(new XML("<a/>").send("http://127.0.0.1:9/")).toBe(true);
		const target = new XML();
		const done = new Promise((resolve) => {
			target.onLoad = resolve;
		});
		new XML("<a/>").sendAndLoad("http://127.0.0.1:9/", target);
		expect(await done).toBe(false);
	});
});

describe("addRequestHeader", () => {
	interface Headed extends XML {
		_customHeaders: unknown;
	}

	test("keeps names and values in a hidden array of the document", () => {
		const document = new XML() as Headed;
		expect(Object.hasOwn(document, "_customHeaders")).toBe(false);
		document.addRequestHeader("header1", "value1");
		expect(Object.hasOwn(document, "_customHeaders")).toBe(true);
		expect(Object.keys(document)).toEqual([]);
		document.addRequestHeader("header2", "value2");
		document.addRequestHeader(["header3", "value3", "header4", "value4", "odd"]);
		expect(String(document._customHeaders)).toBe("header1,value1,header2,value2,header3,value3,header4,value4");
		document.contentType = "Odd Content Type";
		document.addRequestHeader("GET", "kept here, never sent");
		expect((document._customHeaders as string[]).length).toBe(10);
	});

	test.each([
		["no argument", []],
		["a number", [3]],
		["two numbers", [3, 5]],
		["a name without a string", ["string", 6]],
		["objects", [new Date(), {}]],
	])("with %s makes the array and adds nothing", (_what, given) => {
		const document = new XML() as Headed;
		(document.addRequestHeader as (...given: unknown[]) => void)(...given);
		expect(document._customHeaders).toEqual([]);
	});

	test("does nothing where a script has put something else there", () => {
		const document = new XML() as Headed;
		document.addRequestHeader("a", "b");
		document._customHeaders = 3;
		document.addRequestHeader("c", "d");
		expect(document._customHeaders).toBe(3);
	});
});
