// A site's folder over HTTP, asked with plain requests at a real server.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ruffleRoutes } from "../../../src/gateway/ruffle-package.ts";
import { type SiteParts, SiteRoutes } from "../../../src/gateway/site/site-routes.ts";
import { reachable } from "../../../src/gateway/site/socket-proxy.ts";
import { createServer, type Server } from "../../../src/server/index.ts";
import { echo, recordingLog } from "../../server/peers.ts";

interface Answer {
	status: number;
	headers: IncomingHttpHeaders;
	body: string;
}

const TAGS = '<script src="ruffle-config.js"></script><script src="ruffle/ruffle.js"></script>';
const SWF = Buffer.from("FWS\x07\x10\0\0\0\x08\x00\0\x0c\x01\0\0\0", "latin1");
let root: string;
let site: string;
const servers: Server[] = [];

beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "xmlsocket site "));
	site = join(root, "site");
	mkdirSync(join(site, "a folder"), { recursive: true });
	mkdirSync(join(site, "ruffle"));
	mkdirSync(join(site, ".git"));
	mkdirSync(join(root, "site-secrets"));
	writeFileSync(join(root, "secret.txt"), "secret");
	writeFileSync(join(root, "site-secrets", "a.txt"), "secret");
	writeFileSync(join(site, ".env"), "secret");
	writeFileSync(join(site, ".git", "config"), "secret");
	writeFileSync(join(site, "index.html"), "<html><head><title>x</title></head><embed src=game.swf></html>");
	writeFileSync(join(site, "a folder", "index.htm"), "<p>lower</p>");
	writeFileSync(
		join(site, "cyrillic.htm"),
		Buffer.from([...Buffer.from("<meta charset=windows-1251><p>"), 0xcf, 0xf0]),
	);
	writeFileSync(join(site, "own.html"), "<head><script src=/ruffle/ruffle.js></script>");
	writeFileSync(join(site, "words.html"), "only words");
	writeFileSync(join(site, "game.swf"), SWF);
	writeFileSync(join(site, "empty.txt"), "");
	writeFileSync(join(site, "long.html"), `<head>${" ".repeat(5 * 1024 * 1024)}`);
	writeFileSync(join(site, "ruffle", "mine.js"), "mine");
	symlinkSync(join(root, "secret.txt"), join(site, "link.txt"));
	symlinkSync(root, join(site, "up"));
	symlinkSync(join(site, "game.swf"), join(site, "inside.swf"));
});
afterAll(async () => {
	await Promise.all(servers.map((server) => server.close({ graceMs: 0 })));
	rmSync(root, { recursive: true, force: true });
});

async function start(parts: Partial<SiteParts> = {}): Promise<Server> {
	const log = recordingLog();
	const routes = new SiteRoutes({
		folder: site,
		inject: true,
		ruffle: ruffleRoutes(),
		targets: () => [reachable({ host: "localhost", port: 2000, path: "gateway/x" })],
		reports: false,
		forOtherSites: false,
		log,
		...parts,
	});
	const server = createServer({ port: 0, application: echo(), log, routes: [routes] });
	servers.push(server);
	return server.listen();
}

// Node's own client sends a path as it is written; fetch would tidy it up first.
function ask(server: Server, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
	return new Promise((resolve, reject) => {
		httpRequest({ host: "127.0.0.1", port: server.port, path, method, headers, agent: false }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("end", () =>
				resolve({
					status: response.statusCode!,
					headers: response.headers,
					body: Buffer.concat(chunks).toString("latin1"),
				}),
			);
			response.on("error", reject);
		})
			.on("error", reject)
			.end();
	});
}

