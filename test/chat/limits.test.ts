import { describe, expect, it } from "vitest";
import { type Appended, MemoryLog, type NewEntry } from "../../src/message-log/index.ts";
import { AT, ChatHarness } from "./harness.ts";

const codes = (documents: readonly string[]): (string | undefined)[] =>
	documents.map((text) => /^<error code="([^"]+)"/.exec(text)?.[1]);

describe("documents that cannot be read", () => {
	const cases: [string, string][] = [
		["hello?", "not-xml"],
		["{}", "not-xml"],
		["   ", "not-xml"],
		['<say room="x">', "not-well-formed"],
		["<say/><say/>", "not-well-formed"],
		["<say></tell>", "not-well-formed"],
		["<say room='x>", "not-well-formed"],
		["<ping/>text", "not-well-formed"],
		["<!-- only a comment -->", "not-well-formed"],
		["<!DOCTYPE say><say/>", "doctype-refused"],
		['<!DOCTYPE x [<!ENTITY a "b">]><say room="x">&a;</say>', "doctype-refused"],
		[`<typing>${"<a>".repeat(300)}${"</a>".repeat(300)}</typing>`, "too-deep"],
		[`<typing>${"<a/>".repeat(17_000)}</typing>`, "too-many-nodes"],
		[`<typing><a ${Array.from({ length: 257 }, (_, i) => `a${i}=""`).join(" ")}/></typing>`, "too-many-attributes"],
		[`<typing ${Array.from({ length: 257 }, (_, i) => `a${i}=""`).join(" ")} />`, "too-many-attributes"],
		[`<${"n".repeat(1025)} />`, "name-too-long"],
		['<say room="x">\u0001</say>', "not-well-formed"],
		['<say room="x">&#1;</say>', "not-well-formed"],
	];
	it.each(cases)("are refused with a code: %s", async (text, code) => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		expect(codes(await ann.ask(text, '<say room="x">still here</say>'))).toEqual([code, undefined]);
	});

	it("end the connection when there are more than ten in a minute", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		expect(codes(await ann.ask(...Array(10).fill("junk")))).toEqual(Array(10).fill("not-xml"));
		harness.advance(60_000);
		expect(await ann.ask(...Array(10).fill("junk"), "<ping />")).toHaveLength(11);
		expect(codes(await ann.ask("junk", "<ping />"))).toEqual(["not-xml", "too-many-bad-documents"]);
		expect(ann.close).toEqual({ by: "remote" });
		expect(harness.application.stats!()).toMatchObject({ chat_clients: 0 });
	});

	it("are not those that are understood and refused", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		const answers = await ann.ask(...Array(50).fill('<say room="x">hi</say>'), "<ping />");
		expect([answers.length, answers.at(-1)]).toEqual([51, "<pong />"]);
	});

	it("end the connection at once where they look like UTF-16", async () => {
		const harness = ChatHarness.chat();
		for (const text of ["<", "\ufffd\ufffd<"]) {
			const client = harness.connect();
			await harness.settle();
			expect(codes(await client.ask(text)).slice(1)).toEqual(["utf16"]);
			expect(client.close).toEqual({ by: "remote" });
		}
	});

	it("say what the limit is where the connection's own limit was passed", async () => {
		const harness = ChatHarness.chat();
		const client = harness.connect({ maxDocumentBytes: 100 });
		const answers = await client.ask(`<say room="x">${"x".repeat(100)}</say>`);
		expect(answers[1]).toBe(
			'<error code="document-too-large" limit="100">A document is longer than the limit of 100 bytes.</error>',
		);
		expect(client.close).toEqual({ by: "remote" });
	});
});

describe("names", () => {
	const welcome = async (name: string): Promise<string> =>
		(await ChatHarness.chat().connect().ask(`<hello name="${name}" />`))[1]!.slice(0, 40);
	const refused = /^<error code="name-invalid"/;

	it("have 1 to 64 characters, counted as people count", async () => {
		expect(await welcome("a")).toMatch(/^<welcome name="a" /);
		expect(await welcome("n".repeat(64))).toMatch(/^<welcome /);
		expect(await welcome("🎲".repeat(64))).toMatch(/^<welcome /);
		expect(await welcome("n".repeat(65))).toMatch(refused);
		expect(await welcome("🎲".repeat(65))).toMatch(refused);
		expect(await welcome("n".repeat(100_000))).toMatch(refused);
		expect(await welcome("")).toMatch(refused);
		expect(await welcome(" \u3000 ")).toMatch(refused);
	});

	it("are put into NFC", async () => {
		expect(await welcome("e\u0301va")).toMatch(/^<welcome name="\u00e9va" /);
		expect(await welcome("e\u0301".repeat(64))).toMatch(/^<welcome /);
	});

	it.each([
		"a\tb",
		"a&#10;b",
		"a\u007fb",
		"a\u0085b",
		"a\u2028b",
		..."\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\uffff",
	])("hold no control characters: %j", async (name) => {
		expect(await welcome(name)).toMatch(refused);
		const ann = await ChatHarness.chat().client("ann");
		expect(codes(await ann.ask(`<join room="${name}" />`, `<tell to="${name}">x</tell>`))).toEqual([
			"name-invalid",
			"name-invalid",
		]);
	});

	it("that begin with guest- are the server's", async () => {
		for (const name of ["guest-1x", "GUEST-9", "guest-", "\uff47uest-9"]) expect(await welcome(name)).toMatch(refused);
		expect(await welcome("guest")).toMatch(/^<welcome name="guest" /);
	});

	it("may be those of an object's own properties, of people and of rooms", async () => {
		const harness = ChatHarness.chat();
		for (const name of ["__proto__", "constructor", "toString"]) {
			const client = await harness.client(name, "__proto__");
			const other = await harness.client(`not ${name}`, "__proto__");
			expect((await client.ask('<say room="__proto__">hi</say>')).at(-1)).toBe(
				`<said room="__proto__" from="${name}" at="${AT}">hi</said>`,
			);
			expect(await other.ask(`<tell to="${name}">psst</tell>`)).toHaveLength(1);
			expect(client.take()).toEqual([`<told from="not ${name}" at="${AT}">psst</told>`]);
		}
	});

	it("of rooms tell letter case apart", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		expect(codes(await ann.ask('<say room="X">hi</say>'))).toEqual(["room-not-joined"]);
	});
});

