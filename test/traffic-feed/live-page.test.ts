// The server of the live page, without a browser: who may read it, and what a page gets that is slow, late, or comes back.

import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createLivePage, type LivePage, type LivePageOptions } from "../../src/tools/inspect/live-page.ts";
import { createMask, type DocumentEvent, type HeldDocument } from "../../src/tools/traffic/index.ts";
import { FeedReader } from "./feed-reader.ts";

const INFO = { startedMs: 0, terminator: Uint8Array.of(0), encoding: "utf-8", target: "localhost:9000" };
const TOKEN = "a-token-of-the-test";
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
	for (const one of open.splice(0).reverse()) await one.close();
});

async function start(options: Partial<LivePageOptions> = {}): Promise<LivePage> {
	const pages = join(import.meta.dirname, "../../dist/console");
	const page = await createLivePage({ pages, info: INFO, token: TOKEN, ...options }).listen();
	open.push(page);
	return page;
}

async function read(page: LivePage, from: { capture?: string; next?: number } = {}): Promise<FeedReader> {
	const headers = { authorization: `Bearer ${TOKEN}`, origin: `http://localhost:${page.port}` };
	const reader = await FeedReader.open(`ws://localhost:${page.port}/feed`, headers, from);
	open.push(reader);
	return reader;
}

function request(port: number, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		get({ host: "127.0.0.1", port, path, headers: { host: `localhost:${port}`, ...headers } }, (response) => {
			response.resume();
			resolve(response);
		}).on("error", reject);
	});
}

function document(text: string | Uint8Array, at: Partial<DocumentEvent> = {}): DocumentEvent {
	const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
	return { kind: "document", connection: 1, direction: "client", time: 1, bytes, ending: "terminated", ...at };
}

