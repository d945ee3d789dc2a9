// Start, reload and restart of applications, and which of several a client is in.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openScriptHost } from "../../dist/asc/index.js";
import { makeFolder, type Running, startScript, startScripts, stopAll } from "./support.ts";

afterEach(stopAll);

const names = (running: Running): string[] => running.host.applications.map(({ name }) => name);

describe("the entry script", () => {
	it.each([
		[
			"scripts/main.asc before main.asc",
			{ "scripts/main.asc": 'trace("1")', "main.asc": 'trace("2")', "main.js": "" },
			"1",
		],
		["main.asc before main.js", { "main.asc": 'trace("2")', "main.js": 'trace("3")', "app.asc": "" }, "2"],
		["main.js before the folder's name", { "main.js": 'trace("3")', "app.asc": 'trace("4")' }, "3"],
		["NAME.asc", { "app.asc": 'trace("4")', "app.js": "" }, "4"],
		["scripts/NAME.js", { "scripts/app.js": 'trace("5")', "other.asc": "" }, "5"],
	])("is %s", async (_what, files, text) => {
		const running = await startScripts([makeFolder(files as Record<string, string>)]);
		expect(running.traces.map((line) => line.text)).toEqual([text]);
	});

	it("can be given directly, and the application has the name of its folder or of the script", async () => {
		const folder = makeFolder({ "scripts/main.asc": "", "other.asc": "" }, "shop");
		const running = await startScripts([join(folder, "scripts/main.asc"), join(folder, "other.asc")]);
		expect(names(running)).toEqual(["shop", "other"]);
	});

	it.each([
		["there is none", { "a.asc": "" }, "XMLSOCKET_SCRIPT_UNREADABLE", "has none of main.asc, main.js, app.asc, app.js"],
		["it cannot be parsed", { "main.asc": "var a;\nif (" }, "XMLSOCKET_SCRIPT_FAILED", "main.asc:2:5: SyntaxError"],
		["it throws", { "main.asc": "a = 1;\nnull.x" }, "XMLSOCKET_SCRIPT_FAILED", "main.asc:2:6"],
		[
			"what it loads is missing",
			{ "main.asc": ';load("gone.asc")' },
			"XMLSOCKET_SCRIPT_FAILED",
			'main.asc:1:2: load("gone.asc")',
		],
	])("makes the start fail when %s", async (_what, files, code, words) => {
		const failure = openScriptHost([makeFolder(files as Record<string, string>)]);
		await expect(failure).rejects.toMatchObject({ code });
		await expect(failure).rejects.toThrow(words);
	});

	it("runs although its onAppStart throws", async () => {
		const running = await startScript(
			"application.onAppStart = function () { null.x }; Client.prototype.hi = function (x) { return x }",
		);
		expect(running.log.lines.find(({ level }) => level === "error")?.words).toContain("reading 'x'");
		await running.client("<hi/>").until((text) => text.includes("hi"));
	});
});

describe("Application.xml", () => {
	const start = (xml: string, text = "") =>
		startScripts([makeFolder({ "main.asc": text, "Application.xml": xml })], {
			scriptTimeoutMs: 20_000,
			scriptRestartMs: 50,
		});

	it("MaxTimeOut, in seconds, overrides the option", async () => {
		const running = await start(
			"<Application><ScriptEngine><MaxTimeOut>1</MaxTimeOut></ScriptEngine></Application>",
			"Client.prototype.loop = function () { for (;;) { n = 1 } }",
		);
		running.client("<loop/>");
		expect((await running.logged("was stopped")).facts.timeoutMs).toBe(1000);
	});

	it("RuntimeSize, in KiB, is the heap in addition to the runtime's own", async () => {
		const running = await start(
			"<Application><JSEngine><RuntimeSize>1024</RuntimeSize></JSEngine></Application>",
			"Client.prototype.hog = function () { var all = []; for (;;) all.push({}) }",
		);
		running.client("<hog/>");
		await running.logged("has used up its heap of 17 MiB");
	});

	it.each([
		["<Application>", "not well-formed (status -9)"],
		["<Application><JSEngine><MaxTimeOut>soon</MaxTimeOut></JSEngine></Application>", 'MaxTimeOut is "soon"'],
	])("%s is refused with a reason", async (xml, words) => {
		await expect(start(xml)).rejects.toThrow(words);
		await expect(start(xml)).rejects.toMatchObject({ code: "XMLSOCKET_APPLICATION_XML_INVALID" });
	});
});

describe("several applications on a port", () => {
	const say = (word: string): string => `Client.prototype.who = function () { return new XML("<is>${word}</is>") }`;

	it("are selected by the app of connect; the first serves clients that name none", async () => {
		const running = await startScripts([
			makeFolder({ "main.asc": say("one") }, "one"),
			makeFolder({ "main.asc": say("two") }, "two"),
		]);
		const asked = async (...documents: string[]): Promise<string> => {
			const client = running.client(...documents, "<who/>");
			await client.until((text) => text.includes("<is>"));
			return client.documents.at(-1) as string;
		};
		expect(await asked('<connect app="two"/>')).toBe("<is>two</is>");
		expect(await asked('<connect app="one"/>')).toBe("<is>one</is>");
		expect(await asked('<connect app="two/room"/>')).toBe("<is>two</is>");
		expect(await asked("<connect/>")).toBe("<is>one</is>");
		expect(await asked()).toBe("<is>one</is>");
	});

	it("refuse an unknown name, with a reason for the client and in the log", async () => {
		const running = await startScript("");
		const client = running.client('<connect app="&lt;x>"/>', "<who/>");
		await client.closed;
		expect(client.documents).toEqual([
			'<status level="error" code="NetConnection.Connect.InvalidApp" description="There is no application &quot;&lt;x&gt;&quot;."/>',
		]);
		expect((await running.logged("There is no application")).facts.code).toBe("XMLSOCKET_APPLICATION_UNKNOWN");
	});

	it("must have different names", async () => {
		const same = [makeFolder({ "main.asc": "" }), makeFolder({ "main.asc": "" })];
		await expect(openScriptHost(same)).rejects.toThrow('Two applications have the name "app"');
	});
});

