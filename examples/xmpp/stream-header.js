// The start tag of a stream: an element that is opened here and closed when the conversation ends.

import { element } from "xmlsocket";

/** @param {string} xmlns the default namespace of what follows: jabber:client or jabber:component:accept. */
export function streamHeader(xmlns, attributes) {
	const whole = element("stream:stream", {
		xmlns,
		"xmlns:stream": "http://etherx.jabber.org/streams",
		...attributes,
	});
	return `<?xml version="1.0"?>${String(whole).replace(/ \/>$/, ">")}`;
}