describe("a site's folder", () => {
	it("inserts the tags into its HTML pages, and sends the new length, also for HEAD", async () => {
		const server = await start();
		const page = await ask(server, "/");
		expect(page.status).toBe(200);
		expect(page.body).toBe(`<html><head>${TAGS}<title>x</title></head><embed src=game.swf></html>`);
		expect(page.headers["content-type"]).toBe("text/html");
		expect(page.headers["content-length"]).toBe(String(page.body.length));
		expect(page.headers["content-security-policy"]).toBeUndefined();
		const head = await ask(server, "/index.html", {}, "HEAD");
		expect([head.status, head.body, head.headers["content-length"]]).toEqual([200, "", String(page.body.length)]);
		expect((await ask(server, "/own.html")).body).toBe(
			'<head><script src="ruffle-config.js"></script><script src=/ruffle/ruffle.js></script>',
		);
		expect((await ask(server, "/words.html")).body).toBe("only words");
	});

	it("answers 304 for the page that the browser has, and not for the same page without tags", async () => {
		const server = await start();
		const { etag, "last-modified": modified } = (await ask(server, "/")).headers;
		expect((await ask(server, "/", { "if-none-match": etag! })).status).toBe(304);
		expect((await ask(server, "/", { "if-none-match": `"a", ${etag}` })).status).toBe(304);
		expect((await ask(server, "/", { "if-modified-since": modified! })).status).toBe(304);
		const plain = await start({ inject: false });
		expect((await ask(plain, "/", { "if-none-match": etag! })).status).toBe(200);
		expect((await ask(plain, "/")).body).not.toContain("ruffle");
	});

	it("keeps a page's bytes in its encoding, and names the encoding in the header", async () => {
		const answer = await ask(await start(), "/cyrillic.htm");
		expect(answer.headers["content-type"]).toBe("text/html; charset=windows-1251");
		expect(answer.body).toBe(`${TAGS}<meta charset=windows-1251><p>\xcf\xf0`);
	});

	it("does not change a page that is too long", async () => {
		const answer = await ask(await start(), "/long.html");
		expect(answer.body.length).toBe(5 * 1024 * 1024 + 6);
		expect(answer.body).not.toContain("ruffle");
	});

	it("sends other files unchanged, with their types", async () => {
		const server = await start();
		const swf = await ask(server, "/game.swf?x=1");
		expect(swf.headers["content-type"]).toBe("application/x-shockwave-flash");
		expect(swf.body).toBe(SWF.toString("latin1"));
		expect((await ask(server, "/inside.swf")).body).toBe(swf.body);
		expect((await ask(server, "/game.swf", { "if-none-match": swf.headers.etag! })).status).toBe(304);
		const empty = await ask(server, "/empty.txt");
		expect([empty.status, empty.headers["content-length"]]).toEqual([200, "0"]);
	});

	it.each([
		["bytes=0-2", 206, "FWS", "bytes 0-2/16"],
		["bytes=14-", 206, "\0\0", "bytes 14-15/16"],
		["bytes=-2", 206, "\0\0", "bytes 14-15/16"],
		["bytes=3-99", 206, SWF.subarray(3).toString("latin1"), "bytes 3-15/16"],
		["bytes=16-", 416, "", "bytes */16"],
		["bytes=5-2", 200, SWF.toString("latin1"), undefined],
		["bytes=0-1,4-5", 200, SWF.toString("latin1"), undefined],
		["lines=0-1", 200, SWF.toString("latin1"), undefined],
	])("answers the range %s with %i", async (range, status, body, contentRange) => {
		const answer = await ask(await start(), "/game.swf", { range });
		expect([answer.status, answer.body, answer.headers["content-range"]]).toEqual([status, body, contentRange]);
		expect(answer.headers["content-length"]).toBe(String(body.length));
	});

	it("redirects from a folder's name to its index page", async () => {
		const server = await start();
		const answer = await ask(server, "/a%20folder?q=1");
		expect([answer.status, answer.headers.location]).toEqual([301, "./a%20folder/?q=1"]);
		expect((await ask(server, "/a%20folder/")).body).toContain("lower");
		expect((await ask(server, "/.//ruffle")).headers.location).toBe("./ruffle/");
	});

	it.each([
		"/../secret.txt",
		"/%2e%2e/secret.txt",
		"/..%2fsecret.txt",
		"/a%20folder/..%2f..%2fsecret.txt",
		"/..%5csecret.txt",
		"/link.txt",
		"/up/secret.txt",
		"/up/site-secrets/a.txt",
		"/../site-secrets/a.txt",
		"/.env",
		"/%2eenv",
		"/.git/config",
		"/game.swf%00.html",
		"/%ff",
		"/game.swf/",
		"/missing",
	])("answers 404 for %s", async (path) => {
		const answer = await ask(await start(), path);
		expect(answer.status).toBe(404);
		expect(answer.body).not.toContain("secret");
	});

	it("is refused if it is not a folder", async () => {
		for (const folder of [join(site, "missing"), join(site, "game.swf")])
			await expect(start({ folder })).rejects.toMatchObject({ code: "XMLSOCKET_FOLDER_UNREADABLE" });
	});

	it("serves the configuration at its path, without caching, and only for pages of the same site", async () => {
		const answer = await ask(await start(), "/ruffle-config.js");
		expect(answer.headers).toMatchObject({
			"content-type": "text/javascript; charset=utf-8",
			"cache-control": "no-store",
			"cross-origin-resource-policy": "same-site",
		});
		expect(answer.body).toContain('"path":"gateway/x"');
		const open = await ask(await start({ forOtherSites: true }), "/ruffle-config.js");
		expect(open.headers["cross-origin-resource-policy"]).toBe("cross-origin");
	});
});

describe("/ruffle/ with a site", () => {
	it("is the installed package, unless the site has a file of that path", async () => {
		const server = await start();
		expect((await ask(server, "/ruffle/ruffle.js")).headers["content-type"]).toBe("text/javascript");
		expect((await ask(server, "/ruffle/mine.js")).body).toBe("mine");
		expect((await ask(server, "/ruffle/missing-too.js")).status).toBe(404);
	});

	it("is replaced by a script that shows what to install while the package is missing", async () => {
		let folder: string | undefined;
		const server = await start({ ruffle: ruffleRoutes(() => folder) });
		const without = await ask(server, "/");
		expect(without.body).toContain('<script src="ruffle/missing.js"></script>');
		expect((await ask(server, "/ruffle/missing.js")).body).toContain("npm install @ruffle-rs/ruffle");
		folder = join(site, "ruffle");
		const withIt = await ask(server, "/", { "if-none-match": without.headers.etag! });
		expect(withIt.status).toBe(200);
		expect(withIt.body).toContain(TAGS);
	});

	it("also answers without a site, and no other path", async () => {
		const server = await start({ folder: undefined });
		expect((await ask(server, "/ruffle/ruffle.js")).status).toBe(200);
		expect((await ask(server, "/index.html")).body).toBe("There is no such page.\n");
	});
});
