import { describe, expect, it } from "vitest";
import { AT, ChatHarness } from "./harness.ts";

describe("welcome", () => {
	it("greets first, with a guest's name, a session and the limits", async () => {
		const harness = ChatHarness.chat({
			serverName: "here",
			documentsPerSecond: 7,
			maxDocumentBytes: 1000,
			maxRoomsPerClient: 3,
		});
		const [a, b] = [harness.connect(), harness.connect()];
		await harness.settle();
		const welcome = (n: number) =>
			new RegExp(
				`^<welcome name="guest-${n}" session="[0-9a-f]{16}-[0-9a-f]{32}" server="here"><limits document="1000" rate="7" rooms="3" /></welcome>$`,
			);
		expect([a.inbox.length, b.inbox.length]).toEqual([1, 1]);
		expect(a.inbox[0]).toMatch(welcome(1));
		expect(b.inbox[0]).toMatch(welcome(2));
	});

	it("waits for the client's first document where greeting is off", async () => {
		const harness = ChatHarness.chat({ greet: false });
		const [a, b, c] = [harness.connect(), harness.connect(), harness.connect()];
		await harness.settle();
		expect(a.inbox).toEqual([]);
		const pinged = await a.ask('<ping id="7" />');
		expect(pinged[0]).toMatch(/^<welcome name="guest-1" /);
		expect(pinged.slice(1)).toEqual(['<pong id="7" />']);
		expect((await b.ask('<hello name="bob" />')).map((text) => text.slice(0, 20))).toEqual(['<welcome name="bob" ']);
		const broken = await c.ask("garbage");
		expect(broken.map((text) => text.slice(0, 8))).toEqual(["<welcome", "<error c"]);
	});
});

