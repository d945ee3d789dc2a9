// Ways out of an application's context that are known for node:vm, each tried by a script. It is no security boundary all the same:
// docs/guide/asc.md says so.

import { afterEach, expect, it } from "vitest";
import { startScript, stopAll } from "./support.ts";

afterEach(stopAll);

const PROBE = `
// Whether a value leads to the realm of Node: it was born there, or its function constructor sees "process".
strict = true;
home = Object.prototype;
function out(value, depth) {
	if (depth > 3 || value === null || (typeof value !== "object" && typeof value !== "function")) return "";
	if (strict && depth === 0) {
		var last = value;
		for (var next = last, far = 0; next !== null && far < 20; next = Object.getPrototypeOf(next), far++) last = next;
		if (last !== value && last !== home) return "an object of another realm";
	}
	try {
		var F = value.constructor && value.constructor.constructor;
		if (typeof F === "function") {
			var found = F("return typeof process !== 'undefined' || typeof require !== 'undefined' || typeof Buffer !== 'undefined'")();
			if (found === true) return "constructor.constructor reaches Node";
		}
	} catch (e) {
		var deeper = out(e, depth + 1);
		if (deeper) return deeper;
	}
	var found = out(Object.getPrototypeOf(value), depth + 1);
	return found;
}
function caught(run) {
	try { return run(); } catch (e) { return e; }
}
probes = {};
`;

