// The start tag of a stream. The program sends the end tag when it closes the stream.

import { element } from "xmlsocket";

/** @param {string} xmlns the default namespace of the elements: jabber:client or jabber:component:accept. */
export function streamHeader(xmlns, attributes) {
	const whole = element("stream:stream", {
		xmlns,
		"xmlns:stream": "http://etherx.jabber.org/streams",
		...attributes,
	});
	return `<?xml version="1.0"?>${String(whole).replace(/ \/>$/, ">")}`;
}
