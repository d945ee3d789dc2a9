// Files of a folder: ranges, validators, names, and one descriptor for each file.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { byteRange } from "../../src/server/byte-range.ts";
import { staticFiles } from "../../src/server/static-files.ts";

let folder: string;
let server: Server;
let failures: unknown[];
const LARGE = Buffer.alloc(300_000, "0123456789");

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket files "));
	mkdirSync(join(folder, "below"));
	mkdirSync(join(folder, ".git"));
	for (const [name, content] of Object.entries({
		"index.html": "<p>index</p>",
		"flash.html": "<p>flash</p>",
		"below/index.html": "<p>below</p>",
		"empty.txt": "",
		"a name.css": "a{}",
		".secret": "no",
		".git/config": "no",
		"gone.txt": "soon gone",
	}))
		writeFileSync(join(folder, name), content);
	writeFileSync(join(folder, "large.bin"), LARGE);
	failures = [];
	const files = staticFiles(
		folder,
		(response, path) => response.setHeader("x-path", path),
		(error) => failures.push(error),
	);
	rmSync(join(folder, "gone.txt"));
	server = createServer((asked, response) =>
		files(asked, response, asked.url!, () => response.writeHead(404).end("otherwise")),
	);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	rmSync(folder, { recursive: true });
});

interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;
}

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const { port } = server.address() as AddressInfo;
		const asked = request({ port, host: "127.0.0.1", path, headers, method, agent: false }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () =>
				resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
			);
		});
		asked.on("error", reject);
		asked.end();
	});
}

describe("static files", () => {
	it.each([
		["/", "<p>index</p>", "text/html;charset=utf-8"],
		["/index.html", "<p>index</p>", "text/html;charset=utf-8"],
		["/flash", "<p>flash</p>", "text/html;charset=utf-8"],
		["/below/", "<p>below</p>", "text/html;charset=utf-8"],
		["/below", "<p>below</p>", "text/html;charset=utf-8"],
		["/a%20name.css", "a{}", "text/css"],
		["/empty.txt", "", "text/plain"],
	])("answers %s", async (path, body, type) => {
		const answer = await get(path);
		expect([answer.status, String(answer.body), answer.headers["content-type"]]).toEqual([200, body, type]);
		expect(answer.headers["content-length"]).toBe(String(body.length));
		expect(answer.headers.etag).toMatch(/^W\/"\d+-\d+"$/);
		expect(answer.headers["x-path"]).toBeDefined();
	});

	it.each([
		"/nowhere",
		"/.secret",
		"/.git/config",
		"/../package.json",
		"/%2e%2e/package.json",
		"/%E0%A4%A",
		"/below/nowhere",
	])("leaves %s to the caller", async (path) => expect(String((await get(path)).body)).toBe("otherwise"));

	it("sends a file whole, by range, and its head alone", async () => {
		expect((await get("/large.bin")).body.equals(LARGE)).toBe(true);
		const head = await get("/large.bin", {}, "HEAD");
		expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "300000", 0]);
		const part = await get("/large.bin", { range: "bytes=65530-65545" });
		expect([part.status, String(part.body)]).toEqual([206, "0123456789012345"]);
		expect(part.headers["content-range"]).toBe("bytes 65530-65545/300000");
	});

	it("answers 304 to whom has the file", async () => {
		const { etag } = (await get("/")).headers;
		const answer = await get("/", { "if-none-match": etag! });
		expect([answer.status, answer.body.length]).toEqual([304, 0]);
	});

	it("answers 416 with the size where no byte is in the range", async () => {
		const answer = await get("/large.bin", { range: "bytes=5-2" });
		expect([answer.status, answer.headers["content-range"]]).toEqual([416, "bytes */300000"]);
	});

	it("answers 500 for a file that is gone, and reports it", async () => {
		expect((await get("/gone.txt")).status).toBe(500);
		expect(failures).toEqual([expect.objectContaining({ code: "ENOENT" })]);
	});

	it.skipIf(process.platform !== "linux")("has no descriptor open once nobody reads", async () => {
		const before = readdirSync("/proc/self/fd").length;
		await Promise.all(Array.from({ length: 50 }, () => get("/large.bin")));
		await expect.poll(() => readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
	});
});

describe("a Range header", () => {
	it.each([
		["bytes=0-0", { start: 0, end: 0 }],
		["bytes=5-", { start: 5, end: 99 }],
		["bytes=-5", { start: 95, end: 99 }],
		["bytes=-500", { start: 0, end: 99 }],
		["bytes=90-1000", { start: 90, end: 99 }],
		["bytes=5-2", "unsatisfiable"],
		["bytes=100-1", "unsatisfiable"],
		["bytes=100-", "unsatisfiable"],
		["bytes=-0", "unsatisfiable"],
		["bytes=0-1,4-5", undefined],
		["bytes=-", undefined],
		["bytes=a-b", undefined],
		["lines=0-1", undefined],
		[undefined, undefined],
	])("%s of 100 bytes is %o", (header, range) => expect(byteRange(header, 100)).toEqual(range));

	it("of an empty file is unsatisfiable", () => expect(byteRange("bytes=0-", 0)).toBe("unsatisfiable"));
});
