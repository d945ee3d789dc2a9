// What the page of play gets of the movie's sockets, and how it allows a target: without a browser, with a WebSocket in the movie's place.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createPlay, type Play } from "../../../src/gateway/play/play-server.ts";
import { silentLogger } from "../../../src/server/index.ts";
import { openRecordingWriter, readRecording, type TrafficEvent } from "../../../src/tools/index.ts";
import { FeedReader } from "../../traffic-feed/feed-reader.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

/** A server that answers `<a/>` with `<b/>` and a byte that no text has. */
async function target(): Promise<number> {
	const server: Server = createServer((socket) => {
		socket.on("error", () => {});
		socket.on("data", () => socket.write(Buffer.from("<b/>\0\xff\0", "latin1")));
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	closers.push(() => server.close());
	return (server.address() as AddressInfo).port;
}

async function start(allow: string[], onEvent?: (event: TrafficEvent) => void): Promise<Play> {
	const root = join(import.meta.dirname, "../../..");
	const movie = join(root, "flash/greeter.swf");
	const pages = join(root, "dist/console");
	const play = createPlay({ movie, allow, parameters: {}, port: 0, command: "", pages, log: silentLogger, onEvent });
	await play.server.listen();
	closers.push(() => play.server.close({ graceMs: 0 }));
	return play;
}

async function read({ server }: Play, origin = `http://localhost:${server.port}`): Promise<FeedReader> {
	const reader = await FeedReader.open(
		`ws://localhost:${server.port}/xmlsocket/traffic`,
		origin === "" ? {} : { origin },
	);
	closers.push(() => reader.close());
	return reader;
}

async function movieSocket({ server }: Play, port: number): Promise<WebSocket> {
	const socket = new WebSocket(`ws://localhost:${server.port}/gateway?host=127.0.0.1&port=${port}`);
	closers.push(() => socket.terminate());
	await once(socket, "open");
	return socket;
}

describe("the traffic of a movie", () => {
	it("reaches the page byte for byte, with the open and the close of each socket", async () => {
		const port = await target();
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket record "));
		closers.push(() => rmSync(folder, { recursive: true, force: true }));
		const file = join(folder, "session.ndjson");
		const written: TrafficEvent[] = [];
		const play = await start([`127.0.0.1:${port}`], (event) => written.push(event));
		const reader = await read(play);
		const socket = await movieSocket(play, port);
		socket.send(Buffer.from("<a"));
		socket.send(Buffer.from("/>\0<unfinished"));
		await expect.poll(() => reader.texts).toEqual(["<a/>", "<b/>", "\ufffd"]);
		socket.close();
		await expect.poll(() => reader.events.at(-1)?.kind).toBe("close");
		expect(reader.events).toMatchObject([
			{ kind: "open", connection: 1, to: `127.0.0.1:${port}` },
			{ direction: "client", ending: "terminated" },
			{ direction: "server", ending: "terminated" },
			{ direction: "server", bytes: Uint8Array.of(0xff) },
			{ direction: "client", ending: "cut" },
			{ kind: "close", connection: 1 },
		]);
		const recording = await openRecordingWriter(file, play.info);
		for (const event of written) recording.write(event);
		await recording.close();
		const events: TrafficEvent[] = [];
		for await (const event of await readRecording(file)) events.push(event);
		expect(events).toEqual(reader.events);
	});

	it("is shown to this server's own page only: not to a foreign origin, a page beside the movie, or a program without an origin", async () => {
		const play = await start([]);
		for (const origin of ["http://attacker.example", "null", ""])
			await expect(read(play, origin), origin).rejects.toThrow("403");
	});
});

describe("a target that was refused", () => {
	it("is allowed at the page's request, from then on, and replaces one with the same name", async () => {
		const port = await target();
		const play = await start([]);
		await expect(movieSocket(play, port)).rejects.toThrow("403");
		const reader = await read(play);
		expect(reader.hello).toMatchObject({ allows: true, controls: false });
		for (const text of [`127.0.0.1:${port}`, `127.0.0.1:${port}?private=yes`]) {
			const number = reader.ask({ ask: "allow", target: text });
			await expect.poll(() => reader.answers.get(number)).toEqual({ kind: "answer", request: number });
		}
		expect(play.gateway.targetTexts).toEqual([`127.0.0.1:${port}?private=yes`]);
		const socket = await movieSocket(play, port);
		socket.send(Buffer.from("<a/>\0"));
		await expect.poll(() => reader.texts).toEqual(["<a/>", "<b/>", "\ufffd"]);
	});

	it("stays refused where it cannot be read, and the page is told why", async () => {
		const play = await start([]);
		const reader = await read(play);
		const number = reader.ask({ ask: "allow", target: "not a host:port" });
		await expect.poll(() => reader.answers.get(number)?.problem).toContain("cannot be used");
		expect(play.gateway.targets).toEqual([]);
	});
});
