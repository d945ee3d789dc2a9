import { describe, expect, it } from "vitest";
import { readSaved } from "../../console/saved-chat.ts";
import type { ChatApplication } from "../../src/chat/index.ts";
import { ChatHarness } from "../chat/harness.ts";
import { Tab } from "./tab.ts";

describe("the sign-in form", () => {
	it("enters the lobby with the chosen name and shows earlier messages", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<say room="lobby">one</say>', '<say room="lobby">two &lt;b&gt;</say>');
		const tab = await Tab.open(bench, " ann ");
		expect(tab.session.phase).toBe("in");
		expect(tab.session.me).toBe("ann");
		expect(tab.shown).toEqual(["bob: one", "bob: two <b>"]);
		expect(tab.session.active?.members).toEqual(["ann", "bob"]);
		expect(tab.session.places.unread).toBe(0);
	});

	it("shows that a name is taken, and accepts the next one", async () => {
		const bench = ChatHarness.chat();
		await bench.client("bob");
		const tab = await Tab.open(bench, "BOB");
		expect(tab.session.phase).toBe("naming");
		expect(tab.session.nameError).toBe("Someone else is using that name. Please choose another.");
		tab.session.enter("bobby", undefined);
		await tab.settle();
		expect(tab.session.me).toBe("bobby");
		expect(tab.session.nameError).toBe("");
	});

	it("asks for a token if the name has one", async () => {
		const bench = ChatHarness.chat({ tokens: "sesame root operator\n" });
		const tab = await Tab.open(bench, "root");
		expect([tab.session.phase, tab.session.needsToken]).toEqual(["naming", true]);
		tab.session.enter("root", "sesame");
		await tab.settle();
		expect(tab.session.phase).toBe("in");
	});

	it("has the same name and rooms after a reload", async () => {
		const bench = ChatHarness.chat({ rooms: ["news"] });
		const first = await Tab.open(bench, "ann");
		first.session.join("news");
		await first.settle();
		const second = new Tab(bench, first.saved);
		second.connect();
		await second.settle();
		expect(second.session.me).toBe("ann");
		expect([...second.session.places.values()].map((place) => place.name)).toEqual(["lobby", "news"]);
		expect(second.session.active?.name).toBe("news");
	});

	it("says that the names of guests are reserved, and accepts another one", async () => {
		const tab = await Tab.open(ChatHarness.chat(), "guest-5");
		expect(tab.session.phase).toBe("naming");
		expect(tab.session.nameError).toContain("reserved");
		tab.session.enter("guest", undefined);
		await tab.settle();
		expect(tab.session.me).toBe("guest");
	});

	it("has its private conversations after a reload, and not after signing out", async () => {
		const bench = ChatHarness.chat();
		const first = await Tab.open(bench, "ann");
		const bob = await bench.client("bob");
		bob.send('<tell to="ann">psst &lt;b&gt;</tell>');
		await first.settle();
		first.session.converse("bob");
		first.session.speak("yes?");
		await first.settle();
		const second = new Tab(bench, readSaved(JSON.parse(JSON.stringify(first.saved))));
		second.connect();
		await second.settle();
		expect(second.session.active?.name).toBe("bob");
		expect(second.shown).toEqual(["bob: psst <b>", "ann: yes?"]);
		expect(second.lines.map(({ own }) => own)).toEqual([false, true]);
		expect(second.session.places.unread).toBe(0);
		bob.send('<tell to="ann">still there?</tell>');
		await second.settle();
		expect(second.shown.at(-1)).toBe("bob: still there?");
		second.session.signOut();
		expect(second.saved).toBeUndefined();
	});

	it("keeps a bounded part of its private conversations", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		const bob = await bench.client("bob");
		for (let n = 0; n < 60; n++) bob.send(`<tell to="ann">${n}</tell>`);
		await tab.settle();
		expect(tab.saved?.conversations?.[0]?.lines.length).toBe(50);
		for (let n = 0; n < 12; n++) bob.send(`<tell to="ann">${String(n % 10).repeat(10_000)}</tell>`);
		await tab.settle();
		expect(JSON.stringify(tab.saved).length).toBeLessThan(120_000);
		expect(tab.saved?.conversations?.[0]?.lines.at(-1)?.text[0]).toBe("1");
	});

	it("starts afresh with a storage that another program has filled", () => {
		for (const value of [null, 1, "x", [], {}, { name: "ann", session: 1, rooms: [] }]) {
			expect(readSaved(value)).toBeUndefined();
		}
		const odd = {
			name: "ann",
			session: "s",
			rooms: [1, "x"],
			conversations: [{ name: "b", lines: [{}] }, 7],
			active: 3,
		};
		expect(readSaved(odd)).toMatchObject({ rooms: ["x"], conversations: [], active: undefined });
	});

	it("does not reconnect after another tab has resumed its session", async () => {
		const bench = ChatHarness.chat();
		const first = await Tab.open(bench, "ann");
		const second = new Tab(bench, first.saved);
		second.connect();
		await second.settle();
		await first.settle();
		expect(first.session.connection).toEqual({
			is: "closed",
			why: "You have continued this chat in another tab or window.",
		});
	});
});

