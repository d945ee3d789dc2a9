// SharedObject: what scripts do with it, what clients do with it in documents, what is written down, and where it ends.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type SharedObject, SharedObjects } from "../../../src/asc/runtime/shared-object.ts";
import { SharedObjectDocuments } from "../../../src/asc/runtime/shared-object-documents.ts";
import { StoredObjects } from "../../../src/asc/worker/stored-objects.ts";
import type { XMLSocketError } from "../../../src/errors/index.ts";
import { XML } from "../../../src/xml/index.ts";

interface Person {
	readonly heard: string[];
	readonly send: (text: string) => void;
	readAccess: unknown;
	writeAccess: unknown;
	/** Sends the children of `<so name="board">`, or a whole document. */
	says(content: string): void;
}

interface Setting {
	readonly objects: SharedObjects;
	readonly get: (name: string, isPersistent?: boolean) => SharedObject & Record<string, unknown>;
	readonly join: (name?: string) => Person;
	readonly leave: (person: Person) => void;
	readonly reported: unknown[];
	readonly folder: string;
	/** How often a commit was asked for. */
	readonly asked: () => number;
}

let at: Setting;

function setting(folder: string): Setting {
	const reported: unknown[] = [];
	const stored = new StoredObjects(folder, (error) => reported.push(error));
	let asked = 0;
	const objects = new SharedObjects({
		load: (name) => stored.load(name),
		store: (name, text) => stored.store(name, text),
		remove: (name) => stored.remove(name),
		commitSoon: () => void asked++,
	});
	const documents = new SharedObjectDocuments(objects, (error) => reported.push(error));
	return {
		objects,
		get: (name, isPersistent) => objects.SharedObject.get(name, isPersistent) as never,
		join(name) {
			const heard: string[] = [];
			const person: Person = {
				heard,
				send: (text) => void heard.push(text),
				readAccess: "/",
				writeAccess: "/",
				says(content) {
					const text = content.startsWith("<so") ? content : `<so name="board">${content}</so>`;
					documents.document(person, new XML(text).firstChild!);
				},
			};
			if (name !== undefined) {
				person.says(`<so name="${name}"><connect/></so>`);
				heard.length = 0;
			}
			return person;
		},
		leave: (person) => documents.forget(person),
		reported,
		folder,
		asked: () => asked,
	};
}

beforeEach(() => {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket objects "));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	at = setting(join(folder, "sharedobjects"));
});

describe("in a script", () => {
	test("get gives the same object for a name; live and persistent ones differ", () => {
		expect(at.get("a")).toBe(at.get("a"));
		expect(at.get("a", true)).toBe(at.get("a", true));
		expect(at.get("a", true)).not.toBe(at.get("a"));
		expect([at.get("a").name, at.get("a").version, at.get("a").size()]).toEqual(["a", 0, 0]);
		expect(at.get("a")).toBeInstanceOf(at.objects.SharedObject as never);
	});

	test("properties are set, read, listed, counted and deleted by null", () => {
		const so = at.get("a");
		const place = { x: 1 };
		so.setProperty("one", place);
		so.setProperty("two", "2");
		so.setProperty("two", 3);
		expect([so.getProperty("one"), so.getProperty("two"), so.getProperty("none")]).toEqual([place, 3, undefined]);
		expect([so.getPropertyNames(), so.size(), so.version]).toEqual([["one", "two"], 2, 3]);
		so.setProperty("one", null);
		so.setProperty("none", null);
		expect([so.getPropertyNames(), so.version]).toEqual([["two"], 4]);
		expect([so.clear(), so.size(), so.version]).toEqual([true, 0, 5]);
	});

	test("close() releases the object: its methods return nothing, and get() returns a new one", () => {
		const so = at.get("a");
		so.setProperty("x", 1);
		so.close();
		so.close();
		so.setProperty("x", 2);
		expect([so.name, so.getProperty("x"), so.size(), so.send("h"), so.clear(), so.flush()]).toEqual([
			undefined,
			undefined,
			0,
			false,
			false,
			false,
		]);
		expect(at.objects.size).toBe(0);
		expect(at.get("a").size()).toBe(0);
	});

	test("a new object has no enumerable properties of its own", () => {
		const so = at.get("a");
		const names: string[] = [];
		for (const name in so) names.push(name);
		expect([names, so.resyncDepth, so.autoCommit, so.isDirty]).toEqual([[], Number.POSITIVE_INFINITY, true, false]);
	});
});

