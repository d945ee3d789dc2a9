// What the prompt of `connect` keeps and completes. test/field/prompt.test.ts uses it in a terminal.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { PromptCompletion } from "../../src/cli/prompt-completion.ts";
import { addToHistory, historyFile, readHistory } from "../../src/cli/prompt-history.ts";

describe("the history", () => {
	let folder: string;
	let file: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket history "));
		file = join(folder, "state", "history");
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("has the lines of all prompts that are open at a time, newest first, each once", () => {
		for (const line of ["<a/>", "<b/>", "<a/>", "  ", ""]) addToHistory(line, file);
		expect(readHistory(file)).toEqual(["<a/>", "<b/>"]);
		addToHistory("<c/>", file);
		expect(readHistory(file)).toEqual(["<c/>", "<a/>", "<b/>"]);
	});

	it("keeps no line with a password or a token, and none that begins with a space", () => {
		const secret = [
			'<hello name="ann" token="abc"/>',
			'<hello name="ann" session="abc"/>',
			"<hello token='abc'/>",
			"<msg><body action='login'><login><nick>a</nick><pword>x</pword></login></body></msg>",
			'<login user="a" password="x"/>',
			"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>",
			"<digest>81fe</digest>",
			'{"cmd":"login","passwd":"x"}',
			"user=a&pass=x",
			" <a/>",
		];
		for (const line of [...secret, '<say room="lobby">the password is on paper</say>', '<pass way="2"/>'])
			addToHistory(line, file);
		expect(readHistory(file)).toEqual(['<pass way="2"/>', '<say room="lobby">the password is on paper</say>']);
	});

	it("can be read by nobody else, also a file that others could read before", () => {
		addToHistory("<a/>", file);
		if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
		writeFileSync(file, "<old/>\n", { mode: 0o644 });
		addToHistory("<b/>", file);
		if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
	});

	it("offers the newest 500 lines, and the file does not grow beyond twice as many", () => {
		addToHistory("<first/>", file);
		writeFileSync(file, Array.from({ length: 1001 }, (_, at) => `<n${at}/>\n`).join(""));
		expect(readHistory(file)).toHaveLength(500);
		expect(readHistory(file)[0]).toBe("<n1000/>");
		expect(readFileSync(file, "utf8").split("\n")).toHaveLength(501);
	});

	it("is in the state folder; a relative one is ignored, as the XDG specification demands", () => {
		const before = process.env.XDG_STATE_HOME;
		onTestFinished(() => {
			if (before === undefined) delete process.env.XDG_STATE_HOME;
			else process.env.XDG_STATE_HOME = before;
		});
		process.env.XDG_STATE_HOME = folder;
		expect(historyFile()).toBe(join(folder, "xmlsocket", "history"));
		process.env.XDG_STATE_HOME = "state";
		expect(historyFile()).not.toMatch(/^state/);
	});
});

describe("Tab", () => {
	const completion = new PromptCompletion();
	completion.note('<joined room="games"><member name="bob"/></joined>');
	completion.note('<rooms><room name="news"/></rooms>');
	completion.note('<said room="lobby" seq="1" from="carl">hi</said>');
	completion.note("<verChk v='1'/>");

	it.each<[string, string[]]>([
		["<jo", ["<join", "<joined"]],
		["<verC", ["<verChk"]],
		["<join ", ['after="', 'key="', 'room="']],
		["<join ro", ['room="']],
		['<join room="', ['games"', 'lobby"', 'news"']],
		['<say room="ga', ['games"']],
		['<tell to="', ['bob"', 'carl"']],
		['<kick room="lobby" name="b', ['bob"']],
		['<say room="lobby">hi</', ["</say>"]],
		["<a><b/><c>x</c><d></", ["</d>"]],
		["/h", ["/help"]],
		["<say>some text", []],
		["%xt%", []],
		["</", []],
	])("completes %s", (line, expected) => {
		expect(completion.complete(line)[0]).toEqual(expected);
	});
});
