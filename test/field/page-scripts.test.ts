// Pages that configure Ruffle's sockets with scripts of every kind, as people publish them: what doctor reads of them, and what it leaves open.

import { describe, expect, it } from "vitest";
import { type RuffleConfig, readRuffleConfig } from "../../src/tools/doctor/ruffle-config.ts";

const PAGE = new URL("https://play.example/game/");

/** Reads scripts in their order. */
const read = (...texts: string[]): RuffleConfig =>
	readRuffleConfig(
		texts.map((text) => ({ text, url: PAGE })),
		PAGE,
	);

const entry = '{ host: "game.example", port: 9339, proxyUrl: "wss://play.example/gateway/game" }';
const known = [{ host: "game.example", port: 9339, proxyUrl: "wss://play.example/gateway/game" }];
const config = (rest: string): string => `window.RufflePlayer = { config: { socketProxy: ${rest} } };`;

describe("a page makes the address of the proxy with the class URL", () => {
	it.each([
		["and sets the protocol", "const u = new URL('/gateway/game', location.href); u.protocol = 'wss:';", "u.href"],
		[
			"and makes the protocol from the old one",
			"const u = new URL('/gateway/game', location.href); u.protocol = u.protocol.replace('http', 'ws');",
			"u.href",
		],
		[
			"and chooses the protocol by that of the page",
			"let u = new URL(location.href); u.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'; u.pathname = '/gateway/game';",
			"u.toString()",
		],
		[
			"and puts it into a template",
			"const u2 = new URL('/gateway/game', location.href); u2.protocol = 'wss';",
			"`$".concat("{u2}`"),
		],
		[
			"and makes a text of it",
			"var u = new URL('gateway/game', 'https://play.example/'); u.protocol = 'wss:';",
			"String(u)",
		],
	])("%s", (_situation, before, url) => {
		expect(read(`${before} ${config(`[{ host: "game.example", port: 9339, proxyUrl: ${url} }]`)}`).entries).toEqual(
			known,
		);
	});

	it.each([
		[
			"with a query that a script adds",
			"const u = new URL('wss://play.example/gateway/game'); u.searchParams.set('host', 'x');",
		],
		[
			"with a port that only the running page knows",
			"const u = new URL('wss://play.example/gateway/game'); u.port = settings.port;",
		],
	])("%s: the entry is left open", (_situation, before) => {
		const { entries, unreadable } = read(
			`${before} ${config('[{ host: "game.example", port: 9339, proxyUrl: u.href }]')}`,
		);
		expect([entries, unreadable]).toEqual([[], 1]);
	});
});

describe("a page fills a list first", () => {
	it("with push: the entries are known", () => {
		expect(read(`const list = []; list.push(${entry}); ${config("list")}`)).toMatchObject({
			entries: known,
			unreadable: 0,
		});
	});

	it.each([
		[
			"in a loop over ports",
			"for (const port of [9339, 9340]) list.push({ host: 'game.example', port, proxyUrl: 'wss://x' });",
		],
		[
			"in a loop that counts",
			"for (let i = 0; i < 9; i++) { list.push({ host: 'game.example', port: 9339 + i, proxyUrl: 'wss://x' }); }",
		],
		[
			"with forEach",
			"[9339].forEach(function (p) { list.push({ host: 'game.example', port: p, proxyUrl: 'wss://x' }); });",
		],
	])("%s: nothing is blamed", (_situation, loop) => {
		const found = read(`const list = []; ${loop} ${config("list")}`);
		expect(found.unreadable).toBeGreaterThan(0);
		expect(found.mistakes).toEqual([]);
	});
});

describe("a page assigns the configuration twice", () => {
	it.each([
		["the whole object", "window.RufflePlayer = { config: { autoplay: 'on' } };"],
		["its config", "RufflePlayer.config = { autoplay: 'on' };"],
	])("%s: the second one, without the list, replaces the first", (_situation, second) => {
		const found = read(config(`[${entry}]`), second);
		expect(found.entries).toEqual([]);
		expect(found.mistakes[0]).toMatch(/replaces the list/);
	});

	it.each([
		["only if there is none", "if (!window.RufflePlayer) { window.RufflePlayer = { config: {} }; }"],
		["or what is there", "window.RufflePlayer = window.RufflePlayer || {};"],
		["with the old one in it", "RufflePlayer.config = { ...RufflePlayer.config, autoplay: 'on' };"],
		["an option of its own", "RufflePlayer.config.autoplay = 'on';"],
		["for one player, in load", "player.load({ url: 'game.swf', autoplay: 'on' });"],
	])("%s: the list stays", (_situation, second) => {
		expect(read(config(`[${entry}]`), second)).toMatchObject({ entries: known, mistakes: [] });
	});

	it("the second one with another list: that one counts", () => {
		const other = config(`[${entry.replace("9339", "9340")}]`);
		expect(read(config(`[${entry}]`), other).entries).toEqual([{ ...known[0], port: 9340 }]);
	});
});

it.each([
	["an arrow function", "(host, port) => 'wss://play.example/' + host + port"],
	["a function", "function (host, port) { return 'wss://play.example/'; }"],
	["a function of one value", "target => 'wss://play.example/'"],
])("a page gives %s for the list, which other players take: it is named as the mistake", (_situation, value) => {
	expect(read(config(value)).mistakes).toEqual(["socketProxy is a function, but Ruffle takes only a list of entries."]);
});

it("a page fetches its configuration as JSON: it is left open, and not called empty", () => {
	const found = read(
		"fetch('ruffle.json').then((answer) => answer.json()).then((c) => { window.RufflePlayer = { config: c }; });",
	);
	expect(found).toMatchObject({ entries: [], unreadable: 1, mistakes: [] });
});

it.each(["true", "'wss://play.example/'"])("a page gives %s for the list: it is named as the mistake", (value) => {
	expect(read(config(value)).mistakes[0]).toMatch(/^socketProxy is .*, but Ruffle takes only a list/);
});
