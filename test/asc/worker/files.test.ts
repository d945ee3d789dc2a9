// The class File over the worker's files: the folder, reading and writing by characters, lines and bytes, and its bounds.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFile } from "../../../src/asc/runtime/file.ts";
import { ScriptFiles } from "../../../src/asc/worker/files.ts";
import { SandboxedFolder } from "../../../src/asc/worker/sandboxed-folder.ts";
import type { XMLSocketError } from "../../../src/errors/index.ts";

interface ScriptFile {
	[name: string]: unknown;
	position: number | undefined;
	open(type: string, mode: string): boolean;
	close(): boolean;
	read(count: number): string | undefined;
	readln(): string | undefined;
	readAll(): string[] | undefined;
	readByte(): number | undefined;
	write(...values: unknown[]): boolean;
	writeln(...values: unknown[]): boolean;
	writeAll(lines: unknown[]): boolean;
	writeByte(byte: number): boolean;
	seek(bytes: number): number;
	eof(): boolean;
	flush(): boolean;
	list(filter?: (name: string) => boolean): ScriptFile[] | null;
	mkdir(name: string): boolean;
	remove(recursive?: boolean): boolean;
	renameTo(name: string): boolean;
	copyTo(name: string): boolean;
}

let outside: string;
let folder: string;
let files: ScriptFiles;
let reported: XMLSocketError[];
let statuses: string[];
let File: new (name: string) => ScriptFile;

beforeEach(() => {
	outside = mkdtempSync(join(tmpdir(), "xmlsocket files "));
	folder = join(outside, "app");
	mkdirSync(folder);
	reported = [];
	files = new ScriptFiles(new SandboxedFolder(folder), (error) => reported.push(error as XMLSocketError));
	statuses = [];
	File = makeFile(files, (info) => statuses.push((info as { code: string }).code)) as unknown as typeof File;
});

afterEach(() => {
	files.end();
	rmSync(outside, { recursive: true });
});

const put = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
const get = (name: string): string => readFileSync(join(folder, name), "utf8");
const codes = (): string[] => reported.splice(0).map(({ code }) => code);

describe("a failure", () => {
	test("of each method that the manual names reaches application.onStatus, and that of a handler itself does not", () => {
		const file = new File("missing/a.txt");
		const members = file as unknown as Record<string, (...values: unknown[]) => unknown>;
		for (const name of "copyTo flush list mkdir open read remove renameTo write".split(" ")) {
			statuses = [];
			members[name]?.(name === "open" ? "text" : "b.txt", "read");
			expect(statuses, name).toEqual([`File.${name.charAt(0).toUpperCase()}${name.slice(1)}.Failed`]);
		}
	});

	test("is reported once: a success after it, and looking at a file, report nothing", () => {
		const file = new File("a.txt");
		expect([file.exists, file.isOpen, file.position, file.eof(), file.close()]).toEqual([
			false,
			false,
			undefined,
			true,
			false,
		]);
		expect(file.open("text", "write")).toBe(true);
		expect([file.write("a"), file.flush(), file.close()]).toEqual([true, true, true]);
		expect(statuses).toEqual([]);
	});
});

describe("the folder", () => {
	test.each([
		"../secret",
		"a/../../secret",
		"sub/../../secret",
		"file:secret",
		"C:secret",
		"a\\..\\..\\secret",
		"a\0b",
	])("refuses the name %j, and says so", (name) => {
		writeFileSync(join(outside, "secret"), "secret");
		mkdirSync(join(folder, "sub"));
		const file = new File(name);
		expect([file.exists, file.isFile, file.canRead, file.length]).toEqual([false, false, false, undefined]);
		expect(file.open("text", "read")).toBe(false);
		expect(file.remove()).toBe(false);
		expect(new Set(codes())).toEqual(new Set(["XMLSOCKET_FILE_REFUSED"]));
		expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
	});

	test("reads a leading slash as the application's folder", () => {
		put("a.txt", "inside");
		const file = new File("/a.txt");
		expect(file.open("text", "read")).toBe(true);
		expect(file.read(6)).toBe("inside");
		expect(new File("/").isDirectory).toBe(true);
	});

	test("follows links inside the folder, and refuses links that lead out, also through a folder or to a missing file", () => {
		writeFileSync(join(outside, "secret"), "secret");
		put("real.txt", "real");
		symlinkSync(join(folder, "real.txt"), join(folder, "inner"));
		symlinkSync(join(outside, "secret"), join(folder, "outer"));
		symlinkSync(outside, join(folder, "up"));
		symlinkSync(join(outside, "new"), join(folder, "dangling"));
		expect(new File("inner").open("text", "read")).toBe(true);
		for (const name of ["outer", "up/secret", "dangling", "up"]) {
			const file = new File(name);
			expect([file.exists, file.open("text", "create"), file.list()]).toEqual([false, false, null]);
			expect(new File("real.txt").copyTo(name)).toBe(false);
		}
		expect(new Set(codes())).toEqual(new Set(["XMLSOCKET_FILE_REFUSED"]));
		expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
		expect(existsSync(join(outside, "new"))).toBe(false);
	});

	test("refuses to remove or rename the application's own folder", () => {
		expect(new File("/").remove(true)).toBe(false);
		expect(new File(".").renameTo("other")).toBe(false);
		expect(existsSync(folder)).toBe(true);
		expect(codes()).toEqual(["XMLSOCKET_FILE_FAILED", "XMLSOCKET_FILE_FAILED"]);
	});

	test("opens no pipe, which would make the application wait", () => {
		execFileSync("mkfifo", [join(folder, "pipe")]);
		put("a.txt", "a");
		expect(new File("pipe").open("text", "read")).toBe(false);
		expect(new File("a.txt").copyTo("pipe")).toBe(false);
		expect(new File("pipe").copyTo("b.txt")).toBe(false);
		expect(codes()).toEqual(Array(3).fill("XMLSOCKET_FILE_FAILED"));
	});
});

