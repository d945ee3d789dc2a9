// Ways out of an application's context that are known for node:vm, each tried by a script. It is no security boundary all the same:
// docs/guide/asc.md says so.

import { afterEach, expect, it } from "vitest";
import { startScript, stopAll } from "./support.ts";

afterEach(stopAll);

const PROBE = `
// Whether a value leads to the realm of Node: its function constructor sees "process".
function out(value, depth) {
	if (depth > 3 || value === null || (typeof value !== "object" && typeof value !== "function")) return "";
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
	"errors at the end of the stack": `
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
};

it.each(Object.entries(corpus))("%s lead nowhere", async (_name, body) => {
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

it("import() is refused, and its error leads nowhere", async () => {
	const running = await startScript(`${PROBE}
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
