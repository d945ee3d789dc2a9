// Situations of ActionScript 2 programs that use XML and XMLSocket: what published content does with the classes, on real sockets.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { XML, type XMLNode, XMLSocket } from "../../src/index.ts";
import { until } from "../client/support.ts";

/** A server that answers each connection with `greet`, and records what it receives. */
async function startServer(greet: (socket: Socket) => void = () => {}): Promise<{ port: number; received: string[] }> {
	const received: string[] = [];
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		socket.on("data", (bytes) => received.push(String(bytes)));
		greet(socket);
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return { port: (server.address() as { port: number }).port, received };
}

/** A socket that records its events. */
function recorded(): { socket: XMLSocket; log: string[] } {
	const socket = new XMLSocket();
	const log: string[] = [];
	socket.onConnect = (success) => void log.push(`connect ${success}`);
	socket.onXML = (document) => void log.push(`xml ${document}`);
	socket.onClose = () => void log.push("close");
	onTestFinished(() => socket.close());
	return { socket, log };
}

const rootOf = (text: string): XMLNode => new XML(text).firstChild!;

describe("documents that people wrote by hand", () => {
	test("an element that is never closed inside a closed one gives -9, and only an end without a start -10", () => {
		expect(new XML("<a><b>text</a>").status).toBe(-9);
		expect(new XML("<a><b>text</b>").status).toBe(-9);
		expect(new XML("<a></a></b>").status).toBe(-10);
	});

	test("attributes in an end tag are passed over, as in level files that the player loads", () => {
		const document = new XML("<view><popup name='x'></popup scaleH='UP' fixed=TRUE ><next/></view>");
		expect(document.status).toBe(0);
		expect(String(document)).toBe('<view><popup name="x" /><next /></view>');
	});

	test("a style sheet instruction before the root stays out of the tree, so that firstChild is the root", () => {
		const document = new XML('<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?><songs/>');
		expect(document.firstChild!.nodeName).toBe("songs");
		expect(document.xmlDecl).toBe('<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?>');
	});

	test("markup in a CDATA section is one text for an HTML text field", () => {
		const node = rootOf("<t><![CDATA[IT'S<br/>A <b>BONUS</b>!]]></t>").firstChild!;
		expect(node.nodeType).toBe(3);
		expect(node.nodeValue).toBe("IT'S<br/>A <b>BONUS</b>!");
	});

	test("with ignoreWhite, indentation is dropped, and blanks that someone put into CDATA stay", () => {
		const document = new XML();
		document.ignoreWhite = true;
		document.parseXML("<a>\n\t<b><![CDATA[ ]]></b>\r\n <c> x </c>\n</a>");
		const root = document.firstChild!;
		expect(root.childNodes.length).toBe(2);
		expect(root.firstChild!.firstChild!.nodeValue).toBe(" ");
		expect(root.lastChild!.firstChild!.nodeValue).toBe(" x ");
	});
});

describe("loops over a tree that the loop changes", () => {
	const list = (): XMLNode => rootOf("<list><i n='1'/><i n='2'/><i n='3'/></list>");

	test("a loop over nextSibling that keeps the next node removes all", () => {
		const root = list();
		for (let node = root.firstChild; node !== null; ) {
			const next: XMLNode | null = node.nextSibling;
			node.removeNode();
			node = next;
		}
		expect(String(root)).toBe("<list />");
	});

	test("a loop that removes childNodes by a rising index skips every second, as in the player", () => {
		const root = list();
		for (let i = 0; i < root.childNodes.length; i++) root.childNodes[i]!.removeNode();
		expect(String(root)).toBe('<list><i n="2" /></list>');
	});

	test("a loop that moves the first child until none is left empties one document into another", () => {
		const from = list();
		const to = rootOf("<inbox/>");
		while (from.childNodes.length > 0) to.appendChild(from.childNodes[0]!);
		expect(String(from)).toBe("<list />");
		expect(to.childNodes.length).toBe(3);
	});

	test("a function that a script puts on a node can put itself on the children and run there", () => {
		const names: string[] = [];
		type Walker = XMLNode & { walk?: (this: Walker) => void };
		const root = list() as Walker;
		root.walk = function (this: Walker) {
			names.push(`${this.nodeName}${this.attributes.n ?? ""}`);
			for (const node of this.childNodes as Walker[]) {
				node.walk = this.walk!;
				node.walk!();
			}
		};
		root.walk();
		expect(names).toEqual(["list", "i1", "i2", "i3"]);
	});
});

describe("attributes and ids as objects of the script", () => {
	test("an attribute that is an object is asked for its text each time the node prints", () => {
		const node = rootOf("<score/>");
		let points = 0;
		node.attributes.points = { toString: () => String(++points) };
		expect(`${node}${node}`).toBe('<score points="1" /><score points="2" />');
	});

	test("an id in idMap can be replaced, and the document does not change", () => {
		const document = new XML("<a id='x'/>") as { idMap: Record<string, unknown> };
		document.idMap.x = 3;
		expect(document.idMap.x).toBe(3);
		expect(String(document)).toBe('<a id="x" />');
	});

	test("a copy has attributes of its own", () => {
		const node = rootOf("<a b='1'/>");
		const copy = node.cloneNode(true)!;
		copy.attributes.b = "2";
		expect(`${node}${copy}`).toBe('<a b="1" /><a b="2" />');
	});
});

