// One tab of the chat page without a page: its session, on the chat client over a connection in memory to a real chat in the same
// process. A test can cut the connection, and lose what is under way in either direction.

import type { Place } from "../../console/place.ts";
import type { Saved } from "../../console/saved-chat.ts";
import { ChatSession } from "../../console/session.ts";
import type { SessionHost } from "../../console/session-host.ts";
import type { Line } from "../../console/timeline.ts";
import type { Chat, ChatClientOptions } from "../../src/client/index.ts";
import { type RootElement, readRoot } from "../../src/xml/index.ts";
import type { ChatHarness } from "../chat/harness.ts";
import { Network } from "../client/frayed.ts";
import { turns } from "../client/support.ts";

let tabs = 0;

export class Tab implements SessionHost {
	readonly session: ChatSession;
	readonly announced: string[] = [];
	/** Messages for the user that came while the user looked elsewhere. */
	readonly alerted: string[] = [];
	saved: Saved | undefined;
	watched = true;
	readonly #network: Network;
	readonly #number: number = ++tabs;
	#ids = 0;

	constructor(bench: ChatHarness, saved?: Saved, room?: string) {
		this.#network = new Network(bench);
		this.session = new ChatSession(this, saved, room);
	}

	/** A tab that has a name and is in the lobby. */
	static async open(bench: ChatHarness, name: string): Promise<Tab> {
		const tab = new Tab(bench);
		tab.connect();
		tab.session.enter(name, undefined);
		await tab.settle();
		return tab;
	}

	/** What the active place shows, as `from: text`. */
	get shown(): string[] {
		return (this.session.active?.timeline.lines ?? []).map((line) =>
			line.from === "" ? line.text : `${line.from}: ${line.text}`,
		);
	}

	get lines(): readonly Line[] {
		return this.session.active?.timeline.lines ?? [];
	}

	/** The documents of that name that were sent, over all connections so far. */
	sent(name: string): RootElement[] {
		return this.#network.sent.map((text) => readRoot(text)!).filter((root) => root.name === name);
	}

	/** What was said over the connections so far. */
	get said(): (string | undefined)[] {
		return [...this.sent("say"), ...this.sent("tell")].map((root) => root.text());
	}

	/** Opens the page, or lets it come back after `cut`. */
	connect(bench: ChatHarness = this.#network.bench): void {
		this.#network.bench = bench;
		this.#network.isUp = true;
		if (this.#network.connections === 0) this.session.connect();
	}

	/** The connection breaks, and none can be made until `connect`. */
	async cut(): Promise<void> {
		this.#network.isUp = false;
		this.#network.cut();
		await turns();
	}

	/** What is on its way in that direction, until the connection is cut, never arrives. */
	loses(direction: "in" | "out"): void {
		this.#network.deafen(direction);
	}

	/** Lets everything that is under way happen; the waits of a client that comes back are short here. */
	async settle(): Promise<void> {
		for (let round = 0; round < 3; round++) {
			await new Promise((resolve) => setTimeout(resolve, 5));
			await this.#network.bench.settle();
		}
	}

	open(options: ChatClientOptions): Promise<Chat> {
		return this.#network.openChat("localhost:9000", options);
	}

	save(saved: Saved | undefined): void {
		this.saved = saved;
	}

	changed(): void {}

	alert(place: Place, from: string, text: string): void {
		this.alerted.push(`${place.name} ${from}: ${text}`);
	}

	announce(words: string): void {
		this.announced.push(words);
	}

	later(run: () => void): void {
		setTimeout(run, 1);
	}

	newId(): string {
		return `t${this.#number}-${++this.#ids}`;
	}

	now(): number {
		return Date.parse("2006-06-28T12:00:00.000Z");
	}

	isWatched(): boolean {
		return this.watched;
	}
}