const corpus: Record<string, string> = {
	"constructors of what a script sees": `
		var seen = [this, application, application.clients, application.config, Client, Client.prototype, XML, new XML("<a/>"),
			new XML("<a/>").firstChild, new XML("<a/>").firstChild.attributes, new XML("<a/>").childNodes, trace, load, setInterval,
			application.getStats(), application.broadcastMsg, new Date(), [], {}, function () {}];
		for (var i = 0; i < seen.length; i++) if (out(seen[i], 0)) return i + ": " + out(seen[i], 0);
		return "";`,
	"errors of host functions": `
		return out(caught(function () { load("nothing.asc"); }), 0) || out(caught(function () { load("broken.asc"); }), 0) ||
			out(caught(function () { first.call("a\\0b"); }), 0);`,
	// There Node's own formatting of a stack can fail, with an error of Node's realm; its constructors must lead nowhere.
	"errors at the end of the stack": `
		strict = false;
		var reached = "";
		function dive() {
			try { dive(); } catch (e) { reached = reached || out(e, 0); }
			if (deep++ > 300) return;
			try { trace("x"); } catch (e) { reached = reached || out(e, 0); }
			try { load("nothing.asc"); } catch (e) { reached = reached || out(e, 0); }
		}
		var deep = 0;
		caught(dive);
		return reached;`,
	"the sites of Error.prepareStackTrace": `
		var reached = "";
		Error.prepareStackTrace = function (error, sites) {
			reached = reached || out(error, 0) || out(sites, 0);
			for (var i = 0; i < sites.length; i++) {
				reached = reached || out(sites[i], 0);
				try { reached = reached || out(sites[i].getThis(), 0) || out(sites[i].getFunction(), 0); } catch (e) { reached = reached || out(e, 0); }
			}
			return "";
		};
		try { null.x; } catch (e) { e.stack; }
		try { new Error("x").stack; load("nothing.asc"); } catch (e) { e.stack; }
		trace("position");
		delete Error.prepareStackTrace;
		return reached;`,
	"caller, callee and arguments": `
		var reached = "";
		function walk() {
			try {
				for (var f = walk; f; f = f.caller) reached = reached || out(f, 0) || out(f.arguments, 0);
			} catch (e) { reached = reached || out(e, 0); }
			try { reached = reached || out(arguments.callee.caller, 0); } catch (e) { reached = reached || out(e, 0); }
		}
		walk();
		new XML({ toString: walk });
		[3, 1].sort(walk);
		return reached;`,
	"values that spy on what they are given to": `
		var reached = "";
		var spy = new Proxy(function () {}, {
			get: function (t, k, r) { reached = reached || out(r, 2); return k === Symbol.toPrimitive ? function (h) { reached = reached || out(this, 2); return "x"; } : undefined; },
			apply: function (t, self, list) { reached = reached || out(self, 2) || out(list, 0); return spy; },
			getPrototypeOf: function () { return null; }
		});
		var uses = [function () { trace(spy); }, function () { load(spy); }, function () { setInterval(spy, spy); }, function () { new XML(spy); },
			function () { application.disconnect(spy); }, function () { application.broadcastMsg(spy, spy); }, function () { clearInterval(spy); },
			function () { first.call(spy, spy, spy); }, function () { application.rejectConnection(spy, spy); }];
		for (var i = 0; i < uses.length; i++) reached = reached || out(caught(uses[i]), 0);
		return reached;`,
	"patched built-ins under the runtime": `
		var reached = "";
		var kept = { map: Array.prototype.map, push: Array.prototype.push, splice: Array.prototype.splice, parse: JSON.parse, iterate: Array.prototype[Symbol.iterator] };
		function watch(self, list) { reached = reached || out(self, 0); for (var i = 0; i < list.length; i++) reached = reached || out(list[i], 0); }
		Array.prototype.push = function () { watch(this, arguments); return kept.push.apply(this, arguments); };
		Array.prototype.splice = function () { watch(this, arguments); return kept.splice.apply(this, arguments); };
		JSON.parse = function () { watch(this, arguments); return kept.parse.apply(this, arguments); };
		Function.prototype.call2 = Function.prototype.call;
		caught(function () { application.getStats(); application.broadcastMsg("a", [1, { b: 2 }]); setInterval(function () {}, 100000); load("nothing.asc"); });
		Array.prototype.push = kept.push; Array.prototype.splice = kept.splice; JSON.parse = kept.parse;
		return reached;`,
	"eval, Function and their kin": `
		return out(eval("(function () { return this; })()"), 0) || out(new Function("return this")(), 0) ||
			out((async function () {}).constructor("return this"), 0) || out((function* () {}).constructor("return this"), 0);`,
	"what the language reaches without a name": `
		var reached = "";
		var seen = [(function* () {})(), (async function () {})(), (async function* () {})(), [][Symbol.iterator](), new Map().entries(), "a".matchAll(/a/g),
			/a/.exec("a"), Symbol.iterator, Object(1n), Intl, Reflect, JSON, Math, Proxy, new Proxy({}, {}), globalThis, function () { return this; }(),
			Function.prototype, Object.getOwnPropertyDescriptor(RegExp, "input").get, Error("x")];
		for (var i = 0; i < seen.length; i++) reached = reached || out(seen[i], 0);
		return reached;`,
	"every global, its members and their getters": `
		var reached = "", count = 0, done = new Set();
		(function visit(value, depth) {
			if (reached || depth > 4 || value === null || (typeof value !== "object" && typeof value !== "function") || done.has(value)) return;
			done.add(value); count++;
			reached = out(value, 0);
			var names = Reflect.ownKeys(value);
			for (var i = 0; i < names.length; i++) {
				var about = Reflect.getOwnPropertyDescriptor(value, names[i]);
				if (!about) continue;
				visit(about.get, depth + 1); visit(about.set, depth + 1); visit(about.value, depth + 1);
			}
			visit(Object.getPrototypeOf(value), depth + 1);
		})(globalThis, 0);
		return reached || (count > 500 ? "" : "only " + count + " objects were seen");`,
	"Symbol.species, and constructors in the runtime's way": `
		var reached = "";
		function Spy() { reached = reached || out(this, 0); for (var i = 0; i < arguments.length; i++) reached = reached || out(arguments[i], 0); return []; }
		function spying() { return function () { reached = reached || out(this, 0); return Spy; }; }
		var before = Object.getOwnPropertyDescriptor(Array, Symbol.species);
		Object.defineProperty(Array, Symbol.species, { get: spying(), configurable: true });
		var list = [1, 2];
		list.constructor = {}; list.constructor[Symbol.species] = Spy;
		caught(function () { application.broadcastMsg("a", list); first.call("b", {}, list); SharedObject.get("spied").setProperty("list", list); });
		caught(function () { SharedObject.get("spied").getPropertyNames(); application.clients.slice(0); new XML("<a b='c'/>").firstChild.cloneNode(true); });
		Object.defineProperty(Array, Symbol.species, before);
		return reached;`,
	"getters on what is given to the host": `
		var reached = "", inside = false;
		function spy(name) {
			var made = {};
			Object.defineProperty(made, name, { enumerable: true, get: function () {
				if (inside) return undefined;
				inside = true;
				reached = reached || out(this, 0);
				try { for (var f = arguments.callee.caller, far = 0; f && far < 50; f = f.caller, far++) reached = reached || out(f, 0) || out(f.arguments, 0); } catch (e) { reached = reached || out(e, 0); }
				inside = false;
				throw { toString: function () { reached = reached || out(this, 0); return "thrown"; } };
			} });
			return made;
		}
		var names = ["length", "toString", "valueOf", "name", "message", "code", "stack", "then", "constructor", "nodeName", "onResult", "class"];
		for (var i = 0; i < names.length; i++) (function (given) {
			var uses = [function () { trace(given); }, function () { load(given); }, function () { setInterval(given, given, given); }, function () { first.send(given); },
				function () { application.broadcastMsg("a", given); }, function () { first.call("a", given, given); }, function () { new File(given).open(given, given); },
				function () { SharedObject.get(given); }, function () { SharedObject.get("spied").setProperty("x", given); }, function () { new XMLSocket(given).connect(given, given); },
				function () { new LoadVars().load(given); }, function () { new XML().load(given); }, function () { new XML("<a/>").firstChild.appendChild(given); },
				function () { application.registerClass(given, given); }, function () { application.acceptConnection(given); }];
			for (var j = 0; j < uses.length; j++) reached = reached || out(caught(uses[j]), 0);
		})(spy(names[i]));
		return reached;`,
	"what the host makes for a script": `
		var reached = "";
		var file = new File("probe.txt");
		file.open("text", "create,readWrite"); file.writeln("a"); file.seek(0);
		var object = SharedObject.get("made"); object.setProperty("a", { b: [1] });
		var seen = [file, file.readAll(), new File("/").list(), new File("/").list(function () { reached = reached || out(this, 0) || out(arguments, 0); return true; }),
			file.lastModified, file.creationTime, object, object.getPropertyNames(), object.getProperty("a"), first.getStats(), new XMLSocket(), new LoadVars(),
			caught(function () { new Stream(); }), caught(function () { application.registerProxy(); }), application.config, first];
		file.close(); file.remove();
		for (var i = 0; i < seen.length; i++) reached = reached || out(seen[i], 0);
		return reached;`,
	"errors whose making fails": `
		var reached = "";
		var kept = { Error: Error, RangeError: RangeError, TypeError: TypeError, has: Error[Symbol.hasInstance] };
		Error = RangeError = TypeError = function () { reached = reached || out(this, 0) || out(arguments, 0); throw this; };
		reached = reached || out(caught(function () { load("nothing.asc"); }), 0);
		Error = kept.Error; RangeError = kept.RangeError; TypeError = kept.TypeError;
		Object.defineProperty(Error, Symbol.hasInstance, { value: function (e) { reached = reached || out(e, 0); return true; }, configurable: true });
		reached = reached || out(caught(function () { load("nothing.asc"); }), 0) || out(caught(function () { first.call("a\\0b"); }), 0);
		delete Error[Symbol.hasInstance];
		Object.defineProperty(Error, "stackTraceLimit", { get: function () { reached = reached || out(this, 0); return 50; }, configurable: true });
		reached = reached || out(caught(function () { load("nothing.asc"); }), 0);
		Object.defineProperty(Error, "stackTraceLimit", { value: 10, writable: true, configurable: true });
		return reached;`,
	"patched ways of the runtime to call": `
		var reached = "";
		function watch(self, list) { reached = reached || out(self, 0); for (var i = 0; i < list.length; i++) reached = reached || out(list[i], 0); }
		var holders = [[Function.prototype, "apply"], [Function.prototype, "call"], [Reflect, "apply"], [Reflect, "get"], [Map.prototype, "get"], [Map.prototype, "set"], [WeakMap.prototype, "get"],
			[Object, "defineProperty"], [Object, "entries"], [Object, "assign"], [String.prototype, "slice"], [RegExp.prototype, "exec"], [Promise.prototype, "then"]];
		var apply = Reflect.apply;
		for (var i = 0; i < holders.length; i++) (function (holder, name) {
			var kept = holder[name], inside = false;
			holder[name] = function () {
				if (!inside) { inside = true; try { watch(this, arguments); } finally { inside = false; } }
				return apply(kept, this, arguments);
			};
			caught(function () { load("nothing.asc"); });
			caught(function () { application.getStats(); application.broadcastMsg("a", [1]); SharedObject.get("p").setProperty("a", { b: 1 }); });
			holder[name] = kept;
		})(holders[i][0], holders[i][1]);
		return reached;`,
};

