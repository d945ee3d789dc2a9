// The client in ActionScript 2, in Ruffle, in the daemon's lobby.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createChat, createServer, type Server } from "../../src/server/index.ts";
import { chromiumPath } from "../browser/chromium.ts";
import { RawClient } from "../server/peers.ts";
import { type Ruffle, startRuffle } from "./ruffle.ts";

const greeter = readFileSync(join(import.meta.dirname, "../../flash/greeter.swf"));

describe.skipIf(!chromiumPath)("the greeter", () => {
	let ruffle: Ruffle;
	let server: Server;

	beforeAll(async () => {
		server = await createServer({ port: 0, origin: ["*"], application: createChat() }).listen();
		ruffle = await startRuffle();
	});
	afterAll(async () => {
		await ruffle?.close();
		await server?.close({ graceMs: 0 });
	});

	it("takes its place in the daemon's lobby and answers a raw client until that one says bye", async () => {
		const raw = RawClient.tcp(server.port);
		raw.send('<hello name="raw"/>\0<join room="lobby"/>\0');
		await raw.until((text) => text.includes("<joined "));
		const proxy = { host: "game.example", port: 6112, proxyUrl: `ws://localhost:${server.port}/socket` };
		const player = await ruffle.play(greeter, [proxy], { host: "game.example", port: "6112", name: "swf" });
		await raw.until((text) => text.includes(">I am here, written in ActionScript 2 &lt;&amp;&gt;</said>"));
		raw.send('<say room="lobby">ping</say>\0');
		await raw.until((text) => text.includes(">pong, raw</said>"));
		raw.send('<say room="lobby">bye</say>\0');
		await raw.until((text) => text.includes(">Goodbye.</said>") && text.includes('<exit room="lobby" name="swf"'));
		expect(player.traces.slice(0, 2)).toEqual(["connect true", "onConnect true"]);
		expect(player.traces.at(-1)).toBe("closed");
		expect(player.traces).toContain("onXML joined");
		raw.socket.destroy();
	});
});
