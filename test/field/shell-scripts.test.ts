// `send`, `listen` and `connect` as people use nc, wscat and curl in shell scripts, in CI and as services.

import { spawn } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
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
