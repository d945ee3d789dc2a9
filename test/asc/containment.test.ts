// What a script can do wrong, each time beside a neighbour in the same process that must notice nothing.

import { afterEach, describe, expect, it } from "vitest";
import { makeFolder, type Running, startScripts, stopAll } from "./support.ts";

afterEach(stopAll);

const NEIGHBOUR = `
Client.prototype.ping = function (xml) { return new XML("<pong/>"); }
application.onAppStart = function () { trace("neighbour up"); }
`;

/** The script under test, and its neighbour; the neighbour answers before and after. */
async function beside(text: string, options: object = {}): Promise<Running> {
	const running = await startScripts(
		[makeFolder({ "main.asc": text }, "culprit"), makeFolder({ "main.asc": NEIGHBOUR }, "neighbour")],
		{ scriptTimeoutMs: 300, scriptRestartMs: 50, ...options },
	);
	await neighbourAnswers(running);
	return running;
}

async function neighbourAnswers(running: Running): Promise<void> {
	const client = running.client('<connect app="neighbour"/>', "<ping/>");
	await client.until((text) => text.includes("<pong />"));
	client.socket.destroy();
}

async function neighbourIsUnharmed(running: Running): Promise<void> {
	await neighbourAnswers(running);
	expect(running.traces.filter(({ text }) => text === "neighbour up").length).toBe(1);
}

describe("an endless loop", () => {
	it("is stopped and logged with its script and line, and the application restarts", async () => {
		const running = await beside(`trace("up");
Client.prototype.loop = function () {
	var n = 0;
	while (true) {
		n++;
	}
}`);
		const client = running.client('<connect app="culprit"/>', "<loop/>");
		const line = await running.logged("was stopped");
		expect(line).toMatchObject({
			level: "error",
			facts: { code: "XMLSOCKET_SCRIPT_STOPPED", call: "a client's document" },
		});
		expect(String(line.facts.place)).toMatch(/^main\.asc:[45]$/);
		await client.closed;
		expect(client.documents.at(-1)).toContain("NetConnection.Connect.AppShutdown");
		for (let tries = 0; running.traces.filter(({ text }) => text === "up").length < 2 && tries < 500; tries++)
			await new Promise((resolve) => setTimeout(resolve, 20));
		const next = running.client('<connect app="culprit"/>');
		await next.until((text) => text.includes("Success"));
		await neighbourIsUnharmed(running);
	});

	it("in a promise's job is stopped too", async () => {
		const running = await beside(`Client.prototype.loop = function () {
	(async function () { await null; for (;;) { n = 1; } })();
}`);
		running.client('<connect app="culprit"/>', "<loop/>");
		await running.logged("was stopped");
		await neighbourIsUnharmed(running);
	});

	it("of promise jobs is stopped too", async () => {
		const running = await beside(`Client.prototype.loop = function () {
	(function again() { Promise.resolve().then(again); })();
}`);
		running.client('<connect app="culprit"/>', "<loop/>");
		await running.logged("was stopped");
		await neighbourIsUnharmed(running);
	});

	it("in a function of setInterval is stopped, and the log names the call", async () => {
		const running = await beside("setInterval(function () { for (;;) { n = 1; } }, 1)");
		const line = await running.logged("was stopped");
		expect(line.words).toContain("a function of setInterval");
		await neighbourIsUnharmed(running);
	});

	it("in the entry script makes the start fail", async () => {
		await expect(beside("for (;;) { n = 1; }")).rejects.toMatchObject({ code: "XMLSOCKET_SCRIPT_STOPPED" });
	});

	it("that writes trace lines is stopped before it fills the memory", async () => {
		const running = await beside('Client.prototype.loop = function () { for (;;) trace("line"); }');
		running.client('<connect app="culprit"/>', "<loop/>");
		await running.logged("was stopped");
		expect(running.traces.length).toBeLessThan(1_000_000);
		await neighbourIsUnharmed(running);
	});
});

it("many short calls in succession do not count as an endless loop", async () => {
	const text = `busy = 0;
Client.prototype.work = function () { var end = new Date().getTime() + 20; while (new Date().getTime() < end); busy++; }
Client.prototype.report = function () { trace("busy " + busy); }`;
	// One call must not take that long on a busy machine, and all of them must.
	const running = await beside(text, { scriptTimeoutMs: 2000 });
	const client = running.client('<connect app="culprit"/>');
	for (let at = 0; at < 120; at++) client.send("<work/>\0");
	client.send("<report/>\0");
	await running.traced("busy 120");
});

it("a regular expression that does not end is stopped", async () => {
	const running = await beside(`Client.prototype.match = function () {
	return /(x+)+y/.test("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}`);
	running.client('<connect app="culprit"/>', "<match/>");
	const line = await running.logged("was stopped");
	expect(line.words).toContain("a client's document ran longer than 300 ms");
	await neighbourIsUnharmed(running);
});

