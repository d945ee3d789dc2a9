// Situations from public reports about programs that record and replay traffic, played on ours.

import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/index.ts";
import {
	createReplayServer,
	type LoadedRecording,
	type ReplayServer,
	type ReplayServerOptions,
	replayAsClient,
} from "../../src/tools/index.ts";
import { Client, document, eventsOf, type Line, recordingOf, recordingWith } from "../tools/replay/recordings.ts";

const open: (Client | ReplayServer)[] = [];
afterEach(async () => {
	for (const each of open.splice(0)) await each.close();
});

async function serve(recording: LoadedRecording, options: ReplayServerOptions = {}): Promise<ReplayServer> {
	const server = await createReplayServer(recording, { port: 0, speed: 0, ...options }).listen();
	open.push(server);
	return server;
}

async function clientOf(recording: LoadedRecording, options: ReplayServerOptions = {}): Promise<Client> {
	return connectTo(await serve(recording, options));
}

function connectTo(server: ReplayServer): Client {
	const client = new Client(server.port);
	open.push(client);
	return client;
}

describe("a recording of", () => {
	it("two requests of one form that created two things gives each its own answer, not the first one twice", async () => {
		const client = await clientOf(
			recordingOf(["> <new title='Emma'/>", "< <id>101</id>", "> <new title='Ivanhoe'/>", "< <id>102</id>"]),
		);
		expect(await client.ask("<new title='Dracula'/>")).toBe("<id>101</id>");
		expect(await client.ask("<new title='Faust'/>")).toBe("<id>102</id>");
		expect(await client.ask("<new title='Ivanhoe'/>")).toBe("<id>102</id>");
	});

	it("the same request three times, with an answer that changes, gives the three answers in order and then the last", async () => {
		const client = await clientOf(
			recordingOf(["> <poll/>", "< <wait/>", "> <poll/>", "< <wait/>", "> <poll/>", "< <done/>"]),
		);
		const answers = [];
		for (let count = 0; count < 4; count++) answers.push(await client.ask("<poll/>"));
		expect(answers).toEqual(["<wait/>", "<wait/>", "<done/>", "<done/>"]);
	});

	it("two heartbeats is enough for a client that sends a hundred, between its other documents", async () => {
		const lines: Line[] = ["> <hb n='1'/>", "< <hb n='1'/>", "> <move/>", "< <ok/>", "> <hb n='2'/>", "< <hb n='2'/>"];
		const client = await clientOf(recordingOf(lines));
		for (let n = 1; n <= 100; n++) {
			expect(await client.ask(`<hb n='${n}'/>`)).toBe(`<hb n='${n}'/>`);
			if (n % 30 === 0) expect(await client.ask("<move/>")).toBe("<ok/>");
		}
	});

	it("a session whose login was before the recording answers the rest, and reports the login", async () => {
		const server = await serve(recordingOf(["< <tick/>", "> <move x='1'/>", "< <moved x='1'/>"]));
		const client = connectTo(server);
		expect(await client.next()).toBe("<tick/>");
		client.send("<login name='anna'/>");
		expect(await client.ask("<move x='1'/>")).toBe("<moved x='1'/>");
		expect(server.report()).toMatchObject({ matched: 1, unmatched: 1 });
	});

	it("a client that never waits for its answers gives them all, in their order", async () => {
		const client = await clientOf(recordingOf(["> <a/>", "> <b/>", "> <c/>", "< <A/>", "< <B/>", "< <C/>"]));
		for (const name of ["a", "b", "c"]) client.send(`<${name}/>`);
		expect([await client.next(), await client.next(), await client.next()]).toEqual(["<A/>", "<B/>", "<C/>"]);
	});

	it("a client that sent three documents at once answers a client that waits for each answer", async () => {
		const client = await clientOf(
			recordingOf(["> <a/>", "> <b/>", "> <c/>", "< <A/>", "< <B/>", "< <C/>", "< <push/>"]),
		);
		for (const name of ["a", "b", "c"]) expect(await client.ask(`<${name}/>`)).toBe(`<${name.toUpperCase()}/>`);
		expect(await client.next()).toBe("<push/>");
	});

	it("documents that never get an answer gives them none of the answers to a later one", async () => {
		const events = eventsOf(["> <move/>", "> <who/>", "< <ann/>", "< <bert/>"]).map((event, index) =>
			index > 1 ? { ...event, time: event.time + 5_000_000 } : event,
		);
		const client = await clientOf(recordingWith({}, events));
		client.send("<move/>");
		expect(await client.ask("<who/>")).toBe("<ann/>");
		const other = await clientOf(recordingWith({}, events));
		expect(await other.ask("<who/>")).toBe("<ann/>");
		expect(await other.next()).toBe("<bert/>");
	});

	it("a push an hour later does not hold up a client that is faster than the recorded one", async () => {
		const lines: Line[] = ["> <a/>", { ...document("server", "<push/>") }, "> <b/>", "< <B/>"];
		const events = eventsOf(lines).map((event) =>
			event.time > 1000 ? { ...event, time: event.time + 3_600_000_000 } : event,
		);
		const client = await clientOf(recordingWith({}, events), { speed: 1 });
		client.send("<a/>");
		client.send("<b/>");
		expect(await client.next()).toBe("<push/>");
		expect(await client.next()).toBe("<B/>");
	});

	it("two clients that connected at once is played to them in the other order", async () => {
		const recording = recordingOf(["> <join as='player'/>", "< <p/>"], ["> <join as='guest'/>", "< <g/>"]);
		const server = await serve(recording);
		expect(await connectTo(server).ask("<join as='guest'/>")).toBe("<g/>");
		expect(await connectTo(server).ask("<join as='player'/>")).toBe("<p/>");
		expect(await connectTo(server).ask("<join as='guest'/>")).toBe("<g/>");
	});

	it("a client that reconnects plays its second connection after the first", async () => {
		const server = await serve(recordingOf(["> <hi/>", "< <new/>", "close server"], ["> <hi/>", "< <again/>"]));
		const first = connectTo(server);
		expect(await first.ask("<hi/>")).toBe("<new/>");
		expect(await first.next()).toBeUndefined();
		expect(await connectTo(server).ask("<hi/>")).toBe("<again/>");
	});

	it("an end in strict use refuses what the recording does not have, also when every answer was given", async () => {
		const server = await serve(recordingOf(["> <a/>", "< <A/>"]), { strict: true });
		const client = connectTo(server);
		expect(await client.ask("<a/>")).toBe("<A/>");
		expect(await client.ask("<b/>")).toBeUndefined();
		expect(server.report().unmatched).toBe(1);
	});

	it("a document with a masked password is matched by any password", async () => {
		const masked = { ...document("client", "<login name='anna' password='***'/>"), masked: true as const };
		const server = await serve(recordingWith({}, eventsOf([masked, "< <ok/>"])));
		expect(await connectTo(server).ask("<login name='anna' password='swordfish'/>")).toBe("<ok/>");
		const report = await replayAsClient(recordingWith({}, eventsOf([masked, "< <ok/>"])), `localhost:${server.port}`);
		expect(report.maskedSent).toBe(1);
	});

	it("bytes of every value keeps them, and tells two that differ in one byte", async () => {
		const bytes = Uint8Array.from({ length: 255 }, (_, index) => index + 1);
		const other = bytes.with(200, 7);
		const events = [
			document("client", bytes),
			document("server", bytes),
			document("client", other),
			document("server", other),
		];
		const server = await serve(recordingWith({}, events));
		const raw = await connect(`localhost:${server.port}`, { codec: LATIN1 });
		const received: string[] = [];
		raw.on("document", ({ text }) => received.push(text));
		raw.send(LATIN1.decode(other, 0, 255));
		raw.send(LATIN1.decode(bytes, 0, 255));
		await expect.poll(() => received).toEqual([LATIN1.decode(other, 0, 255), LATIN1.decode(bytes, 0, 255)]);
		await raw.close();
	});

	it("a compressed protocol is played by order, because each session has other bytes", async () => {
		const events = [
			document("client", Uint8Array.of(1, 200, 3)),
			document("server", "<A/>"),
			document("client", Uint8Array.of(4, 5)),
			document("server", "<B/>"),
		];
		const client = await clientOf(recordingWith({}, events), { order: "recorded" });
		expect(await client.ask(Uint8Array.of(9, 250, 8, 7))).toBe("<A/>");
		expect(await client.ask(Uint8Array.of(3, 2))).toBe("<B/>");
	});

	it("20,000 requests of one form stays fast to search", async () => {
		const lines: Line[] = [];
		for (let n = 0; n < 20_000; n++) lines.push(`> <ping n='${n}'/>`, `< <pong n='${n}'/>`);
		const client = await clientOf(recordingOf(lines));
		for (const n of [19_999, 5, 10_000, 200_000, 0])
			expect(await client.ask(`<ping n='${n}'/>`)).toBe(`<pong n='${n}'/>`);
	});

	it("a document that an inspector injected or dropped is played as each end saw it", async () => {
		const events = eventsOf([
			{ ...document("client", "<injected/>"), changed: "injected" },
			"> <a/>",
			{ ...document("server", "<dropped/>"), changed: "dropped" },
			{ ...document("server", "<spoof/>"), changed: "injected" },
			"< <A/>",
		]);
		const recording = recordingWith({}, events);
		const client = await clientOf(recording);
		expect(await client.ask("<a/>")).toBe("<spoof/>");
		expect(await client.next()).toBe("<A/>");
		const real = await serve(recordingOf(["> <injected/>", "> <a/>", "< <dropped/>", "< <A/>"]));
		expect((await replayAsClient(recording, `localhost:${real.port}`)).differences).toEqual([]);
	});

	it("a document in parts is one document again", async () => {
		const part = { ...document("server", "<long>"), ending: "part" as const };
		const events = eventsOf(["> <a/>", part, { ...part, bytes: new TextEncoder().encode("text") }, "< </long>"]);
		expect(await (await clientOf(recordingWith({}, events))).ask("<a/>")).toBe("<long>text</long>");
	});

	it("a server that speaks first is played to a client that sends nothing, over a WebSocket too", async () => {
		const server = await serve(recordingOf(["< <welcome/>", "> <a/>", "< <A/>"]));
		const page = await connect(`ws://localhost:${server.port}/`);
		const received: string[] = [];
		page.on("document", ({ text }) => received.push(text));
		await expect.poll(() => received).toEqual(["<welcome/>"]);
		await page.close();
	});

	it("a user's name is replaced in fields, not inside other words", async () => {
		const client = await clientOf(
			recordingOf([
				"> <login name='max'/>",
				"< <in name='max' maximum='max 10' climax='1'/>",
				"< <say from='max'>max: hi</say>",
			]),
		);
		expect(await client.ask("<login name='eve'/>")).toBe("<in name='eve' maximum='max 10' climax='1'/>");
		expect(await client.next()).toBe("<say from='eve'>max: hi</say>");
	});

	it("a server's heartbeats is compared without them, so that their number and their times do not matter", async () => {
		const recording = recordingOf(["> <a/>", "< <hb/>", "< <A/>", "< <hb/>", "< <hb/>", "> <b/>", "< <B/>"]);
		const server = await serve(recordingOf(["> <a/>", "< <A/>", "> <b/>", "< <hb/>", "< <B/>"]));
		const address = `localhost:${server.port}`;
		expect((await replayAsClient(recording, address, { except: "hb" })).differences).toEqual([]);
		const counted = await replayAsClient(recording, address, { timeoutMs: 20 });
		expect(counted.differences.filter(({ kind }) => kind === "missing")).toHaveLength(2);
	});

	it("a failing lookup is no success: another value in a command is not matched", async () => {
		const server = await serve(recordingOf(['> {"cmd":"delete","id":3}', '< {"deleted":1}']));
		const client = connectTo(server);
		client.send('{"cmd":"undelete","id":3}');
		expect(await client.ask('{"cmd":"delete","id":3}')).toBe('{"deleted":1}');
		expect(server.report().problems).toHaveLength(1);
	});
});

const LATIN1 = {
	label: "latin1",
	decode: (bytes: Uint8Array, start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString("latin1"),
	encode: (text: string) => Buffer.from(text, "latin1"),
};
