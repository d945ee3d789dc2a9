// One connection that asks for a name and remembers what it is told about it; it answers pings, and does nothing else.

import { connect } from "node:net";
import { readDocument, writeDocument } from "./documents.js";

/** A person at one daemon. */
export class Person {
	/** The name that the daemon has told last. @type {string | undefined} */
	name;
	#socket;
	#unread = "";

	/** @param {{ host: string, port: number }} place */
	constructor(place) {
		this.#socket = connect({ ...place, noDelay: true });
		this.#socket.setEncoding("utf8");
		this.#socket.on("error", () => {});
		this.#socket.on("close", () => {
			this.name = undefined;
		});
		this.#socket.on("data", (text) => {
			const documents = (this.#unread + text).split("\0");
			this.#unread = documents.pop() ?? "";
			for (const document of documents) this.#hear(document);
		});
	}

	/** @param {string} name */
	ask(name) {
		this.#write("hello", { name });
	}

	close() {
		this.#socket.destroy();
	}

	/** @param {string} text */
	#hear(text) {
		const document = readDocument(text);
		if (!document) return;
		const { name, attributes } = document;
		if (name === "welcome") this.name = attributes.get("name");
		else if (name === "ping") this.#write("pong", { id: attributes.get("id") });
	}

	/** @param {string} name @param {Record<string, string | undefined>} attributes */
	#write(name, attributes) {
		this.#socket.write(`${writeDocument(name, attributes)}\0`);
	}
}