it("an application that reaches its heap limit is ended and restarts", async () => {
	const running = await beside(
		`trace("up");
Client.prototype.hog = function () { var all = []; for (;;) all.push({ all: all }); }`,
		{ scriptHeapMiB: 16, scriptTimeoutMs: 20_000 },
	);
	running.client('<connect app="culprit"/>', "<hog/>");
	const line = await running.logged("has used up its heap of 16 MiB");
	expect(line.facts).toMatchObject({ code: "XMLSOCKET_SCRIPT_OUT_OF_MEMORY", application: "culprit" });
	await neighbourIsUnharmed(running);
});

it("an application whose table doubles in size is ended at its heap limit too", async () => {
	const running = await beside(
		`table = {}; n = 0;
Client.prototype.leak = function () { for (var i = 0; i < 10000; i++) table["key" + n++] = { number: n }; }`,
		{ scriptHeapMiB: 32, scriptTimeoutMs: 20_000 },
	);
	const client = running.client('<connect app="culprit"/>');
	for (let at = 0; at < 200 && !client.socket.destroyed; at++) {
		client.send('<call name="leak" id="1"/>\0');
		await client.until((text) => text.split("<result").length > at + 1).catch(() => {});
	}
	await running.logged("has used up its heap of 32 MiB");
	await neighbourIsUnharmed(running);
});

it("endless recursion is an exception of the script, with its position", async () => {
	const running = await beside(`Client.prototype.dive = function () { this.dive(); }
Client.prototype.alive = function () { trace("alive"); }`);
	running.client('<connect app="culprit"/>', "<dive/>", "<alive/>");
	const line = await running.logged("Maximum call stack size exceeded");
	expect(line.facts.at).toBe("main.asc:1:44");
	await running.traced("alive");
});

it("the application continues when handlers throw, whatever the value", async () => {
	const running = await beside(`
thrown = [null, undefined, 1, "text", { toString: function () { throw 1; } }, function () {}, new Error("mine"),
	{ get stack() { throw 2; } }, new Proxy({}, { get: function () { throw 3; }, getPrototypeOf: function () { throw 4; } })];
Client.prototype.fail = function () { throw thrown.shift(); }
Client.prototype.alive = function () { trace("alive " + thrown.length); }`);
	const client = running.client('<connect app="culprit"/>');
	for (let at = 0; at < 9; at++) client.send("<fail/>\0");
	client.send("<alive/>\0");
	await running.traced("alive 0");
	expect(running.log.lines.filter(({ words }) => words.startsWith("a script threw an exception")).length).toBe(9);
});

it("a promise that never settles blocks nothing, and an unhandled rejection is reported with its position", async () => {
	const running = await beside(`
Client.prototype.wait = async function () { await new Promise(function () {}); }
Client.prototype.reject = async function () {
	await null;
	throw new Error("later");
}
Client.prototype.alive = function () { trace("alive"); }`);
	running.client('<connect app="culprit"/>', "<wait/>", "<reject/>", "<alive/>");
	await running.traced("alive");
	const line = await running.logged("Error: later");
	expect(line.facts.at).toBe("main.asc:5:8");
});

it("a script that sends documents faster than the daemon receives them gets an exception", async () => {
	const running = await beside(
		`Client.prototype.flood = function () { for (;;) this.send("<x/>"); }
Client.prototype.alive = function () { trace("alive"); }`,
		{ scriptTimeoutMs: 20_000 },
	);
	const client = running.client('<connect app="culprit"/>', "<flood/>", "<alive/>");
	const line = await running.logged("100000 documents of the application wait to be sent");
	expect(line.facts.at).toBe("main.asc:1:54");
	await running.traced("alive");
	client.socket.destroy();
	await neighbourIsUnharmed(running);
});

it("a client that leaves 1000 calls without an answer is disconnected, and the script's call returns false", async () => {
	const running = await beside(`
Client.prototype.calls = function () { for (var i = 0; this.call("x", {}); i++); trace("answered " + i + " " + this.call("x", {})); }
Client.prototype.alive = function () { trace("alive"); }`);
	const client = running.client('<connect app="culprit"/>', "<calls/>");
	await running.traced("answered 1000 false");
	await client.closed;
	await running.logged("it left 1000 calls of the application without an answer");
	running.client('<connect app="culprit"/>', "<alive/>");
	await running.traced("alive");
	expect(running.log.lines.filter(({ words }) => words.startsWith("a script threw"))).toEqual([]);
});

it("the number of intervals, and of documents before onConnect has decided, is limited", async () => {
	const running = await beside(`
application.onConnect = function (client) { if (!first) { first = client; return true; } }
first = null;
Client.prototype.timers = function () { for (i = 0; i < 2000; i++) setInterval(function () {}, 100000); }
Client.prototype.calls = function () { for (i = 0; i < 2000; i++) this.call("x", {}); }`);
	running.client('<connect app="culprit"/>', "<timers/>");
	await running.logged("1000 intervals are running");
	const pending = running.client('<connect app="culprit"/>');
	for (let at = 0; at < 200; at++) pending.send("<early/>\0");
	await pending.closed;
	await running.logged("more than 100 documents or 262144 characters before the application accepted it");
});
