// The package's own XMLSocket: the suites of the documented class, and what its options add.

import { describe, expect, test } from "vitest";
import { createXMLSocketClass } from "../../src/client/index.ts";
import { type MemoryEnd, memoryDial, testHost, turns } from "./support.ts";
import { streamSuite } from "./xml-socket-stream-suite.ts";
import { documentSuite } from "./xml-socket-suite.ts";
import { vectorSuite } from "./xml-socket-vectors-suite.ts";

documentSuite(createXMLSocketClass);
streamSuite(createXMLSocketClass);
vectorSuite(createXMLSocketClass);

describe("the options of the class", () => {
	test("with overflow discard leaves a long element out, reports it and goes on", async () => {
		const ends: MemoryEnd[] = [];
		const host = testHost(memoryDial(ends));
		const socket = new (createXMLSocketClass(host))("stream", { overflow: "discard" });
		const log: string[] = [];
		socket.onData = (src) => void log.push(src);
		socket.connect("server", 5222);
		await turns(2);
		ends[0]!.transport.write(Buffer.from(`<a>${"x".repeat(5000)}</a><b/>`));
		await turns();
		expect(log).toEqual(["<b/>"]);
		expect(host.reported.length).toBe(1);
	});
});