it.each(Object.entries(corpus))("%s do not lead out of the context", async (_name, body) => {
	const running = await startScript(`${PROBE}
first = null;
application.onConnect = function (client) { first = client; return true; };
Client.prototype.probe = function () {
	var found = caught(function () { ${body} });
	trace("probe:" + (found instanceof Error ? "failed " + found : found || "nothing"));
};`);
	running.client("<probe/>");
	const line = await running.traced("probe:");
	expect(line.text).toBe("probe:nothing");
});

it("import() is refused, and its error does not lead out of the context", async () => {
	// Node makes that error in its own realm. Its constructors must lead nowhere.
	const running = await startScript(`${PROBE}
strict = false;
function look(name, promise) {
	promise.then(function () { trace(name + ": imported"); }, function (e) { trace(name + ": " + (out(e, 0) || "nothing")); });
}
look("direct", import("node:fs"));
look("eval", eval("import('node:fs')"));
look("Function", new Function("return import('node:fs')")());
look("job", Promise.resolve("import('node:fs')").then(eval));`);
	for (const name of ["direct", "eval", "Function", "job"])
		expect((await running.traced(`${name}: `)).text).toBe(`${name}: nothing`);
});

it("promises, their rejections, async stacks, timers and generators do not lead out of the context", async () => {
	const running = await startScript(`${PROBE}
reached = "";
function watch() { reached = reached || out(this, 0); for (var i = 0; i < arguments.length; i++) reached = reached || out(arguments[i], 0); }
Error.prepareStackTrace = function (error, sites) {
	watch(error, sites);
	for (var i = 0; i < sites.length; i++) watch(sites[i], caught(function () { return sites[i].getThis(); }), caught(function () { return sites[i].getFunction(); }));
	return "";
};
application.onStatus = watch;
async function later() { await null; try { load("nothing.asc"); } catch (e) { e.stack; watch(e); } throw new Error("rejected"); }
later();
Promise.reject({ get stack() { watch(this, arguments.callee.caller); throw new Proxy({}, { get: function (t, k, r) { watch(r); return undefined; } }); } });
Promise.reject(new Proxy({}, { get: function (t, k, r) { watch(t, r); throw r; }, getPrototypeOf: function (t) { watch(t); throw t; } }));
({ then: function (resolve, reject) { watch(resolve, reject); resolve({ then: watch }); } });
(async function () { await { then: function (resolve, reject) { watch(this, resolve, reject); resolve(); } }; for await (var x of (async function* () { yield 1; throw new Error("late"); })()) watch(x); })();
id = setInterval(function () {
	clearInterval(id);
	watch(this, arguments);
	try { for (var f = arguments.callee.caller, far = 0; f && far < 50; f = f.caller, far++) watch(f); } catch (e) { watch(e); }
	var chain = Promise.resolve();
	class Mine extends Promise { constructor(run) { super(function (a, b) { watch(a, b); run(a, b); }); } }
	Mine.resolve(1).then(watch);
	id = setInterval(function () { clearInterval(id); trace("probe:" + (reached || "nothing")); }, 50);
}, 5);`);
	expect((await running.traced("probe:")).text).toBe("probe:nothing");
});