describe("attributes", () => {
	it("are asked for where they are needed", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		const answers = await ann.ask("<join />", "<say>x</say>", "<tell>x</tell>", "<who />", "<leave />", "<history />");
		expect(codes(answers)).toEqual(Array(6).fill("attribute-invalid"));
	});

	it("hold an id of at most 64 characters, which is then not repeated", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		expect(await ann.ask(`<say room="x" id="${"i".repeat(64)}">hi</say>`)).toHaveLength(2);
		expect(await ann.ask(`<say room="x" id="${"i".repeat(65)}">hi</say>`)).toEqual([
			'<error code="attribute-invalid" limit="64">An id has at most 64 characters.</error>',
		]);
		expect(codes(await ann.ask('<say room="x" id="&#1;">hi</say>'))).toEqual(["attribute-invalid"]);
	});

	it("hold whole numbers where numbers are asked for", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "lobby");
		for (const number of ["", "x", "1.5", "1e3", "0x10", " 1", "-2", "99999999999999999"]) {
			expect(codes(await ann.ask(`<join room="lobby" after="${number}" />`))).toEqual(["attribute-invalid"]);
		}
	});
});

describe("floods", () => {
	it("of rooms end at the limit for one client, and at the limit of all", async () => {
		const harness = ChatHarness.chat({ maxRooms: 6, maxRoomsPerClient: 4 });
		const [ann, bob] = [await harness.client("ann"), await harness.client("bob")];
		const joins = (prefix: string) => Array.from({ length: 5 }, (_, i) => `<join room="${prefix}${i}" />`);
		expect(codes(await ann.ask(...joins("a")))).toEqual([...Array(4).fill(undefined), "too-many-rooms"]);
		expect((await ann.ask('<join room="a9" />'))[0]).toBe(
			'<error code="too-many-rooms" limit="4">You are in 4 rooms, and 4 is the limit.</error>',
		);
		expect(codes(await bob.ask(...joins("b")))).toEqual([undefined, ...Array(4).fill("too-many-rooms")]);
		await ann.ask('<leave room="a0" />');
		expect((await ann.ask('<join room="a9" />'))[0]).toMatch(/^<joined /);
	});

	it("of empty documents cost nobody anything", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		ann.link.sendEncoded(new Uint8Array(1 << 20));
		expect(await ann.ask("<ping />")).toEqual(["<pong />"]);
	});

	it("of unanswered requests end at a limit", async () => {
		let go: (() => void) | undefined;
		const gate = new Promise<void>((resolve) => {
			go = resolve;
		});
		class Gated extends MemoryLog {
			override async append(room: string, entry: NewEntry): Promise<Appended> {
				await gate;
				return super.append(room, entry);
			}
		}
		const harness = ChatHarness.chat({}, { log: new Gated() });
		const ann = await harness.client("ann", "lobby");
		const answers = await ann.ask(...Array.from({ length: 260 }, (_, i) => `<say room="lobby" id="${i}">x</say>`));
		expect(codes(answers)).toEqual(Array(4).fill("too-many-pending"));
		go!();
		await harness.settle();
		expect(ann.take()).toHaveLength(512);
		expect(await ann.ask('<say room="lobby" id="256">x</say>')).toHaveLength(2);
	});

	it("leave nothing behind when their connections are gone", async () => {
		const harness = ChatHarness.chat();
		for (let i = 0; i < 50; i++) {
			const client = harness.connect();
			client.send(`<hello name="n${i}" />`, `<join room="r${i}" />`, '<join room="lobby" />', "junk");
			await harness.settle();
			client.link.destroy();
		}
		await harness.settle();
		expect(harness.application.stats!()).toEqual({
			chat_bans: 0,
			chat_mutes: 0,
			chat_records_unreadable: 0,
			chat_records_unsaved: 0,
			chat_clients: 0,
			chat_rooms: 1,
			chat_deliveries: 0,
			chat_duplicates: 0,
			chat_messages: 0,
			chat_refused: 50,
			chat_unreadable: 0,
		});
		expect(harness.reported).toEqual([]);
	});
});
