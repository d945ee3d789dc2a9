// What an inspector does when it is asked to: hold, change, drop and inject documents. Whatever it does, no other byte changes.

import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { DocumentEvent } from "../../src/tools/index.ts";
import {
	client,
	closeAll,
	echo,
	inspect,
	type Peer,
	streamOf,
	Target,
	told,
	type Watched,
	webSocketTarget,
} from "./inspect-harness.ts";

afterEach(closeAll);

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const contains =
	(text: string) =>
	(event: DocumentEvent): boolean =>
		Buffer.from(event.bytes).includes(text);

/** A client that is connected with a server through an inspector. */
async function connected(options: Parameters<typeof inspect>[1] = {}): Promise<{
	watched: Watched;
	peer: Peer;
	server: Peer;
	nextHeld(): Promise<number>;
}> {
	const target = await new Target().listen();
	const held: number[] = [];
	const waiting: (() => void)[] = [];
	const watched = await inspect(`127.0.0.1:${target.port}`, {
		...options,
		onHeld: ({ id }) => {
			held.push(id);
			waiting.shift()?.();
		},
	});
	const next = target.next();
	const peer = await client(watched.port);
	peer.socket.write("<hello/>\0");
	const server = await next;
	await server.bytes(9);
	return {
		watched,
		peer,
		server,
		nextHeld: async () => {
			while (held.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
			return held.shift()!;
		},
	};
}

const received = (peer: Peer): string => String(peer.received).replaceAll("\0", "|").replace("<hello/>|", "");

describe("an inspector with a break", () => {
	it("holds a document that matches and all that follows it, and lets the other direction pass", async () => {
		const { watched, peer, server, nextHeld } = await connected();
		watched.inspector.setBreak(contains("stop"));
		peer.socket.write("<a/>\0<stop/>\0<b/>\0<stop n='2'/>\0<c/>\0<d");
		const first = await nextHeld();
		await server.bytes(14);
		expect(watched.inspector.held().map(({ event }) => Buffer.from(event.bytes).toString())).toEqual(["<stop/>"]);
		server.socket.write("<still/>\0");
		await peer.bytes(9);
		expect(received(server)).toBe("<a/>|");
		watched.inspector.release(first);
		const second = await nextHeld();
		await server.bytes(9 + 5 + 8 + 5);
		expect(received(server)).toBe("<a/>|<stop/>|<b/>|");
		watched.inspector.release(second, bytesOf("<go/>"));
		await server.bytes(9 + 5 + 8 + 5 + 6 + 5);
		expect(received(server)).toBe("<a/>|<stop/>|<b/>|<go/>|<c/>|");
		peer.socket.end();
		await server.ended();
		expect(received(server)).toBe("<a/>|<stop/>|<b/>|<go/>|<c/>|<d");
		expect(told(watched.events).filter((text) => text.startsWith("client"))).toEqual([
			"client <hello/>",
			"client <a/>",
			"client <stop/>",
			"client <b/>",
			"client <go/> [edited]",
			"client <c/>",
			"client <d (cut)",
		]);
		expect(streamOf(watched.events, "client")).toEqual(server.received);
	});

	it("drops a document without a trace for the receiver", async () => {
		const { watched, peer, server, nextHeld } = await connected();
		watched.inspector.setBreak(contains("stop"));
		peer.socket.write("<a/>\0<stop/>\0<b/>\0");
		watched.inspector.drop(await nextHeld());
		await server.bytes(19);
		expect(received(server)).toBe("<a/>|<b/>|");
		expect(told(watched.events)).toContain("client <stop/> [dropped]");
		expect(watched.inspector.held()).toEqual([]);
	});

	it("does not hold a document whose beginning was sent on before the break was set", async () => {
		const { watched, peer, server, nextHeld } = await connected();
		peer.socket.write("<stop");
		await server.bytes(14);
		watched.inspector.setBreak(contains("stop"));
		peer.socket.write("/>\0<stop n='2'/>\0");
		await nextHeld();
		await server.bytes(17);
		expect(received(server)).toBe("<stop/>|");
	});

	it("sends on what it had withheld when the break is removed", async () => {
		const { watched, peer, server } = await connected();
		watched.inspector.setBreak(contains("never"));
		peer.socket.write("<a/>\0<long");
		await server.bytes(14);
		expect(received(server)).toBe("<a/>|");
		// The rest of the chunk came with the document, so it has been read.
		watched.inspector.setBreak(undefined);
		await server.bytes(19);
		expect(received(server)).toBe("<a/>|<long");
	});

	it("delivers what a client sent before it left, when the held document is released", async () => {
		const { watched, peer, server, nextHeld } = await connected({ lingerMs: 50 });
		watched.inspector.setBreak(contains("stop"));
		peer.socket.end("<stop/>\0<last/>\0");
		watched.inspector.release(await nextHeld());
		await server.ended();
		expect(received(server)).toBe("<stop/>|<last/>|");
	});

	it("holds nothing of a connection that broke, and says so when a decision comes too late", async () => {
		const { watched, peer, server, nextHeld } = await connected();
		watched.inspector.setBreak(contains("stop"));
		peer.socket.write("<stop/>\0");
		const id = await nextHeld();
		server.socket.resetAndDestroy();
		await peer.ended();
		await watched.until((events) => events.some((event) => event.kind === "close" && !event.direction));
		expect(watched.inspector.held()).toEqual([]);
		expect(() => watched.inspector.release(id)).toThrow(expect.objectContaining({ code: "XMLSOCKET_CLOSED" }));
		expect(told(watched.events)).toContain("client <stop/> [dropped]");
	});

	it("drops what it holds of a client whose connection breaks, and passes the break on", async () => {
		const { watched, peer, server, nextHeld } = await connected();
		watched.inspector.setBreak(contains("stop"));
		peer.socket.write("<a/>\0<stop/>\0<behind/>\0");
		await nextHeld();
		// The other direction shows that the client's end is noticed though it is not read.
		server.socket.write("<x/>\0".repeat(100));
		await peer.bytes(500);
		peer.socket.resetAndDestroy();
		server.socket.write("<y/>\0");
		await server.closed();
		expect(received(server)).toBe("<a/>|");
		await watched.until((events) => events.some((event) => event.kind === "close" && !event.direction));
		expect(told(watched.events).filter((text) => text.includes("dropped"))).toContain("client <stop/> [dropped]");
		expect(watched.inspector.held()).toEqual([]);
	});

	it("holds nothing of TLS that it cannot read, nor of HTTP requests, which would wait for a terminator", async () => {
		const secure = await new Target().listen({ tls: true, onPeer: echo });
		const throughTls = await inspect(`127.0.0.1:${secure.port}`);
		throughTls.inspector.setBreak(() => true);
		const peer = await client(throughTls.port, { tls: true });
		peer.socket.write("<a/>\0");
		expect(String(await peer.bytes(5))).toBe("<a/>\0");
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		watched.inspector.setBreak(() => true);
		const tunnel = await client(watched.port);
		tunnel.socket.write("POST /poll HTTP/1.1\r\nHost: game.example\r\n\r\n");
		await tunnel.bytes(43);
	});

	it("passes what it had withheld of a document that came a byte at a time", async () => {
		const { watched, peer, server } = await connected();
		watched.inspector.setBreak(contains("never"));
		for (let i = 0; i < 500; i++) {
			peer.socket.write("x");
			if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		await expect.poll(() => watched.inspector.connections()[0]!.client.bytes).toBe(509);
		expect(received(server)).toBe("");
		watched.inspector.setBreak(undefined);
		await server.bytes(509);
		peer.socket.write("\0");
		await server.bytes(510);
		expect(streamOf(watched.events, "client")).toEqual(server.received);
	});

	it("pauses the source of a held document", async () => {
		const { watched, peer, server, nextHeld } = await connected();
		watched.inspector.setBreak(contains("stop"));
		peer.socket.write("<stop/>\0");
		const id = await nextHeld();
		const total = 32 * 1024 * 1024;
		peer.socket.write(Buffer.alloc(total, "x"));
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(watched.inspector.connections()[0]!.client.bytes).toBeLessThan(8 * 1024 * 1024);
		watched.inspector.release(id);
		await server.bytes(9 + 8 + total - 1024 * 1024);
	});

	it("goes on when a predicate or a listener throws, and reports that as an uncaught exception", async () => {
		const thrown: unknown[] = [];
		const before = process.listeners("uncaughtException");
		process.removeAllListeners("uncaughtException");
		process.on("uncaughtException", (error) => thrown.push(error.message));
		try {
			const { watched, peer, server } = await connected();
			watched.inspector.setBreak(() => {
				throw new Error("predicate");
			});
			peer.socket.write("<a/>\0");
			await server.bytes(14);
			expect(thrown).toContain("predicate");
		} finally {
			process.removeAllListeners("uncaughtException");
			for (const listener of before) process.on("uncaughtException", listener);
		}
	});
});

describe("an inspector that injects", () => {
	it("sends a document to either end, between two others", async () => {
		const { watched, peer, server } = await connected();
		watched.inspector.inject(1, "server", bytesOf("<to-client/>"));
		watched.inspector.inject(1, "client", bytesOf("<to-server/>"));
		await Promise.all([peer.bytes(13), server.bytes(22)]);
		expect(received(peer)).toBe("<to-client/>|");
		expect(received(server)).toBe("<to-server/>|");
		expect(told(watched.events).filter((text) => text.includes("injected"))).toEqual([
			"server <to-client/> [injected]",
			"client <to-server/> [injected]",
		]);
		expect(watched.inspector.connections()[0]!.client.documents).toBe(1);
	});

	const text = "<a/>\0<b/>\0<c/>\0";
	it.each(Array.from(text, (_, at) => [at]))(
		"waits for the end of a document that is half sent, at byte %i of three",
		async (at) => {
			const { watched, peer, server } = await connected();
			peer.socket.write(text.slice(0, at));
			await server.bytes(9 + at);
			watched.inspector.inject(1, "client", bytesOf("<x/>"));
			peer.socket.write(text.slice(at));
			await server.bytes(9 + text.length + 5);
			const complete = Math.ceil(at / 5) * 5;
			expect(received(server)).toBe(`${text.slice(0, complete)}<x/>\0${text.slice(complete)}`.replaceAll("\0", "|"));
			expect(streamOf(watched.events, "client")).toEqual(server.received);
		},
	);

	it("injects before a held document, and keeps the order of events when a listener injects", async () => {
		const { watched, peer, server, nextHeld } = await connected({
			onEvent: (event) => {
				if (event.kind === "document" && contains("<ask/>")(event))
					watched.inspector.inject(1, "client", bytesOf("<answer/>"));
			},
		});
		watched.inspector.setBreak(contains("stop"));
		peer.socket.write("<stop/>\0<ask/>\0<z/>\0");
		const id = await nextHeld();
		watched.inspector.inject(1, "client", bytesOf("<before/>"));
		watched.inspector.release(id);
		await server.bytes(9 + 10 + 8 + 7 + 5 + 10);
		expect(received(server)).toBe("<before/>|<stop/>|<ask/>|<z/>|<answer/>|");
		expect(streamOf(watched.events, "client")).toEqual(server.received);
	});

	it("refuses to inject into a connection that has ended, and more than 100 behind a half-sent document", async () => {
		const { watched, peer, server } = await connected();
		expect(() => watched.inspector.inject(9, "client", bytesOf("<x/>"))).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_CLOSED" }),
		);
		peer.socket.write("<half");
		await server.bytes(14);
		for (let i = 0; i < 100; i++) watched.inspector.inject(1, "client", bytesOf("<x/>"));
		expect(() => watched.inspector.inject(1, "client", bytesOf("<x/>"))).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_OUTBOX_FULL" }),
		);
		peer.socket.end();
		await server.ended();
		expect(received(server)).toBe("<half");
		expect(() => watched.inspector.inject(1, "client", bytesOf("<x/>"))).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_CLOSED" }),
		);
	});
});

