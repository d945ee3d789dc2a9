import { describe, expect, it } from "vitest";
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
});
