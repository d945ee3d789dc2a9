// Who is who at the real daemon: a token file that changes while clients are connected, and the logins of a web site over restarts and workers.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connect, openChat } from "../../src/index.ts";
import { keyFile, keyPairSite, secretSite } from "../identity/site.ts";
import { type Daemon, startDaemon } from "./daemon.ts";

let folder: string;
const daemons: Daemon[] = [];
const start = async (...flags: string[]): Promise<Daemon> => {
	const daemon = await startDaemon(flags);
	daemons.push(daemon);
	return daemon;
};

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "identity-"));
});
afterEach(async () => {
	for (const daemon of daemons.splice(0)) await daemon.stop("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
});

it("a line is removed from the token file: its user becomes a guest, the others stay", async () => {
	const file = join(folder, "tokens");
	writeFileSync(file, "a Ann operator\nb Bob\n");
	const daemon = await start("--memory", "--token-file", file);
	const address = `localhost:${daemon.port}`;
	const ann = await openChat(address, { token: "a" });
	const bob = await openChat(address, { token: "b" });
	const refused = new Promise<string>((resolve) => ann.on("refused", ({ code }) => resolve(code)));
	writeFileSync(file, "b Bob\nc Carol\n");
	daemon.process.kill("SIGHUP");
	expect(await refused).toBe("XMLSOCKET_TOKEN_INVALID");
	expect((await openChat(address, { token: "c" })).name).toBe("Carol");
	await expect(openChat(address, { token: "a" })).rejects.toMatchObject({ code: "XMLSOCKET_TOKEN_INVALID" });
	writeFileSync(file, "oops\n");
	daemon.process.kill("SIGHUP");
	await vi.waitFor(() => expect(daemon.log()).toContain("Line 1 of the token file is not TOKEN NAME"), 10_000);
	expect((await (await bob.join("lobby")).say("still here")).seq).toBe(1);
	expect(bob.name).toBe("Bob");
	await bob.close();
});

it("a token is used, and the daemon is killed: the user is back under the name, and nobody else can use the token", async () => {
	const site = secretSite();
	const file = join(folder, "keys.json");
	writeFileSync(file, keyFile(site));
	const flags = ["--data", join(folder, "data"), "--login-keys", file];
	const first = await start(...flags);
	const token = await site.token("Ann", { operator: true });
	const ann = await openChat(`localhost:${first.port}`, { token, reconnect: false });
	const { session } = ann;
	await first.stop("SIGKILL");
	const second = await start(...flags);
	const address = `localhost:${second.port}`;
	await expect(openChat(address, { token })).rejects.toMatchObject({ code: "XMLSOCKET_TOKEN_USED" });
	const back = await openChat(address, { session, token });
	expect([back.name, back.session]).toEqual(["Ann", session]);
	const room = await back.join("lobby");
	await room.setTopic("operators only");
	await back.close();
	expect(second.log()).toContain('"reason":"token-used"');
	expect(second.log()).not.toContain(token);
});

it("three workers: a token is used at one of them, and a session continues at each", async () => {
	const [site, own] = [keyPairSite(), secretSite("own")];
	const file = join(folder, "keys.json");
	writeFileSync(file, keyFile(site, own));
	const daemon = await start("--memory", "--workers", "3", "--login-keys", file);
	const address = `localhost:${daemon.port}`;
	const token = await site.token("Ann");
	const tries = await Promise.allSettled(Array.from({ length: 6 }, () => openChat(address, { token })));
	const chats = tries.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
	expect(chats.map(({ name }) => name)).toEqual(["Ann"]);
	const { session } = chats[0]!;
	await chats[0]!.close();
	for (let i = 0; i < 4; i++) {
		const back = await openChat(address, { session, name: "Ann", reconnect: false });
		expect(back.name).toBe("Ann");
		await back.close();
	}
	const other = await connect(address);
	const refusal = await other.request('<hello name="Ann" id="1"/>', {
		match: ({ text }) => text.startsWith("<error"),
	});
	expect(refusal.text).toContain("token-invalid");
	await other.close();
});

it("a client gets a new token from its site for each connection", async () => {
	const site = secretSite();
	const file = join(folder, "keys.json");
	writeFileSync(file, keyFile(site));
	const first = await start("--memory", "--login-keys", file);
	let asked = 0;
	const chat = await openChat(`localhost:${first.port}`, {
		reconnect: { minDelayMs: 10, maxDelayMs: 50 },
		token: async () => {
			if (++asked === 2) throw new Error("The site is down for a moment.");
			return await site.token("Ann");
		},
	});
	const connected = new Promise<void>((resolve) => {
		chat.on("status", ({ type }) => type === "connected" && resolve());
	});
	await first.stop("SIGKILL");
	await start("--memory", "--login-keys", file, "--port", String(first.port));
	await connected;
	expect([chat.name, asked >= 3]).toEqual(["Ann", true]);
	await chat.close();
});
