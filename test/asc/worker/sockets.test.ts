// The XMLSocket of scripts over the worker's sockets: the suites of the documented class, as the package's own class runs them,
// and what an application adds: a bounded number, and an end to all of them at once.

import { describe, expect, test } from "vitest";
import { makeXMLSocket as makeScriptClass } from "../../../src/asc/runtime/xml-socket.ts";
import { ScriptSockets } from "../../../src/asc/worker/sockets.ts";
import {
	type ClientHost,
	createXMLSocketClass as makePackageClass,
	type XMLSocketConstructor,
} from "../../../src/client/index.ts";
import { type MemoryEnd, memoryDial, testHost, turns } from "../../client/support.ts";
import { streamSuite } from "../../client/xml-socket-stream-suite.ts";
import { documentSuite } from "../../client/xml-socket-suite.ts";
import { vectorSuite } from "../../client/xml-socket-vectors-suite.ts";

/** Both halves, without the bridge between: what a handler throws is reported, as the bridge does. */
function both(host: ClientHost, maxSockets?: number): { XMLSocket: XMLSocketConstructor; sockets: ScriptSockets } {
	const guarded = <Result>(run: () => Result): Result | undefined => {
		try {
			return run();
		} catch (error) {
			host.report(error);
			return undefined;
		}
	};
	const XMLSocket = makePackageClass(host);
	const sockets: ScriptSockets = new ScriptSockets(
		() => XMLSocket,
		{
			connected: (id, success) => guarded(() => script.connected(id, success)),
			data: (id, text) => guarded(() => script.data(id, text)),
			closed: (id) => guarded(() => script.closed(id)),
			maxUnprocessedChars: (id) => guarded(() => script.maxUnprocessedChars(id)) ?? Number.NaN,
		},
		host.report,
		maxSockets,
	);
	const script = makeScriptClass(sockets, 4096);
	return { XMLSocket: script.XMLSocket as XMLSocketConstructor, sockets };
}

// One of the suites opens some thousands at once.
const createXMLSocketClass = (host: ClientHost): XMLSocketConstructor => both(host, 10_000).XMLSocket;

documentSuite(createXMLSocketClass);
streamSuite(createXMLSocketClass);
vectorSuite(createXMLSocketClass);

describe("the sockets of an application", () => {
	test("are at most 1000: one more is refused with a reason, until one is closed", async () => {
		const host = testHost(memoryDial([]));
		const { XMLSocket, sockets } = both(host);
		const open = Array.from({ length: 1000 }, () => new XMLSocket());
		expect(open.every((socket) => socket.connect("server", 9000))).toBe(true);
		expect(new XMLSocket().connect("server", 9000)).toBe(false);
		expect(host.reported).toMatchObject([{ code: "XMLSOCKET_SCRIPT_LIMIT" }]);
		open[0]!.close();
		expect(new XMLSocket().connect("server", 9000)).toBe(true);
		expect(sockets.size).toBe(1000);
	});

	test("are removed after they are closed, by either side, or could not connect", async () => {
		const ends: MemoryEnd[] = [];
		const host = testHost(memoryDial(ends));
		const { XMLSocket, sockets } = both(host);
		const [closing, closed] = [new XMLSocket(), new XMLSocket()];
		closing.connect("server", 9000);
		closed.connect("server", 9000);
		await turns();
		expect(sockets.size).toBe(2);
		closing.close();
		ends[1]!.transport.end();
		await turns();
		expect(sockets.size).toBe(0);
		const failing = both(
			testHost(async () => {
				throw new Error("no server");
			}),
		);
		new failing.XMLSocket().connect("server", 9000);
		expect(failing.sockets.size).toBe(1);
		await turns();
		expect(failing.sockets.size).toBe(0);
	});

	test("start to connect after their class is loaded, unless they are closed before", async () => {
		const ends: MemoryEnd[] = [];
		const host = testHost(memoryDial(ends));
		let arrived = (_class: XMLSocketConstructor): void => {};
		const coming = new Promise<XMLSocketConstructor>((resolve) => {
			arrived = resolve;
		});
		const events: string[] = [];
		const sockets = new ScriptSockets(
			() => coming,
			{
				connected: (id, success) => void events.push(`${id} ${success}`),
				data() {},
				closed() {},
				maxUnprocessedChars: () => Number.NaN,
			},
			host.report,
		);
		expect([1, 2].map((id) => sockets.connect(id, false, "server", 9000, 1000))).toEqual([true, true]);
		expect(sockets.connect(3, false, "server", 80, 1000)).toBe(false);
		sockets.close(1);
		sockets.send(2, "too early");
		expect(sockets.size).toBe(1);
		arrived(makePackageClass(host));
		await turns();
		expect([events, ends.length, ends[0]!.received()]).toEqual([["2 true"], 1, ""]);
	});

	test("close together, without onClose, and what they have sent still leaves", async () => {
		const ends: MemoryEnd[] = [];
		const { XMLSocket, sockets } = both(testHost(memoryDial(ends)));
		let isClosed = false;
		for (let at = 0; at < 3; at++) {
			const socket = new XMLSocket();
			socket.onConnect = () => socket.send("bye");
			socket.onClose = () => {
				isClosed = true;
			};
			socket.connect("server", 9000);
		}
		await turns(2);
		await sockets.end();
		await turns();
		expect(ends.map((end) => [end.received(), end.ended()])).toEqual(Array(3).fill(["bye\0", true]));
		expect([sockets.size, isClosed]).toEqual([0, false]);
	});
});
