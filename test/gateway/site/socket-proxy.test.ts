// Runs the script of /ruffle-config.js as a page would: as text, in a window of its own.

import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
	ownPort,
	type ReachableTarget,
	reachable,
	reachableTargets,
	socketProxyScript,
} from "../../../src/gateway/site/socket-proxy.ts";
import { parseTarget } from "../../../src/gateway/target.ts";

interface Entry {
	host: string;
	port: number;
	proxyUrl: string;
}
interface Page {
	window: Record<string, unknown>;
	run(code: string): unknown;
	entries(): Entry[];
}

const GAME = reachable({ host: "game.example", port: 9339, path: "gateway?host=game.example&port=9339" });

function page(address: string, script: string | null = new URL("/ruffle-config.js", address).href): Page {
	const { hostname, origin } = new URL(address);
	const window: Record<string, unknown> = { URL, location: { hostname, origin } };
	window.window = window;
	window.document = { currentScript: script === null ? null : { src: script } };
	const context = createContext(window);
	const run = (code: string): unknown => runInContext(code, context);
	return {
		window,
		run,
		// What Ruffle does when a movie is loaded: it spreads the configuration, and hands it over as data.
		entries: () =>
			JSON.parse(
				run("JSON.stringify({ ...window.RufflePlayer?.config ?? {} }.socketProxy ?? [])") as string,
			) as Entry[],
	};
}
const script = (...targets: ReachableTarget[]): string => socketProxyScript(targets, false);

