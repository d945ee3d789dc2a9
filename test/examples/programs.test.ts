// The programs of examples/ as a reader runs them, with the command of their page.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { openChat } from "../../src/index.ts";
import { RawClient } from "../server/peers.ts";
import { startExample } from "./example-process.ts";

const folder = resolve(import.meta.dirname, "../../examples");

describe("the pages of the examples", () => {
	const names = readdirSync(folder, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name);

	it.each(names)("%s has a page of at most 30 lines with a command, and is in the list", (name) => {
		const page = readFileSync(join(folder, name, "README.md"), "utf8");
		expect(page.split("\n").length).toBeLessThanOrEqual(31);
		expect(page).toMatch(/```sh\n[\s\S]*examples\//);
		expect(readFileSync(join(folder, "README.md"), "utf8")).toContain(`[${name}](${name}/README.md)`);
	});
});

describe("the echo bot", () => {
	it("greets who enters, repeats what begins with echo, and ignores its own words", async () => {
		const bot = startExample("echo-bot/bot.mjs", [], { PORT: "0" });
		onTestFinished(async () => void (await bot.stop()));
		const [, address] = await bot.prints(/The chat is at (\S+)\. Talk to the bot/);
		await bot.prints(/echo is in lobby/);
		const ann = await openChat(address!, { name: "ann" });
		onTestFinished(() => ann.close());
		const room = await ann.join("lobby");
		await room.say("echo <2 & 3>");
		await room.say("nothing for the bot");
		await room.say("echo echo me");
		const heard: string[] = [];
		for await (const { from, text } of room) {
			if (from === "echo") heard.push(text);
			if (text === "ann: echo me") break;
		}
		expect(heard).toEqual(['Hello, ann. I repeat what begins with "echo".', "ann: <2 & 3>", "ann: echo me"]);
		expect(await bot.stop()).toBe(0);
	});
});

describe("the JSON sidecar", () => {
	it("prints what its page promises, and ends", async () => {
		const app = startExample("json-sidecar/app.mjs");
		expect(await app.ended).toBe(0);
		const page = readFileSync(join(folder, "json-sidecar/README.md"), "utf8");
		const [, promised] = /You see:\n\n```\n([\s\S]*?)```/.exec(page)!;
		// News may come at any time.
		const sorted = (text: string): string[] => text.split("\n").sort();
		expect(sorted(app.output())).toEqual(sorted(promised!));
		const answers = (text: string): string[] => text.split("\n").filter((line) => !line.startsWith("news:"));
		expect(answers(app.output())).toEqual(answers(promised!));
	});

	it("answers clients that put a zero byte in front of each message too", async () => {
		const sidecar = startExample("json-sidecar/sidecar.mjs");
		onTestFinished(async () => void (await sidecar.stop()));
		const [port] = await sidecar.prints(/^\d+/);
		const raw = RawClient.tcp(Number(port));
		raw.send('\0{"id":"a","op":"sum","values":[1,2]}\0\0{"id":"b","op":"fly"}\0\0{"op":"sum"}\0');
		await raw.until(() => raw.documents.length === 4);
		// Each answer is sent when it is known.
		expect(raw.documents.slice(1).sort()).toEqual([
			'{"error":"values must be a list of numbers."}',
			'{"id":"a","result":3}',
			'{"id":"b","error":"There is no operation \\"fly\\"."}',
		]);
		raw.socket.destroy();
	});
});

describe("the device monitor", () => {
	it("shows readings of devices to pages, and who is silent or gone", async () => {
		const monitor = startExample("device-monitor/monitor.mjs", ["0", "1"]);
		onTestFinished(async () => void (await monitor.stop()));
		const [, port] = await monitor.prints(/Devices: localhost:(\d+)/);
		await monitor.prints(/boiler is online/);
		expect(await (await fetch(`http://localhost:${port}/`)).text()).toContain('<script src="page.js">');
		const seen: string[] = [];
		const page = new WebSocket(`ws://localhost:${port}/socket?frames=text`);
		page.on("message", (data) => seen.push(String(data)));
		await expect
			.poll(() => seen.join())
			.toMatch(/<device name="boiler" value="\d+\.\d" unit="°C" state="online"\s*\/>/);

		const door = RawClient.tcp(Number(port));
		// A device that adds a line feed behind each document, and one document that is none of its business.
		door.send('<reading device="door" value="&lt;open&gt;"/>\n\0<status ok="1"/>\r\n\0');
		await door.until((text) => text.includes("<error>"));
		await expect
			.poll(() => seen.join())
			.toMatch(/<device name="door" value="&lt;open&gt;" unit="" state="online"\s*\/>/);
		door.socket.destroy();
		await expect.poll(() => seen.join()).toMatch(/<device name="door" [^>]*state="offline"/);
		page.close();
		expect(await monitor.stop()).toBe(0);
	});
});

describe("the chat in a Fastify application", () => {
	it("has the site, its login and the chat on one port", async () => {
		const site = startExample("fastify-chat/server.mjs", ["0"]);
		onTestFinished(async () => void (await site.stop()));
		const [, url] = await site.prints(/The site is at (\S+?),/);
		const port = Number(new URL(url!).port);
		expect(await (await fetch(url!)).text()).toContain("<h1>Log in</h1>");
		const login = (body: string, headers = {}): Promise<Response> =>
			fetch(`${url}login`, { method: "POST", body: new URLSearchParams(body), redirect: "manual", headers });
		expect((await login("name=Ann&password=coffee")).status).toBe(403);
		expect((await login("name=Ann&password=tea", { origin: "https://other.example" })).status).toBe(405);
		const answer = await login("name=Ann&password=tea");
		expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
		const cookie = answer.headers.get("set-cookie")!.split(";")[0]!;
		expect(await (await fetch(url!, { headers: { cookie } })).text()).toContain("<h1>Chat</h1>");
		expect((await fetch(`${url}chat.js`)).headers.get("content-type")).toContain("javascript");
		expect((await fetch(`${url}nothing`)).status).toBe(404);
		expect(await (await fetch(`${url}healthz`)).text()).toBe("ok\n");

		const raw = RawClient.tcp(port);
		raw.send('<hello name="Bob"/>\0<join room="lobby"/>\0');
		await raw.until((text) => text.includes("<joined"));
		const ann = new WebSocket(`ws://localhost:${port}/socket?frames=text`, { headers: { cookie } });
		await new Promise((done) => ann.once("open", done));
		for (const text of ["<hello/>", '<join room="lobby"/>', '<say room="lobby">hi</say>']) ann.send(text);
		await raw.until((text) => /<said [^>]*from="Ann"[^>]*>hi<\/said>/.test(text));
		expect(await (await fetch(`${url}api/clients`)).json()).toEqual({ clients: 2 });
		ann.terminate();
		raw.socket.destroy();
		expect(await site.stop()).toBe(0);
	});
});
