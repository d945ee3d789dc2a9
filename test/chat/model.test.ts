// A model of rooms and of resuming: random clients join, leave, speak, resend, break off and come back, in random order;
// what each of them has read must be what the model says, whatever the order was.

import fc from "fast-check";
import { expect, it } from "vitest";
import { MemoryLog } from "../../src/message-log/index.ts";
import { AT, ChatHarness, type Client } from "./harness.ts";

const NAMES = ["ann", "bob", "carol"] as const;
const ROOMS = ["lobby", "live"] as const;
type Name = (typeof NAMES)[number];
type RoomName = (typeof ROOMS)[number];

/** What must be true of one client. */
interface Person {
	online: boolean;
	readonly rooms: Set<RoomName>;
	/** The numbers and words that it must have seen of the stored room, oldest first. */
	readonly lobby: string[];
	/** Up to which number it has seen the stored room; undefined before it was ever there. */
	lobbySeq: number | undefined;
	/** Of the live room. */
	readonly live: string[];
	said: number;
}

interface Model {
	readonly people: Map<Name, Person>;
	/** The stored room's messages: who said them and with which words. */
	readonly log: { readonly words: string; readonly from: Name; readonly id: string }[];
}

interface Real {
	readonly harness: ChatHarness;
	readonly clients: Map<Name, { client: Client; session: string; readonly lobby: string[]; readonly live: string[] }>;
}

type Step = fc.AsyncCommand<Model, Real>;

/** Sorts what clients have received into their records, and looks at its order. */
async function collect(real: Real): Promise<void> {
	await real.harness.settle();
	for (const person of real.clients.values()) {
		for (const document of person.client.take()) {
			expect(document).not.toMatch(/^<gap/);
			const said = /^<said room="(\w+)"(?: seq="(\d+)" prev="(\d+)")? from="(\w+)" at="([^"]+)".*>(.*)<\/said>$/.exec(
				document,
			);
			if (!said) continue;
			expect(said[5]).toBe(AT);
			if (said[1] === "lobby") person.lobby.push(`${said[2]} after ${said[3]}: ${said[4]} ${said[6]}`);
			else person.live.push(`${said[4]} ${said[6]}`);
		}
	}
}

function check(model: Model, real: Real): void {
	for (const [name, person] of model.people) {
		const { lobby, live } = real.clients.get(name)!;
		expect({ name, lobby, live }).toEqual({ name, lobby: person.lobby, live: person.live });
	}
}

/** What the model's stored room looks like from after `seq` on. */
const missed = (model: Model, seq: number): string[] =>
	model.log.slice(seq).map(({ words, from }, i) => `${seq + i + 1} after ${seq + i}: ${from} ${words}`);

abstract class Command implements Step {
	readonly name: Name;
	readonly room: RoomName;
	constructor(name: Name, room: RoomName) {
		this.name = name;
		this.room = room;
	}
	person(model: Model): Person {
		return model.people.get(this.name)!;
	}
	abstract check(model: Readonly<Model>): boolean;
	abstract act(model: Model, real: Real): void;
	async run(model: Model, real: Real): Promise<void> {
		this.act(model, real);
		await collect(real);
		check(model, real);
	}
	toString(): string {
		return `${this.constructor.name}(${this.name}, ${this.room})`;
	}
}

class Join extends Command {
	check(model: Readonly<Model>): boolean {
		return this.person(model).online && !this.person(model).rooms.has(this.room);
	}
	act(model: Model, real: Real): void {
		const person = this.person(model);
		person.rooms.add(this.room);
		const after = person.lobbySeq ?? 0;
		if (this.room === "lobby") {
			person.lobby.push(...missed(model, after));
			person.lobbySeq = model.log.length;
		}
		real.clients.get(this.name)!.client.send(`<join room="${this.room}" after="${after}" />`);
	}
}

class Leave extends Command {
	check(model: Readonly<Model>): boolean {
		return this.person(model).rooms.has(this.room);
	}
	act(model: Model, real: Real): void {
		this.person(model).rooms.delete(this.room);
		real.clients.get(this.name)!.client.send(`<leave room="${this.room}" />`);
	}
}

class Say extends Command {
	check(model: Readonly<Model>): boolean {
		return this.person(model).rooms.has(this.room);
	}
	act(model: Model, real: Real): void {
		const speaker = this.person(model);
		const words = `word${++speaker.said}`;
		real.clients.get(this.name)!.client.send(`<say room="${this.room}" id="${words}">${words}</say>`);
		if (this.room === "lobby") model.log.push({ words, from: this.name, id: words });
		for (const person of model.people.values()) {
			if (!person.rooms.has(this.room)) continue;
			if (this.room === "live") person.live.push(`${this.name} ${words}`);
			else {
				person.lobby.push(...missed(model, model.log.length - 1));
				person.lobbySeq = model.log.length;
			}
		}
	}
}

/** Sends the newest of its own stored messages once more, which changes nothing. */
class Resend extends Command {
	check(model: Readonly<Model>): boolean {
		return this.person(model).rooms.has("lobby") && model.log.some((entry) => entry.from === this.name);
	}
	act(model: Model, real: Real): void {
		const { id, words } = model.log.findLast((entry) => entry.from === this.name)!;
		real.clients.get(this.name)!.client.send(`<say room="lobby" id="${id}">${words}</say>`);
	}
}

class BreakOff extends Command {
	check(model: Readonly<Model>): boolean {
		return this.person(model).online;
	}
	act(model: Model, real: Real): void {
		const person = this.person(model);
		person.online = false;
		person.rooms.clear();
		real.clients.get(this.name)!.client.link.destroy();
	}
}

/** Comes back with its session; where the old connection is still there, it is replaced. */
class ComeBack extends Command {
	check(): boolean {
		return true;
	}
	act(model: Model, real: Real): void {
		const person = this.person(model);
		person.online = true;
		person.rooms.clear();
		const known = real.clients.get(this.name)!;
		known.client = real.harness.connect();
		known.client.send(`<hello name="${this.name}" session="${known.session}" />`);
	}
}

it("every client sees the stored room whole and in order, and the live room while it is there", async () => {
	const all = [Join, Leave, Say, Say, Resend, BreakOff, ComeBack];
	const commands = all.map((kind) =>
		fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...ROOMS)).map(([name, room]) => new kind(name, room)),
	);
	await fc.assert(
		fc.asyncProperty(fc.commands(commands, { size: "+1" }), async (run) => {
			const harness = ChatHarness.chat({}, { log: new MemoryLog({ nowMs: () => Date.parse(AT) }) });
			const model: Model = { people: new Map(), log: [] };
			const real: Real = { harness, clients: new Map() };
			for (const name of NAMES) {
				const client = await harness.client(name);
				real.clients.set(name, { client, session: client.session, lobby: [], live: [] });
				model.people.set(name, {
					online: true,
					rooms: new Set(),
					lobby: [],
					lobbySeq: undefined,
					live: [],
					said: 0,
				});
			}
			await fc.asyncModelRun(() => ({ model, real }), run);
			expect(harness.reported).toEqual([]);
			for (const client of harness.clients) client.link.destroy();
			await harness.settle();
			expect(harness.application.stats!()).toMatchObject({ chat_clients: 0, chat_rooms: 1 });
		}),
		{ numRuns: 60 },
	);
});
