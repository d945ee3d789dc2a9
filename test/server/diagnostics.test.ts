// Events for programs that watch a server: what they contain, for one conversation over a real port.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, expect, it } from "vitest";
import { openChat } from "../../src/index.ts";
import { createChat, createServer, type DiagnosticsEvents, type Server } from "../../src/server/index.ts";

const NAMES = [
	"xmlsocket:connection:open",
	"xmlsocket:connection:close",
	"xmlsocket:document",
	"xmlsocket:refusal",
	"xmlsocket:message:stored",
	"xmlsocket:message:delivered",
] as const satisfies readonly (keyof DiagnosticsEvents)[];

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

async function start(): Promise<Server> {
	const server = await createServer({ port: 0, application: createChat({ rooms: ["game:live"] }) }).listen();
	ends.push(() => server.close({ graceMs: 0 }));
	return server;
}

/** The events from now on, by channel. */
function watch(): Record<string, Record<string, unknown>[]> {
	const seen: Record<string, Record<string, unknown>[]> = {};
	for (const name of NAMES) {
		const list: Record<string, unknown>[] = [];
		seen[name] = list;
		const listener = (event: unknown): void => void list.push(event as Record<string, unknown>);
		subscribe(name, listener);
		ends.push(() => unsubscribe(name, listener));
	}
	return seen;
}

it("a conversation: each event has the connection, the reason and the room that it is about", async () => {
	const { port } = await start();
	const seen = watch();
	const ann = await openChat(`localhost:${port}`, { name: "ann" });
	const bob = await openChat(`localhost:${port}`, { name: "bob" });
	const [lobby, game] = [await ann.join("lobby"), await ann.join("game")];
	await bob.join("lobby");
	const { seq } = await lobby.say("hi", { id: "m1" });
	await lobby.say("hi", { id: "m1" });
	await game.say("go");
	await expect(openChat(`localhost:${port}`, { name: "ann" })).rejects.toMatchObject({ code: "XMLSOCKET_NAME_TAKEN" });
	await ann.close();
	await expect.poll(() => seen["xmlsocket:connection:close"]!.length).toBe(2);

	const [open] = seen["xmlsocket:connection:open"]!;
	expect(open).toEqual({ id: "1", remoteAddress: expect.stringMatching(/^(?:127|::1)/), transport: "tcp" });
	expect(seen["xmlsocket:connection:close"]).toContainEqual({
		...open,
		by: expect.stringMatching(/^(?:local|remote)$/),
		code: undefined,
		documents: expect.any(Number),
	});
	expect(seen["xmlsocket:document"]).toContainEqual({
		id: "1",
		document: expect.stringContaining('<hello name="ann"'),
	});
	expect(seen["xmlsocket:refusal"]).toEqual([
		{
			reason: "name-taken",
			text: 'Someone else has the name "ann".',
			facts: { id: "3", remote: expect.any(String) },
		},
	]);
	// A message that is sent again is stored once.
	expect(seen["xmlsocket:message:stored"]).toEqual([
		{ room: "lobby", seq, from: "ann", bytes: expect.any(Number), ms: expect.any(Number) },
	]);
	expect(seen["xmlsocket:message:delivered"]).toEqual([
		{ room: "lobby", seq, receivers: 2, bytes: expect.any(Number) },
		{ room: "game", seq: undefined, receivers: 1, bytes: expect.any(Number) },
	]);
	await bob.close();
});

it("times: each of a few messages is in the histograms, and of many about a hundred a second", async () => {
	const server = await start();
	const ann = await openChat(`localhost:${server.port}`, { name: "ann" });
	const [lobby, game] = [await ann.join("lobby"), await ann.join("game")];
	for (let at = 0; at < 5; at++) await lobby.say("hi");
	for (let at = 0; at < 5; at++) await game.say("go");
	const numbers = async (): Promise<Map<string, number>> =>
		new Map(
			[...(await server.metrics.page()).body.matchAll(/^(xmlsocket_chat_\S+) (\S+)$/gm)].map(([, name, value]) => [
				name!,
				Number(value),
			]),
		);
	await expect.poll(async () => (await numbers()).get("xmlsocket_chat_delivery_seconds_count")).toBe(10);
	const few = await numbers();
	expect(few.get("xmlsocket_chat_commit_seconds_count")).toBe(5);
	expect(few.get('xmlsocket_chat_commit_seconds_bucket{le="+Inf"}')).toBe(5);
	expect(few.get('xmlsocket_chat_commit_seconds_bucket{le="10"}')).toBe(5);
	expect(few.get("xmlsocket_chat_commit_seconds_sum")).toBeGreaterThan(0);
	expect(few.get("xmlsocket_chat_duplicates_total")).toBe(0);
	await ann.close();
});

it("a label of a program's own counter is escaped, and stays one line", async () => {
	const values = new Map([['a"} 1\nxmlsocket_up{x="\\', 3]]);
	const routes = [{ counts: [{ name: "xmlsocket_mine_total", help: "Mine\nand yours", label: "of", values }] }];
	const server = createServer({ port: 0, application: createChat(), routes });
	const { body } = await server.metrics.page();
	expect(body).toContain('\nxmlsocket_mine_total{of="a\\"} 1\\nxmlsocket_up{x=\\"\\\\"} 3\n');
	expect(body).toContain("# HELP xmlsocket_mine_total Mine\\nand yours\n");
	expect(body).not.toMatch(/^xmlsocket_up/m);
	server.metrics.close();
});

it("fifty names and rooms with quotes and braces add no line to the page", async () => {
	const server = await start();
	const lines = async (): Promise<number> => (await server.metrics.page()).body.match(/^xmlsocket_/gm)!.length;
	const ann = await openChat(`localhost:${server.port}`, { name: "ann" });
	await (await ann.join("first")).say("x");
	const before = await lines();
	for (let at = 0; at < 50; at++) {
		await ann.rename(`"${at}\\`);
		const room = await ann.join(`{"${at}"} 1`);
		await room.say("x");
		room.leave();
	}
	expect(await lines()).toBe(before);
	await ann.close();
});
