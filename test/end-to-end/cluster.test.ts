// Several daemons on one NATS as processes: one conversation, a daemon that is killed, brokers that are killed.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { xml } from "../../src/index.ts";
import { hasNatsServer, NatsServers } from "../cluster/nats-server.js";
import { type Daemon, startDaemon } from "./daemon.ts";
import { type Document, Person } from "./person.ts";

async function readiness({ port }: Daemon): Promise<string> {
	const answer = await fetch(`http://localhost:${port}/readyz`);
	return `${answer.status} ${await answer.text()}`;
}

// The tests of one deployment share it, in this order.
describe.skipIf(!hasNatsServer()).each([1, 3])("three daemons on %i nats-servers", (nodes) => {
	let nats: NatsServers;
	let daemons: Daemon[] = [];
	const people: Person[] = [];

	beforeAll(async () => {
		nats = await NatsServers.start({ nodes });
		const flags = ["--nats", nats.urls.join(","), "--replicas", String(nodes), "--room", "game:live"];
		daemons = await Promise.all([0, 1, 2].map(() => startDaemon(flags)));
	});
	const come = async (daemon: Daemon, name: string, session?: string): Promise<Person> => {
		const person = await Person.at(daemon, name, session);
		people.push(person);
		return person;
	};
	const enter = async (person: Person, room: string): Promise<Document> => {
		person.say(xml`<join room=${room} after="-1"/>`);
		return await person.next("joined");
	};
	afterEach(async () => {
		for (const person of people.splice(0)) await person.close();
	});
	afterAll(async () => {
		for (const daemon of daemons) await daemon.stop("SIGKILL");
		await nats.stop();
	});

	it("are one conversation: stored and live rooms, names, private messages", async () => {
		const [one, two, three] = daemons as [Daemon, Daemon, Daemon];
		const ann = await come(one, "ann");
		const bob = await come(two, "bob");
		const eve = await come(three, "eve");
		for (const person of [ann, bob, eve]) {
			await enter(person, "lobby");
			await enter(person, "game");
		}
		for (let i = 0; i < 20; i++) {
			ann.say(xml`<say room="lobby" id=${`a${i}`}>${`a${i}`}</say>`);
			bob.say(xml`<say room="lobby" id=${`b${i}`}>${`b${i}`}</say>`);
		}
		const orders: string[] = [];
		for (const person of [ann, bob, eve]) {
			const texts: string[] = [];
			for (let prev = 0; texts.length < 40; ) {
				const said = await person.next("said");
				expect(Number(said.prev)).toBe(prev);
				prev = Number(said.seq);
				texts.push(said.text!);
			}
			orders.push(texts.join(" "));
		}
		expect(new Set(orders).size).toBe(1);
		eve.say(xml`<say room="game">now</say>`);
		expect(await ann.next("said")).toMatchObject({ room: "game", from: "eve", text: "now" });
		eve.say(xml`<tell to="ann" id="t">psst</tell>`);
		expect(await ann.next("told")).toMatchObject({ from: "eve", text: "psst" });
		const rival = await Person.at(two);
		people.push(rival);
		rival.say(xml`<hello name="Ann"/>`);
		expect(await rival.next("error")).toMatchObject({ code: "name-taken" });
	});

	it("say that the brokers are lost, go on locally in live rooms, and take stored messages again afterwards", async () => {
		const [one, two] = daemons as [Daemon, Daemon, Daemon];
		const dora = await come(one, "dora");
		const dan = await come(one, "dan");
		const dave = await come(two, "dave");
		for (const person of [dora, dan, dave]) {
			await enter(person, "lobby");
			await enter(person, "game");
		}
		expect(await readiness(one)).toBe("200 ready\n");
		await nats.killAll();
		expect(await dora.next("notice")).toMatchObject({ code: "broker-lost" });
		expect(await readiness(one)).toMatch(/^503 not ready: The broker/);
		dora.say(xml`<say room="game">here</say>`);
		expect(await dan.next("said")).toMatchObject({ room: "game", text: "here" });
		dora.say(xml`<say room="lobby" id="w">waited</say>`);
		await nats.startAll();
		expect(await dora.next("notice")).toMatchObject({ code: "broker-back" });
		expect(await dora.next("ack")).toMatchObject({ id: "w" });
		// What was said among those who were here waits for the others for ten seconds; after that its loss is told. The two
		// rooms come back each on its own way, in either order.
		await Promise.all([
			dave.until((document) => document.is === "said" && document.room === "lobby" && document.text === "waited"),
			dave.until(
				({ is, room, text, messages }) =>
					room === "game" && ((is === "said" && text === "here") || (is === "gap" && messages === "1")),
			),
		]);
		expect(await readiness(one)).toBe("200 ready\n");
		expect(one.log()).toContain("NATS cannot be reached");
	});

	// Who serves the messages makes no difference to it.
	it.skipIf(nodes > 1)(
		"let a client go on at another daemon when its own is killed, and lose the ghosts of the others within 15 s",
		async () => {
			const [one, two] = daemons as [Daemon, Daemon, Daemon];
			const cleo = await come(one, "cleo");
			const carl = await come(one, "carl");
			const cyd = await come(two, "cyd");
			for (const person of [cleo, carl, cyd]) await enter(person, "lobby");
			cleo.say(xml`<say room="lobby" id="1">before</say>`);
			const { seq } = await cleo.next("ack");
			one.process.kill("SIGKILL");
			const again = await come(two, "cleo", cleo.session);
			again.say(xml`<join room="lobby" after=${String(Number(seq) - 1)}/>`);
			await again.next("joined");
			expect(await again.next("said")).toMatchObject({ seq, text: "before" });
			again.say(xml`<say room="lobby" id="1">before</say>`);
			expect(await again.next("ack")).toMatchObject({ seq, duplicate: "true" });
			const gone = new Set<string>();
			while (!gone.has("carl")) gone.add((await cyd.next("exit")).name!);
			expect(gone).toContain("cleo");
		},
	);
});
