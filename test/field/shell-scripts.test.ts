// `send`, `listen` and `connect` as people use nc, wscat and curl in shell scripts, in CI and as services.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { runHere, runProcess } from "../cli/run-command.ts";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";

let server: Server;
let port = 0;
const received: string[] = [];

/** A server that answers each document with its size. */
function serve(socket: Socket): void {
	let text = "";
	socket.on("error", () => {});
	socket.on("data", (chunk) => {
		const documents = (text + String(chunk)).split("\0");
		text = documents.pop()!;
		for (const document of documents) {
			received.push(document);
			socket.write(`<got size="${document.length}"/>\0`);
		}
	});
}

const listening = async (at = 0): Promise<Server> => {
	const made = createServer(serve);
	await new Promise<void>((done) => made.listen(at, "127.0.0.1", done));
	return made;
};

beforeAll(async () => {
	server = await listening();
	({ port } = server.address() as { port: number });
});
afterAll(() => void server.close());

describe("a script", () => {
	it.each([
		["-", ["-"]],
		["-m -", ["-m", "-"]],
		["-f -", ["-f", "-"]],
	])("gives the document on standard input, and says so with %s", async (_form, words) => {
		const { code, out } = await runProcess(["send", `127.0.0.1:${port}`, ...words], { input: "<from-a-pipe/>\n" });
		expect([code, out, received.at(-1)]).toEqual([0, '<got size="14"/>\n', "<from-a-pipe/>"]);
	});

	it("has an address that ends with the line end of a file", async () => {
		const { code, out } = await runHere(["send", `127.0.0.1:${port}\r\n`, "<a/>"]);
		expect([code, out]).toEqual([0, '<got size="4"/>\n']);
	});

	it.each(["send", "connect", "listen", "policy"])(
		"separates host and port with a blank, as for nc: %s shows how to write them",
		async (name) => {
			const { code, err } = await runHere([name, "game.example", "9339"]);
			expect(code).toBe(2);
			// What commander prints goes past the writers of this process.
			if (name === "send") expect(err).toContain("as one word: game.example:9339");
		},
	);

	it("separates them for connect: the error has the address to write", async () => {
		const { code, err } = await runProcess(["connect", "game.example", "9339"]);
		expect([code, err]).toEqual([2, expect.stringContaining("as one word: game.example:9339")]);
	});

	it("waits for one kind of document among many: --filter prints and counts it alone", async () => {
		const words = ["listen", `127.0.0.1:${port}`, "-x", "<a/>", "<abc/>", "<a/>", "-W", "30"];
		const { code, out } = await runHere([...words, "-C", "1", "--filter", "got[@size='6']"]);
		expect([code, out]).toEqual([0, '<got size="6"/>\n']);
		const wrong = await runHere([...words, "--filter", "got[@size"]);
		expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("got[@size")]);
	});

	it("wants columns of its own: --format prints length, root and number, and says which letters it knows", async () => {
		const words = ["listen", `127.0.0.1:${port}`, "-x", "<a/>", "<abc/>", "-C", "2", "-W", "30", "--format"];
		const { out } = await runHere([...words, "%n\\t%e %l%% %p"]);
		expect(out).toBe('1\tgot 15% <got size="4"/>\n2\tgot 15% <got size="6"/>\n');
		for (const [format, why] of [
			["%x", "%x stands for nothing: there are %p, %l"],
			["100%", "% stands for nothing"],
			["\\q", "\\q stands for nothing"],
		] as const) {
			expect(await runHere([...words, format])).toMatchObject({ code: 2, err: expect.stringContaining(why) });
		}
		expect((await runHere([...words, "%p", "--json"])).err).toContain("--format excludes --json");
	});

	it("looks at a service by hand: --pretty indents, -v adds time, length, and how it ends", async () => {
		const words = ["listen", `127.0.0.1:${port}`, "-x", "<a/>", "-C", "1", "-W", "30"];
		const { out, err } = await runHere([...words, "-v"]);
		expect(out).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}15 B {2}<got size="4"\/>\n$/);
		expect(err).toContain(`connected to 127.0.0.1:${port}\n`);
		expect(err).toContain("the connection is closed\n");
		expect((await runHere([...words, "--pretty"])).out).toBe('<got size="4" />\n');
	});

	it("reaches a server behind a proxy that wants a cookie: -H sends headers with the request of a WebSocket", async () => {
		const seen: unknown[] = [];
		const web = new WebSocketServer({ port: 0, host: "127.0.0.1" });
		web.on("connection", (socket, { headers }) => {
			seen.push([headers.cookie, headers["x-room"]]);
			socket.send(Buffer.from("<in/>\0"));
		});
		onTestFinished(() => void web.close());
		await once(web, "listening");
		const address = `ws://127.0.0.1:${(web.address() as AddressInfo).port}/`;
		const words = ["listen", address, "-C", "1", "-H", "Cookie: session=1; a=b", "-H", "X-Room:lobby"];
		expect(await runHere(words)).toMatchObject({ code: 0, out: "<in/>\n" });
		expect(seen).toEqual([["session=1; a=b", "lobby"]]);
		const wrong = await runHere(["listen", address, "-H", "Cookie"]);
		expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("--header takes NAME: VALUE")]);
		expect((await runHere(["listen", address, "-H", "Host: other"])).err).toContain("option headers");
	});
});

