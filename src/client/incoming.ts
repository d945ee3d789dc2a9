// A document that came in: its text, and its XML or JSON form made when someone asks for it. And the other way round: what
// may be sent, as text.

import { XMLSocketError } from "../errors/index.ts";
import { type Markup, XML, type XMLNode } from "../xml/index.ts";
import { type Declaration, withDeclarations } from "./stream-namespaces.ts";

/** What can be sent: text as it is, a node, or the result of the xml template tag. */
export type Sendable = string | XMLNode | Markup;

/** A document from the other side. */
export class Incoming {
	/** The text, untouched. */
	readonly text: string;
	readonly #inherited: readonly Declaration[] | undefined;
	#xml: XML | undefined = undefined;
	#json: unknown = undefined;
	#jsonRead = false;

	/** @internal @param inherited the namespaces that the stream's header declares for it. */
	constructor(text: string, inherited?: readonly Declaration[]) {
		this.text = text;
		this.#inherited = inherited;
	}

	/**
	 * The text parsed as XML: always the same object. It never throws; a malformed document has a negative `status`, and the
	 * tree read so far. Of an element of a stream, it has the namespaces too that the stream's header declares.
	 */
	get xml(): XML {
		this.#xml ??= new XML(this.#inherited ? withDeclarations(this.text, this.#inherited) : this.text);
		return this.#xml;
	}

	/**
	 * The text parsed as JSON: always the same value. Check it before use, for it is the other side's.
	 *
	 * @throws XMLSOCKET_DOCUMENT_NOT_JSON where the text is not JSON.
	 */
	get json(): unknown {
		if (!this.#jsonRead) {
			try {
				this.#json = JSON.parse(this.text);
			} catch (cause) {
				throw new XMLSocketError(
					"XMLSOCKET_DOCUMENT_NOT_JSON",
					`A document of ${this.text.length} characters is not JSON.`,
					{ cause, details: { characters: this.text.length } },
				);
			}
			this.#jsonRead = true;
		}
		return this.#json;
	}

	/** The text, so that a document can be put into a string. */
	toString(): string {
		return this.text;
	}
}

/**
 * The text of what is to be sent.
 *
 * @throws XMLSOCKET_DOCUMENT_INVALID for what is neither text nor has a text form of its own.
 */
export function textOf(document: Sendable): string {
	if (typeof document === "string") return document;
	const given: unknown = document;
	if (typeof given === "object" && given !== null && !Array.isArray(given)) {
		const own: unknown = (given as { toString?: unknown }).toString;
		if (typeof own === "function" && own !== Object.prototype.toString) {
			const text: unknown = own.call(given);
			if (typeof text === "string") return text;
		}
	}
	const kind = given === null ? "null" : Array.isArray(given) ? "an array" : `of type ${typeof given}`;
	throw new XMLSocketError(
		"XMLSOCKET_DOCUMENT_INVALID",
		`A document to be sent is text or a node; this one is ${kind}.`,
	);
}
