// Situations that users of old programs reported, in the classes XML and XMLSocket: class defaults on a prototype, and objects whose
// constructor never ran.

import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { XML, XMLSocket } from "../../dist/index.js";
import { until } from "../client/support.ts";

/** Sets a default for one test. */
function setDefault(name: string, value: unknown): void {
	new XML(); // brings the accessors
	Reflect.set(XML.prototype, name, value);
}

afterEach(() => {
	Reflect.set(XML.prototype, "ignoreWhite", false);
	Reflect.set(XML.prototype, "contentType", "application/x-www-form-urlencoded");
});

const SPACED = "<a>\n <b/>\n</a>";
const nodesIn = (document: XML): number | undefined => document.firstChild?.childNodes.length;

describe("a program sets XML.prototype.ignoreWhite once for all documents", () => {
	it("new documents drop white space, and so do those that exist", () => {
		const early = new XML();
		expect(nodesIn(new XML(SPACED))).toBe(3);
		setDefault("ignoreWhite", true);
		expect([nodesIn(new XML(SPACED)), new XML().ignoreWhite, XML.prototype.ignoreWhite]).toEqual([1, true, true]);
		early.parseXML(SPACED);
		expect(nodesIn(early)).toBe(1);
	});

	it("a document's own value wins over the default", () => {
		setDefault("ignoreWhite", true);
		const document = new XML();
		document.ignoreWhite = false;
		document.parseXML(SPACED);
		expect([nodesIn(document), document.ignoreWhite]).toEqual([3, false]);
	});

	it("the default of a class of one's own counts for its documents only", () => {
		class Feed extends XML {}
		Feed.prototype.ignoreWhite = true;
		expect([nodesIn(new Feed(SPACED)), nodesIn(new XML(SPACED))]).toEqual([1, 3]);
		class Typed extends XML {
			override ignoreWhite = true;
		}
		const typed = new Typed();
		typed.parseXML(SPACED);
		expect(nodesIn(typed)).toBe(1);
	});

	it("contentType on the prototype is the default, too", () => {
		setDefault("contentType", "text/xml");
		const own = new XML();
		own.contentType = "text/plain";
		expect([new XML().contentType, own.contentType]).toEqual(["text/xml", "text/plain"]);
	});
});

async function server(): Promise<{ readonly port: number; readonly sockets: Socket[]; readonly texts: string[] }> {
	const sockets: Socket[] = [];
	const texts: string[] = [];
	const listening: Server = createServer((socket) => {
		const at = sockets.push(socket) - 1;
		texts[at] = "";
		socket.on("data", (chunk) => {
			texts[at] += chunk.toString();
		});
	});
	await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		listening.close();
	});
	return { port: (listening.address() as { port: number }).port, sockets, texts };
}

describe("a class has a socket as its prototype, so that the constructor of XMLSocket never runs for its objects", () => {
	it("two such objects have two connections", async () => {
		const { port, sockets, texts } = await server();
		function Line(this: object): void {}
		Line.prototype = new XMLSocket();
		const make = (): XMLSocket => new (Line as unknown as new () => XMLSocket)();
		const lines = [make(), make()] as const;
		let open = 0;
		for (const line of lines) {
			line.onConnect = (success) => {
				if (success) open++;
			};
			expect(line.connect("127.0.0.1", port)).toBe(true);
		}
		await until(() => open === 2 && sockets.length === 2, "two connections");
		lines[0].send("first");
		lines[1].send("second");
		await until(() => texts.join("").length === 13, "both texts");
		expect([...texts].sort()).toEqual(["first\0", "second\0"]);
		for (const line of lines) line.close();
	});

	it("a prototype chained by hand, and a method used with call, connect as well", async () => {
		const { port, texts } = await server();
		function Line(this: object): void {}
		Reflect.set(Line.prototype, "__proto__", XMLSocket.prototype);
		const line = new (Line as unknown as new () => XMLSocket)();
		const borrowed: { onConnect?: () => void } = {};
		let open = 0;
		line.onConnect = borrowed.onConnect = () => void open++;
		expect(line.connect("127.0.0.1", port)).toBe(true);
		expect(XMLSocket.prototype.connect.call(borrowed as unknown as XMLSocket, "127.0.0.1", port)).toBe(true);
		await until(() => open === 2, "two connections");
		XMLSocket.prototype.send.call(borrowed as unknown as XMLSocket, "x");
		await until(() => texts.includes("x\0"), "the text");
		XMLSocket.prototype.close.call(borrowed as unknown as XMLSocket);
		line.close();
	});

	it("objects that inherit from a stream are streams: no zero byte follows what they send", async () => {
		const { port, texts } = await server();
		function Line(this: object): void {}
		Line.prototype = new XMLSocket("stream");
		const line = new (Line as unknown as new () => XMLSocket)();
		line.onConnect = () => line.send("<stream:stream>");
		line.connect("127.0.0.1", port);
		await until(() => texts.includes("<stream:stream>"), "the header");
		line.close();
	});

	it("a time-out on XMLSocket.prototype is the default of new sockets", () => {
		XMLSocket.prototype.timeout = 1234;
		onTestFinished(() => void Reflect.deleteProperty(XMLSocket.prototype, "timeout"));
		expect([new XMLSocket().timeout, new XMLSocket("stream").timeout]).toEqual([1234, 1234]);
	});
});

it("an object assigned to a property of a document has its toString called, then its valueOf where a number is needed", () => {
	const calls: string[] = [];
	const value = {
		toString: () => {
			calls.push("toString");
			return "no number";
		},
		valueOf: () => {
			calls.push("valueOf");
			return 7;
		},
	};
	const document = new XML() as unknown as Record<string, unknown>;
	for (const [name, result, order] of [
		["ignoreWhite", true, ["toString"]],
		["loaded", true, ["toString"]],
		["status", 7, ["toString", "valueOf"]],
		["contentType", "no number", ["toString"]],
		["xmlDecl", "no number", ["toString"]],
		["docTypeDecl", "no number", ["toString"]],
	] as const) {
		calls.length = 0;
		document[name] = value;
		expect([document[name], calls], name).toEqual([result, order]);
	}
	for (const name of ["ignoreWhite", "loaded", "status"]) {
		const throws = {
			toString: () => {
				throw new Error("a script's");
			},
			valueOf: () => 3,
		};
		document[name] = throws;
		expect(document[name], name).toBe(name === "status" ? 3 : true);
	}
});
