// Flash content in Ruffle with the server in its page: no network at all. docs/guide/browser.md.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as Client from "../../src/browser/index.ts";
import { type Ruffle, startRuffle } from "../flash/ruffle.ts";
import { chromiumPath } from "./chromium.ts";
import { browserScript } from "./client-page.ts";

const greeter = readFileSync(join(import.meta.dirname, "../../flash/greeter.swf"));

interface Page {
	server: Client.PageServer;
	texts: string[];
	say(text: string): void;
}

describe.skipIf(!chromiumPath)("a SWF in Ruffle with the server in its page", () => {
	let ruffle: Ruffle;
	beforeAll(async () => {
		ruffle = await startRuffle();
		await ruffle.page.addScriptTag({ content: await browserScript() });
	});
	afterAll(async () => {
		await ruffle?.close();
	});

	/** What the page's own client has received. */
	const texts = async (): Promise<string> =>
		(await ruffle.page.evaluate(() => (globalThis as unknown as Page).texts)).join("\n");

	it("chats with the page and with another SWF, and the network is not asked", async () => {
		const webSockets: string[] = [];
		ruffle.page.on("websocket", (webSocket) => webSockets.push(webSocket.url()));
		const sockets = await ruffle.page.evaluate(async () => {
			const page = globalThis as unknown as Page;
			page.server = client.createPageServer({ application: client.createChat() });
			page.server.install();
			const connection = await client.connect(page.server.url);
			page.texts = [];
			connection.on("document", ({ text }) => page.texts.push(text));
			page.say = (text) => connection.send(client.xml`<say room="lobby">${text}</say>`);
			connection.send('<hello name="page"/>');
			connection.send('<join room="lobby"/>');
			return page.server.socketProxy("localhost", 9000);
		});
		const parameters = { host: "127.0.0.1", port: "9000" };
		const first = await ruffle.play(greeter, sockets, { ...parameters, name: "one" });
		const second = await ruffle.play(greeter, sockets, { ...parameters, host: "localhost", name: "two" });
		const here = /from="(?:one|two)"[^>]*>I am here, written in ActionScript 2 &lt;&amp;&gt;<\/said>/g;
		await expect.poll(async () => (await texts()).match(here)?.length).toBe(2);
		await ruffle.page.evaluate(() => (globalThis as unknown as Page).say("ping"));
		await expect.poll(async () => (await texts()).match(/>pong, page<\/said>/g)?.length).toBe(2);
		// Taken out of the page, a SWF leaves the room like anyone whose connection ends.
		await first.remove();
		await expect.poll(texts).toContain('<exit room="lobby" name="one"');
		await ruffle.page.evaluate(() => (globalThis as unknown as Page).say("bye"));
		await second.until((traces) => traces.includes("closed"));
		await expect.poll(texts).toContain(">Goodbye.</said>");
		await expect.poll(texts).toContain('<exit room="lobby" name="two"');
		expect(webSockets).toEqual([]);
	});

	it("is told of the server's end like of any other", async () => {
		const sockets = await ruffle.page.evaluate(() =>
			(globalThis as unknown as Page).server.socketProxy("g.example", 6112),
		);
		const player = await ruffle.play(greeter, sockets, { host: "g.example", port: "6112", name: "three", room: "end" });
		await player.until((traces) => traces.includes("onXML joined"));
		await ruffle.page.evaluate(() => (globalThis as unknown as Page).server.close());
		await player.until((traces) => traces.at(-1) === "onClose");
		expect(player.traces).toContain("onXML bye");
	});
});