describe("hello", () => {
	it("takes a name, answers with a welcome, and tells the rooms of the change", async () => {
		const harness = ChatHarness.chat();
		const bob = await harness.client("bob", "x");
		const ann = harness.connect();
		await ann.ask('<join room="x" />');
		bob.take();
		const [welcome, ...rest] = await ann.ask('<hello name="ann" />');
		expect(welcome).toBe('<exit room="x" name="guest-2" members="1" />');
		expect(rest[0]).toBe('<enter room="x" name="ann" members="2" />');
		expect(rest[1]).toMatch(/^<welcome name="ann" /);
		expect(bob.take()).toEqual([
			'<exit room="x" name="guest-2" members="1" />',
			'<enter room="x" name="ann" members="2" />',
		]);
	});

	it("refuses a name that someone else has, however it is written", async () => {
		const harness = ChatHarness.chat();
		await harness.client("Ann");
		for (const name of ["Ann", "ann", "ANN", "\uff21nn", "\u{1d400}nn"]) {
			expect(await harness.connect().ask(`<hello name="${name}" />`)).toContain(
				`<error code="name-taken">Someone else has the name &quot;${name}&quot;.</error>`,
			);
		}
	});

	it("lets a client write its own name otherwise, and gives the old one back when it takes another", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		expect((await ann.ask('<hello name="ANN" />'))[0]).toMatch(/^<welcome name="ANN" /);
		await ann.ask('<hello name="carol" />');
		expect((await harness.connect().ask('<hello name="ann" />'))[1]).toMatch(/^<welcome name="ann" /);
	});

	it("gives a name back when its connection closes", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		ann.link.destroy();
		await harness.settle();
		expect((await harness.connect().ask('<hello name="ann" />'))[1]).toMatch(/^<welcome name="ann" /);
	});

	it("ends the older connection where its session is taken up, name and all", async () => {
		const harness = ChatHarness.chat();
		const old = await harness.client("ann", "x");
		const bob = await harness.client("bob", "x");
		const ann = harness.connect();
		const answer = await ann.ask(`<hello name="ann" session="${old.session}" />`);
		expect(answer[1]).toContain(`<welcome name="ann" session="${old.session}" `);
		expect(old.take()).toEqual(['<bye reason="session-resumed" />']);
		expect(old.close).toEqual({ by: "remote" });
		expect(bob.take()).toEqual(['<exit room="x" name="ann" members="1" />']);
		expect(harness.application.stats!()).toMatchObject({ chat_clients: 2 });
		const third = harness.connect();
		await third.ask(`<hello session="${old.session}" />`, '<join room="x" />');
		const fourth = harness.connect();
		await fourth.ask(`<hello session="${old.session}" />`, '<join room="x" />');
		expect(bob.take()).toEqual([
			'<enter room="x" name="ann" members="2" />',
			'<exit room="x" name="ann" members="1" />',
			'<enter room="x" name="ann" members="2" />',
		]);
	});

	it("leaves a session at the newer connection where what an older one had sent comes late", async () => {
		const harness = ChatHarness.chat();
		const first = await harness.client("ann", "x");
		const bob = await harness.client("bob", "x");
		const [given, newer] = [harness.connect(), harness.connect()];
		await newer.ask(`<hello session="${first.session}" />`, '<join room="x" />', '<say room="x" id="1">once</say>');
		bob.take();
		given.send(`<hello session="${first.session}" />`, '<join room="x" />', '<say room="x" id="1">once</say>');
		await harness.settle();
		expect(given.inbox.at(-1)).toBe('<bye reason="session-resumed" />');
		expect(given.close).toEqual({ by: "remote" });
		expect([newer.close, bob.take()]).toEqual([undefined, []]);
	});

	it("takes a session's name where none is given, and a guest's back", async () => {
		const harness = ChatHarness.chat();
		const first = harness.connect();
		await harness.settle();
		const session = /session="([^"]*)"/.exec(first.inbox[0]!)![1];
		const second = harness.connect();
		expect((await second.ask(`<hello session="${session}" />`))[1]).toMatch(/^<welcome name="guest-1" session="/);
		second.link.destroy();
		await harness.settle();
		// Too late for the name, not for the session.
		const third = harness.connect();
		expect((await third.ask(`<hello name="guest-1" session="${session}" />`))[1]).toMatch(
			new RegExp(`^<welcome name="guest-3" session="${session}" `),
		);
	});

	it("refuses a session that is made up while its owner is here, and one that is none", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		const forged = `${ann.session.slice(0, 17)}${"0".repeat(32)}`;
		for (const session of [forged, "", "x", ann.session.toUpperCase(), `${ann.session} `]) {
			const answer = await harness.connect().ask(`<hello name="ann" session="${session}" />`);
			expect(answer[1]).toMatch(/^<error code="session-in-use">/);
		}
		expect(await ann.ask("<ping />")).toEqual(["<pong />"]);
	});
});

describe("tokens", () => {
	const tokens = "# staff\nsecret1 Ann operator\n\n  secret2\tBob the Builder  \n";

	it("prove a name, which is taken where none is given", async () => {
		const harness = ChatHarness.chat({ tokens });
		expect((await harness.connect().ask('<hello token="secret1" />'))[1]).toMatch(/^<welcome name="Ann" /);
		expect((await harness.connect().ask('<hello name="bob the builder" token="secret2" />'))[1]).toMatch(
			/^<welcome name="bob the builder" /,
		);
	});

	it("are asked for where a name is owned, and belong to that name alone", async () => {
		const harness = ChatHarness.chat({ tokens });
		const refused = async (hello: string) => (await harness.connect().ask(hello))[1];
		expect(await refused('<hello name="ann" />')).toBe(
			'<error code="token-invalid">This name, or this server, requires a token.</error>',
		);
		expect(await refused('<hello name="carol" token="secret1" />')).toBe(
			'<error code="token-invalid">The token belongs to the name &quot;Ann&quot;.</error>',
		);
		expect(await refused('<hello name="ann" token="__proto__" />')).toBe(
			'<error code="token-invalid">The token is not one of this server&apos;s.</error>',
		);
		expect(await refused('<hello name="carol" />')).toMatch(/^<welcome name="carol" /);
	});

	it("are asked for from everyone where guests may not speak", async () => {
		const harness = ChatHarness.chat({ tokens, guests: false });
		const client = harness.connect();
		const answers = await client.ask('<join room="lobby" />', "<rooms />", '<hello name="carol" />', '<ping id="1" />');
		expect(answers.slice(1)).toEqual([
			'<error code="token-invalid">This server requires a token: send hello with one first.</error>',
			'<error code="token-invalid">This server requires a token: send hello with one first.</error>',
			'<error code="token-invalid">This name, or this server, requires a token.</error>',
			'<pong id="1" />',
		]);
		const [welcome, joined] = await client.ask('<hello token="secret2" />', '<join room="x" />');
		expect([welcome!.slice(0, 8), joined!.slice(0, 7)]).toEqual(["<welcome", "<joined"]);
	});
});

