// The example applications as a reader runs them, in a copy of their folder: beside the real daemon, a real Jabber server and a web
// server of the test.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { until } from "../client/support.ts";
import { startDaemon } from "../end-to-end/daemon.ts";
import { hasProsody, type Prosody, passwordOf, startProsody } from "../xmpp/prosody.ts";
import { startPeer } from "../xmpp/support.ts";
import { type DocumentClient, type Running, rawClient, runApplication, startApplication } from "./application.ts";

/** Runs a copy of an example with a configuration of the test's. */
function runExample(name: string, config: Readonly<Record<string, string | number>> = {}): Promise<Running> {
	const entries = Object.entries(config).map(([key, value]) => `<${key}>${value}</${key}>`);
	return runApplication(
		resolve(import.meta.dirname, "../../examples/asc", name),
		{},
		{
			"Application.xml": `<Application><JSEngine><ApplicationObject><config>${entries.join("")}</config></ApplicationObject></JSEngine></Application>`,
		},
	);
}

/** A client that the application has accepted. */
async function member(port: number): Promise<DocumentClient> {
	const client = await rawClient(port);
	client.send("<connect/>");
	await client.hears("NetConnection.Connect.Success");
	return client;
}

test("relay forwards in both directions between its clients and a room of the daemon, and reconnects after the daemon restarts", async () => {
	const daemon = await startDaemon(["--memory"]);
	let other = daemon;
	onTestFinished(async () => void (await other.stop()));
	const running = await runExample("relay", { host: "127.0.0.1", port: daemon.port, room: "tea" });
	await running.traces("joined tea");
	const inRoom = await rawClient(daemon.port);
	inRoom.send('<hello name="ann"/>');
	inRoom.send('<join room="tea"/>');
	await inRoom.hears("<joined");
	const [bob, carol] = [await member(running.port), await member(running.port)];
	bob.send("<say>Is &lt;anybody&gt; there?</say>");
	expect(await inRoom.hears("<said")).toContain(">Is &lt;anybody&gt; there?</said>");
	inRoom.send('<say room="tea">Yes &amp; no.</say>');
	for (const client of [bob, carol]) {
		expect(await client.hears("Yes")).toBe('<said from="ann">Yes &amp; no.</said>');
	}

	await daemon.stop("SIGKILL");
	await running.traces("connection lost; reconnecting in a second");
	other = await startDaemon(["--memory", "--port", String(daemon.port)]);
	await until(() => running.traced.filter((line) => line === "joined tea").length === 2, "the relay came back");
	expect(running.logged.filter((line) => line.startsWith("error"))).toEqual([]);
});

test("http loads the menu and sends the orders of its clients", async () => {
	let orders = 0;
	const server = createServer((request, response) => {
		let body = "";
		request.on("data", (chunk) => {
			body += chunk;
		});
		request.on("end", () => {
			if (request.url === "/menu.xml") response.end("<menu>\n<tea>Assam</tea>\n<tea>Mint</tea>\n</menu>");
			else if (body === "tea=Mint&client=1" || body === "tea=Mint&client=2") response.end(`number=${++orders}`);
			else response.writeHead(503).end();
		});
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const running = await runExample("http", { menu: `${base}/menu.xml`, order: `${base}/order` });
	await running.traces("the menu has 2 teas");
	const ann = await rawClient(running.port);
	ann.send("<menu/>");
	expect(await ann.hears("<menu>")).toBe("<menu><tea>Assam</tea><tea>Mint</tea></menu>");
	ann.send('<order tea="Mint"/>');
	expect(await ann.hears("<ordered")).toBe('<ordered tea="Mint" number="1" />');
	ann.send('<order tea="Rooibos"/>');
	expect(await ann.hears("<failed")).toBe('<failed status="503" />');
});

test("whiteboard keeps the strokes of clients, refuses other values, and is cleared for all clients", async () => {
	const running = await runExample("whiteboard");
	await running.traces("the board has 0 strokes");
	const so = (content: string): string => `<so name="board" persistent="true">${content}</so>`;
	const [ann, bob] = [await rawClient(running.port), await rawClient(running.port)];
	for (const client of [ann, bob]) {
		client.send(so("<connect/>"));
		await client.hears("<clear />");
	}
	ann.send(so('<set name="ann-1"><string>0,0 10,5</string></set>'));
	await bob.hears('<change name="ann-1"><string>0,0 10,5</string></change>');
	ann.send(so('<set name="ann-2"><string>a picture</string></set>'));
	await bob.hears('<delete name="ann-2" />');
	await running.stop();

	const again = await startApplication(running.folder);
	await again.traces("the board has 1 strokes");
	const carol = await rawClient(again.port);
	carol.send(so("<connect/>"));
	expect(await carol.hears("<clear />")).toContain('<change name="ann-1">');
	for (let stroke = 0; stroke < 500; stroke++)
		carol.send(so(`<set name="c${stroke}"><string>${stroke},1</string></set>`));
	await carol.hears('<delete name="ann-1" />');
	carol.send(so('<send handler="wipe"/>'));
	expect(await again.traces("wiped")).toBe("wiped, 500 strokes");
	expect(await carol.hears("><clear /></so>")).toBeDefined();
});

describe.skipIf(!hasProsody())("xmpp, at prosody", () => {
	let prosody: Prosody;
	beforeAll(async () => {
		prosody = await startProsody(["bot"]);
	});
	afterAll(() => prosody?.stop());

	const account = (password: string) => ({
		host: "localhost",
		port: prosody.port,
		domain: "localhost",
		user: "bot",
		password,
		resource: "application",
	});

	test("logs in and forwards messages in both directions, also after the server restarts", async () => {
		const running = await runExample("xmpp", account(passwordOf("bot")));
		const client = await member(running.port);
		for (const round of [1, 2]) {
			await until(
				() => running.traced.filter((line) => line === "ready: bot@localhost/application").length === round,
				`login ${round} (${running.traced.join("|")} ${running.logged.join("|")})`,
			);
			const peer = await startPeer(prosody.port, "carol");
			await peer.send("bot@localhost/application", `round ${round} <&>`);
			await client.hears(`round ${round}`);
			const told = client.heard.find((document) => document.includes(`round ${round}`));
			expect(told).toMatch(
				new RegExp(`^<told from="carol@plain.localhost/[^"]+">round ${round} &lt;&amp;&gt;</told>$`),
			);
			client.send(`<tell to="${/from="([^"]+)"/.exec(told as string)![1]}">answer ${round}</tell>`);
			await until(() => peer.received.length === 1, "the answer");
			expect(peer.received).toEqual([{ from: "bot@localhost/application", body: `answer ${round}` }]);
			await peer.stop();
			if (round === 1) await prosody.restart();
		}
		expect(running.logged.filter((line) => line.startsWith("error"))).toEqual([]);
	});

	test("reports a wrong password", async () => {
		const running = await runExample("xmpp", account("wrong"));
		await running.traces("the server refused the login: not-authorized");
	});
});