describe("clients", () => {
	test("receive the whole object when they connect, then each change; the client that made it receives success", () => {
		at.get("board").setProperty("a", [1, "x"]);
		const [ann, bob] = [at.join(), at.join()];
		ann.says("<connect/>");
		expect(ann.heard.splice(0)).toEqual([
			'<so name="board" version="1"><clear /><change name="a"><array><property id="0"><number>1</number></property>' +
				'<property id="1"><string>x</string></property></array></change></so>',
		]);
		bob.says("<connect/>");
		bob.heard.length = 0;
		ann.says('<set name="b"><string>&lt;é&gt;</string></set>');
		expect(ann.heard.splice(0)).toEqual(['<so name="board" version="2"><success name="b" /></so>']);
		expect(bob.heard.splice(0)).toEqual([
			'<so name="board" version="2"><change name="b"><string>&lt;é&gt;</string></change></so>',
		]);
		bob.says('<delete name="b"/>');
		expect(ann.heard).toEqual(['<so name="board" version="3"><delete name="b" /></so>']);
		expect(bob.heard).toEqual(['<so name="board" version="3"><success name="b" /></so>']);
	});

	test("receive what the script changes, clears and sends", () => {
		const so = at.get("board");
		const ann = at.join("board");
		so.setProperty("a", true);
		so.setProperty("a", null);
		so.clear();
		so.send("draw", 1, "two");
		expect(ann.heard).toEqual([
			'<so name="board" version="1"><change name="a"><true/></change></so>',
			'<so name="board" version="2"><delete name="a" /></so>',
			'<so name="board" version="3"><clear /></so>',
			'<so name="board" version="3"><send handler="draw"><number>1</number><string>two</string></send></so>',
		]);
	});

	test("notify the script in onSync once for each document, with the old values", () => {
		const so = at.get("board");
		const lists: unknown[] = [];
		so.onSync = function (this: unknown, list) {
			lists.push(this === so, list);
		};
		so.setProperty("a", "old");
		const ann = at.join("board");
		ann.says('<set name="a"><number>1</number></set><set name="b"><true/></set><delete name="a"/><delete name="z"/>');
		ann.says('<set name="b"><null/></set>');
		expect(lists).toEqual([
			true,
			[
				{ code: "change", name: "a", oldValue: "old" },
				{ code: "change", name: "b", oldValue: undefined },
				{ code: "delete", name: "a", oldValue: 1 },
			],
			true,
			[{ code: "delete", name: "b", oldValue: true }],
		]);
	});

	test("send to all clients and to the script's handler of that name, but not to methods of the class", () => {
		const so = at.get("board");
		const calls: unknown[] = [];
		so.draw = function (this: unknown, ...args: unknown[]) {
			calls.push(this === so, ...args);
		};
		so.broken = () => {
			throw new Error("in the handler");
		};
		so.setProperty("a", 1);
		const [ann, bob] = [at.join("board"), at.join("board")];
		ann.says('<send handler="draw"><number>1</number><array/></send>');
		const text = '<so name="board" version="1"><send handler="draw"><number>1</number><array></array></send></so>';
		expect([ann.heard, bob.heard, calls]).toEqual([[text], [text], [true, 1, []]]);
		for (const handler of ["clear", "close", "onSync", "constructor", "toString", "__proto__", "nothing", "broken"]) {
			ann.says(`<send handler="${handler}"/>`);
		}
		expect([so.size(), so.name]).toEqual([1, "board"]);
		expect(at.reported.map(String)).toEqual(["Error: in the handler"]);
	});

	test("create an object, which is dropped when the last of them disconnects, unless a script holds it", () => {
		const [ann, bob] = [at.join("board"), at.join("board")];
		ann.says('<set name="a"><true/></set>');
		expect(at.objects.size).toBe(1);
		at.leave(ann);
		bob.says("<disconnect/>");
		expect(at.objects.size).toBe(0);
		const so = at.get("board");
		expect(so.size()).toBe(0);
		at.leave(at.join("board"));
		expect(at.get("board")).toBe(so);
	});

	test("receive nothing after <disconnect/>, and must connect before they change anything", () => {
		const so = at.get("board");
		const ann = at.join("board");
		ann.says("<disconnect/>");
		so.setProperty("a", 1);
		ann.says('<set name="a"><true/></set>');
		expect(ann.heard).toEqual([
			'<so name="board"><error code="shared-object-refused">Send &lt;connect /&gt; for the shared object &quot;board&quot; first.</error></so>',
		]);
		expect(so.getProperty("a")).toBe(1);
	});

	test.each([
		["<paint/>", "shared-object-refused"],
		['<set name=""><true/></set>', "shared-object-invalid"],
		["<set><true/></set>", "shared-object-invalid"],
		['<set name="a"><picture/></set>', "shared-object-invalid"],
		[`<set name="${"n".repeat(129)}"><true/></set>`, "shared-object-invalid"],
		[`<set name="a"><string>${"x".repeat(1_000_001)}</string></set>`, "script-limit"],
	])("receive an error for %.40s", (content, code) => {
		const ann = at.join("board");
		ann.says(content);
		expect(ann.heard.length).toBe(1);
		expect(ann.heard[0]).toContain(`<error code="${code}">`);
		expect(at.get("board").size()).toBe(0);
	});

	test("can use the objects that their readAccess and writeAccess name, folder by folder", () => {
		const ann = at.join();
		ann.readAccess = "public;games/chess";
		ann.writeAccess = "games/chess";
		const try_ = (name: string, content: string): string => {
			ann.heard.length = 0;
			ann.says(`<so name="${name}">${content}</so>`);
			return /<(error|success|clear|reject)/.exec(ann.heard[0]!)![1]!;
		};
		for (const name of ["secret", "publicly", "public", "public/a", "games", "games/chess/1"]) {
			if (name !== "games/chess/1") at.get(name);
		}
		const connects = ["secret", "publicly", "public", "public/a", "public/new", "games", "games/chess/1"];
		expect(connects.map((name) => try_(name, "<connect/>"))).toEqual([
			"error",
			"error",
			"clear",
			"clear",
			"error",
			"error",
			"clear",
		]);
		expect(try_("public", '<set name="a"><true/></set>')).toBe("reject");
		expect(try_("public", '<send handler="a"/>')).toBe("error");
		expect(try_("games/chess/1", '<set name="a"><true/></set>')).toBe("success");
		ann.readAccess = "";
		expect(try_("public", "<connect/>")).toBe("error");
	});

	test("can use persistent objects that the script has created, and create none", () => {
		const ann = at.join();
		ann.says('<so name="a" persistent="true"><connect/></so>');
		expect(ann.heard.splice(0)[0]).toContain('<error code="shared-object-refused">');
		const so = at.get("a", true);
		ann.says('<so name="a" persistent="true"><connect/></so>');
		expect(ann.heard[0]).toContain("<clear />");
		so.setProperty("x", 1);
		so.close();
		at.leave(ann);
		expect(at.objects.size).toBe(0);
		ann.says('<so name="a" persistent="true"><connect/></so>');
		expect(ann.heard.at(-1)).toContain('<change name="x">');
	});

	test("can use at most 100 objects at a time", () => {
		const ann = at.join();
		for (let number = 0; number < 100; number++) ann.says(`<so name="o${number}"><connect/></so>`);
		ann.heard.length = 0;
		ann.says('<so name="o5"><connect/></so>');
		ann.says('<so name="more"><connect/></so>');
		expect(ann.heard.map((text) => /<(error code="[^"]*"|clear)/.exec(text)![1])).toEqual([
			"clear",
			'error code="script-limit"',
		]);
		at.leave(ann);
		expect(at.objects.size).toBe(0);
	});
});

