// A document from the other side of a connection: its text, and its XML or JSON form, made at the first use. It is the same class
// at a client and at a server. It checks nothing.

import { XMLSocketError } from "../errors/index.ts";
import { rootElement, XML, type XMLNode } from "../xml/index.ts";

/** A document from the other side. */
export class ReceivedDocument {
	/** The text as it came, without its terminator. */
	readonly text: string;
	readonly #markup: ((text: string) => string) | undefined;
	#xml: XML | undefined = undefined;
	#json: unknown = undefined;
	#jsonRead = false;

	/**
	 * @param markup makes the text that `xml` parses, where that is not the text itself: an element of an XML stream inherits
	 * the namespaces of the stream's header.
	 */
	constructor(text: string, markup?: (text: string) => string) {
		this.text = text;
		this.#markup = markup;
	}

	/**
	 * The text parsed as XML: always the same object. It never throws; a malformed document has a negative `status`, and the
	 * tree up to the error. An element of an XML stream also has the namespaces that the stream's header declares.
	 */
	get xml(): XML {
		this.#xml ??= new XML(this.#markup ? this.#markup(this.text) : this.text);
		return this.#xml;
	}

	/**
	 * The root element of `xml`. It is `xml.firstChild`, except where white space or a byte order mark comes before the element.
	 * Undefined where the text is not XML.
	 */
	get root(): XMLNode | undefined {
		return rootElement(this.xml);
	}

	/**
	 * The text parsed as JSON: always the same value. The other side chose it, so check it before use.
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

	/** The text, so that a document can be sent on, or put into a string. */
	toString(): string {
		return this.text;
	}
}
