// Situations in which published server-side scripts have to work: each test is one of them, in a script of our own.

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { rawClient, runApplication } from "../asc/application.ts";
import { until } from "../client/support.ts";

/** Runs `main.asc`. */
const run = (text: string, more: Readonly<Record<string, string>> = {}) =>
	runApplication({ "main.asc": text, ...more });

/** A backend that answers each request with a text. @param port 0: any */
async function backend(answer: (request: IncomingMessage, body: string) => string, port = 0): Promise<number> {
	const server = createServer((request, response) => {
		let body = "";
		request.on("data", (chunk) => {
			body += chunk;
		});
		request.on("end", () => response.end(answer(request, body)));
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
	onTestFinished(() => void server.close());
	return (server.address() as { port: number }).port;
}

describe("connecting", () => {
	it("a script accepts a client whose password is right, and continues to rejectConnection without else", async () => {
		const { port } = await run(`
			application.onConnect = function (client, password) {
				if (password == "tea") this.acceptConnection(client);
				var error = new Object();
				error.message = "wrong password";
				this.rejectConnection(client, error);
			};
			Client.prototype.hello = function () { return new XML("<hello/>"); };`);
		const right = await rawClient(port);
		right.send("<connect><string>tea</string></connect>");
		await right.hears("Connect.Success");
		right.send("<hello/>");
		await right.hears("<hello />");
		const wrong = await rawClient(port);
		wrong.send("<connect><string>milk</string></connect>");
		expect(await wrong.hears("Connect.Rejected")).toContain("wrong password");
	});

	it("a script asks a backend with LoadVars, and accepts the client when the answer is there", async () => {
		const backendPort = await backend((request, body) => {
			expect([request.method, request.headers["content-type"]]).toEqual(["POST", "application/x-www-form-urlencoded"]);
			return body.includes("user=ann") ? "&ok=1&level=3+of+5&" : "ok=0";
		});
		const { port, traces } = await run(`
			application.onConnect = function (client, user) {
				var question = new LoadVars(), answer = new LoadVars();
				question.user = user;
				answer.onLoad = function (success) {
					if (success && this.ok == "1") { client.level = this.level; application.acceptConnection(client); }
					else application.rejectConnection(client, { message: "unknown user" });
				};
				question.sendAndLoad("http://127.0.0.1:${backendPort}/check.php", answer, "POST");
			};
			application.onConnectAccept = function (client, user) { trace("accepted " + user + " " + client.level); };
			application.onConnectReject = function (client, user) { trace("rejected " + user); };`);
		const ann = await rawClient(port);
		ann.send("<connect><string>ann</string></connect>");
		await ann.hears("Connect.Success");
		await traces("accepted ann 3 of 5");
		const bob = await rawClient(port);
		bob.send("<connect><string>bob</string></connect>");
		await bob.hears("unknown user");
		await traces("rejected bob");
	});

	it("a handler has a name in another case: the log names the right one", async () => {
		const application = await run("application.onconnect = function () { return false; };");
		expect(application.logged.join("\n")).toContain("application.onconnect is never called");
		const client = await rawClient(application.port);
		client.send("<connect/>");
		await client.hears("Connect.Success");
	});

	it("defaults of access are set on Client.prototype", async () => {
		const { port, traces } = await run(`
			Client.prototype.writeAccess = "";
			application.onConnect = function (client) { trace("[" + client.writeAccess + "][" + client.readAccess + "]"); return true; };`);
		(await rawClient(port)).send("<connect/>");
		await traces("[][/]");
	});
});

describe("clients", () => {
	it.each([
		[
			"by index",
			"for (var i = 0; i < application.clients.length; i++) application.disconnect(application.clients[i]);",
		],
		["with for…in", "for (var i in application.clients) application.disconnect(application.clients[i]);"],
	])("a loop over application.clients %s disconnects them all", async (_how, loop) => {
		const { port, traces } = await run(`
			application.onDisconnect = function (client) { trace("left " + client.id + ", " + application.clients.length); };
			Client.prototype.closeAll = function () { ${loop} };`);
		const clients = await Promise.all([rawClient(port), rawClient(port), rawClient(port)]);
		for (const client of clients) {
			client.send("<connect/>");
			await client.hears("Connect.Success");
		}
		clients[0]?.send("<closeAll/>");
		await traces(", 0");
	});

	it("one client never answers its calls: only that client is disconnected, and the loop over the others continues", async () => {
		const application = await run(`
			var answers = { onResult: function () {} };
			Client.prototype.flood = function () {
				for (var n = 0; n < 1100; n++)
					for (var i = 0; i < application.clients.length; i++) application.clients[i].call("tick", i == 0 ? answers : null, n);
				trace("sent");
			};`);
		const silent = await rawClient(application.port);
		silent.send("<connect/>");
		await silent.hears("Connect.Success");
		const other = await rawClient(application.port);
		other.send("<connect/>");
		await other.hears("Connect.Success");
		other.send("<flood/>");
		await application.traces("sent");
		await other.hears("<number>1099</number>");
		expect(application.logged.filter((line) => line.includes("threw an exception"))).toEqual([]);
	});

	it("one client floods a slow script: that client is disconnected, and the documents of the others are handled", async () => {
		const application = await runApplication(
			{
				"main.asc": `
					Client.prototype.slow = function () { for (var end = new Date().getTime() + 20; new Date().getTime() < end; ); };
					Client.prototype.hello = function () { return new XML("<hello/>"); };`,
			},
			{ maxQueuedDocuments: 20 },
		);
		const calm = await rawClient(application.port);
		calm.send("<connect/>");
		await calm.hears("Connect.Success");
		const flood = await rawClient(application.port);
		flood.send("<connect/>");
		for (let sent = 0; sent < 19; sent++) flood.send("<slow/>");
		await flood.hears("Connect.Success");
		for (let sent = 0; sent < 10; sent++) calm.send("<hello/>");
		await until(() => calm.heard.filter((text) => text.includes("<hello />")).length === 10, "ten answers");
		expect(application.logged.filter((line) => line.includes("APPLICATION_BUSY")).length).toBeLessThan(2);
	});

	it("methods are assigned to Client.prototype before their functions are declared", async () => {
		const { port } = await run(`
			Client.prototype.twice = Client_twice;
			function Client_twice(n) { return n * 2; }`);
		const client = await rawClient(port);
		client.send('<call name="twice" id="1"><string>21</string></call>');
		await client.hears("<number>42</number>");
	});
});

describe("the end of an application", () => {
	const SCRIPT = `
		var asked = 0;
		application.onDisconnect = function (client) { trace("disconnect " + client.id); };
		application.onAppStop = function (info) { trace("stop"); application.broadcastMsg("bye", "soon"); return KEEP; };
		Client.prototype.stop = function () { application.shutdown(); };`;

	it("shutdown() runs onAppStop, whose broadcast reaches the clients, then onDisconnect for each", async () => {
		const application = await run(SCRIPT.replace("KEEP", "true"));
		const client = await rawClient(application.port);
		client.send("<connect/>");
		client.send("<stop/>");
		await client.hears("soon");
		await client.hears("AppShutdown");
		expect(application.traced).toEqual(["stop", "disconnect 1"]);
	});

	it("onAppStop returns false: the application continues, with what has arrived meanwhile", async () => {
		const application = await run(SCRIPT.replace("KEEP", "++asked > 1"));
		const client = await rawClient(application.port);
		client.send("<connect/>");
		client.send("<stop/>");
		await client.hears("soon");
		const late = await rawClient(application.port);
		late.send("<connect/>");
		await late.hears("Connect.Success");
		expect(application.traced).toEqual(["stop"]);
		client.send("<stop/>");
		await late.hears("AppShutdown");
		expect(application.traced).toEqual(["stop", "stop", "disconnect 1", "disconnect 2"]);
	});

	it("the server stops: the same order, and the broadcast of onAppStop still arrives", async () => {
		const application = await run(SCRIPT.replace("KEEP", "false"));
		const client = await rawClient(application.port);
		client.send("<connect/>");
		await client.hears("Connect.Success");
		await application.stop();
		await client.hears("soon");
		expect(application.traced).toEqual(["stop", "disconnect 1"]);
	});
});

describe("the parts of old scripts", () => {
	it("a poller runs with setInterval, as a function and as a method, and stops itself", async () => {
		const { traces } = await run(`
			var globalObject = this;
			var plain = setInterval(function (word) { clearInterval(plain); trace("plain " + (this == globalObject) + " " + word); }, 5, "a");
			var poller = { count: 0, tick: function (by) { this.count += by; if (this.count == 6) { clearInterval(this.id); trace("method " + this.count); } } };
			poller.id = setInterval(poller, "tick", 5, 2);`);
		await traces("plain true a");
		await traces("method 6");
	});

	it("a logger inherits from File, appends lines, and its failures reach application.onStatus", async () => {
		const { folder, traces } = await run(`
			application.onStatus = function (info) { trace(info.level + " " + info.code + " " + info.details); };
			function Logger(name) { File.call(this, name); }
			Logger.prototype.__proto__ = File.prototype;
			Logger.prototype.add = function (line) { if (this.open("text", "append")) { this.writeln(line); this.close(); } };
			new Logger("chat.log").add("one");
			new Logger("chat.log").add("two");
			new Logger("nowhere/chat.log").add("three");
			var closed = new File("chat.log");
			closed.write("four");
			trace("done");`);
		await traces("done");
		expect(readFileSync(join(folder, "chat.log"), "utf8")).toBe("one\ntwo\n");
		await traces("error File.Open.Failed nowhere/chat.log");
		await traces("error File.Write.Failed chat.log");
	});

	it("scripts/ is divided into files that load each other by names relative to their own folder", async () => {
		const application = await runApplication({
			"scripts/main.asc":
				'load("lib/rooms.asc"); load("common.asc"); later = function () { load("late.asc"); }; later();',
			"scripts/lib/rooms.asc": 'load("room.asc"); load("../config.asc");',
			"scripts/lib/room.asc": 'trace("room beside rooms");',
			"scripts/config.asc": 'trace("config of scripts");',
			"scripts/late.asc": 'trace("late");',
			"room.asc": 'trace("wrong room");',
			"config.asc": 'trace("wrong config");',
			"common.asc": 'trace("common of the application");',
		});
		expect(application.traced).toEqual(["room beside rooms", "config of scripts", "common of the application", "late"]);
	});

	it("secure.asc gives the scripts an object whose data they cannot see", async () => {
		const { traces } = await run(
			`trace("logged " + logger.log("x") + " " + typeof logger.lines);
			logger = null; trace("still " + typeof logger.log);
			try { getGlobal(); } catch (error) { trace(error.message); }`,
			{
				"secure.asc": `var own = { lines: [], log: function (line) { this.lines.push(line); return this.lines.length; } };
					getGlobal().logger = protectObject(own);
					setAttributes(this, "logger", false, true, true);`,
			},
		);
		await traces("logged 1 undefined");
		await traces("still function");
		await traces("getGlobal() works only in secure.asc");
	});

	it("a script connects to another server with NetConnection while it loads: it runs, and its onStatus gets the reason", async () => {
		const application = await run(`
			var other = new NetConnection();
			other.connect("rtmp://localhost/other");
			other.onStatus = function (info) { trace(info.code + " " + this.isConnected); };
			other.call("hello", { onStatus: function (info) { trace(info.code); } }, 1);
			Client.prototype.hello = function () { return new XML("<hello/>"); };`);
		await application.traces("NetConnection.Connect.Failed false");
		await application.traces("NetConnection.Call.Failed");
		expect(application.logged.join("\n")).toContain("XMLSocket, XML.load or LoadVars");
		const client = await rawClient(application.port);
		client.send("<hello/>");
		await client.hears("<hello />");
	});

	it("a script loads over HTTP from a port that browsers block", async () => {
		const port = await backend(() => "<answer>42</answer>", 10080).catch(() =>
			backend(() => "<answer>42</answer>", 6667),
		);
		const { traces } = await run(`
			var document = new XML();
			document.onLoad = function (success) { trace(success + " " + this.firstChild.firstChild.nodeValue); };
			document.load("http://127.0.0.1:${port}/");`);
		await traces("true 42");
	});

	it("XML.prototype.ignoreWhite counts for documents of clients, and not for the values of calls", async () => {
		const { port, traces } = await run(`
			XML.prototype.ignoreWhite = true;
			Client.prototype.list = function (document) { trace("children " + document.firstChild.childNodes.length); };
			Client.prototype.say = function (text) { trace("[" + text + "]"); };`);
		const client = await rawClient(port);
		client.send("<list>\n <a/>\n <b/>\n</list>");
		client.send('<call name="say"><string>  </string></call>');
		await traces("children 2");
		await traces("[  ]");
	});

	it("classes of the script inherit from XMLSocket, XML and LoadVars, whose constructors never run for their objects", async () => {
		const lines: string[] = [];
		const listening = createTcpServer((socket) => socket.on("data", (chunk) => lines.push(chunk.toString())));
		await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
		onTestFinished(() => void listening.close());
		const { port } = listening.address() as { port: number };
		const httpPort = await backend(
			(request, body) => `kind=${request.headers["content-type"]}&sent=${encodeURIComponent(body)}`,
		);
		const { traces } = await run(`
			function Line(name) { this.name = name; }
			Line.prototype = new XMLSocket();
			Line.prototype.onConnect = function (success) { this.send(this.name); trace(this.name + " " + success); };
			one = new Line("one"); two = new Line("two");
			trace(one.connect("127.0.0.1", ${port}) + " " + two.connect("127.0.0.1", ${port}));

			function Feed() {}
			Feed.prototype = new XML();
			Feed.prototype.ignoreWhite = true;
			var feed = new Feed(), other = new Feed();
			feed.parseXML("<a> <b/> </a>");
			trace(feed + " " + feed.firstChild.childNodes.length + " [" + other + "]");

			LoadVars.prototype.contentType = "text/x-vars";
			function Form() {}
			Form.prototype = new LoadVars();
			var form = new Form();
			form.a = 1;
			form.onLoad = function (success) { trace("form " + success + " " + this.kind + " " + this.sent); };
			form.sendAndLoad("http://127.0.0.1:${httpPort}/", form);`);
		await traces("true true");
		await traces("one true");
		await traces("two true");
		await until(() => lines.join("").length === 8, "both texts");
		expect(lines.join("").split("\0").sort()).toEqual(["", "one", "two"]);
		await traces("<a><b /></a> 1 []");
		await traces("form true text/x-vars a=1");
	});

	it("a shared object follows SharedObject.prototype.autoCommit", async () => {
		const { traces } = await run(`
			SharedObject.prototype.autoCommit = false;
			trace("auto " + SharedObject.get("notes", true).autoCommit + " " + SharedObject.prototype.autoCommit);`);
		await traces("auto false false");
	});

	it("a user list is a shared object that onConnect and onDisconnect keep", async () => {
		const { port } = await run(`
			var users = SharedObject.get("users", false);
			application.onConnect = function (client, name) { client.name = name; this.acceptConnection(client); users.setProperty(client.id, name); };
			application.onDisconnect = function (client) { users.setProperty(client.id, null); users.send("left", client.name); };`);
		const ann = await rawClient(port);
		ann.send("<connect><string>ann</string></connect>");
		ann.send('<so name="users"><connect/></so>');
		await ann.hears('<change name="1"><string>ann</string></change>');
		const bob = await rawClient(port);
		bob.send("<connect><string>bob</string></connect>");
		await ann.hears('<change name="2"><string>bob</string></change>');
		bob.close();
		await ann.hears('<delete name="2" />');
		await ann.hears('<send handler="left"><string>bob</string></send>');
	});
});

describe("the language of old scripts", () => {
	const lines = async (text: string): Promise<readonly string[]> => (await run(text)).traced;

	it("variables without var are global, and a called function changes the counter of the caller's loop", async () => {
		expect(
			await lines(`
				function inner() { for (i = 0; i < 2; i++); }
				rounds = 0;
				for (i = 0; i < 3; i++) { rounds++; inner(); if (rounds > 5) break; }
				trace(rounds + " " + i);
				trace(typeof early + " " + early2()); var early = 1; function early2() { return "hoisted"; }`),
		).toEqual(["1 3", "undefined hoisted"]);
	});

	it("trace() shows one value as JavaScript converts it", async () => {
		expect(
			await lines(`
				trace({ a: 1 }); trace([1, [2, 3]]); trace(undefined); trace(null); trace(); trace("a", "b");
				trace({ toString: function () { return "own"; } }); trace(new XML("<a/>")); trace(1 / 0); trace(uneval({ a: [1, "x"] }));`),
		).toEqual([
			"[object Object]",
			"1,2,3",
			"undefined",
			"null",
			"undefined",
			"a",
			"own",
			"<a />",
			"Infinity",
			'({a:[1, "x"]})',
		]);
	});

	it("entries are deleted while for…in lists them", async () => {
		expect(
			await lines(`
				var users = { ann: 1, bob: 2, cat: 3 }, seen = [];
				for (var name in users) { seen.push(name); delete users[name]; delete users.cat; }
				var left = 0; for (var other in users) left++;
				trace(seen.join() + " " + left);`),
		).toEqual(["ann,bob 0"]);
	});

	it("dates have getYear, and can be made of the text of a date", async () => {
		expect(
			await lines(`
				var day = new Date(2006, 0, 31, 13, 5, 9);
				trace(day.getYear() + " " + day.getMonth() + " " + new Date(day.toString()).getTime() % 1000);
				trace(new Date("Jan 31, 2006 13:05:09").getTime() == day.getTime());
				trace(day.toString().substr(0, 24));`),
		).toEqual(["106 0 0", "true", "Tue Jan 31 2006 13:05:09"]);
	});

	it("texts and numbers convert as in JavaScript: a script that compares with == works", async () => {
		expect(
			await lines(`
				trace(("5" == 5) + " " + ("5" + 5) + " " + ("5" * "2") + " " + (null == undefined) + " " + ("" == 0));
				trace(Number("") + " " + Number("12px") + " " + parseInt("12px") + " " + String(undefined) + " " + Boolean("0"));`),
		).toEqual(["true 55 10 true true", "0 NaN 12 undefined true"]);
	});

	it("a const is used outside of its block, or assigned: the log says to write var", async () => {
		const application = await run(`
			application.onAppStart = function () {
				if (true) { const LIMIT = 5, OTHER = 6; }
				trace(OTHER);
			};
			const MOST = 1;
			Client.prototype.more = function () { MOST = 2; };`);
		expect(application.logged.join("\n")).toContain('Write "var OTHER"');
		const client = await rawClient(application.port);
		client.send("<more/>");
		await until(() => application.logged.join().includes("Declare it with var"), "the hint");
	});

	it("a property is watched, and __resolve provides the properties that an object does not have", async () => {
		expect(
			await lines(`
				var state = { score: 1 };
				state.watch("score", function (name, from, to, most) { return to > most ? most : to; }, 10);
				state.score = 50; trace(state.score); state.unwatch("score"); state.score = 50; trace(state.score);
				function Remote() {}
				Remote.prototype.__resolve = function (name) { return function () { return name + "/" + arguments.length; }; };
				trace(new Remote().anything(1, 2));`),
		).toEqual(["10", "50", "anything/2"]);
	});
});
