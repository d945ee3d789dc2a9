// The error with which a Jabber server ends a stream: `<stream:error>` with a condition, as a coded error. It closes nothing;
// the connection does. RFC 6120, 4.9.

import type { ReceivedDocument } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { elements, textContent } from "../xml/index.ts";

const STREAMS = "http://etherx.jabber.org/streams";
const CONDITIONS = "urn:ietf:params:xml:ns:xmpp-streams";
// Cheap enough for every stanza: only an element of this name is parsed.
const ERROR_TAG = /^<(?:[^\s:"'/>]+:)?error[\s/>]/;

/**
 * After these a new connection to the same address, with the same login, ends the same way; after `conflict` it ends another
 * client's connection, which then ends this one.
 */
const FINAL: ReadonlySet<string> = new Set([
	"bad-namespace-prefix",
	"conflict",
	"host-gone",
	"host-unknown",
	"invalid-from",
	"invalid-namespace",
	"not-authorized",
	"see-other-host",
	"unsupported-encoding",
	"unsupported-feature",
	"unsupported-version",
]);

/** A stream error, and whether connecting again would be of use. */
export interface StreamError {
	readonly error: XMLSocketError;
	/** Whether the client must not reconnect. */
	readonly isFinal: boolean;
}

/** The stream error that a document is; undefined for any other document. */
export function streamErrorIn(document: ReceivedDocument): StreamError | undefined {
	if (!ERROR_TAG.test(document.text)) return undefined;
	const root = document.xml.firstChild;
	if (root?.namespaceURI !== STREAMS) return undefined;
	const children = elements(root).filter(({ namespaceURI }) => namespaceURI === CONDITIONS);
	const condition = children.find(({ localName }) => localName !== "text");
	// Servers older than RFC 3920 send words only.
	const name = condition?.localName ?? "undefined-condition";
	const described = children.find(({ localName }) => localName === "text");
	const text = (described ? textContent(described) : condition ? "" : textContent(root)).trim();
	const host = name === "see-other-host" && condition ? textContent(condition).trim() : "";
	const detail = text === "" ? "" : `: ${text}`;
	const message =
		host === ""
			? `The server ended the stream with ${name}${detail}.`
			: `The server ended the stream and asks the client to connect to ${host} (${name}${detail}).`;
	return {
		error: new XMLSocketError("XMLSOCKET_STREAM_ERROR", message.replace(/\.\.$/, "."), {
			details: { condition: name, ...(text === "" ? {} : { text }), ...(host === "" ? {} : { host }) },
		}),
		isFinal: FINAL.has(name),
	};
}