describe("join, leave and presence", () => {
	it("answers with the room as it is, and tells the others", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		const bob = await harness.client("bob");
		expect(await bob.ask('<join room="x" />')).toEqual([
			'<joined room="x" kind="live" members="2"><member name="ann" /><member name="bob" /></joined>',
		]);
		expect(ann.take()).toEqual(['<enter room="x" name="bob" members="2" />']);
		expect(await bob.ask('<leave room="x" />')).toEqual(['<exit room="x" name="bob" members="1" />']);
		expect(ann.take()).toEqual(['<exit room="x" name="bob" members="1" />']);
		expect(await bob.ask('<leave room="x" />')).toEqual([
			'<error code="room-not-joined">You are not in room &quot;x&quot;.</error>',
		]);
	});

	it("says that the lobby is stored, which log it is and where it stands", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		const [joined] = await ann.ask('<join room="lobby" />');
		expect(joined).toMatch(
			/^<joined room="lobby" kind="stored" log="[0-9a-f]{8}" seq="0" members="1"><member name="ann" \/><\/joined>$/,
		);
	});

	it("does not announce one who joins again", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x", "lobby");
		const bob = await harness.client("bob", "x", "lobby");
		const again = await bob.ask('<join room="x" />', '<join room="lobby" />');
		expect(again.map((text) => text.slice(0, 21))).toEqual(['<joined room="x" kind', '<joined room="lobby" ']);
		expect(ann.take()).toEqual([]);
	});

	it("announces an exit when a connection breaks", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x", "y");
		const bob = await harness.client("bob", "x", "y");
		bob.link.destroy();
		await harness.settle();
		expect(ann.take()).toEqual([
			'<exit room="x" name="bob" members="1" />',
			'<exit room="y" name="bob" members="1" />',
		]);
	});

	it("tells numbers instead of names above 200 members, at most once a second", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		const others = Array.from({ length: 205 }, () => harness.connect());
		for (const other of others) other.send('<join room="x" />');
		await harness.settle();
		const seen = ann.take();
		expect(seen).toHaveLength(199);
		expect(seen.at(-1)).toMatch(/^<enter .* members="200" \/>$/);
		harness.sweep();
		harness.sweep();
		await harness.settle();
		expect(ann.take()).toEqual(['<count room="x" members="206" />']);
		const joined = others.flatMap((other) => other.take()).find((text) => /^<joined [^>]*"206">/.test(text))!;
		expect(joined).toMatch(/^<joined room="x" kind="live" members="206">/);
		expect(joined.match(/<member /g)).toHaveLength(200);
		const [page] = await ann.ask('<who room="x" offset="200" />');
		expect(page).toMatch(/^<members room="x" members="206" offset="200">(<member name="guest-\d+" \/>){6}<\/members>$/);
		const [first] = await ann.ask('<who room="x" limit="2" />');
		expect(first).toMatch(
			/^<members room="x" members="206" offset="0" more="true"><member name="ann" \/><member name="guest-\d+" \/><\/members>$/,
		);
		for (const other of others.slice(0, 6)) other.link.destroy();
		await harness.settle();
		expect(ann.take()).toEqual([]);
		harness.sweep();
		await harness.settle();
		expect(ann.take()).toEqual(['<count room="x" members="200" />']);
		others.at(-1)!.link.destroy();
		await harness.settle();
		expect(ann.take()).toEqual([expect.stringMatching(/^<exit .* members="199" \/>$/)]);
	});

	it("refuses rooms that do not exist where none are made", async () => {
		const harness = ChatHarness.chat({ createRooms: "off", rooms: ["news", "game:live"] });
		const ann = await harness.client("ann");
		const answers = await ann.ask(
			'<join room="x" />',
			'<join room="news" after="-1" />',
			'<join room="game" />',
			'<join room="game:live" />',
		);
		expect(answers.map((text) => text.replace(/(kind="\w+").*$/s, "$1"))).toEqual([
			'<error code="room-unknown">There is no room &quot;x&quot;.</error>',
			'<joined room="news" kind="stored"',
			'<joined room="game" kind="live"',
			'<error code="room-unknown">There is no room &quot;game:live&quot;.</error>',
		]);
	});
});

