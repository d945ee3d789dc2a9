// What holds for every transport: one suite, run against each of them with real connections.

import { setImmediate as nextTick, setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Transport } from "../../src/link/index.ts";
import { latin1, segmentations } from "../wire/segments.ts";
import { End, KINDS, liveLink, type Opener, until } from "./connections.ts";

for (const { name, kind, halfClose, splits, open } of KINDS) {
	describe(`the ${name} transport`, () => {
		let opener: Opener;
		const opened: Transport[] = [];
		const pair = async (): Promise<[Transport, Transport]> => {
			const ends = await opener.pair();
			opened.push(...ends);
			return ends;
		};
		beforeAll(async () => {
			opener = await open();
		});
		afterEach(() => {
			for (const transport of opened.splice(0)) transport.destroy();
		});
		afterAll(() => opener.close());

		it("says what it is and who is at the other end", async () => {
			for (const transport of await pair()) {
				expect(transport.kind).toBe(kind);
				expect(transport.remoteAddress).toMatch(kind === "memory" ? /^memory$/ : /127\.0\.0\.1/);
				expect(transport.bufferedBytes).toBe(0);
			}
		});

		if (splits)
			it("carries the documents of the manual's rules in every segmentation, both ways", async () => {
				const expected = [
					"",
					"First",
					"HelloWorld!",
					"This is a test",
					"One",
					"Two",
					"Three",
					"",
					"",
					"",
					"AA",
					"BB",
					"CCDD",
				];
				const stream = latin1("\0First\0HelloWorld!\0This is a test\0One\0Two\0Three\0\0\0\0AA\0BB\0CCDD\0");
				const ends = (await pair()).map((transport) => liveLink(transport, { keepEmpty: true }));
				for (const [from, to] of [
					[ends[0]!, ends[1]!],
					[ends[1]!, ends[0]!],
				] as const) {
					for (const { how, segments } of segmentations(stream)) {
						to.owner.documents.length = 0;
						for (const segment of segments) {
							from.link.sendEncoded(segment);
							await nextTick();
							await nextTick();
						}
						await until(
							() => to.owner.documents.length >= expected.length,
							() => to.owner.events,
						);
						expect(to.owner.documents, how).toEqual(expected);
					}
				}
			});

		it("carries many documents between two links in order, empty ones and others, both ways at once", async () => {
			const [client, server] = (await pair()).map((transport) => liveLink(transport, { keepEmpty: true }));
			const sent = Array.from({ length: 3000 }, (_, i) => (i % 7 === 0 ? "" : `<n i="${i}">é€😀</n>`));
			for (const [i, text] of sent.entries()) {
				client!.link.send(text);
				server!.link.send(`${text}!`);
				if (i % 100 === 0) await nextTick();
			}
			await until(() => server!.owner.documents.length >= 3000 && client!.owner.documents.length >= 3000);
			expect(server!.owner.documents).toEqual(sent);
			expect(client!.owner.documents).toEqual(sent.map((text) => `${text}!`));
		});

		it("sends texts and bytes in their order, and half of a surrogate pair as U+FFFD", async () => {
			const [client, server] = (await pair()).map((transport) => liveLink(transport));
			const { link } = client!;
			const texts = ["\u0142 and half \ud83d", "\ude00 \u0100", "é€😀", "plain", "\ud83d"];
			for (const text of texts) {
				link.send(text);
				await nextTick();
				link.send(`before ${text}`);
				link.sendEncoded(link.encode(text));
				link.send(`behind ${text}`);
				await nextTick();
			}
			await until(() => server!.owner.documents.length === texts.length * 4);
			const received = ["\u0142 and half \ufffd", "\ufffd \u0100", "é€😀", "plain", "\ufffd"];
			expect(server!.owner.documents).toEqual(
				received.flatMap((text) => [text, `before ${text}`, text, `behind ${text}`]),
			);
		});

		it("carries documents of 4 MiB both ways", async () => {
			const limits = { maxDocumentBytes: 5 << 20, maxOutboxBytes: 32 << 20 };
			const [client, server] = (await pair()).map((transport) => liveLink(transport, limits));
			const large = "0123456789abcde€".repeat(233_017).slice(0, 4_000_000);
			server!.owner.react = (document) => server!.link.send(document);
			client!.link.send(large);
			client!.link.send("small");
			client!.link.send(large);
			await until(
				() => client!.owner.documents.length === 3,
				() => [client!.owner.close, server!.owner.close],
			);
			expect(client!.owner.documents[0] === large).toBe(true);
			expect(client!.owner.documents[1]).toBe("small");
			expect(client!.owner.documents[2] === large).toBe(true);
		});

		it("tells a listener that starts late what came before, and the end", async () => {
			const [near, far] = await pair();
			const early = new End(far).start();
			early.write("a\0");
			early.write("b\0");
			far.end();
			await wait(30);
			const late = new End(near).start();
			await until(
				() => late.events.includes("end"),
				() => late.events,
			);
			expect(late.whole.toString()).toBe("a\0b\0");
			expect(late.events.slice(0, 2)).toEqual(["bytes", "end"]);
			near.end();
			await until(() => late.closed && early.closed);
			expect(late.error).toBeUndefined();
		});

		it("tells a listener that starts late of an end without any bytes", async () => {
			const [near, far] = await pair();
			new End(far).start();
			far.end();
			await wait(30);
			const late = new End(near).start();
			await until(
				() => late.events.includes("end"),
				() => late.events,
			);
			near.end();
			await until(() => late.closed);
			expect(late.events).toEqual(["end", "close"]);
		});

		it("tells a listener that starts late that the connection is gone, once", async () => {
			const [near, far] = await pair();
			new End(far).start();
			near.destroy();
			await wait(30);
			const late = new End(near).start();
			await until(() => late.closed);
			await wait(20);
			expect(late.events).toEqual(["close"]);
		});

		it("delivers what was written before the end, then the end, then one close on each side", async () => {
			const [near, far] = await pair();
			const [reader, writer] = [new End(far).start(), new End(near).start()];
			const bytes = Buffer.alloc(1 << 20, "x");
			bytes[bytes.length - 1] = 0;
			near.write(bytes);
			near.end();
			await until(
				() => reader.events.includes("end"),
				() => reader.events,
			);
			far.end();
			await until(() => reader.closed && writer.closed);
			await wait(10);
			expect(reader.received).toBe(bytes.length);
			expect(reader.events).toEqual(["bytes", "end", "close"]);
			// A WebSocket's close ends both directions at once, which is no news for the side that asked for it.
			expect(writer.events.filter((event) => event !== "drain")).toEqual(halfClose ? ["end", "close"] : ["close"]);
			expect([reader.error, writer.error]).toEqual([undefined, undefined]);
		});

		if (halfClose)
			it("goes on in the other direction when one side has ended", async () => {
				const [near, far] = await pair();
				const [asking, answering] = [new End(near).start(), new End(far).start()];
				asking.write("question\0");
				near.end();
				await until(() => answering.events.includes("end"));
				answering.write("first answer\0");
				await wait(20);
				answering.write("second answer\0");
				far.end();
				await until(() => asking.closed && answering.closed);
				expect(answering.whole.toString()).toBe("question\0");
				expect(asking.whole.toString()).toBe("first answer\0second answer\0");
				expect(asking.events).toEqual(["bytes", "end", "close"]);
				expect([asking.error, answering.error]).toEqual([undefined, undefined]);
			});

		if (halfClose)
			it("lets a link answer a client that has already ended", async () => {
				const [near, far] = await pair();
				const { link, owner } = liveLink(far);
				owner.react = () => link.send("at once");
				owner.pending = async () => {
					await wait(20);
					link.send("later");
				};
				const asking = new End(near).start();
				asking.write("question\0");
				near.end();
				await until(() => asking.closed && owner.close !== undefined);
				expect(asking.whole.toString()).toBe("at once\0later\0");
				expect(owner.events).toEqual(["document question", "ended", "closed"]);
				expect(owner.close).toEqual({ by: "remote" });
			});

		it("closes once on both sides when one destroys it, and with the error it was given", async () => {
			for (const error of [undefined, new Error("enough")]) {
				const [near, far] = await pair();
				const [mine, theirs] = [new End(near).start(), new End(far).start()];
				mine.write("a\0");
				await until(() => theirs.received > 0);
				near.destroy(error);
				near.destroy(new Error("another"));
				// A half-open TCP connection is over for the other side only once that ends as well.
				await until(() => theirs.closed || theirs.events.includes("end"));
				if (!theirs.closed) far.end();
				await until(() => mine.closed && theirs.closed);
				await wait(10);
				expect(mine.events).toEqual(["close"]);
				expect(mine.error).toBe(error);
				expect(theirs.events.filter((event) => event === "close").length).toBe(1);
				expect(theirs.events.at(-1)).toBe("close");
			}
		});

		it("bears every call after its close", async () => {
			const [near, far] = await pair();
			const end = new End(near).start();
			new End(far).start();
			near.destroy();
			await until(() => end.closed);
			near.write(Buffer.from("late\0"));
			near.pause();
			near.resume();
			near.end();
			near.end();
			near.destroy();
			near.ping?.();
			await wait(10);
			expect(end.events).toEqual(["close"]);
		});

		it("holds a writer back while nobody reads, keeps every byte, and drains once there is room", async () => {
			const [near, far] = await pair();
			const [writer, reader] = [new End(near).start(), new End(far).start()];
			far.pause();
			await wait(10);
			const piece = Buffer.alloc(64 * 1024, "y");
			piece[piece.length - 1] = 0;
			let pieces = 0;
			let held = false;
			while (!held && pieces < 1000) {
				writer.events.length = 0;
				pieces++;
				if (near.write(piece)) continue;
				for (let waits = 0; waits < 50 && !writer.events.includes("drain"); waits++) await wait(2);
				held = !writer.events.includes("drain");
			}
			expect(held).toBe(true);
			expect(near.bufferedBytes).toBeGreaterThan(0);
			far.resume();
			await until(() => writer.events.includes("drain"));
			await until(
				() => reader.received === pieces * piece.length,
				() => [reader.received, pieces * piece.length],
			);
			await until(() => near.bufferedBytes === 0);
			expect(writer.events).toEqual(["drain"]);
			expect(reader.events).toEqual(["bytes"]);
		});

		it("tells of room only where a write was held back", async () => {
			const [near, far] = await pair();
			const [writer, reader] = [new End(near).start(), new End(far).start()];
			for (let i = 1; i <= 20; i++) {
				expect(writer.write("small\0")).toBe(true);
				await until(() => reader.received === 6 * i);
			}
			expect(writer.events).toEqual([]);
		});

		it("delivers nothing for long while it is paused, and everything afterwards", async () => {
			const [near, far] = await pair();
			const [writer, reader] = [new End(near).start(), new End(far).start()];
			far.pause();
			await wait(10);
			writer.write("a\0");
			await wait(30);
			writer.write("b\0");
			await wait(30);
			expect(reader.received).toBeLessThanOrEqual(2);
			far.resume();
			await until(() => reader.received === 4);
			expect(reader.whole.toString()).toBe("a\0b\0");
		});

		it("lets a slow reader be cut by its link while another connection goes on", async () => {
			const limits = { maxOutboxBytes: 512 * 1024 };
			const [[slowNear, slowFar], [goodNear, goodFar]] = [await pair(), await pair()];
			const [slow, good] = [liveLink(slowNear, limits), liveLink(goodNear, limits)];
			const [stopped, reading] = [new End(slowFar).start(), new End(goodFar).start()];
			slowFar.pause();
			const document = Buffer.alloc(64 * 1024, "z");
			document[document.length - 1] = 0;
			let sent = 0;
			while (slow.link.isOpen && sent < 2000) {
				slow.link.sendEncoded(document);
				good.link.sendEncoded(document);
				sent++;
				await nextTick();
				if (sent % 4 === 0) await until(() => reading.received === sent * document.length);
			}
			await until(() => reading.received === sent * document.length && slow.owner.close !== undefined);
			expect(slow.owner.close).toMatchObject({ by: "local", error: { code: "XMLSOCKET_SLOW_READER" } });
			expect(good.link.isOpen).toBe(true);
			slowFar.resume();
			slowFar.end();
			await until(() => stopped.closed);
		});

		it("ends in one close on both links when either of them ends", async () => {
			for (const which of [0, 1]) {
				const ends = (await pair()).map((transport) => liveLink(transport));
				const [mine, theirs] = [ends[which]!, ends[1 - which]!];
				mine.link.send("goodbye");
				mine.link.end();
				await until(() => mine.owner.close !== undefined && theirs.owner.close !== undefined);
				await wait(10);
				expect(theirs.owner.events).toEqual(["document goodbye", "ended", "closed"]);
				expect(theirs.owner.close).toEqual({ by: "remote" });
				expect(mine.owner.events).toEqual(["closed"]);
				expect(mine.owner.close).toEqual({ by: "local" });
			}
		});

		it("delivers a whole burst of documents before the end, though they take several turns", async () => {
			const [client, server] = (await pair()).map((transport) => liveLink(transport));
			for (let i = 0; i < 1500; i++) client!.link.send(`${i}`);
			client!.link.end();
			await until(() => server!.owner.close !== undefined);
			expect(server!.owner.documents).toEqual(Array.from({ length: 1500 }, (_, i) => `${i}`));
			expect(server!.owner.close).toEqual({ by: "remote" });
		});
	});
}
