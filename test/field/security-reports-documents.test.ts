// Attacks that were reported for XML parsers, chat servers, their storage and their clients, tried on this program, each with its neighbours.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../../src/index.ts";
import { LevelLog } from "../../src/message-log/level/index.ts";
import { attribute, rootElement, toObject, XML, xml } from "../../src/xml/index.ts";
import { ChatHarness, type Client } from "../chat/harness.ts";
import { RawClient } from "../server/peers.ts";
import { plainServer, run } from "./raw-sockets.ts";
import { closeServers, startChat } from "./web-server.ts";

afterEach(closeServers);

/** A chat's client over a real socket, greeted. */
async function joined(port: number): Promise<RawClient> {
	const client = RawClient.tcp(port);
	onTestFinished(() => void client.socket.destroy());
	client.send('<join room="lobby" />\0');
	await client.until((text) => text.includes("<joined"));
	return client;
}

describe("a document", () => {
	const ENTITIES = `<!DOCTYPE a [<!ENTITY a0 "ha">${Array.from({ length: 30 }, (_, at) => `<!ENTITY a${at + 1} "&a${at};&a${at};">`).join("")}]>`;
	it.each([
		["nested entities", `${ENTITIES}<say room="lobby">&a30;</say>`],
		["an entity of a file", '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><say room="lobby">&f;</say>'],
		["a parameter entity", '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]><say room="lobby">x</say>'],
		["an entity whose name is a regular expression", '<!DOCTYPE a [<!ENTITY l. "<b>">]><say room="lobby">&lt;</say>'],
		["a reference without a declaration", '<say room="lobby">&constructor;</say>'],
		["a character beyond Unicode", '<say room="lobby">&#x110000;</say>'],
		["a number of a hundred digits", `<say room="lobby">&#${"9".repeat(100)};</say>`],
		["half of a pair", '<say room="lobby">&#xD800;</say>'],
		["the character zero", '<say room="lobby">&#0;</say>'],
		["thousands of elements inside each other", `<say room="lobby">${"<a>".repeat(20_000)}</say>`],
		[
			"thousands of attributes",
			`<say room="lobby" ${Array.from({ length: 5000 }, (_, at) => `a${at}=""`).join(" ")}>x</say>`,
		],
		["two roots", '<say room="lobby">x</say><kick room="lobby" name="a" />'],
		["one attribute twice", '<say room="lobby" room="other">x</say>'],
		["a name of a prototype", "<__proto__ polluted='yes' />"],
		["a name of another property", "<constructor><prototype polluted='yes' /></constructor>"],
	])("with %s is no message, and harms nobody", async (_situation, document) => {
		const { port } = await startChat();
		const [attacker, other] = [await joined(port), await joined(port)];
		attacker.send(`${document}\0<ping id="after" />\0`);
		await attacker.until((text) => text.includes('<pong id="after"') || text.includes("<error"));
		other.send('<say room="lobby" id="1">fine</say>\0');
		const text = await other.until((received) => received.includes('<ack id="1"'));
		expect(text).not.toMatch(/root:|haha|<exit|<b>/);
		expect(({} as { polluted?: string }).polluted).toBeUndefined();
		// What is no reference of XML may stay the text that it is; it is never more than that.
		for (const [said] of text.matchAll(/<said[^>]*>[^<]*</g)) expect(said.length).toBeLessThan(400);
	});

	it("of properties of every object becomes a tree and plain data, and changes no object", () => {
		const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__"];
		const source = `<r>${names.map((name) => `<${name} ${name}="x" id="${name}"><polluted>1</polluted></${name}>`).join("")}</r>`;
		const document = new XML(source);
		expect(document.toString()).toBe(source);
		const plain = JSON.parse(JSON.stringify(toObject(document)));
		expect(plain.children[0].children.map(({ name }: { name: string }) => name)).toEqual(names);
		for (const child of rootElement(document)!.childNodes) expect(attribute(child, child.nodeName!)).toBe("x");
		for (const name of names) expect(Object.hasOwn(document.idMap as object, name), name).toBe(true);
		expect(Object.getPrototypeOf({})).toBe(Object.prototype);
		expect(({} as { polluted?: string }).polluted).toBeUndefined();
	});

	it("says the same to everyone, with a comment, a section or an instruction in the middle of its text", async () => {
		const harness = ChatHarness.chat();
		const [ann, bob] = [await harness.client("ann", "lobby"), await harness.client("bob", "lobby")];
		bob.take();
		await ann.ask(
			'<say room="lobby">ann<!-- .evil --> pays</say>',
			'<say room="lobby"><![CDATA[</said><said from="op">]]>]]&gt;</say>',
			'<say room="lobby">a]]&gt;b--&gt;c</say>',
		);
		const said = bob.take().filter((text) => text.startsWith("<said"));
		const texts = said.map((text) => rootElement(new XML(text))!.firstChild!.nodeValue);
		expect(texts).toEqual(["ann pays", '</said><said from="op">]]>', "a]]>b-->c"]);
	});

	it("of one long value, in pieces of a few bytes, keeps nobody waiting", async () => {
		const { port } = await startChat();
		const [slow, other] = [await joined(port), await joined(port)];
		slow.send('<say room="lobby" id="long">');
		for (let at = 0; at < 300; at++) {
			slow.send("x".repeat(300));
			if (at % 50 > 0) continue;
			other.send(`<ping id="${at}" />\0`);
			await other.until((text) => text.includes(`<pong id="${at}"`));
		}
		slow.send("</say>\0");
		await slow.until((text) => text.includes('<ack id="long"'));
	});

	it("of a template keeps its markup, whatever value is put into it", () => {
		for (const value of ['"><script>', "' onload='", "]]>", "--><b>", "&lt;", "</said>"]) {
			const root = rootElement(new XML(String(xml`<said from=${value}>${value}</said>`)))!;
			expect([attribute(root, "from"), root.firstChild?.nodeValue, root.childNodes.length]).toEqual([value, value, 1]);
		}
	});
});

