// Logs as clients of the campaign write them, told in a few words: the checker's tests say in them what happened, and break one
// thing at a time.

type Fact = Record<string, unknown> & { readonly fact: string };
interface Log {
	readonly name: string;
	readonly facts: () => Iterable<Fact>;
}

/** Two who speak, one who only reads, and the reader of everything at the end; in a stored room and a live one. */
export class Story {
	readonly #logs = new Map<string, Fact[]>();
	readonly #spoken = new Map<string, number>();
	#t = 0;

	/** Adds a fact to a client's log. */
	tell(client: string, fact: string, more: Record<string, unknown> = {}): this {
		const log = this.#logs.get(client) ?? [];
		this.#logs.set(client, log);
		log.push({ t: ++this.#t, fact, ...more });
		return this;
	}

	/** Lets time pass. */
	wait(ms: number): this {
		this.#t += ms;
		return this;
	}

	join(client: string, room: "hall" | "game", after = 0, log = "a"): this {
		const stored = room === "hall";
		this.tell(client, "connected", { port: 1 });
		return this.tell(
			client,
			"joined",
			stored ? { room, kind: "stored", log, after } : { room, kind: "live", after: 0 },
		);
	}

	/** The client sends its next message of that room; returns what names it. */
	send(client: string, room: "hall" | "game"): string {
		const n = (this.#spoken.get(`${client}.${room}`) ?? 0) + 1;
		this.#spoken.set(`${client}.${room}`, n);
		const id = `${client}.${room}.${n}`;
		this.tell(client, "sent", { room, id, n, text: `${id} hello` });
		return id;
	}

	/** Somebody sees a message: of the stored room with its number, of the live one without. */
	see(client: string, id: string, seq?: number, prev?: number): this {
		const [from, room] = id.split(".");
		return this.tell(client, "seen", { room, seq, prev, from, text: `${id} hello` });
	}

	ack(client: string, id: string, seq?: number, duplicate = false): this {
		return this.tell(client, "acknowledged", { room: id.split(".")[1], id, seq, duplicate });
	}

	/** Takes a fact out of a client's log again. */
	forget(client: string, which: (fact: Fact) => boolean): this {
		const log = this.#logs.get(client) ?? [];
		const at = log.findIndex(which);
		if (at === -1) throw new Error("There is no such fact.");
		log.splice(at, 1);
		return this;
	}

	/** Changes a fact in a client's log. */
	change(client: string, which: (fact: Fact) => boolean, more: Record<string, unknown>): this {
		const fact = this.#logs.get(client)?.find(which);
		if (!fact) throw new Error("There is no such fact.");
		Object.assign(fact, more);
		return this;
	}

	/** The logs, each closed as at the end of a campaign. */
	logs(): Log[] {
		for (const [client, facts] of this.#logs) {
			if (client !== "campaign" && facts.at(-1)?.fact !== "closed") this.tell(client, "closed", { why: "end" });
		}
		return [...this.#logs].map(([name, facts]) => ({ name, facts: () => facts }));
	}
}
