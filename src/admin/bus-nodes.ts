// How the processes of one daemon ask each other the questions of the admin API where no chat connects them: with --relay and --app over
// workers. They find each other on the bus.

import type { Bus } from "../cluster/index.ts";
import { XMLSocketError } from "../errors/index.ts";

/** The nodes that answer together. */
export interface AdminNodes {
	/** This node. */
	readonly node: string;
	/** The other nodes that run. */
	nodes(): string[];
	/** Asks another node. Rejects with XMLSOCKET_UNAVAILABLE where it does not answer within 3 s. */
	ask(node: string, question: string): Promise<string>;
	/** Answers the questions of other nodes from here on. */
	answerWith(answerer: (question: string) => Promise<string>): void;
}

/** No room has this name, so nobody else uses the channel. */
const CHANNEL = { to: "room", room: "\0admin" } as const;
const TIMEOUT_MS = 3000;
const MAX_PENDING = 1000;

type Message =
	/** A node runs. The first time it asks the others to say so too. */
	| readonly ["here", from: string, isNew: boolean]
	| readonly ["ask", from: string, to: string, number: number, question: string]
	| readonly ["answer", from: string, to: string, number: number, answer: string];

interface Pending {
	readonly node: string;
	readonly resolve: (answer: string) => void;
	readonly reject: (error: XMLSocketError) => void;
	readonly timer: NodeJS.Timeout;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The processes of a daemon that share a trusted bus. */
export class BusNodes implements AdminNodes {
	readonly #bus: Bus;
	readonly #report: (error: unknown) => void;
	readonly #others = new Set<string>();
	readonly #pending = new Map<number, Pending>();
	readonly #ends: (() => void)[];
	#lastNumber = 0;
	#answerer: ((question: string) => Promise<string>) | undefined = undefined;

	/** @param report receives what an answer failed with. */
	constructor(bus: Bus, report: (error: unknown) => void) {
		this.#bus = bus;
		this.#report = report;
		this.#ends = [
			bus.subscribe(CHANNEL, (data) => this.#received(JSON.parse(decoder.decode(data)) as Message)),
			bus.watchNodes?.((node) => this.#gone(node)) ?? (() => {}),
		];
		this.#send(["here", bus.node, true]);
	}

	get node(): string {
		return this.#bus.node;
	}

	nodes(): string[] {
		return [...this.#others].sort();
	}

	ask(node: string, question: string): Promise<string> {
		return new Promise((resolve, reject) => {
			const number = ++this.#lastNumber;
			const isSent = this.#pending.size < MAX_PENDING && this.#send(["ask", this.node, node, number, question]);
			if (!isSent) {
				reject(unanswered());
				return;
			}
			const timer = setTimeout(() => this.#refuse(number), TIMEOUT_MS).unref();
			this.#pending.set(number, { node, resolve, reject, timer });
		});
	}

	answerWith(answerer: (question: string) => Promise<string>): void {
		this.#answerer = answerer;
	}

	/** Asks and answers nothing more. */
	close(): void {
		for (const end of this.#ends) end();
		for (const number of [...this.#pending.keys()]) this.#refuse(number);
		this.#others.clear();
	}

	#send(message: Message): boolean {
		return this.#bus.publish(CHANNEL, encoder.encode(JSON.stringify(message)));
	}

	#received(message: Message): void {
		const [kind, from] = message;
		if (from === this.node) return;
		if (kind === "here") {
			this.#others.add(from);
			if (message[2]) this.#send(["here", this.node, false]);
		} else if (message[2] !== this.node) return;
		else if (kind === "ask") void this.#answer(from, message[3], message[4]);
		else {
			const pending = this.#pending.get(message[3]);
			if (pending?.node !== from) return;
			this.#settle(message[3], pending);
			pending.resolve(message[4]);
		}
	}

	async #answer(node: string, number: number, question: string): Promise<void> {
		let answer = "";
		try {
			answer = (await this.#answerer?.(question)) ?? "";
		} catch (error) {
			this.#report(error);
		}
		this.#send(["answer", this.node, node, number, answer]);
	}

	#gone(node: string): void {
		this.#others.delete(node);
		for (const [number, pending] of this.#pending) if (pending.node === node) this.#refuse(number);
	}

	#refuse(number: number): void {
		const pending = this.#pending.get(number);
		if (!pending) return;
		this.#settle(number, pending);
		pending.reject(unanswered());
	}

	#settle(number: number, { timer }: Pending): void {
		clearTimeout(timer);
		this.#pending.delete(number);
	}
}

function unanswered(): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The node did not answer. The request may have been carried out.");
}
