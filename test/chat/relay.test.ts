import { describe, expect, it } from "vitest";
import { createRelay } from "../../src/chat/index.ts";
import { memoryPair } from "../../src/transport/index.ts";
import { Bench } from "./bench.ts";

const make = (): Bench => new Bench(() => createRelay({ room: "arena" }));

describe("raw mode", () => {
	it("gives every document to all others, byte for byte, and nothing back", async () => {
		const bench = make();
		const [a, b, c] = [bench.connect(), bench.connect(), bench.connect()];
		const got: number[][] = [];
		const receive = b.document.bind(b);
		b.document = (text) => {
			got.push([...new TextEncoder().encode(text)]);
			receive(text);
		};
		a.link.sendEncoded(Uint8Array.of(0xef, 0xbb, 0xbf, 0x3c, 0x61, 0x2f, 0x3e, 0x0d, 0x0a, 0x00));
		await bench.settle();
		expect(got).toEqual([[0xef, 0xbb, 0xbf, 0x3c, 0x61, 0x2f, 0x3e, 0x0d, 0x0a]]);
		expect([a.inbox.length, c.inbox.length]).toEqual([0, 1]);
	});

	it("passes on what is no XML, broken XML and invalid UTF-8 as it is", async () => {
		const [near, far] = memoryPair();
		const bench = make();
		const sender = bench.connect();
		const received: number[] = [];
		const session = bench.application.open({
			id: "raw",
			remoteAddress: "memory",
			transport: "memory",
			outboxBytes: 0,
			send: () => {},
			sendEncoded: (bytes) => near.write(bytes),
			encode: () => new Uint8Array(),
			end: () => {},
			destroy: () => {},
		});
		far.start({
			bytes: (chunk) => received.push(...chunk),
			end: () => {},
			drain: () => {},
			pong: () => {},
			close: () => {},
		});
		const wire = Uint8Array.of(0x25, 0x78, 0x74, 0, 0x3c, 0x61, 0x3e, 0, 0xff, 0xc0, 0x80, 0, 0xe4, 0);
		sender.link.sendEncoded(wire);
		await bench.settle();
		expect(received).toEqual([...wire]);
		session.closed({ by: "remote" });
		sender.link.sendEncoded(wire);
		await bench.settle();
		expect(received).toHaveLength(wire.length);
	});

	it("says nothing by itself, and lets clients be silent for ever", async () => {
		const bench = make();
		const a = bench.connect();
		bench.sweep(1000);
		await bench.settle();
		expect([a.inbox, bench.application.idleTimeoutMs]).toEqual([[], 0]);
	});

	it("counts clients and documents, and forgets who has gone", async () => {
		const bench = make();
		const [a, b] = [bench.connect(), bench.connect()];
		a.send("one", "two");
		await bench.settle();
		expect(bench.application.stats!()).toEqual({ relay_clients: 2, relay_documents: 2 });
		a.link.destroy();
		await bench.settle();
		b.send("to nobody");
		await bench.settle();
		expect(bench.application.stats!()).toEqual({ relay_clients: 1, relay_documents: 3 });
	});
});