describe("lock and unlock", () => {
	test("the script's changes leave in one document when the last lock is released", () => {
		const so = at.get("board");
		const ann = at.join("board");
		so.lock();
		so.lock();
		so.setProperty("a", 1);
		so.mark("drawn", 1);
		so.setProperty("a", null);
		so.unlock();
		expect(ann.heard).toEqual([]);
		so.unlock();
		so.unlock();
		expect(ann.heard).toEqual([
			'<so name="board" version="2"><change name="a"><number>1</number></change>' +
				'<send handler="drawn"><number>1</number></send><delete name="a" /></so>',
		]);
	});

	test("changes of clients are rejected while the object is locked, with the current value", () => {
		const so = at.get("board");
		so.setProperty("a", 1);
		const ann = at.join("board");
		so.lock();
		ann.says('<set name="a"><number>2</number></set><set name="b"><true/></set>');
		expect(ann.heard).toEqual([
			'<so name="board" version="1"><reject name="a" /><change name="a"><number>1</number></change></so>',
			'<so name="board" version="1"><reject name="b" /><delete name="b" /></so>',
		]);
		expect(so.getPropertyNames()).toEqual(["a"]);
	});

	test("a script's changes of more than four million characters may not wait, and a refused change has no effect", () => {
		const so = at.get("board");
		so.lock();
		so.send("a", "x".repeat(3_000_000));
		so.setProperty("b", 1);
		expect(() => so.send("a", "x".repeat(1_000_000))).toThrow("wait while");
		expect(() => so.setProperty("b", "x".repeat(999_900))).toThrow("wait while");
		expect(so.getProperty("b")).toBe(1);
	});
});

