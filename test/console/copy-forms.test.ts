// What a user copies from a page is run by a real shell, and the differences of two documents are checked line by line.

import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { asSendCommand, asTest, asText, base64Of, bytesOfHex } from "../../console/copy-forms.ts";
import { diffLines, equalEnds } from "../../console/line-diff.ts";
import { DocumentView } from "../../console/shown-document.ts";
import type { CaptureInfo, DocumentEvent } from "../../src/tools/traffic/index.ts";

const INFO: CaptureInfo = { startedMs: 0, terminator: Uint8Array.of(0), encoding: "utf-8", target: "localhost:9000" };
const view = new DocumentView("utf-8");
const document = (bytes: string | Uint8Array): DocumentEvent => ({
	kind: "document",
	connection: 1,
	direction: "client",
	time: 0,
	bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
	ending: "terminated",
});

/** The arguments that a shell passes on, or what it writes to the standard input of the last command. */
function run(line: string): string[] {
	const script = `xmlsocket() { for argument in "$@"; do printf '%s\\0' "$argument"; done; [ -t 0 ] || cat; }\n${line}`;
	return execFileSync("sh", ["-c", script], { input: "" }).toString().split("\0");
}

describe("a copied send command", () => {
	it.each([
		`<say to='zoë'>it's "fine" & $HOME \`ls\` !! \\n</say>`,
		"-m is no flag",
		"<a>\n\t<b/>\n</a>".replaceAll("\t", " "),
		"%xt%s%m#sm%1%hello%",
		"'",
	])("passes exactly this document to the command: %j", (text) => {
		const copied = asSendCommand(document(text), view, INFO).text!;
		const [name, address, ...rest] = ["xmlsocket", ...run(copied)].slice(1);
		expect([name, address]).toEqual(["send", "localhost:9000"]);
		expect(rest.filter((argument) => argument !== "--" && argument !== "")).toEqual([text]);
	});

	it.each(["a\x1b]0;title\x07b", "tab\there", "back\\slash\x01\\n 100%", "\u0085next line"])(
		"writes no control character into the terminal, and sends it all the same: %j",
		(text) => {
			const copied = asSendCommand(document(text), view, INFO).text!;
			expect(copied).not.toMatch(/[^\P{Cc}]/u);
			expect(run(copied)).toEqual(["send", "localhost:9000", `${text}\n`]);
		},
	);

	it("names encoding and terminator where they are not the usual ones, and quotes the address", () => {
		const gbk = new DocumentView("gbk");
		const info = { ...INFO, encoding: "gbk", terminator: Uint8Array.of(13, 10), target: "ws://host/a?b=1&c=2" };
		expect(asSendCommand(document(Uint8Array.of(0xd6, 0xd0)), gbk, info).text).toBe(
			"xmlsocket send 'ws://host/a?b=1&c=2' --encoding gbk --terminator 0d0a '中'",
		);
	});

	it("is refused for bytes that are not text, which are copied as hex", () => {
		const binary = document(Uint8Array.of(0xff, 0x00, 0x0a));
		expect(asSendCommand(binary, view, INFO).problem).toContain("copy it as hex");
		expect(asText(binary, view).text).toBe("ff 00 0a");
	});
});

describe("a copied test", () => {
	it("sends the document and expects the answer, with strings that no character can end", () => {
		const { text } = asTest(document('<a b="\u202e`$x`"/>'), document("<b/>"), view, INFO);
		expect(text).toContain('connection.send("<a b=\\"\\u202e`$x`\\"/>");');
		expect(text).toContain('expect(document.text).toBe("<b/>");');
		expect(text).toContain('await connect("localhost:9000");');
	});
});

describe("bytes that are edited", () => {
	it("are read from hex, and written as base64", () => {
		expect(bytesOfHex("3c 61\n2F3e")).toEqual(new TextEncoder().encode("<a/>"));
		expect([bytesOfHex("3"), bytesOfHex("zz"), bytesOfHex("")]).toEqual([undefined, undefined, new Uint8Array()]);
		const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at & 255);
		expect(Buffer.from(base64Of(bytes), "base64")).toEqual(Buffer.from(bytes));
	});
});

describe("the differences of two documents", () => {
	const shown = (left: string, right: string): string[] =>
		diffLines([...left], [...right]).map((row) =>
			row.same ? `=${left[row.left!]}` : `${left[row.left ?? -1] ?? "."}${right[row.right ?? -1] ?? "."}`,
		);

	it("pairs lines that replace others, and leaves a gap for lines on one side", () => {
		expect(shown("abcd", "abcd")).toEqual(["=a", "=b", "=c", "=d"]);
		expect(shown("abcd", "axcd")).toEqual(["=a", "bx", "=c", "=d"]);
		expect(shown("abcd", "abd")).toEqual(["=a", "=b", "c.", "=d"]);
		expect(shown("ad", "abcd")).toEqual(["=a", ".b", ".c", "=d"]);
		expect(shown("", "ab")).toEqual([".a", ".b"]);
	});

	it("shows every line of both sides, also where they are too long to compare", () => {
		const left = Array.from({ length: 3000 }, (_, at) => `l${at}`);
		const right = Array.from({ length: 2500 }, (_, at) => `r${at}`);
		const rows = diffLines(["same", ...left, "end"], ["same", ...right, "end"]);
		expect(rows.filter((row) => row.same)).toHaveLength(2);
		expect(rows.filter((row) => row.left !== undefined)).toHaveLength(3002);
		expect(rows.filter((row) => row.right !== undefined)).toHaveLength(2502);
	});

	it("marks the part of a line that differs", () => {
		expect(equalEnds('<a b="1" c="2"/>', '<a b="17" c="2"/>')).toEqual({ start: 7, end: 9 });
		expect(equalEnds("aaa", "aa")).toEqual({ start: 2, end: 0 });
	});
});
