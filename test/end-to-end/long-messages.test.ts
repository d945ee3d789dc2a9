// Messages that grow where they are sent on: & and " are five and six bytes when they are escaped. Real daemons, real sockets.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openLog } from "../../src/server/index.ts";
import { type Daemon, startDaemon } from "./daemon.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

interface Guest {
	/** Documents that came, oldest first. */
	readonly documents: string[];
	readonly open: () => boolean;
	send(document: string): void;
	/** Waits for a document that matches. */
	get(pattern: RegExp): Promise<string>;
}

function guest(documents: string[], open: () => boolean, send: (document: string) => void): Guest {
	return {
		documents,
		open,
		send,
		get: async (pattern) => {
			await expect.poll(() => documents.some((document) => pattern.test(document))).toBe(true);
			return documents.find((document) => pattern.test(document))!;
		},
	};
}

async function tcp(daemon: Daemon, ...documents: string[]): Promise<Guest> {
	const socket: Socket = connect(daemon.port, "127.0.0.1");
	closers.push(() => socket.destroy());
	await once(socket, "connect");
	const got: string[] = [];
	let rest = "";
	socket.setEncoding("utf8").on("data", (chunk: string) => {
		const parts = (rest + chunk).split("\0");
		rest = parts.pop()!;
		got.push(...parts);
	});
	socket.on("error", () => {});
	const one = guest(
		got,
		() => !socket.destroyed && !socket.readableEnded,
		(document) => socket.write(`${document}\0`),
	);
	for (const document of documents) one.send(document);
	return one;
}

async function webSocket(daemon: Daemon, ...documents: string[]): Promise<Guest> {
	const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/socket?frames=text`);
	closers.push(() => socket.terminate());
	const got: string[] = [];
	socket.on("message", (data) => got.push(String(data)));
	await once(socket, "open");
	const one = guest(
		got,
		() => socket.readyState === WebSocket.OPEN,
		(document) => socket.send(document),
	);
	for (const document of documents) one.send(document);
	return one;
}

async function start(...flags: string[]): Promise<Daemon> {
	const daemon = await startDaemon(flags);
	closers.push(() => daemon.stop());
	return daemon;
}

const enter = (name: string, room = "lobby"): string[] => [`<hello name="${name}"/>`, `<join room="${room}"/>`];
const cdata = (character: string, count: number): string => `<![CDATA[${character.repeat(count)}]]>`;

describe("A message that is too long once it is escaped", () => {
	it.each([
		["a stored room", "lobby", `<say room="lobby" id="long">${cdata("&", 250_000)}</say>`],
		["a stored room, of quotation marks", "lobby", `<say room="lobby" id="long">${cdata('"', 100_000)}</say>`],
		["a live room", "game", `<say room="game" id="long">${cdata("&", 250_000)}</say>`],
		["a private message", "lobby", `<tell to="bob" id="long">${cdata("&", 250_000)}</tell>`],
		["a topic", "lobby", `<topic room="lobby" id="long">${cdata("<", 200_000)}</topic>`],
	])("is refused to its sender alone: %s", async (_where, room, document) => {
		const daemon = await start("--memory", "--topics", "everyone");
		const ann = await tcp(daemon, ...enter("ann", room));
		const bob = await tcp(daemon, ...enter("bob", room));
		const eve = await webSocket(daemon, ...enter("eve", room));
		for (const one of [ann, bob, eve]) await one.get(/^<joined/);
		ann.send(document);
		expect(await ann.get(/^<error/)).toMatch(
			/code="(?:document-too-large" id="long" limit="262144|topic-too-long" id="long" limit="1024)"/,
		);
		ann.send(`<say room="${room}" id="after">still here</say>`);
		for (const one of [ann, bob, eve]) await one.get(/^<said .*still here/);
		expect([ann, bob, eve].map((one) => one.open())).toEqual([true, true, true]);
		expect(bob.documents.some((text) => text.length > 100_000)).toBe(false);
		const late = await tcp(daemon, ...enter("late", room));
		await late.get(/^<joined/);
		expect(late.open()).toBe(true);
	});
});

describe("Messages that are legal and long", () => {
	it("reach a member who joins later, however many of them fit the newest page", async () => {
		const daemon = await start("--memory");
		const ann = await tcp(daemon, ...enter("ann"));
		for (let i = 0; i < 8; i++) {
			ann.send(`<say room="lobby" id="m${i}">${cdata("&", 30_000)}</say>`);
			await ann.get(new RegExp(`^<ack id="m${i}"`));
		}
		const late = await tcp(daemon, ...enter("late"));
		await expect.poll(() => late.documents.filter((text) => text.startsWith("<said")).length).toBe(8);
		expect(late.open()).toBe(true);
	});

	it("reach everyone as they are where an application document is full of characters that a text would escape", async () => {
		const daemon = await start("--memory");
		const ann = await tcp(daemon, ...enter("ann"));
		const bob = await tcp(daemon, ...enter("bob"));
		await bob.get(/^<joined/);
		ann.send(`<send room="lobby" id="data"><data>${cdata("&", 250_000)}</data></send>`);
		await ann.get(/^<ack id="data"/);
		expect(await bob.get(/^<sent/)).toContain(cdata("&", 250_000));
	});

	it("reach everyone where one alone is longer than the outbox may be", async () => {
		const daemon = await start("--memory", "--max-document", "3000000");
		const ann = await tcp(daemon, ...enter("ann"));
		const bob = await tcp(daemon, ...enter("bob"));
		const eve = await webSocket(daemon, ...enter("eve"));
		for (const one of [ann, bob, eve]) await one.get(/^<joined/);
		ann.send(`<say room="lobby">${"x".repeat(2_500_000)}</say>`);
		for (const one of [ann, bob, eve]) expect((await one.get(/^<said/)).length).toBeGreaterThan(2_500_000);
		expect([ann, bob, eve].map((one) => one.open())).toEqual([true, true, true]);
	});
});

describe("A message that was stored before messages were judged by their outgoing size", () => {
	it("shows as a gap on join, on history and after a restart, and costs nobody the connection", async () => {
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket long "));
		closers.push(() => rmSync(folder, { recursive: true, force: true }));
		const log = await openLog(folder);
		await log.append("lobby", { payload: new TextEncoder().encode(`tann\n${"&".repeat(250_000)}`) });
		await log.append("lobby", { payload: new TextEncoder().encode("tann\nhello") });
		await log.close();
		const restarted = await start("--data", folder);
		const bob = await tcp(restarted, ...enter("bob"));
		await bob.get(/^<said .*hello/);
		expect(await bob.get(/^<gap/)).toBe('<gap room="lobby" from="1" to="1" />');
		bob.send('<history room="lobby"/>');
		expect(await bob.get(/^<page/)).toContain("hello");
		expect(bob.open()).toBe(true);
	});
});