describe("limits", () => {
	test("a client that fills an object gets an error, and the script can still change the object", () => {
		const so = at.get("board");
		const ann = at.join("board");
		ann.says(`<set name="a"><string>${"x".repeat(999_000)}</string></set>`);
		ann.heard.length = 0;
		ann.says(`<set name="b"><string>${"x".repeat(2000)}</string></set>`);
		expect(ann.heard.join()).toContain('<error code="script-limit">');
		so.setProperty("c", "x".repeat(2000));
		expect(so.getProperty("c")).toHaveLength(2000);
		// A change that needs no more space is possible for the client too.
		ann.heard.length = 0;
		ann.says('<set name="a"><true/></set>');
		expect(ann.heard.join()).toContain("<success");
	});

	test("clients that fill all objects get errors, and the script can still change its own", () => {
		const ann = at.join();
		for (let number = 0; number < 9; number++) {
			ann.heard.length = 0;
			ann.says(`<so name="o${number}"><connect/><set name="x"><string>${"x".repeat(990_000)}</string></set></so>`);
		}
		expect(ann.heard.join()).toContain('<error code="script-limit">');
		at.get("own").setProperty("x", "x".repeat(990_000));
	});

	test("clients that open 1000 objects get errors, and the script can still open its own", () => {
		for (let client = 0; client < 10; client++) {
			const person = at.join();
			for (let number = 0; number < 100; number++) person.says(`<so name="o${client}-${number}"><connect/></so>`);
		}
		const last = at.join();
		last.says('<so name="more"><connect/></so>');
		expect(last.heard.join()).toContain('<error code="script-limit">');
		expect(at.get("own").name).toBe("own");
		// The script's object is no longer among those of the clients, so a client may open one more.
		expect(at.get("o1-1").name).toBe("o1-1");
		last.says('<so name="more"><connect/></so>');
		expect(last.heard.at(-1)).toContain("<clear />");
	});

	test("a client's <send> to a locked object cannot use up what a script's changes may need", () => {
		const so = at.get("board");
		const ann = at.join("board");
		so.lock();
		for (let number = 0; number < 3; number++)
			ann.says(`<send handler="draw"><string>${"x".repeat(900_000)}</string></send>`);
		expect(ann.heard.join()).toContain('<error code="script-limit">');
		so.setProperty("a", "x".repeat(990_000));
		so.unlock();
		expect(ann.heard.at(-1)).toContain('<change name="a">');
	});

	test("a value that contains itself, is too deep or contains U+0000 is refused, and the old one stays", () => {
		const so = at.get("a");
		so.setProperty("x", 1);
		const circle: unknown[] = [];
		circle.push(circle);
		for (const value of [circle, "a\0b", { "a\0": 1 }]) {
			expect(() => so.setProperty("x", value)).toThrow(
				expect.objectContaining({ code: "XMLSOCKET_SHARED_OBJECT_INVALID" }),
			);
		}
		expect([so.getProperty("x"), so.version]).toEqual([1, 1]);
	});

	test("a script's object has at most 20,000 properties and two million characters", () => {
		const so = at.get("a");
		for (let number = 0; number < 20_000; number++) so.setProperty(`p${number}`, number);
		expect(() => so.setProperty("more", 1)).toThrow("is full");
		so.setProperty("p5", "replaced");
		const other = at.get("b");
		other.setProperty("x", "x".repeat(1_200_000));
		expect(() => other.setProperty("y", "x".repeat(1_200_000))).toThrow("is full");
		other.setProperty("x", "small");
		other.setProperty("y", "x".repeat(1_200_000));
	});

	test("all objects of scripts together have at most sixteen million characters, and space again after a removal", () => {
		for (let number = 0; number < 16; number++) at.get(`o${number}`).setProperty("x", "x".repeat(990_000));
		expect(() => at.get("more").setProperty("x", "x".repeat(990_000))).toThrow("16000000 characters in all");
		at.get("o3").setProperty("x", null);
		at.get("more").setProperty("x", "x".repeat(990_000));
		expect(() => at.get("o3").setProperty("x", "x".repeat(990_000))).toThrow();
		at.get("o4").close();
		at.get("o5").clear();
		at.get("o3").setProperty("x", "x".repeat(990_000));
		at.get("o4").setProperty("x", "x".repeat(990_000));
	});

	test("scripts hold at most 1000 objects", () => {
		for (let number = 0; number < 1000; number++) at.get(`o${number}`);
		expect(() => at.get("more")).toThrow("1000 shared objects");
		expect(at.get("o5").name).toBe("o5");
		at.get("o5").close();
		expect(at.get("more").name).toBe("more");
	});

	test.each(["", "n".repeat(129), "a\0"])("the name %.10j is refused", (name) => {
		expect(() => at.get(name)).toThrow(expect.objectContaining({ code: "XMLSOCKET_SHARED_OBJECT_INVALID" }));
	});
});