describe("say and send in a live room", () => {
	it("reach everyone, the speaker too, whose copy carries the id, and are acknowledged behind it", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		const bob = await harness.client("bob", "x");
		expect(await ann.ask('<say room="x" id="c1">a &lt; b</say>', '<say room="x">no id</say>')).toEqual([
			`<said room="x" from="ann" at="${AT}" id="c1">a &lt; b</said>`,
			'<ack id="c1" />',
			`<said room="x" from="ann" at="${AT}">no id</said>`,
		]);
		expect(bob.take()).toEqual([
			`<said room="x" from="ann" at="${AT}">a &lt; b</said>`,
			`<said room="x" from="ann" at="${AT}">no id</said>`,
		]);
	});

	it("carry an application document's content exactly as it was written", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		const bob = await harness.client("bob", "x");
		const content = `  <move x='1'\ty="2"/><!-- c --><![CDATA[</sent> & <]]>&#65;<a><b>t</b></a>\r\n`;
		expect(await ann.ask(`<send room="x" id="c1">${content}</send>`)).toEqual([
			`<sent room="x" from="ann" at="${AT}" id="c1">${content}</sent>`,
			'<ack id="c1" />',
		]);
		await bob.ask('<send room="x" />');
		expect(bob.take()).toEqual([]);
		expect(ann.take()).toEqual([`<sent room="x" from="bob" at="${AT}"></sent>`]);
	});

	it("are refused outside the room", async () => {
		const harness = ChatHarness.chat();
		await harness.client("ann", "x");
		const bob = await harness.client("bob");
		expect(await bob.ask('<say room="x" id="c1">hi</say>', '<send room="nowhere"><a/></send>')).toEqual([
			'<error code="room-not-joined" id="c1">You are not in room &quot;x&quot;.</error>',
			'<error code="room-not-joined">You are not in room &quot;nowhere&quot;.</error>',
		]);
	});

	it("refuse elements in text and broken content, with the id", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		expect(await ann.ask('<say room="x" id="c1">a<b/></say>')).toEqual([
			'<error code="elements-refused" id="c1">&lt;say&gt; takes text, not elements.</error>',
		]);
		for (const content of [
			"<a>",
			"</a>",
			"<a></b>",
			"<a b='<'/>",
			"<?php ?>",
			"<!ELEMENT a>",
			"&nope;",
			"<![cdata[</sent>]]>",
		]) {
			const [error, ...rest] = await ann.ask(`<send room="x" id="c1">${content}</send>`);
			expect(error).toMatch(/^<error code="not-well-formed" id="c1">/);
			expect(rest).toEqual([]);
		}
	});
});