describe("open", () => {
	test.each([
		["read", false, "old"],
		["write", true, "NEW"],
		["readWrite", true, "NEW"],
		["append", true, "oldNEW"],
		["create", true, "NEW"],
		["read, append", true, "oldNEW"],
		["readWrite,create", true, "NEW"],
	])("with %s: makes a missing file %s, and writing NEW over old gives %s", (mode, makes, after) => {
		expect(new File("new.txt").open("text", mode)).toBe(makes);
		expect(existsSync(join(folder, "new.txt"))).toBe(makes);
		put("old.txt", "old");
		const file = new File("old.txt");
		expect(file.open("text", mode)).toBe(true);
		expect([file.isOpen, file.type, file.mode]).toEqual([true, "text", mode]);
		expect(file.write("NEW")).toBe(makes);
		expect(file.close()).toBe(true);
		expect([file.isOpen, file.type, file.mode, file.close()]).toEqual([false, undefined, undefined, false]);
		expect(get("old.txt")).toBe(after);
	});

	test.each([
		["text", "reed"],
		["text", ""],
		["picture", "read"],
	])("refuses the type %s with the mode %j", (type, mode) => {
		put("a.txt", "a");
		expect(new File("a.txt").open(type, mode)).toBe(false);
	});

	test("refuses a second time, and after 64 open files, until one is closed", () => {
		put("a.txt", "a");
		const opened = Array.from({ length: 64 }, () => new File("a.txt"));
		expect(opened.every((file) => file.open("text", "read"))).toBe(true);
		expect(opened[0]!.open("text", "read")).toBe(false);
		const more = new File("a.txt");
		expect(more.open("text", "read")).toBe(false);
		expect(codes()).toEqual(["XMLSOCKET_SCRIPT_LIMIT"]);
		opened[0]!.close();
		expect(more.open("text", "read")).toBe(true);
	});
});

describe("reading", () => {
	test("counts characters, also of several bytes, and skips a byte order mark", () => {
		put("a.txt", "\ufeffaé😀z");
		const file = new File("a.txt");
		file.open("text", "read");
		expect([file.read(1), file.read(2), file.eof(), file.read(9), file.eof(), file.read(1)]).toEqual([
			"a",
			"é😀",
			false,
			"z",
			true,
			undefined,
		]);
	});

	test("returns lines without their line breaks, LF and CR LF, and a last line without one", () => {
		put("a.txt", `one\r\n\ntwo\n${"x".repeat(20_000)}\nlast`);
		const file = new File("a.txt");
		file.open("text", "read");
		const lines: (string | undefined)[] = [];
		while (!file.eof()) lines.push(file.readln());
		expect(lines.map((line) => (line!.length > 10 ? line!.length : line))).toEqual(["one", "", "two", 20_000, "last"]);
		expect(file.readln()).toBeUndefined();
		file.position = 0;
		expect(file.readAll()!.map(({ length }) => length)).toEqual([3, 0, 3, 20_000, 4]);
		expect(file.readAll()).toEqual([]);
	});

	test("returns the bytes of a binary file", () => {
		put("a.bin", Buffer.from([0, 255, 10, 200]));
		const file = new File("a.bin");
		file.open("binary", "read");
		expect([file.readByte(), file.readByte(), file.read(9), file.readByte()]).toEqual([0, 255, "\nÈ", undefined]);
	});

	test("more than 16 MiB at once is refused with a reason", () => {
		put("a.bin", Buffer.alloc(16 * 1024 * 1024 + 1, 97));
		const file = new File("a.bin");
		file.open("binary", "read");
		expect([file.readAll(), file.readln(), file.read(5)]).toEqual([undefined, undefined, "aaaaa"]);
		expect(codes()).toEqual(["XMLSOCKET_SCRIPT_LIMIT", "XMLSOCKET_SCRIPT_LIMIT"]);
	});
});