describe("random streams through an inspector", () => {
	// A small generator, so that a failure can be repeated by its seed.
	const random = (seed: number) => {
		let state = seed;
		return (below: number): number => {
			state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
			return Math.floor((state / 2 ** 32) * below);
		};
	};

	it.each([
		["nul", Buffer.of(0), 64],
		["crlf", Buffer.from("\r\n"), 64],
		["000100", Buffer.of(0, 1, 0), 7],
	])("leave as they came, however breaks change meanwhile, with the terminator %s", async (name, end, limit) => {
		for (let seed = 1; seed <= 4; seed++) {
			const pick = random(seed);
			const { watched, peer, server } = await connected({
				terminator: name,
				maxDocumentBytes: limit,
			});
			const sent: Buffer[] = [Buffer.from("<hello/>\0")];
			for (let i = 0; i < 60; i++) {
				// Few values, so that terminators and their beginnings are frequent.
				const chunk = Buffer.from(Array.from({ length: pick(40) }, () => [0, 1, 13, 10, 65][pick(5)]!));
				sent.push(chunk);
				peer.socket.write(chunk);
				if (pick(3) === 0)
					watched.inspector.setBreak(pick(2) === 0 ? undefined : ({ bytes }) => bytes.length % 3 === 0);
				for (const { id } of watched.inspector.held()) watched.inspector.release(id);
				if (pick(2) === 0) await new Promise((resolve) => setImmediate(resolve));
			}
			peer.socket.end();
			const release = setInterval(() => {
				for (const { id } of watched.inspector.held()) watched.inspector.release(id);
			}, 1);
			await server.ended();
			clearInterval(release);
			expect([seed, server.received.toString("hex")]).toEqual([seed, Buffer.concat(sent).toString("hex")]);
			await watched.until((events) => events.some(({ kind }) => kind === "close"));
			expect(streamOf(watched.events, "client", end).toString("hex")).toBe(Buffer.concat(sent).toString("hex"));
			await closeAll();
		}
	});

	it("leave a WebSocket as text and binary messages as they came, with a break that matches nothing", async () => {
		const back: [string, boolean][] = [];
		const { port } = await webSocketTarget({
			onSocket: (socket) => socket.on("message", (data, isBinary) => back.push([data.toString(), isBinary])),
		});
		const watched = await inspect(`ws://127.0.0.1:${port}/`, { maxDocumentBytes: 5 });
		watched.inspector.setBreak(() => false);
		const socket = new WebSocket(`ws://127.0.0.1:${watched.port}/`);
		await once(socket, "open");
		const messages: [string, boolean][] = [
			["{}", false],
			["<longer than the limit/>", false],
			["<a/>\0", false],
			["<b/>\0<c/>\0", true],
			["", false],
		];
		for (const [text, binary] of messages) socket.send(text, { binary });
		socket.close();
		await once(socket, "close");
		await watched.until((events) => events.some((event) => event.kind === "close" && !event.direction));
		expect(back).toEqual(messages);
	});
});