describe("tell", () => {
	it("reaches one person, by any spelling of the name, and is acknowledged", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		const bob = await harness.client("Bob");
		expect(await ann.ask('<tell to="BOB" id="c2">psst</tell>', '<tell to="bob">again</tell>')).toEqual([
			'<ack id="c2" />',
		]);
		expect(bob.take()).toEqual([
			`<told from="ann" id="c2" at="${AT}">psst</told>`,
			`<told from="ann" at="${AT}">again</told>`,
		]);
		expect(await ann.ask('<tell to="carol" id="c3">?</tell>')).toEqual([
			'<error code="name-unknown" id="c3">Nobody here is called &quot;carol&quot;.</error>',
		]);
	});

	it("passes on once what the same session tells the same person again under the same id, also from a new connection", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		const bob = await harness.client("bob");
		const carol = await harness.client("carol");
		const tell = '<tell to="bob" id="c2">psst</tell>';
		expect(await ann.ask(tell, tell)).toEqual(['<ack id="c2" />', '<ack id="c2" duplicate="true" />']);
		ann.link.destroy();
		const again = harness.connect();
		await again.ask(`<hello name="ann" session="${ann.session}" />`);
		expect(await again.ask(tell)).toEqual(['<ack id="c2" duplicate="true" />']);
		expect(bob.take()).toHaveLength(1);
		expect(await again.ask('<tell to="carol" id="c2">psst</tell>')).toEqual(['<ack id="c2" />']);
		expect(await carol.ask('<tell to="bob" id="c2">I</tell>')).toEqual([
			`<told from="ann" id="c2" at="${AT}">psst</told>`,
			'<ack id="c2" />',
		]);
		expect(bob.take()).toHaveLength(1);
		harness.advance(600_000);
		expect(await again.ask(tell)).toEqual(['<ack id="c2" />']);
	});
});

describe("who and rooms", () => {
	it("list members and rooms, to outsiders too", async () => {
		const harness = ChatHarness.chat({ rooms: ["news"] });
		await harness.client("ann", "x", "lobby");
		const bob = await harness.client("bob");
		expect(
			await bob.ask('<who room="x" />', '<who room="nowhere" />', "<rooms />", '<rooms offset="1" limit="1" />'),
		).toEqual([
			'<members room="x" members="1" offset="0"><member name="ann" /></members>',
			'<error code="room-unknown">There is no room &quot;nowhere&quot;.</error>',
			'<rooms offset="0"><room name="lobby" kind="stored" members="1" /><room name="news" kind="stored" members="0" /><room name="x" kind="live" members="1" /></rooms>',
			'<rooms offset="1" more="true"><room name="news" kind="stored" members="0" /></rooms>',
		]);
	});

	it("end their pages where they are asked from beyond the end", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		expect(await ann.ask('<who room="x" offset="9007199254740991" />', '<rooms offset="50" />')).toEqual([
			'<members room="x" members="1" offset="9007199254740991"></members>',
			'<rooms offset="50"></rooms>',
		]);
	});
});

