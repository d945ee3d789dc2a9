// The proxy of the campaign: what it does to a stream, and that it does nothing else.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FaultProxy } from "./proxy.js";
import { seeded } from "./random.js";

let server: Server;
let proxy: FaultProxy;
let port = 0;
const clients: Socket[] = [];

beforeEach(async () => {
	// Sends back what it gets.
	server = createServer((socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	proxy = new FaultProxy(() => (server.address() as AddressInfo).port, seeded("proxy"));
	port = await proxy.listen();
});
afterEach(async () => {
	for (const client of clients.splice(0)) client.destroy();
	await proxy.close();
	server.close();
	await once(server, "close");
});

async function client(): Promise<{ socket: Socket; heard: () => string; ended: Promise<unknown> }> {
	const socket = connect({ host: "127.0.0.1", port });
	clients.push(socket);
	socket.on("error", () => {});
	let heard = "";
	socket.setEncoding("latin1").on("data", (text) => {
		heard += String(text);
	});
	const ended = once(socket, "close");
	await once(socket, "connect");
	return { socket, heard: () => heard, ended };
}

const text = Array.from({ length: 5000 }, (_, at) => `${at};`).join("");

describe("the fault proxy", () => {
	it.each(["pass", "slice", 30] as const)("hands every byte on, in order: %s", async (treatment) => {
		proxy.treatment = treatment;
		const { socket, heard } = await client();
		for (let at = 0; at < text.length; at += 999) {
			socket.write(text.slice(at, at + 999));
			// Some of it comes while bytes are late, some after.
			if (at % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
			if (at > text.length / 2) proxy.treatment = "pass";
		}
		await expect.poll(() => heard().length).toBe(text.length);
		expect(heard()).toBe(text);
	});

	it("swallows all that follows on a connection of which it has swallowed something, and tells nobody until it is cut", async () => {
		const { socket, heard, ended } = await client();
		proxy.treatment = "swallow-down";
		socket.write("lost");
		const other = await client();
		socket.write("lost as well");
		// What was on its way when it turned silent is gone; what is new and whole passes.
		await new Promise((resolve) => setTimeout(resolve, 50));
		proxy.treatment = "pass";
		socket.write("still lost");
		other.socket.write("heard");
		await expect.poll(() => other.heard()).toBe("heard");
		expect(heard()).toBe("");
		proxy.cutDoomed();
		await ended;
		other.socket.write(" again");
		await expect.poll(() => other.heard()).toBe("heard again");
	});

	it("refuses newcomers while it is told to, and cuts those who are there", async () => {
		const first = await client();
		proxy.refusing = true;
		const second = await client();
		await second.ended;
		proxy.cut();
		await first.ended;
		proxy.refusing = false;
		const third = await client();
		third.socket.write("back");
		await expect.poll(() => third.heard()).toBe("back");
	});
});
