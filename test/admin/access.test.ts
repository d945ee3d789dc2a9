// Who may use the admin API: tokens, guessing, other sites, a full server.

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { AdminTokens } from "../../src/admin/admin-tokens.ts";
import { createRelay, createServer } from "../../src/server/index.ts";
import { AdminClient, type AdminServer, startAdmin, TOKEN } from "./daemon.ts";

let running: AdminServer;
afterEach(() => running.stop());

const guess = (at: AdminServer, headers: Record<string, string> = {}): Promise<number> =>
	new AdminClient(at.server.port, "a-wrong-token-of-someone").get("status", headers).then(({ status }) => status);
const refused = (reason: string): number => running.server.metrics.refused.get(reason) ?? 0;

describe("the admin API", () => {
	it("does not exist without a token file", async () => {
		running = await startAdmin();
		const plain = createServer({ port: 0, application: createRelay() });
		await plain.listen();
		const response = await fetch(`http://127.0.0.1:${plain.port}/xmlsocket/admin/api/status`);
		expect(response.status).toBe(404);
		await plain.close({ graceMs: 0 });
	});

	it("tells nobody without a token anything, not even which paths there are", async () => {
		running = await startAdmin();
		const stranger = new AdminClient(running.server.port, null);
		for (const path of ["status", "no-such-path", "rooms/lobby/members", ""]) {
			const { status, headers, body } = await stranger.get(path);
			expect(status).toBe(401);
			expect(headers.get("www-authenticate")).toContain("Bearer");
			expect(headers.get("cache-control")).toBe("no-store");
			expect(body.error).toMatchObject({ code: "XMLSOCKET_ADMIN_UNAUTHORIZED", hint: expect.any(String) });
		}
		expect((await stranger.post("kick", { name: "ann" })).status).toBe(401);
		expect(refused("wrong-admin-token")).toBe(5);
	});

	it("stops reading tokens of an address after ten wrong ones, also from this machine, and other addresses go on", async () => {
		running = await startAdmin({}, { trustProxy: ["127.0.0.1"] });
		const from = (address: string): Record<string, string> => ({ "x-forwarded-for": address });
		const statuses: number[] = [];
		for (let i = 0; i < 12; i++) statuses.push(await guess(running, from("203.0.113.5")));
		expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
		const { status, headers, body } = await running.admin.get("status", from("203.0.113.5"));
		expect([status, body.error.code]).toEqual([429, "XMLSOCKET_TOO_MANY_GUESSES"]);
		expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
		expect((await running.admin.get("status", from("203.0.113.6"))).status).toBe(200);
		// An IPv6 network of one owner is one address.
		for (let i = 0; i < 10; i++) await guess(running, from(`2001:db8::${i + 1}`));
		expect(await guess(running, from("2001:db8::ffff"))).toBe(429);
		for (let i = 0; i < 10; i++) await guess(running);
		expect((await running.admin.get("status")).status).toBe(429);
		expect(refused("token-guessing")).toBeGreaterThan(3);
	});

	it("counts the clients of a local proxy that is not listed apart, so that one of them does not lock the operator out", async () => {
		running = await startAdmin();
		for (let i = 0; i < 11; i++) await guess(running, { "x-forwarded-for": "203.0.113.5" });
		expect(await guess(running, { "x-forwarded-for": "203.0.113.5" })).toBe(429);
		expect((await running.admin.get("status", { "x-forwarded-for": "203.0.113.7" })).status).toBe(200);
		expect((await running.admin.get("status")).status).toBe(200);
	});

	it("uses a changed token file from the next second on, and keeps the old tokens where the new file is wrong", async () => {
		running = await startAdmin();
		const other = new AdminClient(running.server.port, "another-token-of-bob");
		const replace = (text: string): void => {
			writeFileSync(`${running.tokenFile}.new`, text);
			renameSync(`${running.tokenFile}.new`, running.tokenFile);
		};
		replace("another-token-of-bob bob\n");
		await expect.poll(async () => (await running.admin.get("status")).status, { interval: 200 }).toBe(401);
		// A page that is open with the old token is no guesser.
		for (let request = 0; request < 15; request++) expect((await running.admin.get("status")).status).toBe(401);
		expect((await other.get("status")).status).toBe(200);
		// The last two are an editor that writes in place, and one that deletes the file first.
		const mistakes: [string, () => void][] = [
			["Line 1", () => replace("too-short x\n")],
			["it is empty", () => writeFileSync(running.tokenFile, "")],
			["no such file", () => rmSync(running.tokenFile)],
		];
		for (const [words, make] of mistakes) {
			make();
			const hasReported = async (): Promise<boolean> => {
				expect((await other.get("status")).status).toBe(200);
				return running.log.lines.some((line) => line.level === "error" && line.words.includes(words));
			};
			await expect.poll(hasReported, { interval: 200 }).toBe(true);
		}
		replace("# nobody any more\n");
		await expect.poll(async () => (await other.get("status")).status, { interval: 200 }).toBe(401);
	});

	it("follows a mounted secret, whose folder is a symbolic link that is replaced, with the line ends of any system", async () => {
		running = await startAdmin();
		const folder = dirname(running.tokenFile);
		const mount = (version: string, text: string): void => {
			mkdirSync(join(folder, version));
			writeFileSync(join(folder, version, "tokens"), text);
			symlinkSync(version, join(folder, "next"));
			renameSync(join(folder, "next"), join(folder, "current"));
		};
		mount("one", "\ufeff# of the team\r\n\r\nthe-token-of-the-team the team\r\n");
		const tokens = new AdminTokens(join(folder, "current", "tokens"), running.log, () => performance.now());
		expect(tokens.nameOf("the-token-of-the-team")).toBe("the team");
		mount("two", "the-token-of-another another\n");
		await expect.poll(() => tokens.nameOf("the-token-of-another")).toBe("another");
		expect(tokens.nameOf("the-token-of-the-team")).toBeUndefined();
	});

	it("does not start with a token file that is missing, or has a line that is no token", async () => {
		running = await startAdmin();
		const { createAdmin } = await import("../../src/admin/index.ts");
		const make = (tokenFile: string): unknown =>
			createAdmin({ tokenFile, server: () => running.server, chat: undefined, log: running.log, version: "0" });
		expect(() => make(`${running.tokenFile}.missing`)).toThrow(/cannot be read/);
		for (const line of ["short x", "a-token-without-a-name", `${"t".repeat(20)} ${"n".repeat(65)}`]) {
			writeFileSync(running.tokenFile, `# a comment\n\n${line}\n`);
			expect(() => make(running.tokenFile)).toThrow(/Line 3/);
		}
	});

	it("refuses a page of another site, and answers one that is listed", async () => {
		running = await startAdmin({}, { origin: ["https://ops.example"] });
		const { status, body } = await running.admin.get("status", { origin: "https://evil.example" });
		expect([status, body.error.code]).toEqual([403, "XMLSOCKET_ADMIN_FOREIGN_ORIGIN"]);
		expect(refused("foreign-origin")).toBe(1);
		expect((await running.admin.get("status", { origin: "https://ops.example" })).status).toBe(200);
		expect((await running.admin.get("status", { origin: `http://127.0.0.1:${running.server.port}` })).status).toBe(200);
	});

	it("still answers this machine when the server is full, but opens no stream on a reserved place", async () => {
		running = await startAdmin({}, { maxConnections: 2 });
		await running.client("ann");
		await running.client("bob");
		expect((await running.admin.get("status")).body).toMatchObject({ clients: 2 });
		await expect(running.admin.events()).rejects.toThrow("429");
		expect((await running.admin.post("kick", { name: "bob" })).body).toEqual({ removed: 1 });
	});

	it("is below the base path, and answers there alone", async () => {
		running = await startAdmin({}, { basePath: "/games/" });
		expect((await running.admin.get("status")).status).toBe(200);
		expect(TOKEN.length).toBeGreaterThanOrEqual(16);
	});
});
