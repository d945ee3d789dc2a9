// What a connection needs beyond documents to carry an XML stream, as one object: the host passes it to the client, so that the
// bundle of a page without streams does not contain it. RFC 6120, RFC 7395; docs/guide/xmlstreams.md.

import type { ReceivedDocument } from "../connection/index.ts";
import type { Link, Transport } from "../link/index.ts";
import { StreamDecoder, type StreamDecoderOptions } from "../wire/index.ts";
import { answerTo } from "./iq.ts";
import type { RequestOptions } from "./requests.ts";
import { agreeOnTls } from "./start-tls.ts";
import { type StreamError, streamErrorIn } from "./stream-error.ts";
import { type Declaration, declarationsOf, isStreamHeader, withDeclarations } from "./stream-namespaces.ts";
import { XMPP_PROTOCOL, XmppWebSocket } from "./xmpp-websocket.ts";

/** The support for XML streams that a connection uses. */
export interface Streams {
	/** The sub-protocol to ask of a WebSocket. */
	readonly webSocketProtocol: string;
	/** A WebSocket with that sub-protocol, as a connection that carries a stream. */
	overWebSocket(transport: Transport): Transport;
	/** Cuts a stream into its header, its elements and its end. */
	decoder(options: StreamDecoderOptions): StreamDecoder;
	/**
	 * For a header: the function that adds its namespace declarations to an element below it. Undefined for other fragments.
	 */
	inheritanceOf(fragment: string): ((text: string) => string) | undefined;
	/** How the answer to a request is recognised. @throws XMLSOCKET_OPTION_INVALID */
	answerTo(text: string): (document: ReceivedDocument) => boolean;
	/** The stream error that a document is; undefined for any other document. */
	errorIn(document: ReceivedDocument): StreamError | undefined;
	/** Puts TLS below the stream. */
	agreeOnTls(
		link: Link,
		ask: (document: string, options: RequestOptions) => Promise<ReceivedDocument>,
		how: { readonly domain: string; readonly timeoutMs: number },
		options: { readonly tls: { readonly insecure?: boolean | undefined; readonly ca?: string | undefined } },
	): Promise<void>;
}

/** The support for XML streams, for `ClientHost.streams`. */
export const xmlStreams: Streams = {
	webSocketProtocol: XMPP_PROTOCOL,
	overWebSocket: (transport) => new XmppWebSocket(transport),
	decoder: (options) => new StreamDecoder(options),
	inheritanceOf: (fragment) => {
		if (!isStreamHeader(fragment)) return undefined;
		const declared: readonly Declaration[] = declarationsOf(fragment);
		return (text) => withDeclarations(text, declared);
	},
	answerTo,
	errorIn: streamErrorIn,
	agreeOnTls,
};