describe("messages", () => {
	it("shows a message as pending until the server has it", async () => {
		const tab = await Tab.open(ChatHarness.chat(), "ann");
		tab.session.speak("hi & <bye>");
		expect(tab.lines.map((line) => [line.text, line.state, line.seq])).toEqual([["hi & <bye>", "pending", undefined]]);
		const [before] = tab.lines;
		await tab.settle();
		expect(tab.lines.map((line) => [line.text, line.state, line.seq])).toEqual([["hi & <bye>", "sent", 1]]);
		expect(tab.lines[0]?.key).toBe(before?.key);
	});

	it("keeps a refused message with the reason, and resends it with its id", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		tab.session.converse("bob");
		tab.session.speak("are you there?");
		await tab.settle();
		const [line] = tab.lines;
		expect([line?.state, line?.why]).toEqual(["failed", "No one with that name is here."]);
		const bob = await bench.client("bob");
		tab.session.retry(line!);
		await tab.settle();
		expect(tab.lines.map(({ state }) => state)).toEqual(["sent"]);
		expect(bob.take()[0]).toBe(`<told from="ann" id="${line?.id}" at="2006-06-28T12:00:00.000Z">are you there?</told>`);
	});

	it("shows a private message that arrives twice with one id once", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		const bob = await bench.client("bob");
		bob.send('<tell to="ann" id="7">psst</tell>', '<tell to="ann" id="7">psst</tell>');
		await tab.settle();
		expect(tab.session.places.unread).toBe(1);
		tab.session.converse("BOB");
		expect(tab.shown).toEqual(["bob: psst"]);
		expect(tab.session.places.unread).toBe(0);
	});
});

