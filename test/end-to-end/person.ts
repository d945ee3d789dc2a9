// A client of a real daemon that keeps every document it was sent, so that a test can ask for them in any order.

import { type Connection, connect, xml } from "../../src/index.ts";
import type { Daemon } from "./daemon.ts";

/** The attributes of a document's root, with its name as `is` and its text. */
export type Document = Record<string, string>;

/** A client that keeps all that it was sent. */
export class Person {
	readonly all: Document[] = [];
	readonly #read = new Map<string, number>();
	readonly #connection: Connection;

	private constructor(connection: Connection) {
		this.#connection = connection;
	}

	static async at({ port }: Daemon, name?: string, session?: string): Promise<Person> {
		const connection = await connect(`localhost:${port}`);
		const person = new Person(connection);
		void (async () => {
			for await (const { xml: document } of connection) {
				const root = document.firstChild!;
				person.all.push({ ...root.attributes, is: root.nodeName!, text: root.firstChild?.nodeValue ?? "" } as Document);
			}
		})().catch(() => {});
		await person.next("welcome");
		if (name !== undefined) {
			person.say(xml`<hello name=${name} session=${session}/>`);
			await person.next("welcome");
		}
		return person;
	}

	get session(): string {
		return this.all.findLast(({ is }) => is === "welcome")!.session!;
	}

	say(document: ReturnType<typeof xml>): void {
		this.#connection.send(document);
	}

	/** The next document of that kind; those of other kinds keep their place. */
	async next(is: string, withinMs = 90_000): Promise<Document> {
		const from = this.#read.get(is) ?? 0;
		const found = await this.until((document, at) => document.is === is && at >= from, withinMs, `<${is}>`);
		this.#read.set(is, this.all.indexOf(found) + 1);
		return found;
	}

	/** The first document of which that is true, among those that came already and those to come. */
	async until(
		wanted: (document: Document, at: number) => boolean,
		withinMs = 90_000,
		what: unknown = wanted,
	): Promise<Document> {
		for (const end = Date.now() + withinMs; Date.now() < end; ) {
			const found = this.all.find(wanted);
			if (found !== undefined) return found;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		throw new Error(`no ${what} within ${withinMs} ms; there were: ${this.all.map((one) => one.is).join(" ")}`);
	}

	async close(): Promise<void> {
		await this.#connection.close();
	}
}