describe("topic", () => {
	it("is an operator's to set, is told to all and to those who come later", async () => {
		const harness = ChatHarness.chat({ tokens: "t op operator" });
		const op = harness.connect();
		await op.ask('<hello token="t" />', '<join room="x" />');
		const ann = await harness.client("ann", "x");
		expect(await ann.ask('<topic room="x" id="c1">mine</topic>')).toEqual([
			'<error code="not-operator" id="c1">Only an operator may set the topic.</error>',
		]);
		expect(await op.ask('<topic room="x" id="c2">a &amp; b</topic>')).toEqual([
			'<topic room="x" by="op">a &amp; b</topic>',
			'<ack id="c2" />',
		]);
		expect(ann.take()).toEqual(['<topic room="x" by="op">a &amp; b</topic>']);
		const bob = await harness.client("bob");
		expect((await bob.ask('<join room="x" />'))[1]).toBe('<topic room="x" by="op">a &amp; b</topic>');
		await op.ask('<topic room="x" />');
		expect(await bob.ask('<join room="x" />')).toHaveLength(2);
		expect(await bob.ask('<join room="x" />')).toHaveLength(1);
	});

	it("is everyone's where the options say so, from inside the room", async () => {
		const harness = ChatHarness.chat({ topics: "everyone" });
		const ann = await harness.client("ann", "x");
		expect(await ann.ask('<topic room="x">mine</topic>', '<topic room="lobby">no</topic>')).toEqual([
			'<topic room="x" by="ann">mine</topic>',
			'<error code="room-not-joined">You are not in room &quot;lobby&quot;.</error>',
		]);
	});

	it("has at most 1024 bytes", async () => {
		const harness = ChatHarness.chat({ topics: "everyone" });
		const ann = await harness.client("ann", "x");
		expect(await ann.ask(`<topic room="x">${"é".repeat(512)}</topic>`)).toHaveLength(1);
		expect(await ann.ask(`<topic room="x" id="1">${"é".repeat(512)}t</topic>`)).toEqual([
			'<error code="topic-too-long" id="1" limit="1024">A topic has at most 1024 bytes; this one has 1025.</error>',
		]);
	});
});

describe("kick, ban and mute", () => {
	const operator = async (harness: ChatHarness) => {
		const op = harness.connect();
		await op.ask('<hello token="t" />', '<join room="x" />');
		return op;
	};
	const options = { tokens: "t op operator\nu plain" };

	it("are for operators alone", async () => {
		const harness = ChatHarness.chat(options);
		const plain = harness.connect();
		await plain.ask('<hello token="u" />', '<join room="x" />');
		expect(
			await plain.ask(
				'<kick room="x" name="op" id="1" />',
				'<ban room="x" name="op" />',
				'<mute room="x" name="op" />',
			),
		).toEqual([
			'<error code="not-operator" id="1">Only an operator may kick.</error>',
			'<error code="not-operator">Only an operator may ban.</error>',
			'<error code="not-operator">Only an operator may mute.</error>',
		]);
	});

	it("kick takes out whoever is in the room, who may come back", async () => {
		const harness = ChatHarness.chat(options);
		const op = await operator(harness);
		const bob = await harness.client("bob", "x");
		expect(await op.ask('<kick room="x" name="BOB" id="1" />', '<kick room="x" name="bob" />')).toEqual([
			'<exit room="x" name="bob" members="1" reason="kicked" by="op" />',
			'<ack id="1" />',
			'<error code="name-unknown">Nobody in room &quot;x&quot; is called &quot;bob&quot;.</error>',
		]);
		expect(bob.take()).toEqual(['<exit room="x" name="bob" members="1" reason="kicked" by="op" />']);
		expect((await bob.ask('<join room="x" />'))[0]).toMatch(/^<joined /);
	});

	it("ban keeps a person out of that room until it ends, also under another name", async () => {
		const harness = ChatHarness.chat(options);
		const op = await operator(harness);
		const bob = await harness.client("bob", "x");
		expect(await op.ask('<ban room="x" name="bob" for="60" id="1" />')).toEqual([
			'<exit room="x" name="bob" members="1" reason="banned" by="op" />',
			expect.stringMatching(/^<ack id="1" ban="[0-9a-z]+" \/>$/),
		]);
		bob.take();
		expect(await bob.ask('<join room="x" />')).toEqual([
			'<error code="banned" retry-after="60">You are banned from room &quot;x&quot; for 60 more seconds.</error>',
		]);
		await bob.ask('<hello name="innocent" />');
		expect((await bob.ask('<join room="x" />'))[0]).toMatch(/^<error code="banned"/);
		const other = await harness.client("Bob");
		expect((await other.ask('<join room="x" />'))[0]).toMatch(/^<error code="banned"/);
		expect((await bob.ask('<join room="y" />'))[0]).toMatch(/^<joined room="y" /);
		harness.sweep(60);
		expect((await bob.ask('<join room="x" />'))[0]).toMatch(/^<joined room="x" /);
	});

	it("mute silences a person in that room until it ends", async () => {
		const harness = ChatHarness.chat({ ...options, topics: "everyone" });
		const op = await operator(harness);
		const bob = await harness.client("bob", "x", "y");
		expect(await op.ask('<mute room="x" name="bob" for="5" id="1" />')).toEqual([
			expect.stringMatching(/^<ack id="1" mute="[0-9a-z]+" \/>$/),
		]);
		expect(bob.take()).toEqual([
			'<notice code="muted" room="x">You are muted in room &quot;x&quot; for 5 seconds.</notice>',
		]);
		const refused = await bob.ask(
			'<say room="x" id="2">!</say>',
			'<send room="x"><a/></send>',
			'<topic room="x">!</topic>',
		);
		expect(refused.map((text) => text.slice(0, 19))).toEqual(Array(3).fill('<error code="muted"'));
		expect(await bob.ask('<say room="y">hi</say>')).toHaveLength(1);
		expect(await bob.ask('<tell to="op" id="3">hi</tell>')).toEqual([
			'<error code="muted" id="3" retry-after="5">You are muted, so you cannot send private messages for 5 more seconds.</error>',
		]);
		harness.sweep(5);
		expect(await bob.ask('<tell to="op" id="3">hi</tell>')).toEqual(['<ack id="3" />']);
		expect(await bob.ask('<say room="x">hi</say>')).toHaveLength(1);
	});

	it("hold for a name that nobody has yet, and take whole seconds alone", async () => {
		const harness = ChatHarness.chat(options);
		const op = await operator(harness);
		expect(await op.ask('<ban room="x" name="later" />')).toEqual([]);
		const later = await harness.client("later");
		expect((await later.ask('<join room="x" />'))[0]).toMatch(/for 600 more seconds/);
		for (const seconds of ["0", "-1", "1.5", "1e3", "", "315360001", "ever"]) {
			expect((await op.ask(`<ban room="x" name="bob" for="${seconds}" />`))[0]).toBe(
				'<error code="attribute-invalid">The attribute for of &lt;ban&gt; is a whole number from 1 to 315360000.</error>',
			);
		}
	});
});