describe("reconnecting", () => {
	it("confirms a message whose acknowledgement was lost, and does not resend it", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		tab.loses("in");
		tab.session.speak("heard, but not acknowledged");
		await tab.settle();
		await tab.cut();
		expect(tab.lines.map(({ state }) => state)).toEqual(["pending"]);
		tab.connect();
		await tab.settle();
		expect(tab.lines.map(({ text, state }) => [text, state])).toEqual([["heard, but not acknowledged", "sent"]]);
		expect(tab.said).toEqual(["heard, but not acknowledged"]);
	});

	it("resends a message that never arrived, with the same id and after the missed messages", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		const bob = await bench.client("bob", "lobby");
		await tab.settle();
		tab.loses("out");
		tab.session.speak("lost");
		const id = tab.lines.at(-1)?.id;
		await tab.cut();
		tab.session.speak("written while away");
		await bob.ask('<say room="lobby">meanwhile</say>');
		tab.connect();
		await tab.settle();
		expect(tab.lines.filter(({ kind }) => kind === "message").map(({ text, state }) => [text, state])).toEqual([
			["meanwhile", "sent"],
			["lost", "sent"],
			["written while away", "sent"],
		]);
		expect(tab.sent("say")[0]?.attribute("id")).toBe(id);
	});

	it("requests exactly the messages that it has not received", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		tab.session.speak("one");
		await tab.settle();
		const { seq, log } = tab.session.active!.room!.position!;
		await tab.cut();
		tab.connect();
		await tab.settle();
		const join = tab.sent("join").at(-1)!;
		expect(["room", "after", "log"].map((name) => join.attribute(name))).toEqual(["lobby", String(seq), log]);
		expect(tab.shown).toEqual(["ann: one"]);
	});

	it("counts missed messages as unread, but not messages from before its first visit", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<say room="lobby">before</say>');
		const tab = await Tab.open(bench, "ann");
		tab.watched = false;
		await tab.cut();
		await bob.ask('<say room="lobby">missed</say>');
		tab.connect();
		await tab.settle();
		expect(tab.session.places.unread).toBe(1);
		tab.session.looked();
		expect(tab.session.places.unread).toBe(0);
	});

	it("replaces the lines when the history is a new one, and resends pending messages", async () => {
		const tab = await Tab.open(ChatHarness.chat(), "ann");
		tab.session.speak("in the old one");
		await tab.settle();
		await tab.cut();
		tab.session.speak("waits");
		tab.connect(ChatHarness.chat());
		await tab.settle();
		expect(tab.shown).toEqual(["This room has a new history.", "ann: waits"]);
		expect(tab.lines.at(-1)?.state).toBe("sent");
	});

	it("shows that a live room has kept no messages from the time without connection", async () => {
		const bench = ChatHarness.chat({ rooms: ["game:live"] });
		const tab = await Tab.open(bench, "ann");
		tab.session.join("game");
		await tab.settle();
		await tab.cut();
		tab.connect();
		await tab.settle();
		expect(tab.shown).toEqual(["You are back. This room keeps no messages from the meantime."]);
	});

	it("resends a pending private message", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		const bob = await bench.client("bob");
		tab.session.converse("bob");
		await tab.cut();
		tab.session.speak("later");
		tab.connect();
		await tab.settle();
		expect(tab.lines.map(({ state }) => state)).toEqual(["sent"]);
		expect(bob.take()).toHaveLength(1);
	});

	it("returns to the sign-in form when the name is taken", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "ann");
		await tab.cut();
		await bench.settle();
		await bench.client("ann");
		tab.connect();
		await tab.settle();
		expect(tab.session.phase).toBe("naming");
		expect(tab.session.nameError).toBe("Someone else is using that name. Please choose another.");
	});
});

