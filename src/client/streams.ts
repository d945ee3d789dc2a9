// What a connection needs beyond documents to carry an XML stream, in one hand: its host gives it to the client, so that a page
// which speaks documents alone carries none of it. RFC 6120, RFC 7395; docs/guide/xmlstreams.md.

import type { Link, Transport } from "../link/index.ts";
import { StreamDecoder, type StreamDecoderOptions } from "../wire/index.ts";
import type { Incoming } from "./incoming.ts";
import { answerTo } from "./iq.ts";
import type { RequestOptions } from "./requests.ts";
import { agreeOnTls, type StartTlsOptions } from "./start-tls.ts";
import { type Declaration, declarationsOf, isStreamHeader } from "./stream-namespaces.ts";
import { XMPP_PROTOCOL, XmppWebSocket } from "./xmpp-websocket.ts";

/** XML streams, as a connection uses them. */
export interface Streams {
	/** The sub-protocol that a WebSocket is asked for. */
	readonly webSocketProtocol: string;
	/** A WebSocket with that sub-protocol, as a connection that carries a stream. */
	overWebSocket(transport: Transport): Transport;
	/** Cuts a stream into its header, its elements and its end. */
	decoder(options: StreamDecoderOptions): StreamDecoder;
	/** What a fragment declares for those below it; undefined where it is no header. */
	declarationsOf(fragment: string): readonly Declaration[] | undefined;
	/** How the answer to a request is known. @throws XMLSOCKET_OPTION_INVALID */
	answerTo(text: string): (document: Incoming) => boolean;
	/** Puts TLS below the stream. */
	agreeOnTls(
		link: Link,
		ask: (document: string, options: RequestOptions) => Promise<Incoming>,
		how: Required<StartTlsOptions>,
		options: { readonly tls: { readonly insecure?: boolean | undefined; readonly ca?: string | undefined } },
	): Promise<void>;
}

/** What `ClientHost.streams` takes. */
export const xmlStreams: Streams = {
	webSocketProtocol: XMPP_PROTOCOL,
	overWebSocket: (transport) => new XmppWebSocket(transport),
	decoder: (options) => new StreamDecoder(options),
	declarationsOf: (fragment) => (isStreamHeader(fragment) ? declarationsOf(fragment) : undefined),
	answerTo,
	agreeOnTls,
};
