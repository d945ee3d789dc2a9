// Chats over connections that break at random bytes, with a server that dies and comes back with its log: what was said is
// there once, everyone reads it once, in one order, without a hole.

import fc from "fast-check";
import { expect, it } from "vitest";
import type { Chat, Receipt, Room, RoomMessage } from "../../src/client/index.ts";
import { MemoryLog } from "../../src/message-log/index.ts";
import { ChatHarness } from "../chat/harness.ts";
import { Network } from "./frayed.ts";
import { until } from "./support.ts";

const NAMES = ["ann", "bob", "carol"] as const;
type Name = (typeof NAMES)[number];

type Step =
	| { readonly do: "say"; readonly who: Name; readonly times: number; readonly long: boolean }
	| { readonly do: "plan"; readonly who: Name; readonly out: number; readonly in: number }
	| { readonly do: "cut" | "read"; readonly who: Name }
	| { readonly do: "die" }
	| { readonly do: "rest"; readonly turns: number };

const who = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			do: fc.constant("say" as const),
			who,
			times: fc.integer({ min: 1, max: 12 }),
			long: fc.boolean(),
		}),
	},
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant("plan" as const),
			who,
			out: fc.integer({ min: 0, max: 900 }),
			in: fc.integer({ min: 0, max: 2500 }),
		}),
	},
	{ weight: 3, arbitrary: fc.record({ do: fc.constantFrom("cut" as const, "read" as const), who }) },
	{ weight: 1, arbitrary: fc.constant<Step>({ do: "die" }) },
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("rest" as const), turns: fc.integer({ min: 1, max: 12 }) }) },
);

interface Person {
	readonly network: Network;
	readonly chat: Chat;
	readonly room: Room;
	readonly said: { readonly text: string; receipt?: Receipt; error?: unknown }[];
	readonly read: RoomMessage[];
	/** Messages that the reader may take now; it is as slow as this. */
	appetite: number;
	hungry: () => void;
}

class World {
	readonly log: MemoryLog;
	bench: ChatHarness;
	readonly people: Map<Name, Person> = new Map();
	readonly #remembers: boolean;

	/** @param remembers whether the server knows a resent message by its id; otherwise the replay alone tells. */
	constructor(remembers: boolean) {
		this.#remembers = remembers;
		this.log = new MemoryLog(remembers ? {} : { dedupeWindowMs: 0 });
		this.bench = ChatHarness.chat({}, { log: this.log });
	}

	async start(): Promise<void> {
		for (const name of NAMES) {
			const network = new Network(this.bench);
			// Small bounds, so that slow readers meet them.
			const chat = await network.open(name, { maxInboxMessages: 4 });
			const person: Person = {
				network,
				chat,
				room: await chat.join("lobby"),
				said: [],
				read: [],
				// A reader that is too slow breaks the replay off, and without it only the server's memory helps.
				appetite: this.#remembers ? 3 : Number.POSITIVE_INFINITY,
				hungry: () => {},
			};
			this.people.set(name, person);
			void read(person);
		}
	}

	async take(step: Step): Promise<void> {
		if (step.do === "rest") {
			for (let turn = 0; turn < step.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
			return;
		}
		if (step.do === "die") {
			const before = this.bench;
			this.bench = ChatHarness.chat({}, { log: this.log });
			for (const person of this.people.values()) person.network.bench = this.bench;
			before.die();
			return;
		}
		const person = this.people.get(step.who)!;
		if (step.do === "say") for (let i = 0; i < step.times; i++) say(person, step.who, step.long);
		else if (step.do === "plan") person.network.plan.push({ out: step.out, in: step.in });
		else if (step.do === "cut") person.network.cut();
		else eat(person, 5);
	}

	/** All lines are sound again, and everyone reads. */
	async calm(): Promise<void> {
		for (const person of this.people.values()) {
			person.network.plan.length = 0;
			eat(person, Number.POSITIVE_INFINITY);
		}
		const people = [...this.people.values()];
		await until(() => people.every(({ said }) => said.every(({ receipt, error }) => receipt || error)), "every answer");
		const { lastSeq } = await this.log.state("lobby");
		await until(
			() => people.every(({ read }) => (read.at(-1)?.seq ?? 0) >= lastSeq),
			`every reader at ${lastSeq}: ${people.map(({ read }) => read.at(-1)?.seq)}`,
		);
	}
}

function say(person: Person, name: Name, long: boolean): void {
	const said: Person["said"][number] = { text: `${name} ${person.said.length}${long ? "x".repeat(200) : ""}` };
	person.said.push(said);
	person.room.say(said.text).then(
		(receipt) => {
			said.receipt = receipt;
		},
		(error: unknown) => {
			said.error = error;
		},
	);
}

function eat(person: Person, appetite: number): void {
	person.appetite = appetite;
	person.hungry();
}

async function read(person: Person): Promise<void> {
	for await (const message of person.room) {
		person.read.push(message);
		if (--person.appetite <= 0) {
			await new Promise<void>((resolve) => {
				person.hungry = resolve;
			});
		}
	}
}

it.each([
	["whose server remembers ids", true],
	["whose server has forgotten every id", false],
])(
	"what is said in a chat %s is stored once, and read once by everyone, in order and without a hole",
	async (_, remembers) => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
				const world = new World(remembers);
				await world.start();
				for (const one of steps) await world.take(one);
				await world.calm();
				const { entries } = await world.log.readAfter("lobby", 0, { maxCount: 1e6, maxBytes: 1e9 });
				const texts = entries.map(({ payload }) => new TextDecoder().decode(payload).split("\n")[1]!);
				for (const [name, person] of world.people) {
					expect(person.said.filter(({ error }) => error)).toEqual([]);
					// Once each, and in the order in which they were said.
					expect(texts.filter((text) => text.startsWith(`${name} `))).toEqual(person.said.map(({ text }) => text));
					// What a receipt says is where the message stands.
					for (const { text, receipt } of person.said) expect(texts[receipt!.seq! - 1]).toBe(text);
					expect(person.read.map(({ text }) => text)).toEqual(texts);
					expect(person.read.some(({ afterGap }) => afterGap)).toBe(false);
					expect(person.network.host.reported).toEqual([]);
				}
				await Promise.all([...world.people.values()].map(({ chat }) => chat.close()));
				expect(world.bench.reported).toEqual([]);
			}),
			{ numRuns: Number(process.env.XMLSOCKET_CHAT_RUNS ?? 60) },
		);
	},
	120_000,
);