describe("writing and positions", () => {
	test("write, writeln and writeAll write texts of anything", () => {
		const file = new File("a.txt");
		file.open("text", "create");
		expect([file.write("a", 1, null), file.writeln("é"), file.writeAll(["x", 2]), file.flush()]).toEqual(
			Array(4).fill(true),
		);
		file.close();
		expect(get("a.txt")).toBe("a1nullé\nx\n2\n");
	});

	test("seek moves forwards and backwards, never past either end; position can be set", () => {
		put("a.txt", "0123456789");
		const file = new File("a.txt");
		expect([file.position, file.seek(3)]).toEqual([undefined, -1]);
		file.open("text", "readWrite");
		expect([file.seek(4), file.read(1), file.seek(-2), file.read(1)]).toEqual([4, "4", 3, "3"]);
		expect([file.seek(-99), file.seek(99), file.position]).toEqual([0, 10, 10]);
		file.position = 2;
		file.write("AB");
		expect([file.position, file.read(2)]).toEqual([4, "45"]);
		file.close();
		expect(get("a.txt")).toBe("01AB456789");
	});

	test("writeByte writes bytes, only to binary files", () => {
		const file = new File("a.bin");
		file.open("binary", "create");
		expect([file.writeByte(0), file.writeByte(255), file.writeByte(257)]).toEqual([true, true, true]);
		file.close();
		expect([...readFileSync(join(folder, "a.bin"))]).toEqual([0, 255, 1]);
		file.open("text", "append");
		expect(file.writeByte(1)).toBe(false);
	});

	test("calls on a closed file return nothing and have no effect", () => {
		const file = new File("a.txt");
		expect([file.read(1), file.readln(), file.readAll(), file.write("a"), file.flush(), file.eof()]).toEqual([
			undefined,
			undefined,
			undefined,
			false,
			false,
			true,
		]);
		expect(codes()).toEqual([]);
	});
});

describe("folders and facts", () => {
	test("mkdir, list with a filter, length, and remove of an empty folder or of everything work", () => {
		const root = new File("/");
		expect(root.mkdir("logs")).toBe(true);
		expect([root.mkdir("logs"), new File("nowhere").mkdir("x")]).toEqual([false, false]);
		put("logs/b.txt", "bb");
		put("logs/a.log", "");
		const logs = new File("logs");
		expect(logs.list()!.map(({ name }) => name)).toEqual(["logs/a.log", "logs/b.txt"]);
		expect(logs.list((name) => name.endsWith(".txt"))!.map((file) => file.length)).toEqual([2]);
		expect([logs.length, logs.isDirectory, logs.isFile]).toEqual([2, true, false]);
		expect([new File("logs/b.txt").list(), logs.remove(), logs.remove(true), logs.exists]).toEqual([
			null,
			false,
			true,
			false,
		]);
	});

	test("a file has its times, its length and its permissions", () => {
		put("a.txt", "abc");
		const file = new File("a.txt");
		expect([file.exists, file.isFile, file.canRead, file.canWrite, file.canAppend, file.canReplace]).toEqual(
			Array(6).fill(true),
		);
		expect(file.length).toBe(3);
		expect(file.lastModified).toBeInstanceOf(Date);
		expect(Math.abs((file.lastModified as Date).getTime() - Date.now())).toBeLessThan(60_000);
		expect(file.creationTime).toBeInstanceOf(Date);
		expect([new File("none").lastModified, new File("none").length, new File("no/where").exists]).toEqual([
			undefined,
			undefined,
			false,
		]);
		expect([String(file), codes()]).toEqual(["a.txt", []]);
	});

	test("renameTo moves, and never over another file; copyTo replaces", () => {
		put("a.txt", "a");
		put("b.txt", "b");
		mkdirSync(join(folder, "sub"));
		expect(new File("a.txt").renameTo("b.txt")).toBe(false);
		expect(new File("a.txt").renameTo("sub/c.txt")).toBe(true);
		expect([get("b.txt"), get("sub/c.txt"), existsSync(join(folder, "a.txt"))]).toEqual(["b", "a", false]);
		expect(new File("sub/c.txt").copyTo("b.txt")).toBe(true);
		expect(get("b.txt")).toBe("a");
		expect([new File("sub").copyTo("d"), new File("b.txt").copyTo("no/where.txt")]).toEqual([false, false]);
	});
});
