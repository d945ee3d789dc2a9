// The relay's room over several processes of one daemon. Each process sends its clients' documents to the others once, and they arrive in
// the order in which each client sent them. What the bus does not take waits, bounded, and its senders wait with it; what is dropped is
// counted. A process whose clients do not read fast enough slows the fast senders of the others, as it does its own
// (`relay-sender.ts`).

import type { Bus } from "../cluster/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { Room } from "../rooms/index.ts";
import { publishToRoom } from "./cluster/bus-room-relay.ts";
import { type BacklogOwner, RelayBacklog } from "./cluster/relay-backlog.ts";
import type { PacedClient } from "./paced-client.ts";
import { RelaySender } from "./relay-sender.ts";
import { PATIENCE_MS, type SendingPace } from "./sending-pace.ts";

/** How often what waits is sent again. */
const RETRY_MS = 20;
/** The first character of a note to a process: hold your fast senders, or do not any more. The name of the process that asks follows. */
const HOLD = "+";
const RELEASE = "-";

/** The length of a client's number. */
const NUMBER_BYTES = 4;

const ascii = new TextDecoder("latin1");

/** Sends documents to the other processes, and delivers theirs. */
export class RelayExchange implements BacklogOwner {
	readonly room: string;
	/** Documents in the backlog. */
	waiting = 0;
	readonly #bus: Bus;
	readonly #members: Room<PacedClient>;
	readonly #pace: SendingPace;
	readonly #clock: Clock;
	readonly #report: (error: Error) => void;
	readonly #backlog: RelayBacklog;
	/** Before each document: the length of the process's name, the name, the number of the client, and whether it is fast. */
	readonly #head: Uint8Array;
	readonly #numbers = new Map<PacedClient, number>();
	#lastNumber = 0;
	/** The other processes that have sent something. */
	readonly #senders = new Map<string, RelaySender>();
	/** The processes that want fast senders held, and until when if nothing more comes from them. */
	readonly #holders = new Map<string, number>();
	/** The clients here that are held for them, or for the backlog. */
	readonly #held = new Map<PacedClient, () => void>();
	readonly #ends: (() => void)[];
	#tooLarge = 0;
	#reported = 0;
	#cancelRetry: (() => void) | undefined = undefined;

	constructor(bus: Bus, room: Room<PacedClient>, pace: SendingPace, clock: Clock, report: (error: Error) => void) {
		this.room = room.name;
		this.#bus = bus;
		this.#members = room;
		this.#pace = pace;
		this.#clock = clock;
		this.#report = report;
		this.#backlog = new RelayBacklog(() => clock.now());
		const name = new TextEncoder().encode(bus.node);
		this.#head = Uint8Array.of(name.length, ...name, 0, 0, 0, 0, 0);
		this.#ends = [
			bus.subscribe({ to: "room", room: room.name }, (data) => this.#received(data)),
			bus.subscribe({ to: "node", node: bus.node }, (data) => this.#noted(ascii.decode(data))),
			bus.watchNodes?.((node) => this.#gone(node)) ?? (() => {}),
		];
	}

	/** Documents of clients here that other processes did not get. */
	get dropped(): number {
		return this.#backlog.dropped + this.#tooLarge;
	}

	/** Sends a document of a client to the other processes. @param isFast whether the client sends faster than its rate */
	send(client: PacedClient, document: Uint8Array, isFast: boolean): void {
		const { length } = this.#head;
		const data = new Uint8Array(length + document.length);
		data.set(this.#head);
		const number = this.#numberOf(client);
		for (let at = 0; at < NUMBER_BYTES; at++) data[length - 1 - NUMBER_BYTES + at] = number >>> (8 * at);
		data[length - 1] = isFast ? 1 : 0;
		data.set(document, length);
		if (data.length > this.#bus.maxBytes) this.#tooLarge++;
		else if (this.#backlog.size > 0 || !publishToRoom(this.#bus, this.room, data)) {
			this.#backlog.add(this, client.peer.id, data);
			this.#retryLater();
			this.#hold(client);
		}
		if (isFast && this.#holders.size > 0) this.#hold(client);
	}

	/** A client has left. */
	left(client: PacedClient): void {
		this.#held.delete(client);
		this.#numbers.delete(client);
	}

	/** Once a second. */
	sweep(): void {
		const now = this.#clock.now();
		for (const [node, untilMs] of this.#holders) if (now >= untilMs) this.#holders.delete(node);
		this.#release();
		const dropped = this.dropped - this.#reported;
		if (dropped === 0) return;
		this.#reported += dropped;
		this.#report(
			new XMLSocketError(
				"XMLSOCKET_RELAY_DROPPED",
				`${dropped} documents did not reach the clients of the other processes, which could not take them in time.`,
				{ details: { dropped } },
			),
		);
	}

	close(): void {
		this.#cancelRetry?.();
		for (const end of this.#ends) end();
	}

	#received(data: Uint8Array): void {
		const at = 1 + data[0]!;
		const node = ascii.decode(data.subarray(1, at));
		if (node === this.#bus.node) return;
		const start = at + NUMBER_BYTES + 1;
		const isFast = data[start - 1] === 1;
		const client = ascii.decode(data.subarray(at, start - 1));
		// The bus reads the next message into the same memory.
		this.#senderOf(node).received(client, data.slice(start), isFast);
	}

	#senderOf(node: string): RelaySender {
		let sender = this.#senders.get(node);
		if (!sender) {
			const note = (word: string): void => {
				this.#bus.publish({ to: "node", node }, new TextEncoder().encode(word + this.#bus.node));
			};
			sender = new RelaySender(this.#members, this.#pace, { hold: () => note(HOLD), release: () => note(RELEASE) });
			this.#senders.set(node, sender);
		}
		return sender;
	}

	#numberOf(client: PacedClient): number {
		let number = this.#numbers.get(client);
		if (number === undefined) {
			number = ++this.#lastNumber;
			this.#numbers.set(client, number);
		}
		return number;
	}

	#noted(note: string): void {
		const node = note.slice(1);
		if (note[0] === HOLD) this.#holders.set(node, this.#clock.now() + PATIENCE_MS);
		else {
			this.#holders.delete(node);
			this.#release();
		}
	}

	#gone(node: string): void {
		this.#senders.get(node)?.gone();
		this.#senders.delete(node);
		this.#holders.delete(node);
		this.#release();
	}

	#hold(client: PacedClient): void {
		if (!this.#held.has(client)) this.#held.set(client, client.hold());
	}

	#release(): void {
		if (this.#holders.size > 0 || this.#backlog.size > 0) return;
		const held = [...this.#held.values()];
		this.#held.clear();
		for (const release of held) release();
	}

	#retryLater(): void {
		this.#cancelRetry ??= this.#clock.delay(RETRY_MS, () => {
			this.#cancelRetry = undefined;
			this.#backlog.drain((room, data) => publishToRoom(this.#bus, room, data));
			if (this.#backlog.size > 0) this.#retryLater();
			else this.#release();
		});
	}
}