describe("ping, pong and what is unknown", () => {
	it("answers a ping with its id, and takes a pong", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		expect(await ann.ask('<ping id="7" />', "<ping />", "<pong />", '<pong id="a&amp;b" />')).toEqual([
			'<pong id="7" />',
			"<pong />",
		]);
	});

	it("asks a silent client for a sign of life", async () => {
		const harness = ChatHarness.chat();
		const sent: string[] = [];
		const session = (harness.application as unknown as { open(peer: unknown): { idle(): void } }).open({
			send: (text: string) => sent.push(text),
		});
		sent.length = 0;
		session.idle();
		expect(sent).toEqual(["<ping />"]);
	});

	it("ignores elements and attributes that it does not know", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		expect(
			await ann.ask(
				"<typing/>",
				"<__proto__/>",
				"<constructor>x</constructor>",
				'<toString a="b"><c/></toString>',
				'<say room="x" colour="red">hi</say>',
			),
		).toEqual([`<said room="x" from="ann" at="${AT}">hi</said>`]);
	});
});

describe("the end", () => {
	it("says good-bye with the time to come back to everyone", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann");
		harness.application.drain!(3);
		await harness.settle();
		expect(ann.take()).toEqual(['<bye reason="draining" retry-after="3" />']);
	});

	it("closes its log", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "lobby");
		await harness.application.close!();
		expect(await ann.ask('<say room="lobby" id="c1">hi</say>')).toEqual([
			'<error code="unavailable" id="c1">The log of room &quot;lobby&quot; cannot be reached; nothing was acknowledged.</error>',
		]);
	});
});
