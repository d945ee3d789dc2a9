// The prompt of `xmlsocket connect` in a real terminal, as people use it: long lines, pasted documents, a server that ends.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createServer, type ServerConnection } from "../../src/server/index.ts";
import { hasTmux, Terminal } from "./tmux.ts";

const program = join(import.meta.dirname, "../../dist/cli/main.js");

interface Started {
	readonly terminal: Terminal;
	readonly received: string[];
	readonly connection: ServerConnection;
	readonly state: string;
}

async function start(flags = "", within = (command: string, _folder: string): string => command): Promise<Started> {
	const state = mkdtempSync(join(tmpdir(), "xmlsocket prompt "));
	const server = createServer({ port: 0, firstBytesTimeoutMs: 10 });
	await server.listen();
	const received: string[] = [];
	const connected = new Promise<ServerConnection>((resolve) => server.once("connection", resolve));
	const node = JSON.stringify(process.execPath);
	const command = `${node} ${JSON.stringify(program)} connect :${server.port} ${flags}`;
	const terminal = new Terminal(within(command, state), { XDG_STATE_HOME: state });
	onTestFinished(async () => {
		terminal.close();
		await server.close({ graceMs: 0 });
		rmSync(state, { recursive: true, force: true });
	});
	const connection = await connected;
	connection.on("document", ({ text }) => received.push(text));
	await expect.poll(() => terminal.text()).toContain("/help explains more");
	return { terminal, received, connection, state };
}

describe.skipIf(!hasTmux())("the prompt", () => {
	test("documents that arrive while a line of two rows is being typed are all shown, and the line is shown once", async () => {
		const { terminal, received, connection } = await start();
		const long = `<say room="lobby">${"a long line that wraps ".repeat(4)}`;
		terminal.type(long);
		await expect.poll(() => terminal.text()).toContain(long.trimEnd());
		for (let number = 1; number <= 5; number++) connection.send(`<tick n="${number}"/>`);
		await expect.poll(() => terminal.text()).toContain('< <tick n="5"/>');
		const text = terminal.text();
		for (let number = 1; number <= 5; number++) expect(text).toContain(`< <tick n="${number}"/>\n`);
		expect(text.split('<say room="lobby">').length).toBe(2);
		terminal.type("</say>");
		terminal.press("Enter");
		await expect.poll(() => received).toEqual([`${long}</say>`]);
	});

	test("a pasted document of several lines is one document; pasted documents, one on each line, are several", async () => {
		const { terminal, received } = await start();
		terminal.paste("<a>\n <b/>\n</a>\n");
		await expect.poll(() => received).toEqual(["<a>\n <b/>\n</a>"]);
		terminal.paste("<c/>\n<d/>\n");
		await expect.poll(() => received.slice(1)).toEqual(["<c/>", "<d/>"]);
		terminal.paste('{ "json":\n1 }');
		await expect.poll(() => terminal.text()).toContain("1 }");
		terminal.press("Enter");
		await expect.poll(() => received.slice(3)).toEqual(['{ "json":\n1 }']);
	});

	test("an element that is typed, or pasted by an old terminal, over several lines is one document", async () => {
		const { terminal, received } = await start();
		terminal.paste('<a\n b="1">\n<![CDATA[x\ny]]>\n</a>\n', false);
		await expect.poll(() => received).toEqual(['<a\n b="1">\n<![CDATA[x\ny]]>\n</a>']);
		for (const line of ["<broken>", "<more", ""]) {
			terminal.type(line);
			terminal.press("Enter");
		}
		await expect.poll(() => received.slice(1)).toEqual(["<broken>\n<more"]);
		terminal.type("%xt%zone%cmd%");
		terminal.press("Enter");
		await expect.poll(() => received.slice(2)).toEqual(["%xt%zone%cmd%"]);
	});

	test("the end of the server is shown, and the prompt ends with 1; Ctrl+C discards a line, then ends with 130", async () => {
		const first = await start();
		void first.connection.close();
		await expect.poll(() => first.terminal.text()).toMatch(/\(the server closed the connection\)[\s\S]*exit 1/);
		const second = await start();
		second.terminal.type("<half");
		await expect.poll(() => second.terminal.text()).toContain("> <half");
		second.terminal.press("C-c");
		await expect.poll(() => second.terminal.text()).toMatch(/<half\^C\n> *\n/);
		second.terminal.press("C-c");
		await expect.poll(() => second.terminal.text()).toContain("exit 130");
		expect(second.received).toEqual([]);
	});

	test("Tab completes elements that were seen, /help explains, and the lines are kept for the next run", async () => {
		const { terminal, received, connection, state } = await start();
		connection.send('<verChk r="0"/>');
		await expect.poll(() => terminal.text()).toContain("< <verChk");
		terminal.type("<verC");
		terminal.press("Tab");
		terminal.type("/>");
		terminal.press("Enter");
		await expect.poll(() => received).toEqual(["<verChk/>"]);
		terminal.type('<hello token="secret"/>');
		terminal.press("Enter");
		await expect.poll(() => received[1]).toBe('<hello token="secret"/>');
		terminal.type("/help");
		terminal.press("Enter");
		await expect.poll(() => terminal.text()).toContain("Tab: complete");
		terminal.type("/quit");
		terminal.press("Enter");
		await expect.poll(() => terminal.text()).toContain("exit 0");
		expect(readFileSync(join(state, "xmlsocket", "history"), "utf8")).toBe("<verChk/>\n/help\n/quit\n");
	});

	test("bytes without the terminator and text of another encoding are reported between the lines", async () => {
		const { terminal, connection } = await start();
		connection.send("<a>\ufffd</a>");
		await expect.poll(() => terminal.text()).toContain("(a document is not valid utf-8: set --encoding");
		const other = await start("--terminator crlf");
		other.connection.send("<a/>");
		void other.connection.close();
		await expect.poll(() => other.terminal.text()).toContain("no terminator (crlf) follows the last 5 bytes");
	});

	test("in a terminal of an editor, which obeys no escape sequences (TERM=dumb), it writes none", async () => {
		// The recording is what the terminal is sent.
		const { received, terminal, connection, state } = await start("", (command, folder) => {
			return `env TERM=dumb script -qec '${command}' '${join(folder, "recording")}'`;
		});
		connection.send("<a/>");
		await expect.poll(() => terminal.text()).toContain("< <a/>");
		terminal.type("<b/>");
		terminal.press("Enter");
		await expect.poll(() => received).toEqual(["<b/>"]);
		terminal.press("C-d");
		await expect.poll(() => terminal.text()).toContain("exit 0");
		const [, ...lines] = readFileSync(join(state, "recording"), "utf8").split("\n");
		expect(lines.join("\n")).toContain("< <a/>");
		expect(lines.join("\n")).not.toContain("\u001b");
	});

	test("on a stream each line is sent as it is", async () => {
		const { terminal, received } = await start("--stream");
		terminal.type("<stream:stream to='localhost'>");
		terminal.press("Enter");
		await expect.poll(() => terminal.text()).toMatch(/<stream:stream to='localhost'>\n> /);
		expect(received).toEqual([]);
	});
});