test("console.log of a document, a node, or an object that holds one shows the text, as trace does", () => {
	expect(inspect(new XML("<a b='1'><c/></a>"))).toBe('<a b="1"><c /></a>');
	expect(inspect(rootOf("<a>x</a>").firstChild)).toBe("x");
	expect(inspect({ node: rootOf("<a/>") })).toBe("{ node: <a /> }");
	expect(Object.keys(rootOf("<a/>"))).toEqual([]);
});

describe("handlers that change the socket", () => {
	const three = (socket: Socket): void => void socket.write("<a/>\0<b/>\0<c/>\0");

	test("onData set to null receives nothing, and deleted again lets onXML receive", async () => {
		const { port, received } = await startServer((socket) => socket.on("data", () => three(socket)));
		const { socket, log } = recorded();
		const own = socket as { onData?: unknown };
		own.onData = null;
		socket.connect("127.0.0.1", port);
		await until(() => log.length === 1);
		socket.send("1");
		await until(() => received.length === 1);
		delete own.onData;
		socket.send("2");
		await until(() => log.includes("xml <c />"));
		expect(log.slice(-3)).toEqual(["xml <a />", "xml <b />", "xml <c />"]);
	});

	test("an onData of one's own can pass the text on to the class", async () => {
		const { port } = await startServer(three);
		const { socket, log } = recorded();
		socket.onData = function (this: XMLSocket, text: string) {
			log.push(`raw ${text}`);
			XMLSocket.prototype.onData.call(this, text);
		};
		socket.connect("127.0.0.1", port);
		await until(() => log.length === 7);
		expect(log.slice(1, 3)).toEqual(["raw <a/>", "xml <a />"]);
	});

	test("a script that connects again in onClose gets a new connection, with its documents", async () => {
		let connections = 0;
		const { port } = await startServer((socket) => void (++connections === 1 ? socket.end("<bye/>\0") : three(socket)));
		const { socket, log } = recorded();
		socket.onClose = () => {
			log.push("close");
			if (connections === 1) socket.connect("127.0.0.1", port);
		};
		socket.connect("127.0.0.1", port);
		await until(() => log.includes("xml <c />"));
		expect(log).toEqual([
			"connect true",
			"xml <bye />",
			"close",
			"connect true",
			"xml <a />",
			"xml <b />",
			"xml <c />",
		]);
	});

	test("a script that tries the next server in onConnect(false) reaches it", async () => {
		const { port } = await startServer(three);
		const { socket, log } = recorded();
		const ports = [port];
		socket.onConnect = (success) => {
			log.push(`connect ${success}`);
			const next = ports.shift();
			if (!success && next !== undefined) socket.connect("127.0.0.1", next);
		};
		// The test's own port range: nothing listens there.
		socket.connect("127.0.0.1", 39_999);
		await until(() => log.includes("xml <c />"));
		expect(log.slice(0, 2)).toEqual(["connect false", "connect true"]);
	});

	test("close() in onXML keeps back the rest of the segment, and onClose is not called", async () => {
		const { port } = await startServer(three);
		const { socket, log } = recorded();
		socket.onXML = (document) => {
			log.push(`xml ${document}`);
			socket.close();
		};
		socket.connect("127.0.0.1", port);
		await until(() => log.length === 2);
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(log).toEqual(["connect true", "xml <a />"]);
	});

	test("a message that is sent and followed by close() in onConnect arrives", async () => {
		const { port, received } = await startServer();
		const { socket } = recorded();
		socket.onConnect = () => {
			socket.send("<logout/>");
			socket.close();
		};
		socket.connect("127.0.0.1", port);
		await until(() => received.join("") === "<logout/>\0");
	});

	test("what was sent before onConnect is lost without an error, as in the player", async () => {
		const { port, received } = await startServer();
		const { socket, log } = recorded();
		socket.connect("127.0.0.1", port);
		expect(socket.send("<early/>")).toBeUndefined();
		await until(() => log.length === 1);
		socket.send("<late/>");
		await until(() => received.length > 0);
		expect(received.join("")).toBe("<late/>\0");
	});
});

test("text that is no XML, as in %xt% and JSON protocols, is one text node with status 0", () => {
	for (const text of ["%xt%s%a&b%", '{"cmd":"login"}', "+connect id=1"]) {
		const document = new XML(text);
		expect([document.status, document.firstChild!.nodeType, document.firstChild!.nodeValue]).toEqual([0, 3, text]);
	}
});

test("100,000 elements inside each other can be read, printed and copied", () => {
	const depth = 100_000;
	const document = new XML("<a>".repeat(depth) + "</a>".repeat(depth));
	expect(document.status).toBe(0);
	expect(String(document.cloneNode(true))).toBe(String(document));
});