describe("a persistent object", () => {
	const file = (): string => readFileSync(join(at.folder, readdirSync(at.folder)[0]!), "utf8");

	test("has all its values after a restart", () => {
		const so = at.get("Höhe/1", true);
		const values: Record<string, unknown> = {
			text: "<é> & \"quotes\" 'and'\r\n\t ",
			empty: "",
			number: -0.5,
			nan: Number.NaN,
			yes: true,
			nothing: { deep: [null, undefined, [1]] },
			date: new Date(5),
			__proto__x: 1,
		};
		for (const [name, value] of Object.entries(values)) so.setProperty(name, value);
		so.setProperty("xml", new XML("<a b='c'>d<e/></a>"));
		expect([so.isDirty, so.flush(), so.isDirty]).toEqual([true, true, false]);
		const again = setting(at.folder).get("Höhe/1", true);
		expect(again.version).toBe(so.version);
		expect(String(again.getProperty("xml"))).toBe('<a b="c">d<e /></a>');
		for (const [name, value] of Object.entries(values)) expect(again.getProperty(name), name).toEqual(value);
		expect(again.getPropertyNames()).toEqual([...Object.keys(values), "xml"]);
		expect(readdirSync(at.folder)).toEqual(["%48%c3%b6he%2f1.so.xml"]);
	});

	test("schedules a write when it changes, and commit writes changed objects", () => {
		const so = at.get("a", true);
		so.setProperty("x", 1);
		at.join("a");
		expect(at.asked()).toBe(1);
		at.objects.commit();
		expect(file()).toContain("<number>1</number>");
		const ann = at.join();
		ann.says('<so name="a" persistent="true"><connect/><set name="x"><number>2</number></set></so>');
		expect([at.asked(), so.isDirty]).toEqual([2, true]);
		expect([at.objects.SharedObject.commit("a"), so.isDirty]).toEqual([true, false]);
		expect(file()).toContain("<number>2</number>");
	});

	test("is not written while autoCommit is false, until it is flushed", () => {
		const so = at.get("a", true);
		so.autoCommit = false;
		so.setProperty("x", 1);
		at.objects.commit();
		expect([at.asked(), existsSync(at.folder)]).toEqual([0, false]);
		expect(so.flush()).toBe(true);
		expect(file()).toContain("<number>1</number>");
	});

	test("is written when it is closed, or when the last client leaves; an empty one leaves no file", () => {
		const so = at.get("a", true);
		so.setProperty("x", 1);
		so.close();
		expect([at.objects.size, file().includes("<number>1</number>")]).toEqual([0, true]);
		const ann = at.join();
		ann.says('<so name="a" persistent="true"><connect/><delete name="x"/></so>');
		at.leave(ann);
		expect([at.objects.size, readdirSync(at.folder)]).toEqual([0, []]);
	});

	test.each([
		["cut short", (text: string) => text.slice(0, -40)],
		["cut to nothing", () => ""],
		["without a property", (text: string) => text.replace(/<change.*?<\/change>/, "")],
		["with an odd value", (text: string) => text.replace("<number>1</number>", "<picture/>")],
		["of another object", (text: string) => text.replace('name="a"', 'name="b"')],
		["of another format", (text: string) => text.replace('format="1"', 'format="2"')],
		["of something else", () => "not an object at all"],
	])("whose file is %s is refused with a code, to scripts and clients, and the file stays", (_, damage) => {
		const so = at.get("a", true);
		so.setProperty("x", 1);
		so.setProperty("y", 2);
		so.flush();
		const path = join(at.folder, "a.so.xml");
		const damaged = damage(file());
		writeFileSync(path, damaged);
		at = setting(at.folder);
		expect(() => at.get("a", true)).toThrow(expect.objectContaining({ code: "XMLSOCKET_SHARED_OBJECT_UNREADABLE" }));
		const ann = at.join();
		ann.says('<so name="a" persistent="true"><connect/></so>');
		expect(ann.heard[0]).toContain('<error code="shared-object-unreadable">');
		at.objects.commit();
		expect(readFileSync(path, "utf8")).toBe(damaged);
	});

	test("that cannot be written returns false, calls onStatus and is reported; nothing is lost in memory", () => {
		const so = at.get("a", true);
		const told: unknown[] = [];
		so.onStatus = (info) => told.push(info.code);
		so.setProperty("x", 1);
		writeFileSync(at.folder, "a file where the folder should be");
		expect([so.flush(), so.isDirty, so.getProperty("x")]).toEqual([false, true, 1]);
		expect(told).toEqual(["SharedObject.Flush.Failed"]);
		expect(at.reported.map((error) => (error as XMLSocketError).code)).toEqual(["XMLSOCKET_FILE_FAILED"]);
	});

	test("has a unique file name on every file system, however long its name is", () => {
		const long = "Ä".repeat(127);
		const all = ["a", "A", "a.b", "../a", "a/b", "ä", `${long}a`, `${long}b`];
		for (const name of all) {
			const so = at.get(name, true);
			so.setProperty("own", name);
			so.flush();
		}
		const files = (readdirSync(at.folder, { recursive: true }) as string[]).filter((name) => name.endsWith(".so.xml"));
		expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(all.length);
		for (const part of files.join("/").split("/")) expect(part).toMatch(/^[a-z0-9%_-]{1,200}(?:~|\.so\.xml)$/);
		const again = setting(at.folder);
		expect(all.map((name) => again.get(name, true).getProperty("own"))).toEqual(all);
	});
});