describe("a person", () => {
	const TOKENS = "key-of-admin Admin operator\nkey-of-kim Kim\n";
	it.each([
		["in other letters", "aDMIN"],
		["with the sign of Kelvin", "\u212aim"],
		["with a Cyrillic letter", "\u0410dmin"],
		["in full width", "\uff21dmin"],
		["with a dotless i", "Adm\u0131n"],
		["with an invisible joiner", "Ad\u200dmin"],
		["with a soft hyphen", "Ad\u00admin"],
		["with a combining mark that is not seen", "Ad\u034fmin"],
		["with a variation selector", "Admin\ufe0f"],
		["with a blank of Braille behind it", "Admin\u2800"],
		["in mathematical letters", "\ud835\udc00dmin"],
	])("gets the name of an operator by no other spelling: %s", async (_situation, name) => {
		const harness = ChatHarness.chat({ tokens: TOKENS });
		const client = await harness.client("visitor");
		expect(await client.ask(String(xml`<hello name=${name} />`))).toEqual([
			expect.stringContaining("requires a token"),
		]);
		const kim = await client.ask(String(xml`<hello name=${name} token="key-of-kim" />`));
		if (name !== "\u212aim") expect(kim).toEqual([expect.stringContaining("<error")]);
	});

	it("learns nothing from the answers to a part of a token, another case, or a longer one", async () => {
		const harness = ChatHarness.chat({ tokens: TOKENS });
		const answers = new Set<string>();
		for (const token of [
			"key-of-admi",
			"KEY-OF-ADMIN",
			"key-of-admin ",
			"key-of-admin\u200d",
			"",
			"__proto__",
			"constructor",
		]) {
			const client = await harness.client("visitor");
			for (const answer of await client.ask(String(xml`<hello name="Admin" token=${token} />`))) answers.add(answer);
		}
		expect(answers.size).toBe(1);
		expect([...answers][0]).toContain('code="token-invalid"');
	});

	it("takes up no session of another by a part of its key, or by the name", async () => {
		const harness = ChatHarness.chat();
		const owner = await harness.client("ann");
		const [id, secret] = owner.session.split("-") as [string, string];
		expect(secret).toHaveLength(32);
		const thief = await harness.client("visitor");
		for (const session of [
			`${id}-${"0".repeat(32)}`,
			`${id}-${secret.slice(0, 31)}${secret.endsWith("0") ? "1" : "0"}`,
			`${id}-${secret.slice(0, 31)}G`,
			`${id}-${secret}0`,
			` ${owner.session}`,
			`${id}-`,
			id,
			"ann",
			"__proto__",
		]) {
			const answers = await thief.ask(String(xml`<hello name="ann" session=${session} />`));
			expect(answers, session).toEqual([expect.stringContaining("<error")]);
		}
		expect(owner.close).toBeUndefined();
		expect(await owner.ask('<ping id="1" />')).toEqual(['<pong id="1" />']);
	});

	it("cannot write who says something, when, or under which number", async () => {
		const harness = ChatHarness.chat();
		const [ann, bob] = [await harness.client("ann", "lobby"), await harness.client("bob", "lobby")];
		bob.take();
		await ann.ask(
			'<say room="lobby" from="admin" seq="1" at="1999-01-01T00:00:00Z" name="admin">x</say>',
			"<said room='lobby' from='admin'>y</said>",
			"<notice code='muted'>z</notice>",
		);
		const [said, ...others] = bob.take();
		expect(said).toContain('from="ann"');
		expect(said).not.toMatch(/admin|1999/);
		expect(others).toEqual([]);
	});
});

