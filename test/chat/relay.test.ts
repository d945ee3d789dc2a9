import { describe, expect, it } from "vitest";
import { NO_HANDSHAKE } from "../../src/application/index.ts";
import { createRelay } from "../../src/chat/index.ts";
import { memoryPair } from "../../src/transport/index.ts";
import { ChatHarness } from "./harness.ts";

const make = (): ChatHarness => new ChatHarness(() => createRelay({ room: "arena" }));

describe("raw mode", () => {
	it("gives every document to all others, byte for byte, and nothing back", async () => {
		const harness = make();
		const [a, b, c] = [harness.connect(), harness.connect(), harness.connect()];
		const got: number[][] = [];
		const receive = b.document.bind(b);
		b.document = (text) => {
			got.push([...new TextEncoder().encode(text)]);
			receive(text);
		};
		a.link.sendEncoded(Uint8Array.of(0xef, 0xbb, 0xbf, 0x3c, 0x61, 0x2f, 0x3e, 0x0d, 0x0a, 0x00));
		await harness.settle();
		expect(got).toEqual([[0xef, 0xbb, 0xbf, 0x3c, 0x61, 0x2f, 0x3e, 0x0d, 0x0a]]);
		expect([a.inbox.length, c.inbox.length]).toEqual([0, 1]);
	});

	it("passes on what is no XML, broken XML and invalid UTF-8 as it is", async () => {
		const [near, far] = memoryPair();
		const harness = make();
		const sender = harness.connect();
		const received: number[] = [];
		const session = harness.application.open(
			{
				id: "raw",
				remoteAddress: "memory",
				transport: "memory",
				addressKey: undefined,
				isOpen: true,
				softOutboxBytes: 1,
				maxOutboxBytes: 1,
				refused: () => {},
				outboxBytes: 0,
				send: () => {},
				sendEncoded: (bytes) => near.write(bytes),
				checkText: () => {},
				encode: () => new Uint8Array(),
				end: () => {},
				account: (run) => run(),
				pause: () => {},
				resume: () => {},
				destroy: () => {},
			},
			NO_HANDSHAKE,
		);
		far.start({
			bytes: (chunk) => received.push(...chunk),
			end: () => {},
			drain: () => {},
			pong: () => {},
			close: () => {},
		});
		const wire = Uint8Array.of(0x25, 0x78, 0x74, 0, 0x3c, 0x61, 0x3e, 0, 0xff, 0xc0, 0x80, 0, 0xe4, 0);
		sender.link.sendEncoded(wire);
		await harness.settle();
		expect(received).toEqual([...wire]);
		session.closed({ by: "remote" });
		sender.link.sendEncoded(wire);
		await harness.settle();
		expect(received).toHaveLength(wire.length);
	});

	it("says nothing by itself, and lets clients be silent for ever", async () => {
		const harness = make();
		const a = harness.connect();
		harness.sweep(1000);
		await harness.settle();
		expect([a.inbox, harness.application.idleTimeoutMs]).toEqual([[], 0]);
	});

	it("counts clients and documents, and forgets who has gone", async () => {
		const harness = make();
		const [a, b] = [harness.connect(), harness.connect()];
		a.send("one", "two");
		await harness.settle();
		expect(harness.application.stats!()).toEqual({ relay_clients: 2, relay_documents: 2, relay_dropped: 0 });
		a.link.destroy();
		await harness.settle();
		b.send("to nobody");
		await harness.settle();
		expect(harness.application.stats!()).toEqual({ relay_clients: 1, relay_documents: 3, relay_dropped: 0 });
	});
});
