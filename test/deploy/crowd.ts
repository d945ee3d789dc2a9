// Chat clients that talk in stored rooms while something happens to the daemon or to what is in front of it, and the check of what they received:
// what was acknowledged is there for every member of its room, once, and in order.

import { expect } from "vitest";
import { type Chat, openChat, type Receipt } from "../../src/index.ts";

interface Member {
	readonly name: string;
	readonly room: string;
	readonly chat: Chat;
	readonly read: { readonly text: string; readonly seq: number }[];
	readonly gaps: unknown[];
	readonly said: Promise<Receipt>[];
	readonly speaker: Promise<void>;
}

/** What a crowd is. */
export interface CrowdOptions {
	readonly clients: number;
	/** Stored rooms; the clients are divided among them. */
	readonly rooms: readonly string[];
	/** Each client waits so long between two messages, and for the receipt of each, in milliseconds. */
	readonly pauseMs: number;
	/** What the clients' names begin with. Default: p. */
	readonly prefix?: string;
	/** Further options of `openChat`. */
	readonly chat?: Parameters<typeof openChat>[1];
}

/** Clients that talk. */
export class Crowd {
	readonly #members: readonly Member[];
	readonly #stop: { isStopped: boolean };

	private constructor(members: readonly Member[], stop: { isStopped: boolean }) {
		this.#members = members;
		this.#stop = stop;
	}

	/** Connects them; they begin to talk at once. */
	static async open(
		address: string,
		{ clients, rooms, pauseMs, prefix = "p", chat: options }: CrowdOptions,
	): Promise<Crowd> {
		const stop = { isStopped: false };
		const members = await Promise.all(
			Array.from({ length: clients }, async (_, n): Promise<Member> => {
				const name = `${prefix}${n}`;
				const room = rooms[n % rooms.length]!;
				const chat = await openChat(address, { name, reconnect: { minDelayMs: 20, maxDelayMs: 500 }, ...options });
				const joined = await chat.join(room);
				const read: Member["read"] = [];
				const gaps: unknown[] = [];
				joined.on("gap", (gap) => void gaps.push(gap));
				joined.on("message", ({ text, seq }) => void read.push({ text, seq: seq! }));
				const said: Promise<Receipt>[] = [];
				const speaker = (async () => {
					// Not all at the same moment.
					await pause((pauseMs * n) / clients);
					while (!stop.isStopped) {
						said.push(joined.say(`${name} ${said.length}`));
						await said.at(-1);
						await pause(pauseMs);
					}
				})();
				return { name, room, chat, read, gaps, said, speaker };
			}),
		);
		return new Crowd(members, stop);
	}

	/** Messages that were acknowledged to this moment, by room: numbers and texts in order. */
	async acknowledged(): Promise<Map<string, { seq: number; text: string }[]>> {
		const found = new Map<string, { seq: number; text: string }[]>();
		for (const { name, room, said } of this.#members) {
			for (const [n, receipt] of said.entries()) {
				const settled = await Promise.race([receipt, Promise.resolve(undefined)]);
				if (settled === undefined) continue;
				const list = found.get(room) ?? [];
				list.push({ seq: settled.seq!, text: `${name} ${n}` });
				found.set(room, list);
			}
		}
		for (const list of found.values()) list.sort((a, b) => a.seq - b.seq);
		return found;
	}

	/** Messages that have been read, of all clients. */
	get received(): number {
		return this.#members.reduce((sum, { read }) => sum + read.length, 0);
	}

	/** Waits until every client has read some messages more than now. */
	async progress(messages = 2): Promise<void> {
		const before = this.#members.map(({ read }) => read.length);
		await expect.poll(() => this.#members.every(({ read }, at) => read.length >= before[at]! + messages)).toBe(true);
	}

	/** Ends the talk, waits for what is under way, and checks what each client received. Returns the number of messages. */
	check(): Promise<number> {
		return Crowd.checkAll([this]);
	}

	/** The same for crowds in the same rooms. */
	static async checkAll(crowds: readonly Crowd[]): Promise<number> {
		const members = crowds.flatMap((crowd) => crowd.#members);
		for (const crowd of crowds) crowd.#stop.isStopped = true;
		for (const { speaker } of members) await speaker;
		let messages = 0;
		const rooms = new Map<string, Map<number, string>>();
		for (const { name, room, said } of members) {
			const order = rooms.get(room) ?? new Map<number, string>();
			rooms.set(room, order);
			for (const [n, { seq }] of (await Promise.all(said)).entries()) {
				expect(order.has(seq!), `number ${seq} of ${room} is given once`).toBe(false);
				order.set(seq!, `${name} ${n}`);
				messages++;
			}
		}
		for (const { name, room, read, gaps } of members) {
			const order = rooms.get(room)!;
			const last = Math.max(...order.keys());
			await expect
				.poll(() => read.at(-1)?.seq ?? 0, { message: `the last message of ${room} for ${name}` })
				.toBeGreaterThanOrEqual(last);
			expect(gaps, `gaps of ${name}`).toEqual([]);
			const seqs = read.map(({ seq }) => seq);
			expect(seqs, `order of ${name}`).toEqual([...new Set(seqs)].sort((a, b) => a - b));
			const expected = [...order].filter(([seq]) => seq >= seqs[0]!).sort(([a], [b]) => a - b);
			expect(
				read.map(({ seq, text }) => [seq, text]),
				`what ${name} received`,
			).toEqual(expected);
		}
		return messages;
	}

	async close(): Promise<void> {
		this.#stop.isStopped = true;
		await Promise.all(this.#members.map(({ chat }) => chat.close().catch(() => {})));
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