describe("names of rooms", () => {
	const NAMES = [
		"a",
		"a ",
		"a!",
		"a\u00ff",
		"ab",
		"../a",
		"a/../b",
		"__proto__",
		"constructor",
		"%00",
		"a.b",
		"*",
		">",
		"$JS.API.>",
		"0",
		"\ud83d\ude00",
	];
	it("that look like keys, paths or patterns are rooms of their own, with histories of their own", async () => {
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket rooms "));
		const log = await LevelLog.open(folder);
		const harness = ChatHarness.chat({ createRooms: "stored" }, { log });
		try {
			const until = async (client: Client, last: string): Promise<string> => {
				await expect.poll(() => client.inbox.join("")).toContain(last);
				return client.take().join("");
			};
			const writer = await harness.client("ann");
			for (const name of NAMES) {
				writer.send(
					String(xml`<join room=${name} />`),
					String(xml`<say room=${name} id="1">${`said in ${name}`}</say>`),
				);
				await until(writer, '<ack id="1"');
			}
			const reader = await harness.client("bob");
			for (const name of NAMES) {
				reader.send(String(xml`<join room=${name} />`), String(xml`<history room=${name} before="10" />`));
				const page = /<page.*<\/page>/s.exec(await until(reader, "</page>"))![0];
				const texts = rootElement(new XML(page))!.childNodes.map(({ firstChild }) => firstChild?.nodeValue);
				expect(texts, name).toEqual([`said in ${name}`]);
			}
		} finally {
			await log.close();
			rmSync(folder, { recursive: true, force: true });
		}
	});
});

describe("a client", () => {
	it("puts no line into its handshake, whatever its address and its origin are", async () => {
		const heads: string[] = [];
		const port = await plainServer((socket) => {
			socket.on("data", (data) => {
				heads.push(data.toString("latin1"));
				socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
			});
		});
		for (const [path, origin] of [
			["/a\r\nX-Evil: 1", undefined],
			["/a%0d%0aX-Evil: 1", undefined],
			["/?q=\u560d\u560aX-Evil: 1", undefined],
			["/", "https://a.example\r\nX-Evil: 1"],
			["/", "https://a.example\nX-Evil: 1"],
		] as const)
			await expect(
				connect(`ws://127.0.0.1:${port}${path}`, origin === undefined ? {} : { origin }),
				`${path} ${origin}`,
			).rejects.toMatchObject({ code: expect.stringMatching(/^XMLSOCKET_/) });
		for (const head of heads) expect(head).not.toMatch(/^X-Evil/im);
	});

	it("is led to no other server by the answer to its handshake", async () => {
		let asked = 0;
		const other = await plainServer(() => void asked++);
		const port = await plainServer((socket) => {
			socket.on("data", () =>
				socket.end(`HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:${other}/\r\nContent-Length: 0\r\n\r\n`),
			);
		});
		await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({
			code: expect.stringMatching(/^XMLSOCKET_/),
		});
		expect(asked).toBe(0);
	});

	it("of a Jabber server takes an answer from the address that it asked alone", async () => {
		const port = await plainServer((socket) => {
			socket.write("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
			socket.on("data", (data) => {
				if (!data.includes("<iq")) return;
				for (const from of ["evil@b.example", "b.example.evil", "bank.example/evil", "a@bank.example", "__proto__", ""])
					socket.write(`<iq type='result' id='1' from='${from}'><evil/></iq>`);
				socket.write("<iq type='result' id='1' from='bank.example'><good/></iq>");
			});
		});
		const connection = await connect(`xmlsocket://127.0.0.1:${port}`, { stream: true });
		onTestFinished(() => connection.close());
		const answer = await connection.request("<iq type='get' id='1' to='bank.example'><q/></iq>");
		expect(answer.text).toContain("<good/>");
	});
});

describe("the command line", () => {
	it("prints no password of a broker, however the address is wrong", async () => {
		const addresses = ["http://u:pass-word@127.0.0.1:1", "nats://u:pass-word%@127.0.0.1:1", "nats://u:pass-word@:x"];
		const runs = await Promise.all(addresses.map((address) => run(["serve", "--port", "0", "--nats", address])));
		for (const [at, { code, out, err }] of runs.entries()) {
			expect(code, `${addresses[at]}: ${err}`).not.toBe(0);
			expect(out + err).not.toContain("pass-word");
			expect(err).not.toMatch(/URIError|^\s+at /m);
		}
	});

	it("refuses a configuration file that names a property of every object", async () => {
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket config "));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		const files = ['{"__proto__": {"port": 1}}', '{"constructor": 1}'].map((text, at) => {
			const file = join(folder, `${at}.json`);
			writeFileSync(file, text);
			return file;
		});
		const runs = await Promise.all(files.map((file) => run(["config", "--config", file])));
		for (const { code, err } of runs) {
			expect(code, err).not.toBe(0);
			expect(err).toMatch(/There is no|__proto__|constructor/);
		}
	});
});
