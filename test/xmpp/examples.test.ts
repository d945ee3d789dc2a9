// The examples as a reader runs them, at a real Jabber server and the real daemon.

import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connect, xml } from "../../src/index.ts";
import { textContent } from "../../src/xml/index.ts";
import { until } from "../client/support.ts";
import { startDaemon } from "../end-to-end/daemon.ts";
import { COMPONENT_SECRET, hasProsody, type Prosody, passwordOf, startProsody } from "./prosody.ts";
import { startExample, startPeer } from "./support.ts";

const names = ["echo-classic", "echo-modern", "bridge"];

describe("an example's command line", () => {
	test.each(names)("%s explains itself", async (name) => {
		const example = startExample(name, ["--help"]);
		expect(await example.ended).toBe(0);
		expect(example.output()).toContain(`node examples/xmpp/${name}.mjs`);
	});

	test.each(names)("%s names what is missing", async (name) => {
		const example = startExample(name, []);
		expect(await example.ended).toBe(2);
		expect(example.output()).toContain("is missing");
	});
});

test("echo-classic ends by a signal while it waits to connect again", async () => {
	// A port of which nobody listens: reserved for a moment, then free.
	const server = createServer();
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	const { port } = server.address() as { port: number };
	const dropped = new Promise<void>((done) => server.once("connection", (socket) => done(void socket.destroy())));
	const flags = ["--jid", "bot@localhost", "--password", "any", "--host", "127.0.0.1", "--port", String(port)];
	const example = startExample("echo-classic", flags);
	await dropped;
	await new Promise((done) => server.close(done));
	await example.says("connection lost");
	expect(await example.stop()).toBe(0);
});

describe.skipIf(!hasProsody())("the examples at prosody", () => {
	let prosody: Prosody;
	beforeAll(async () => {
		prosody = await startProsody(["bot"]);
	});
	afterAll(() => prosody?.stop());

	const bot = (password = passwordOf("bot")): string[] => ["--jid", "bot@localhost/desk", "--password", password];

	test.each([
		["echo-classic", (): string[] => ["--port", String(prosody.port)]],
		["echo-modern", (): string[] => ["--port", String(prosody.port), "--ca", prosody.caFile]],
		["echo-modern over a WebSocket", (): string[] => ["--websocket", prosody.webSocketUrl]],
	] as const)(
		"%s sends every message back, also after the server was restarted",
		async (title, flags) => {
			const example = startExample(title.split(" ")[0]!, [...bot(), ...flags()]);
			onTestFinished(async () => void (await example.stop()));
			await example.says("ready: bot@localhost/desk");
			for (const round of [1, 2]) {
				const peer = await startPeer(prosody.port, "carol");
				await peer.send("bot@localhost/desk", `round ${round} <&>`);
				await until(() => peer.received.length === 1, "the echo");
				expect(peer.received).toEqual([{ from: "bot@localhost/desk", body: `round ${round} <&>` }]);
				await peer.stop();
				if (round === 1) {
					await prosody.restart();
					await example.says("ready: bot@localhost/desk", 2);
				}
			}
			expect(await example.stop()).toBe(0);
		},
		60_000,
	);

	test.each(["echo-classic", "echo-modern"])("%s ends with a word at a wrong password", async (name) => {
		const example = startExample(name, [
			...bot("wrong"),
			"--port",
			String(prosody.port),
			...(name === "echo-modern" ? ["--ca", prosody.caFile] : []),
		]);
		expect(await example.ended).toBe(1);
		expect(example.output()).toContain("not-authorized");
	});

	test("the bridge carries a conversation between a chat user and a Jabber user", async () => {
		const daemon = await startDaemon();
		onTestFinished(async () => void (await daemon.stop()));
		const room = "tea@rooms.localhost";
		const bridge = startExample("bridge", [
			...["--component", "bridge.localhost", "--secret", COMPONENT_SECRET, "--muc", room],
			...["--port", String(prosody.componentPort), "--chat", `localhost:${daemon.port}`],
		]);
		onTestFinished(async () => void (await bridge.stop()));
		await bridge.says(`in ${room}`);
		await bridge.says("in lobby");
		const peer = await startPeer(prosody.port, "carol");
		await peer.enter(room, "carol");
		const chat = await connect(`localhost:${daemon.port}`);
		const heard: string[] = [];
		chat.on("document", ({ xml: document }) => {
			const root = document.firstChild!;
			if (root.nodeName === "said") heard.push(`${root.attributes.from} ${textContent(root)}`);
		});
		chat.send(xml`<hello name="ann"/>`);
		await chat.request(xml`<join room="lobby"/>`, { match: ({ text }) => text.startsWith("<joined") });
		const inRoom = (): string[] => peer.received.filter(({ from }) => from.startsWith(room)).map(({ body }) => body);

		chat.send(xml`<say room="lobby">${"Is <anybody> there & awake?"}</say>`);
		await until(() => inRoom().length === 1, "the chat's question in the Jabber room");
		await peer.send(room, "Yes, I & the <kettle>.", "groupchat");
		await until(() => heard.length === 2, "the answer in the chat");
		chat.send(xml`<say room="lobby">${"Good."}</say>`);
		await until(() => inRoom().length === 3 && heard.length === 3, "the last word");

		expect(heard).toEqual(["ann Is <anybody> there & awake?", "jabber carol: Yes, I & the <kettle>.", "ann Good."]);
		// The Jabber user hears the own words as the room has it, and nothing twice.
		expect(inRoom()).toEqual(["ann: Is <anybody> there & awake?", "Yes, I & the <kettle>.", "ann: Good."]);
		await Promise.all([chat.close(), peer.stop()]);
		expect(await bridge.stop()).toBe(0);
	});
});
