// README.md as a stranger uses it: the blocks of the page are pasted into one terminal, in their order, in an empty folder in which the package
// is installed. Only the ports are other ones, because those of the page may be in use here. What is packed is in tarball.test.ts.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.ts";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { RawClient } from "../server/peers.ts";
import { openTerminal, scriptProgram, type Terminal } from "./terminal.ts";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const starts = readme.slice(readme.indexOf("## Install"), readme.indexOf("## Why"));
const PORTS = [9000, 9001, 9100, 9200, 9339];

let folder: string;
let terminal: Terminal;
/** The port that stands for one of the page. */
const ports = new Map<number, number>();

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket readme "));
	mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
	symlinkSync(root, join(folder, "node_modules/xmlsocket"), "dir");
	symlinkSync("../xmlsocket/dist/cli/main.js", join(folder, "node_modules/.bin/xmlsocket"));
	writeFileSync(join(folder, "package.json"), "{}");
	// What opens the browser of a reader.
	const tools = join(folder, "tools");
	mkdirSync(tools);
	writeFileSync(join(tools, "xdg-open"), "#!/bin/sh\n", { mode: 0o755 });
	for (const [at, port] of (await freePorts(PORTS.length)).entries()) ports.set(PORTS[at]!, port);
	if (scriptProgram) terminal = await openTerminal(folder, { PATH: `${tools}:${process.env.PATH}` });
});
afterAll(async () => {
	await terminal?.close();
	rmSync(folder, { recursive: true, force: true });
});

/** Ports that are free at this moment. */
async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer();
			await new Promise<void>((done) => server.listen(0, "localhost", done));
			return server;
		}),
	);
	const free = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
	return free;
}

const withPorts = (text: string): string =>
	text.replace(/\b(9000|9001|9100|9200|9339)\b/g, (port) => String(ports.get(Number(port))));

/** The blocks of the page that begin with this heading, in a language. */
function blocks(heading: string, language: string): string[] {
	const section = starts.slice(starts.indexOf(heading)).slice(heading.length);
	const [own] = section.split(/\n##/);
	return [...own!.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) =>
		withPorts(match[1]!),
	);
}

/** Waits until a port accepts connections, or until none does. */
async function listening(port: number, expected = true): Promise<void> {
	await expect
		.poll(async () => {
			const client = RawClient.tcp(ports.get(port)!);
			const open = await new Promise((done) => {
				client.socket.once("connect", () => done(true));
				client.socket.once("error", () => done(false));
			});
			client.socket.destroy();
			return open;
		})
		.toBe(expected);
}

describe("the page", () => {
	it("has fewer than 150 lines", () => {
		expect(readme.split("\n").length).toBeLessThan(150);
	});
});

describe.skipIf(!scriptProgram)("the starts, pasted into one terminal", () => {
	it("install the package, and copy its examples", async () => {
		const [install] = blocks("## Install", "sh") as [string];
		const [npm, ...others] = install.split("\n");
		expect(npm).toMatch(/^npm install xmlsocket @ruffle-rs\/ruffle /);
		await terminal.paste(others.join("\n"));
		expect(existsSync(join(folder, "examples/relay-game/site/game.swf"))).toBe(true);
	});

	it("play a movie, whose socket reaches a server", async () => {
		const [start] = blocks("### You own a Flash game", "sh") as [string];
		// The movie asks for the port of the page.
		await terminal.paste(start.replace(/(play .*) &$/m, `$1 --param port=${ports.get(9339)} &`));
		await Promise.all([listening(9339), listening(9001)]);
		const page = `http://localhost:${ports.get(9001)}/`;
		expect((await fetch(page)).status).toBe(200);
		if (!chromiumPath) return;
		const server = RawClient.tcp(ports.get(9339)!);
		const browser = await launch();
		await (await browser.browser.newPage()).goto(page);
		await server.until((text) => /<at (?=[^>]*id="swf\d+")/.test(text));
		await browser.close();
		server.socket.destroy();
	});

	it("open a chat, which a terminal and a program join", async () => {
		const [serve, send] = blocks("### You build a chat", "sh") as [string, string];
		const [hello, game] = blocks("### You build a chat", "js") as [string, string];
		await terminal.paste(serve);
		await listening(9000);
		expect((await fetch(`http://localhost:${ports.get(9000)}/`)).status).toBe(200);
		expect(await terminal.paste(send)).toMatch(/<said [^>]*>hi<\/said>/);
		writeFileSync(join(folder, "hello.mjs"), hello);
		expect(await terminal.paste("node hello.mjs")).toContain("\nann: 2 < 3 & true\n");

		writeFileSync(join(folder, "game.mjs"), game);
		await terminal.paste("node game.mjs &");
		await listening(9100);
		const address = `localhost:${ports.get(9100)}`;
		const [one, other] = await Promise.all([connect(address), connect(address)]);
		let received = "";
		other.on("document", ({ text }) => {
			received = text;
		});
		// A client that sends nothing is in the room only after a moment.
		await expect
			.poll(() => {
				one.send("<hi/>");
				return received;
			})
			.toBe("<hi/>");
		await Promise.all([one.close(), other.close()]);
	});

	it("run an application of Flash Media Server", async () => {
		const [run, send] = blocks("### You own an application", "sh") as [string, string];
		await terminal.paste(run);
		await listening(9200);
		expect(await terminal.paste(send)).toContain('<said room="lobby" from="ann">hi</said>');
	});

	it("end together", async () => {
		expect(readme).toContain("`kill %1` ends the first");
		await terminal.paste("kill %1 %2 %3 %4 %5");
		await Promise.all(PORTS.map((port) => listening(port, false)));
	});
});