it("a service listens before its server starts, and after it restarts: its first documents are sent each time", async () => {
	const before = await listening();
	const { port: later } = before.address() as { port: number };
	await new Promise((closed) => before.close(closed));
	const words = ["listen", `127.0.0.1:${later}`, "--reconnect", "-x", "<join/>", "-C", "2"];
	const child = spawn(process.execPath, [command, ...words], { env: cleanEnvironment() });
	onTestFinished(() => void child.kill("SIGKILL"));
	let [out, err] = ["", ""];
	child.stdout.on("data", (chunk) => {
		out += String(chunk);
	});
	const ended = new Promise((done) => child.on("close", done));
	await new Promise<void>((done) =>
		child.stderr.on("data", (chunk) => {
			err += String(chunk);
			if (err.includes("Trying again")) done();
		}),
	);
	const started = await listening(later);
	onTestFinished(() => void started.close());
	// The connection ends after the first answer, and comes again.
	started.once("connection", (socket: Socket) => socket.once("data", () => setImmediate(() => socket.end())));
	expect(await ended).toBe(0);
	expect(out).toBe('<got size="7"/>\n<got size="7"/>\n');
	expect(err).toContain("the connection is lost; connecting again");
});

describe("a command line as for another server", () => {
	it.each([
		[["gateway", "--cert", "a.pem", "127.0.0.1:9339"], "--tls-cert"],
		[["serve", "--ssl-key", "a.pem"], "--tls-key"],
		[["serve", "--bind", "0.0.0.0"], "--host"],
		[["serve", "--listen", "9755"], "--port"],
		[["serve", "9755"], "--port 9755"],
	] as const)("%j: the error names %s", async (words, flag) => {
		const { code, err } = await runProcess(words);
		expect([code, err]).toEqual([2, expect.stringContaining(`(Did you mean ${flag}?)`)]);
	});
});

it("a script sends to a server that never ends its own side: the command ends soon after its wait", async () => {
	const open = createServer({ allowHalfOpen: true }, serve);
	await new Promise<void>((done) => open.listen(0, "127.0.0.1", done));
	onTestFinished(() => void open.close());
	const begun = performance.now();
	const { code, out } = await runHere(["send", `127.0.0.1:${(open.address() as { port: number }).port}`, "<a/>"]);
	expect([code, out]).toEqual([0, '<got size="4"/>\n']);
	// The limit of a connection is 5 s otherwise.
	expect(performance.now() - begun).toBeLessThan(4500);
});