describe("the script of /ruffle-config.js", () => {
	it("creates the whole configuration if there is none", () => {
		const a = page("http://localhost:9001/game/");
		a.run(script(GAME));
		expect(a.entries()).toEqual([
			{ host: "game.example", port: 9339, proxyUrl: "ws://localhost:9001/gateway?host=game.example&port=9339" },
		]);
	});

	it("lists both spellings of this machine, and the page's own host, for a local target", () => {
		const a = page("https://play.example/game/");
		a.run(script(reachable({ host: "127.0.0.1", port: 2000, path: "gateway?host=127.0.0.1&port=2000" })));
		expect(a.entries().map(({ host, port }) => [host, port])).toEqual([
			["127.0.0.1", 2000],
			["localhost", 2000],
			["play.example", 2000],
		]);
		expect(new Set(a.entries().map((entry) => entry.proxyUrl))).toEqual(
			new Set(["wss://play.example/gateway?host=127.0.0.1&port=2000"]),
		);
	});

	it("gives the daemon's own port, under every name of this machine, its own path", () => {
		const a = page("http://192.168.1.5:9000/");
		a.run(script(ownPort(9000, "chat.lan"), GAME));
		expect(a.entries().map(({ host, port, proxyUrl }) => `${host}:${port} ${proxyUrl}`)).toEqual([
			"localhost:9000 ws://192.168.1.5:9000/socket",
			"127.0.0.1:9000 ws://192.168.1.5:9000/socket",
			"chat.lan:9000 ws://192.168.1.5:9000/socket",
			"192.168.1.5:9000 ws://192.168.1.5:9000/socket",
			"game.example:9339 ws://192.168.1.5:9000/gateway?host=game.example&port=9339",
		]);
	});

	it("derives addresses from its own address, also for a page of another server and below a proxy's path", () => {
		const a = page("http://localhost:8080/", "https://ws.example/sockets/ruffle-config.js");
		a.run(script(GAME));
		expect(a.entries()[0]?.proxyUrl).toBe("wss://ws.example/sockets/gateway?host=game.example&port=9339");
		const inline = page("http://localhost:8080/a/b/", null);
		inline.run(script(GAME));
		expect(inline.entries()[0]?.proxyUrl).toBe("ws://localhost:8080/gateway?host=game.example&port=9339");
	});

	const OWN = '{ host: "game.example", port: 9339, proxyUrl: "ws://own/" }';
	const OTHER = '{ host: "other.example", port: 1, proxyUrl: "ws://other/" }';
	it.each([
		[
			"a player and its configuration from before",
			`window.RufflePlayer = { config: { autoplay: "on", socketProxy: [${OTHER}] } };`,
			"",
		],
		[
			"a configuration from before without sockets",
			"window.RufflePlayer = { config: { autoplay: 'on' } };",
			`RufflePlayer.config.socketProxy = [${OTHER}];`,
		],
		[
			"a player that the page writes afterwards",
			"",
			`window.RufflePlayer = { config: { autoplay: "on", socketProxy: [${OTHER}] } };`,
		],
		[
			"a configuration that the page writes afterwards",
			"",
			`window.RufflePlayer = window.RufflePlayer || {}; window.RufflePlayer.config = { autoplay: "on", socketProxy: [${OTHER}] };`,
		],
		[
			"a list that the page writes afterwards",
			"var RufflePlayer = { config: { autoplay: 'on' } };",
			`RufflePlayer.config.socketProxy = [${OTHER}];`,
		],
		[
			"an entry that the page adds afterwards",
			"",
			`RufflePlayer.config.autoplay = "on"; RufflePlayer.config.socketProxy.unshift(${OTHER});`,
		],
		[
			"frozen objects",
			`window.RufflePlayer = Object.freeze({ config: Object.freeze({ autoplay: "on", socketProxy: Object.freeze([${OTHER}]) }) });`,
			"",
		],
	])("keeps %s, and puts the page's own entries first", (_, before, after) => {
		const a = page("http://localhost:9001/");
		a.run(before);
		a.run(script(GAME));
		a.run(after);
		expect(a.entries().map((entry) => entry.host)).toEqual(["other.example", "game.example"]);
		expect(a.run("RufflePlayer.config.autoplay")).toBe("on");
	});

	it.each([
		[`window.RufflePlayer = { config: { socketProxy: [${OWN}] } };`, ""],
		["", `RufflePlayer.config = { socketProxy: [${OWN}] };`],
		[
			"",
			`RufflePlayer = { config: { socketProxy: [{ host: "game.example", port: "9339", proxyUrl: "ws://own/" }] } };`,
		],
	])("adds nothing for a host and port that have an entry in the page", (before, after) => {
		const a = page("http://localhost:9001/");
		a.run(before);
		a.run(script(GAME));
		a.run(after);
		expect(a.entries().map((entry) => entry.proxyUrl)).toEqual(["ws://own/"]);
	});

	// The way of ruffle.js 0.6.0: an object of a class that takes over sources and configuration.
	const RUFFLE = `var Api = window.Api || class Api { constructor(old) { this.sources = old?.sources || {}; this.config = old?.config || {}; this.invoked = old?.invoked || false; } newest() { return "player"; } };
		window.RufflePlayer = window.RufflePlayer instanceof Api ? window.RufflePlayer : new Api(window.RufflePlayer);`;
	it.each([
		["before ruffle.js", [script(GAME), RUFFLE]],
		["after ruffle.js", [RUFFLE, script(GAME)]],
		[
			"before ruffle.js, with a page that replaces the configuration after it",
			[script(GAME), RUFFLE, "RufflePlayer.config = { autoplay: 'on' };"],
		],
		["twice", [script(GAME), RUFFLE, script(GAME), RUFFLE]],
	])("works %s", (_, steps) => {
		const a = page("http://localhost:9001/");
		for (const step of steps) a.run(step);
		expect(a.run("RufflePlayer.newest()")).toBe("player");
		expect(a.entries()).toHaveLength(1);
	});

	it("replaces a value that is not an object, as ruffle.js does", () => {
		for (const value of [
			"null",
			"undefined",
			"7",
			"{ config: null }",
			"{ config: { socketProxy: null } }",
			"{ config: { socketProxy: [null, 3] } }",
		]) {
			const a = page("http://localhost:9001/");
			a.run(`window.RufflePlayer = ${value}`);
			a.run(script(GAME));
			expect(a.entries().at(-1)?.host).toBe("game.example");
		}
	});

	it("reports each host and port without an entry once, if enabled", () => {
		const a = page("https://localhost:9001/");
		const asked: string[] = [];
		const said: unknown[][] = [];
		a.window.WebSocket = class {
			constructor(url: string) {
				asked.push(url);
			}
		};
		a.window.console = Object.fromEntries(
			["debug", "log", "info", "warn", "error"].map((level) => [level, (...words: unknown[]) => said.push(words)]),
		);
		a.run("window.RufflePlayer = { config: {} }");
		a.run(socketProxyScript([GAME], true));
		expect(a.run("RufflePlayer.config.logLevel")).toBe("warn");
		const words = ["%cWARN%c web/navigator.rs:1%c Missing WebSocket proxy for host a.example, port 7", "color: red"];
		a.window.words = words;
		a.run(
			"console.warn(...words); console.warn(...words); console.log('Missing WebSocket proxy for host ::1&x, port 8 ');",
		);
		expect(asked).toEqual([
			"wss://localhost:9001/gateway?host=a.example&port=7",
			"wss://localhost:9001/gateway?host=%3A%3A1%26x&port=8",
		]);
		expect(said).toHaveLength(3);
		a.run("RufflePlayer = { config: { logLevel: 'info' } }");
		expect(a.run("RufflePlayer.config.logLevel")).toBe("info");
	});

	it("can be inside a page: nothing in the data ends a script element", () => {
		const text = script(reachable({ host: "</script><!--", port: 2000, path: "gateway/x" }));
		expect(text).not.toMatch(/<\/script|<!--/);
		const a = page("http://localhost:9001/");
		a.run(text);
		expect(a.entries()[0]?.host).toBe("</script><!--");
	});
});

describe("reachableTargets", () => {
	it.each([
		["Game.Example:9339", ["Game.Example", "game.example"], false, "game.example:9339"],
		["old.example=localhost:9339?encoding=gbk", ["localhost", "127.0.0.1", "old.example"], true, "old.example"],
		["[::1]:9339", ["::1", "localhost", "127.0.0.1"], true, "[::1]:9339"],
		["10.0.0.7:5000?private=yes", ["10.0.0.7"], false, "10.0.0.7:5000"],
	])("returns the spellings of %s", (text, hosts, pageHost, name) => {
		const target = parseTarget(text);
		expect(reachableTargets([target], [text])).toEqual([
			{ hosts, pageHost, port: target.port, path: `gateway/${name}` },
		]);
	});

	it("returns another port that content asks for as an entry of its own", () => {
		const text = "Old.example:443=localhost:6112";
		expect(reachableTargets([parseTarget(text)], [text])).toEqual([
			{ hosts: ["Old.example"], pageHost: false, port: 443, path: "gateway/Old.example:443" },
			{ hosts: ["localhost", "127.0.0.1"], pageHost: true, port: 6112, path: "gateway/Old.example:443" },
		]);
	});
});