it("callbacks of sockets, requests, shared objects and clients do not lead out of the context", async () => {
	const running = await startScript(`${PROBE}
reached = "";
function watch() {
	reached = reached || out(this, 0);
	for (var i = 0; i < arguments.length; i++) reached = reached || out(arguments[i], 0);
	try { for (var f = arguments.callee.caller, far = 0; f && far < 50; f = f.caller, far++) reached = reached || out(f, 0) || out(f.arguments, 0); } catch (e) { reached = reached || out(e, 0); }
}
var socket = new XMLSocket();
socket.onConnect = watch; socket.onClose = watch;
socket.connect("localhost", 1025);
var vars = new LoadVars();
vars.onLoad = vars.onData = vars.onHTTPStatus = watch;
vars.load("http://localhost:1/");
object = SharedObject.get("heard");
object.onSync = object.heard = watch;
application.onStatus = application.onDisconnect = watch;
application.onConnect = function (client) { watch.apply(this, arguments); client.__resolve = function (name) { watch.apply(this, arguments); return watch; }; return true; };
Client.prototype.probe = function () { trace("probe:" + (reached || "nothing")); };
Client.prototype.fail = function () { throw { get stack() { watch.apply(this, arguments); return this; }, toString: watch }; };`);
	running.client(
		'<connect><object><property id="__proto__"><string>x</string></property><property id="constructor"><null/></property></object></connect>',
		'<so name="heard"><connect/><set name="a"><number>1</number></set><send handler="heard"><array/></send></so>',
		"<anything/>",
		'<call name="other" id="1"><array><property id="constructor"><string>x</string></property></array></call>',
		"<fail/>",
		"<probe/>",
	);
	expect((await running.traced("probe:")).text).toBe("probe:nothing");
});

it("an unhandled rejection of the host is reported, and does not lead out of the context", async () => {
	const running = await startScript(`${PROBE}
reached = "";
Object.defineProperty(Error, Symbol.hasInstance, { value: function (e) { reached = reached || out(e, 0); return true; } });
application.onStatus = function (info) { trace("probe:" + (reached || out(info, 0) || "nothing") + " " + info.code); };
import("node:fs");`);
	expect((await running.traced("probe:")).text).toBe("probe:nothing Application.Script.Error");
});
