// Movies from files and from addresses, asked through a real server; the other sites are servers of the test's own.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fetchBounded } from "../../../src/gateway/play/fetch-bounded.ts";
import { type Movie, movieOf, notASwf } from "../../../src/gateway/play/movie.ts";
import { createServer, type Server } from "../../../src/server/index.ts";

const SWF = Buffer.from("FWS\x07\x10\0\0\0\x08\x00\0\x0c\x01\0\0\0", "latin1");
let folder: string;
const servers: Server[] = [];
const sites: HttpServer[] = [];

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket movie "));
	mkdirSync(join(folder, "game", "data"), { recursive: true });
	writeFileSync(join(folder, "secret.txt"), "secret");
	writeFileSync(join(folder, "game", "my game.swf"), SWF);
	writeFileSync(join(folder, "game", "data", "level 1.xml"), "<level/>");
	writeFileSync(join(folder, "game", "page.swf"), "<!DOCTYPE html>");
	writeFileSync(join(folder, "game", "empty.swf"), "");
	writeFileSync(join(folder, "game", ".hidden.swf"), SWF);
	symlinkSync(join(folder, "game", "my game.swf"), join(folder, "link.swf"));
});
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
	for (const site of sites.splice(0)) {
		site.closeAllConnections();
		site.close();
	}
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server that answers with nothing but the movie's routes. */
async function serve(movie: Movie): Promise<string> {
	const routes = {
		request(...[request, response, url]: Parameters<Movie["answer"]>): boolean {
			void movie.answer(request, response, url);
			return true;
		},
	};
	const server = await createServer({ port: 0, routes: [routes] }).listen();
	servers.push(server);
	return `http://localhost:${server.port}`;
}