describe("rooms", () => {
	it("loads older messages before the first one, each once", async () => {
		const bench = ChatHarness.chat({ history: 2 });
		const bob = await bench.client("bob", "lobby");
		for (let n = 1; n <= 60; n++) bob.send(`<say room="lobby">${n}</say>`);
		await bench.settle();
		const tab = await Tab.open(bench, "ann");
		expect(tab.shown).toEqual(["bob: 59", "bob: 60"]);
		expect(tab.session.active?.timeline.hasOlder).toBe(true);
		void tab.session.loadOlder();
		void tab.session.loadOlder();
		await tab.settle();
		void tab.session.loadOlder();
		await tab.settle();
		expect(tab.shown).toEqual(Array.from({ length: 60 }, (_, at) => `bob: ${at + 1}`));
		expect(tab.session.active?.timeline.hasOlder).toBe(false);
	});

	it("shows that an operator has removed the user, and enters again on request", async () => {
		const bench = ChatHarness.chat({ tokens: "sesame root operator\n" });
		const tab = await Tab.open(bench, "ann");
		const root = bench.connect();
		await root.ask('<hello name="root" token="sesame" />', '<join room="lobby" />', '<kick room="lobby" name="ann" />');
		await tab.settle();
		expect(tab.session.active?.error).toBe("An operator has removed you from this room.");
		tab.session.join("lobby");
		await tab.settle();
		expect([tab.session.active?.inside, tab.session.active?.error]).toEqual([true, ""]);
	});

	it("shows a remark when a topic is set, but not for the existing topic", async () => {
		const bench = ChatHarness.chat({ topics: "everyone" });
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<topic room="lobby">old &amp; good</topic>');
		const tab = await Tab.open(bench, "ann");
		expect([tab.session.active?.topic, tab.shown]).toEqual(["old & good", []]);
		tab.session.setTopic("new");
		await tab.settle();
		expect([tab.session.active?.topic, tab.shown]).toEqual(["new", ["ann set the topic: new"]]);
	});

	it("announces a refusal that belongs to no message", async () => {
		const tab = await Tab.open(ChatHarness.chat(), "ann");
		tab.session.setTopic("mine");
		await tab.settle();
		expect(tab.announced).toEqual(["Only operators may do that."]);
	});

	it("accepts names such as constructor like any other name", async () => {
		const bench = ChatHarness.chat();
		const tab = await Tab.open(bench, "__proto__");
		tab.session.join("constructor");
		tab.session.speak("toString");
		await tab.settle();
		expect(tab.session.active?.name).toBe("constructor");
		expect(tab.shown).toEqual(["__proto__: toString"]);
	});

	it("offers the topic only to those who can set it, as the server says", async () => {
		const bench = ChatHarness.chat({ tokens: "sesame root operator\n" });
		const ann = await Tab.open(bench, "ann");
		expect(ann.session.chat?.canSetTopics).toBe(false);
		const root = new Tab(bench);
		root.connect();
		root.session.enter("root", "sesame");
		await root.settle();
		expect(root.session.chat?.canSetTopics).toBe(true);
		const everyone = await Tab.open(ChatHarness.chat({ topics: "everyone", createRooms: "off" }), "ann");
		expect([everyone.session.chat?.canSetTopics, everyone.session.chat?.canCreateRooms]).toEqual([true, false]);
		// An operator whose line has changed is one no longer, without a new connection.
		(bench.application as unknown as ChatApplication).setTokens("sesame root\n");
		await root.settle();
		expect(root.session.chat?.canSetTopics).toBe(false);
	});

	it("lists the user first, then operators, and marks those who come later", async () => {
		const bench = ChatHarness.chat({ tokens: "sesame root operator\n" });
		for (const name of ["guest", "bob"]) await bench.client(name, "lobby");
		const tab = await Tab.open(bench, "zoe");
		const root = bench.connect();
		await root.ask('<hello name="root" token="sesame" />', '<join room="lobby" />');
		await tab.settle();
		expect(tab.session.active?.members).toEqual(["zoe", "root", "bob", "guest"]);
		expect([...tab.session.active!.operators]).toEqual(["root"]);
		const late = await Tab.open(bench, "ann");
		expect([...late.session.active!.operators]).toEqual(["root"]);
	});

	it("loads the members of a large room page by page, each once", async () => {
		const bench = ChatHarness.chat();
		for (let n = 0; n < 450; n++) bench.connect().send(`<hello name="m${n}" />`, '<join room="lobby" />');
		await bench.settle();
		const tab = await Tab.open(bench, "zoe");
		const place = tab.session.active!;
		expect([place.members.length, place.memberCount]).toEqual([201, 451]);
		for (const expected of [401, 451]) {
			void tab.session.loadMembers();
			await tab.settle();
			expect(place.members.length).toBe(expected);
		}
		expect(place.members[0]).toBe("zoe");
		expect(new Set(place.members).size).toBe(451);
	});
});

describe("a message for a user who looks elsewhere", () => {
	it("alerts for private messages and for the name, and for nothing else", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<say room="lobby">ann, from before</say>');
		const tab = await Tab.open(bench, "ann");
		await bob.ask('<say room="lobby">ann, seen</say>');
		tab.watched = false;
		await bob.ask('<say room="lobby">annual</say>', '<say room="lobby">hey @Ann!</say>', '<tell to="ann">psst</tell>');
		await tab.settle();
		expect(tab.alerted).toEqual(["lobby bob: hey @Ann!", "bob bob: psst"]);
		expect([...tab.session.places.values()].map(({ unread, isForMe }) => [unread, isForMe])).toEqual([
			[2, true],
			[1, true],
		]);
		tab.session.looked();
		expect(tab.session.active?.isForMe).toBe(false);
	});
});