describe("access to the live page", () => {
	it("needs the token of the address, which a cookie replaces", async () => {
		const page = await start();
		expect(page.url).toBe(`http://localhost:${page.port}/?token=${TOKEN}`);
		const first = await request(page.port, `/?token=${TOKEN}`);
		expect([first.statusCode, first.headers.location]).toEqual([303, "./"]);
		const [cookie = ""] = first.headers["set-cookie"] ?? [];
		expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
		const shown = await request(page.port, "/", { cookie: `other=1; ${cookie.split(";")[0]}` });
		expect(shown.statusCode).toBe(200);
		expect(shown.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
		for (const path of ["/", "/inspect.html", "/?token=wrong", "/feed", "/assets/x.js"])
			expect([path, (await request(page.port, path)).statusCode]).toEqual([path, 403]);
	});

	it("makes another token for each start", async () => {
		const [one, other] = [await start({ token: undefined }), await start({ token: undefined })];
		expect(new URL(one.url).searchParams.get("token")).toMatch(/^[\w-]{24}$/);
		expect(new URL(one.url).search).not.toBe(new URL(other.url).search);
	});

	it("is refused to another Host, to pages of another origin, and to a WebSocket without the token", async () => {
		const page = await start();
		const url = `ws://localhost:${page.port}/feed`;
		const authorization = `Bearer ${TOKEN}`;
		const rebound = await request(page.port, `/?token=${TOKEN}`, { host: `attacker.example:${page.port}` });
		expect(rebound.statusCode).toBeGreaterThanOrEqual(400);
		await expect(FeedReader.open(url, { authorization, origin: "http://attacker.example" })).rejects.toThrow("403");
		await expect(FeedReader.open(url, { authorization, origin: "null" })).rejects.toThrow("403");
		await expect(FeedReader.open(url, { origin: `http://localhost:${page.port}` })).rejects.toThrow("403");
		await expect(FeedReader.open(url, { authorization: "Bearer wrong" })).rejects.toThrow("403");
	});
});

describe("the events of the live page", () => {
	it("arrive in order and byte for byte, in batches, on every page", async () => {
		const page = await start();
		const [one, other] = [await read(page), await read(page)];
		page.add({ kind: "open", connection: 1, time: 0, from: "127.0.0.1:5", to: "localhost:9000" });
		page.add(document(Uint8Array.of(0, 1, 0xff, 0xfe), { ending: "cut" }));
		page.add(document(""));
		page.add({ kind: "close", connection: 1, time: 2, reason: "reset" });
		for (const reader of [one, other]) {
			await expect.poll(() => reader.events.length).toBe(4);
			expect(reader.events[1]).toEqual(document(Uint8Array.of(0, 1, 0xff, 0xfe), { ending: "cut" }));
			expect(reader.events[2]).toEqual(document(""));
			expect(reader.events[3]).toEqual({ kind: "close", connection: 1, time: 2, reason: "reset" });
		}
		expect(one.hello?.info).toEqual(INFO);
	});

	it("continue on a page that reconnects from the last one that it has", async () => {
		const page = await start();
		const before = await read(page);
		for (const text of ["<a/>", "<b/>"]) page.add(document(text));
		await expect.poll(() => before.texts).toEqual(["<a/>", "<b/>"]);
		await before.close();
		page.add(document("<c/>"));
		const after = await read(page, { capture: before.hello!.capture, next: before.next });
		await expect.poll(() => after.texts).toEqual(["<c/>"]);
		// Another capture, after a restart: everything from the beginning.
		const stranger = await read(page, { capture: "another", next: 2 });
		await expect.poll(() => stranger.texts).toEqual(["<a/>", "<b/>", "<c/>"]);
	});

	it("are kept within a bound, and a page that comes late is told how many it does not get", async () => {
		const page = await start({ maxEvents: 1000 });
		for (let number = 0; number < 100_000; number++) page.add(document(`<n>${number}</n>`));
		const reader = await read(page);
		await expect.poll(() => reader.next).toBe(100_000);
		expect([reader.events.length, reader.lost]).toEqual([1000, 99_000]);
		expect(reader.texts[0]).toBe("<n>99000</n>");
	});

	it("are kept within a bound of bytes", async () => {
		const page = await start({ maxBytes: 1_000_000 });
		for (let number = 0; number < 50; number++) page.add(document(new Uint8Array(100_000)));
		const reader = await read(page);
		await expect.poll(() => reader.next).toBe(50);
		expect([reader.events.length, reader.lost]).toEqual([9, 41]);
	});

	it("do not wait for a page that confirms nothing: it loses events, and others get them all", async () => {
		const page = await start({ maxEvents: 5000 });
		const [slow, quick] = [await read(page), await read(page)];
		slow.confirms = false;
		const text = `<x>${"y".repeat(2000)}</x>`;
		for (let number = 0; number < 5000; number++) page.add(document(text));
		await expect.poll(() => quick.events.length).toBe(5000);
		for (let number = 0; number < 5000; number++) page.add(document(text));
		await expect.poll(() => quick.events.length).toBe(10_000);
		const stopped = slow.events.length;
		expect(stopped).toBeLessThan(5000);
		slow.confirms = true;
		slow.socket.send(JSON.stringify({ ask: "seen", bytes: 100_000_000 }));
		await expect.poll(() => slow.next).toBe(10_000);
		expect([slow.lost, quick.lost]).toEqual([5000 - stopped, 0]);
	});

	it("keep no chunk of a socket alive for a small document in it", async () => {
		const page = await start();
		const chunk = new TextEncoder().encode("<a/>\0<b/>\0");
		page.add(document(chunk.subarray(0, 4)));
		chunk.fill(0x78);
		const reader = await read(page);
		await expect.poll(() => reader.texts).toEqual(["<a/>"]);
	});
});

describe("what a page asks for", () => {
	function recorded() {
		const state = {
			list: [] as HeldDocument[],
			done: [] as unknown[],
			predicate: undefined as ((event: DocumentEvent) => boolean) | undefined,
			controls: {
				setBreak(predicate: ((event: DocumentEvent) => boolean) | undefined) {
					state.predicate = predicate;
				},
				held: () => state.list,
				release(id: number, bytes?: Uint8Array) {
					state.list = state.list.filter((one) => one.id !== id);
					state.done.push(["release", id, bytes && Buffer.from(bytes).toString("latin1")]);
				},
				drop: (id: number) => state.done.push(["drop", id]),
				inject: (...given: [number, string, Uint8Array]) =>
					state.done.push(["inject", given[0], given[1], Buffer.from(given[2]).toString("latin1")]),
			},
		};
		return state;
	}

	it("is done, in the encoding of the capture, and refused in words", async () => {
		const state = recorded();
		const page = await start({ controls: state.controls as never, info: { ...INFO, encoding: "gbk" } });
		const reader = await read(page);
		const answer = async (asked: Record<string, unknown>) => {
			const number = reader.ask(asked);
			await expect.poll(() => reader.answers.has(number)).toBe(true);
			return reader.answers.get(number);
		};
		expect(await answer({ ask: "inject", connection: 3, direction: "client", text: "<中/>" })).not.toHaveProperty(
			"problem",
		);
		expect(await answer({ ask: "inject", connection: 3, direction: "server", base64: "AP8=" })).not.toHaveProperty(
			"problem",
		);
		expect(await answer({ ask: "inject", connection: 3, direction: "up", text: "" })).toHaveProperty("problem");
		expect(await answer({ ask: "drop", id: 7 })).not.toHaveProperty("problem");
		expect(await answer({ ask: "allow", target: "localhost:80" })).toHaveProperty("problem");
		expect(state.done).toEqual([
			["inject", 3, "client", "<\xd6\xd0/>"],
			["inject", 3, "server", "\x00\xff"],
			["drop", 7],
		]);
		expect(await answer({ ask: "break", filter: "msg[@a=" })).toMatchObject({ column: 8 });
		expect(state.predicate).toBeUndefined();
		await answer({ ask: "break", filter: "msg" });
		expect([state.predicate!(document("<msg/>")), state.predicate!(document("<other/>"))]).toEqual([true, false]);
	});

	it("sends the held documents to every page, and letting all go ends the hold", async () => {
		const state = recorded();
		const page = await start({ controls: state.controls as never });
		const [one, other] = [await read(page), await read(page)];
		one.ask({ ask: "break", filter: "msg" });
		await expect.poll(() => other.held?.filter).toBe("msg");
		state.list.push({ id: 1, event: document("<msg/>") }, { id: 2, event: document("<msg a='1'/>") });
		page.heldChanged();
		await expect.poll(() => other.held?.held).toEqual(state.list);
		other.ask({ ask: "break", filter: "" });
		await expect.poll(() => one.held).toEqual({ kind: "held", filter: "", held: [], more: 0 });
		expect(state.predicate).toBeUndefined();
		expect(state.done).toEqual([
			["release", 1, undefined],
			["release", 2, undefined],
		]);
	});

	it("does not end a hold when a page is reloaded, and lets everything go when no page is left", async () => {
		const state = recorded();
		const page = await start({ controls: state.controls as never, abandonedMs: 300 });
		const [one, other] = [await read(page), await read(page)];
		one.ask({ ask: "break", filter: "msg" });
		await expect.poll(() => other.held?.filter).toBe("msg");
		state.list.push({ id: 1, event: document("<msg/>") });
		await Promise.all([one.close(), other.close()]);
		const back = await read(page);
		await expect.poll(() => back.held).toMatchObject({ filter: "msg", held: state.list });
		expect(state.done).toEqual([]);
		await back.close();
		await expect.poll(() => state.done).toEqual([["release", 1, undefined]]);
		expect(state.predicate).toBeUndefined();
	});

	it("shows a held document with its secrets masked, and marks it, so that masks are not sent on", async () => {
		const state = recorded();
		const page = await start({ controls: state.controls as never, mask: createMask(["pword"]) });
		const reader = await read(page);
		reader.ask({ ask: "break", filter: "login" });
		await expect.poll(() => reader.held?.filter).toBe("login");
		page.add(document("<login pword='secret'/>"));
		state.list.push({ id: 1, event: document("<login pword='secret'/>") });
		page.heldChanged();
		await expect.poll(() => reader.held?.held[0]?.event).toEqual(document("<login pword='***'/>", { masked: true }));
		expect(reader.texts).toEqual(["<login pword='***'/>"]);
		reader.ask({ ask: "release", id: 1 });
		await expect.poll(() => state.done).toEqual([["release", 1, undefined]]);
	});

	it("ends only the connection of a page that sends something else", async () => {
		const page = await start();
		const [bad, good] = [await read(page), await read(page)];
		bad.socket.send("not JSON");
		await new Promise((resolve) => bad.socket.once("close", resolve));
		page.add(document("<a/>"));
		await expect.poll(() => good.texts).toEqual(["<a/>"]);
	});

	it("is refused where the page only watches", async () => {
		const reader = await read(await start());
		const number = reader.ask({ ask: "break", filter: "msg" });
		await expect.poll(() => reader.answers.get(number)?.problem).toBe("This page can only watch.");
		expect(reader.hello).toMatchObject({ controls: false, allows: false });
	});
});