async function site(listener: RequestListener): Promise<string> {
	const http = createHttpServer(listener).listen(0, "127.0.0.1");
	sites.push(http);
	await new Promise((resolve) => http.once("listening", resolve));
	return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

describe("a movie from a file", () => {
	it("is served from its folder, with the files next to it and below", async () => {
		const movie = movieOf(join(folder, "game", "my game.swf"));
		expect(movie).toMatchObject({ name: "my game.swf", path: "/my%20game.swf", base: "/" });
		expect(await movie.problem()).toBeUndefined();
		const base = await serve(movie);
		const answer = await fetch(base + movie.path);
		expect(answer.headers.get("content-type")).toBe("application/x-shockwave-flash");
		expect(Buffer.from(await answer.arrayBuffer())).toEqual(SWF);
		expect(await (await fetch(`${base}/data/level%201.xml?x=1`)).text()).toBe("<level/>");
		for (const path of ["/..%2fsecret.txt", "/secret.txt", "/.hidden.swf", "/", "/data"])
			expect((await fetch(base + path)).status).toBe(404);
	});

	it("is served from the folder of a link's target", async () => {
		expect(movieOf(join(folder, "link.swf"))).toMatchObject({ name: "my game.swf" });
	});

	it.each([
		["page.swf", /it is not a SWF: it starts with "<!DOCTYP"/],
		["empty.swf", /it is empty/],
		["missing.swf", /no such file/],
		[".hidden.swf", /begins with a dot/],
		["data", /cannot be played/],
	])("is refused immediately if it is not a SWF: %s", (name, words) => {
		const open = (): Movie => movieOf(join(folder, "game", name));
		expect(open).toThrow(words);
		expect(open).toThrow(expect.objectContaining({ code: "XMLSOCKET_MOVIE_UNREADABLE" }));
	});

	it("is checked again at each request of the page", async () => {
		const file = join(folder, "game", "going.swf");
		writeFileSync(file, SWF);
		const movie = movieOf(file);
		rmSync(file);
		expect(await movie.problem()).toMatch(/going\.swf cannot be played: .*no such file/);
	});
});

describe("a movie from an address", () => {
	it.each(["ftp://a.example/a.swf", "file:///etc/passwd", "http://"])("is refused for the address %s", (address) => {
		expect(() => movieOf(address)).toThrow(expect.objectContaining({ code: "XMLSOCKET_MOVIE_UNREADABLE" }));
	});

	it("is fetched by the server, with the files next to it and nothing else of its site", async () => {
		const asked: string[] = [];
		const home = await site((request, response) => {
			asked.push(request.url!);
			if (request.url === "/old/game.swf?v=2") response.writeHead(302, { location: "/mirror/g.swf" }).end();
			else if (request.url === "/mirror/g.swf") response.end(SWF);
			else if (request.url === "/old/data/a.xml?q=1") response.setHeader("content-type", "text/html").end("<a/>");
			else if (request.url === "/old/away") response.writeHead(302, { location: "/private" }).end();
			else response.writeHead(404).end("no");
		});
		const movie = movieOf(`${home}/old/game.swf?v=2`);
		expect(movie).toMatchObject({ name: "game.swf", path: "/old/game.swf", base: "/old/" });
		expect(await movie.problem()).toBeUndefined();
		const base = await serve(movie);
		expect(Buffer.from(await (await fetch(`${base}/old/game.swf`)).arrayBuffer())).toEqual(SWF);
		const data = await fetch(`${base}/old/data/a.xml?q=1`);
		expect(await data.text()).toBe("<a/>");
		expect(data.headers.get("content-type")).toBe("text/xml");
		expect((await fetch(`${base}/private`)).status).toBe(404);
		expect((await fetch(`${base}/old/%2e%2e/private`)).status).toBe(404);
		const away = await fetch(`${base}/old/away`);
		expect([away.status, await away.text()]).toEqual([502, expect.stringMatching(/more than 0 times/)]);
		const none = await fetch(`${base}/old/none`);
		expect([none.status, await none.text()]).toEqual([502, expect.stringMatching(/answered 404/)]);
		expect(asked).not.toContain("/private");
	});

	it("is reported as a page if it is one", async () => {
		const home = await site((_request, response) => response.end("<html><body>"));
		expect(await movieOf(`${home}/game`).problem()).toMatch(
			/is not a SWF: .* It is a page; give the address of the \.swf/,
		);
	});
});

describe("fetchBounded", () => {
	const bounds = { maxBytes: 1000, timeoutMs: 5000, redirects: 2 };

	it("reports a closed port, a long or late response, too many redirects and a redirect to another scheme", async () => {
		const home = await site((request, response) => {
			const path = request.url!;
			if (path === "/long") response.end(Buffer.alloc(1001));
			else if (path === "/endless") {
				const more = (): boolean => response.write(Buffer.alloc(65_536));
				more();
				response.on("drain", more);
			} else if (path === "/loop") response.writeHead(302, { location: "/loop" }).end();
			else if (path === "/file") response.writeHead(302, { location: "file:///etc/passwd" }).end();
			else if (path === "/silent") response.writeHead(200).flushHeaders();
			else response.end("ok");
		});
		const problemOf = async (path: string, more = {}): Promise<string | undefined> =>
			(await fetchBounded(new URL(home + path), { ...bounds, ...more })).problem;
		expect(await problemOf("/ok")).toBeUndefined();
		expect(await problemOf("/long")).toMatch(/longer than 1000 bytes/);
		expect(await problemOf("/endless")).toMatch(/longer than 1000 bytes/);
		expect(await problemOf("/loop")).toMatch(/more than 2 times/);
		expect(await problemOf("/file")).toMatch(/redirects to "file:/);
		expect(await problemOf("/silent", { timeoutMs: 100 })).toMatch(/within 100 ms/);
		const gone = createHttpServer().listen(0, "127.0.0.1");
		await new Promise((resolve) => gone.once("listening", resolve));
		const { port } = gone.address() as AddressInfo;
		await new Promise((resolve) => gone.close(resolve));
		expect((await fetchBounded(new URL(`http://127.0.0.1:${port}/`), bounds)).problem).toMatch(
			/could not be fetched: .*ECONNREFUSED/,
		);
	});
});

it("a request for a remote movie, or for a file next to it, is aborted when its client disconnects", async () => {
	const open = new Set<string>();
	const remote = await site((request, response) => {
		open.add(request.url!);
		response.on("close", () => open.delete(request.url!));
		response.writeHead(200).flushHeaders();
	});
	const movie = movieOf(`${remote}/game/a.swf`);
	const here = await serve(movie);
	const leaving = new AbortController();
	// With a reset: one that only sends its end may still read the answer.
	const client = connect(Number(new URL(here).port), "localhost");
	client.write("GET /game/data.xml HTTP/1.1\r\nHost: localhost\r\n\r\n");
	const check = movie.problem(leaving.signal);
	await expect.poll(() => [...open].sort()).toEqual(["/game/a.swf", "/game/data.xml"]);
	leaving.abort();
	client.resetAndDestroy();
	expect(await check).toMatch(/was aborted/);
	await expect.poll(() => open.size).toBe(0);
});

it("a SWF is known by its first three bytes", () => {
	for (const start of ["FWS", "CWS\x0a", "ZWS\x0d1234"]) expect(notASwf(Buffer.from(start))).toBeUndefined();
	expect(notASwf(Buffer.from("GIF89a"))).toMatch(/it starts with "GIF89a"/);
});
