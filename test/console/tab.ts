// One tab of the chat page without a page: its session, joined to a real chat in the same process by the page's own reading
// and writing of documents. A test can cut the connection, and lose what is under way in either direction.

import { readDocument, writeDocument } from "../../console/chat-client.ts";
import type { Command } from "../../console/events.ts";
import { ChatSession, type Saved, type SessionHost } from "../../console/session.ts";
import type { Line } from "../../console/timeline.ts";
import { XML } from "../../src/xml/index.ts";
import type { Bench, Client } from "../chat/bench.ts";

let tabs = 0;

export class Tab implements SessionHost {
	readonly session: ChatSession;
	readonly sent: Command[] = [];
	readonly announced: string[] = [];
	saved: Saved | undefined;
	stopped = false;
	watched = true;
	/** What the session sends is lost on its way. */
	losesOutgoing = false;
	/** What the server sends is lost on its way. */
	losesIncoming = false;
	readonly #number: number = ++tabs;
	#bench: Bench;
	#client: Client | undefined = undefined;
	#ids = 0;

	constructor(bench: Bench, saved?: Saved, room = "lobby") {
		this.#bench = bench;
		this.session = new ChatSession(this, saved, room);
	}

	/** A tab that has a name and is in the lobby. */
	static async open(bench: Bench, name: string): Promise<Tab> {
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

	/** What was said over the connections so far. */
	get said(): string[] {
		return this.sent.flatMap((command) => (command.do === "say" || command.do === "tell" ? [command.text] : []));
	}

	connect(bench: Bench = this.#bench): void {
		this.#bench = bench;
		this.losesOutgoing = false;
		this.losesIncoming = false;
		this.#client = bench.connect();
		this.session.connectionChanged({ is: "open" });
	}

	cut(): void {
		this.#client?.link.destroy();
		this.#client = undefined;
		this.session.connectionChanged({ is: "waiting", attempt: 1, retryAt: this.now() + 500 });
	}

	/** Lets everything that is under way happen. */
	async settle(): Promise<void> {
		for (let more = true; more; ) {
			await this.#bench.settle();
			const texts = this.#client?.take() ?? [];
			more = texts.length > 0;
			if (!this.losesIncoming) {
				for (const text of texts) this.session.receive(readDocument(new XML(text).firstChild));
			}
		}
	}

	send(command: Command): void {
		if (!this.#client || this.losesOutgoing) return;
		this.sent.push(command);
		this.#client.send(String(writeDocument(command)));
	}

	save(saved: Saved | undefined): void {
		this.saved = saved;
	}

	changed(): void {}

	announce(words: string): void {
		this.announced.push(words);
	}

	stop(): void {
		this.stopped = true;
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