describe("application.shutdown()", () => {
	it("runs onAppStop, which can still send to the clients, before it disconnects them", async () => {
		const running = await startScript(`
application.onAppStop = function () { application.broadcastMsg("last", new XML("<last/>")); trace("stopped " + application.clients.length); };
Client.prototype.stop = function () { application.shutdown(); };`);
		const client = running.client("<connect/>");
		await client.until((text) => text.includes("Connect.Success"));
		client.send("<stop/>\0");
		await client.closed;
		await running.traced("stopped 1");
		const [last, status] = client.documents.slice(-2);
		expect(last).toBe("<last />");
		expect(status).toContain("NetConnection.Connect.AppShutdown");
	});

	it("keeps a client that connects while onAppStop runs, for the next run", async () => {
		const running = await startScript(`
application.onAppStop = function () { trace("stopping"); var end = new Date().getTime() + 300; while (new Date().getTime() < end); };
Client.prototype.stop = function () { application.shutdown(); };
Client.prototype.hi = function (doc) { return doc; };`);
		const first = running.client("<stop/>");
		await running.traced("stopping");
		const second = running.client("<hi/>");
		await second.until((text) => text.includes("<hi"));
		await first.closed;
		expect(second.documents).toEqual(["<hi />"]);
	});
});

describe("--watch", () => {
	const version = (n: number): string => `
application.onConnect = function (client, name) { client.name = name; trace("connect " + name + " ${n}"); return true }
application.onAppStop = function () { trace("stop ${n}") }
Client.prototype.version = function () { return new XML("<version n='" + this.name + "${n}'/>") }`;

	it("runs the scripts again; connected clients stay and are connected again with their arguments", async () => {
		const folder = makeFolder({ "main.asc": version(1) });
		const running = await startScripts([folder], { watch: true });
		const client = running.client("<connect><string>ann</string></connect>", "<version/>");
		await client.until((text) => text.includes('n="ann1"'));
		writeFileSync(join(folder, "main.asc"), version(2));
		await running.traced("connect ann 2");
		client.send("<version/>\0");
		await client.until((text) => text.includes('n="ann2"'));
		const order = running.traces.map(({ text }) => text);
		expect(order).toEqual(["connect ann 1", "stop 1", "connect ann 2"]);
	});

	it("keeps the old scripts while a changed one has a syntax error", async () => {
		const folder = makeFolder({ "main.asc": version(1) });
		const running = await startScripts([folder], { watch: true });
		writeFileSync(join(folder, "main.asc"), "for each (x in y) {}");
		const { words } = await running.logged("main.asc:1:5: SyntaxError");
		expect(words).toContain("The application does not restart.");
		const client = running.client("<connect><string>ann</string></connect>", "<version/>");
		await client.until((text) => text.includes('n="ann1"'));
		expect(running.traces.map(({ text }) => text)).toEqual(["connect ann 1"]);
	});

	it("waits for a change when the first run cannot start", async () => {
		const folder = makeFolder({ "main.asc": "null.x" });
		const running = await startScripts([folder], { watch: true });
		await running.logged("It starts when a file changes.");
		const early = running.client("<connect/>");
		await early.closed;
		expect(early.text).toContain("NetConnection.Connect.Failed");
		writeFileSync(join(folder, "main.asc"), version(3));
		await running.logged("files have changed");
		let answer = "";
		for (let tries = 0; tries < 100 && answer === ""; tries++) {
			const client = running.client("<connect><string>bob</string></connect>");
			answer = await client.until((text) => text.includes("Success")).catch(() => "");
		}
		expect(answer).toContain("Success");
	});

	it("continues when files are created and removed", async () => {
		const folder = makeFolder({ "main.asc": version(1), "part.asc": "" });
		const running = await startScripts([folder], { watch: true });
		rmSync(join(folder, "part.asc"));
		await running.traced("stop 1");
		await running
			.client("<connect><string>ann</string></connect>", "<version/>")
			.until((text) => text.includes("ann1"));
	});
});

it("a failed application restarts after a pause that doubles, and refuses clients during the pause", async () => {
	const running = await startScript("Client.prototype.loop = function () { for (;;) { n = 1 } }", {
		scriptTimeoutMs: 100,
		scriptRestartMs: 400,
	});
	running.client("<loop/>");
	await running.logged("It restarts in 400 ms.");
	const refused = running.client("<connect/>");
	await refused.closed;
	expect(refused.text).toContain("NetConnection.Connect.Failed");
	for (
		let tries = 0;
		running.log.lines.filter(({ words }) => words === "the application runs").length < 2 && tries < 500;
		tries++
	)
		await new Promise((resolve) => setTimeout(resolve, 20));
	running.client("<loop/>");
	await running.logged("It restarts in 800 ms.");
	expect(running.host.stats()).toMatchObject({ asc_restarts: 2 });
});