describe("an inspector that edits WebSocket messages", () => {
	it("sends an edited text message as a text message", async () => {
		const { port } = await webSocketTarget({
			onSocket: (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })),
		});
		const watched = await inspect(`ws://127.0.0.1:${port}/`, {
			onHeld: ({ id, event }) =>
				event.direction === "client"
					? watched.inspector.release(id, bytesOf('{"edited":true}'))
					: watched.inspector.release(id),
		});
		watched.inspector.setBreak(contains("{"));
		const socket = new WebSocket(`ws://127.0.0.1:${watched.port}/`);
		await once(socket, "open");
		socket.send('{"edited":false}');
		const [data, isBinary] = await once(socket, "message");
		expect([String(data), isBinary]).toEqual(['{"edited":true}', false]);
		watched.inspector.inject(1, "server", bytesOf("{}"));
		const [injected, injectedIsBinary] = await once(socket, "message");
		expect([String(injected), injectedIsBinary]).toEqual(["{}", false]);
	});

	it("answers documents of an echo server unchanged while another connection is held", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const watched = await inspect(`127.0.0.1:${target.port}`);
		watched.inspector.setBreak(({ connection }) => connection === 1);
		const [one, two] = [await client(watched.port), await client(watched.port)];
		one.socket.write("<a/>\0");
		two.socket.write("<b/>\0");
		expect(String(await two.bytes(5))).toBe("<b/>\0");
		expect(one.receivedBytes).toBe(0);
	});
});
