// What programs can watch with Node's diagnostics_channel: connections, documents, refusals, messages. Names and fields are public API, described in
// docs/guide/observability.md. Nothing is made for a channel without a subscriber.

import { type Channel, channel } from "node:diagnostics_channel";
import type { ApplicationObserver, MessageDelivered, MessageStored, ServerPeer } from "../application/index.ts";

/** A connection of the application has begun. */
export interface ConnectionOpened {
	/** As in the log; unique within this process. */
	readonly id: string;
	readonly remoteAddress: string;
	readonly transport: "tcp" | "tls" | "websocket" | "memory";
}

/** A connection of the application is over. */
export interface ConnectionClosed extends ConnectionOpened {
	/** Which end has closed it. */
	readonly by: "local" | "remote";
	/** The code of the error that ended it; undefined after an orderly end. */
	readonly code: string | undefined;
	/** Documents received, empty ones not counted. */
	readonly documents: number;
}

/** A client's document, before it is handled. */
export interface DocumentReceived {
	/** The connection. */
	readonly id: string;
	/** The text; the bytes for an application that handles bytes. It may contain passwords and tokens. */
	readonly document: string | Uint8Array;
}

/** Something was refused or disconnected. */
export interface Refused {
	/** As in `xmlsocket_refused_total`. */
	readonly reason: string;
	readonly text: string;
	/** What the log line contains besides: `id` of the connection, `remote`, and more. */
	readonly facts: object;
}

/** The channels, and what each publishes. */
export interface DiagnosticsEvents {
	readonly "xmlsocket:connection:open": ConnectionOpened;
	readonly "xmlsocket:connection:close": ConnectionClosed;
	readonly "xmlsocket:document": DocumentReceived;
	readonly "xmlsocket:refusal": Refused;
	readonly "xmlsocket:message:stored": MessageStored;
	readonly "xmlsocket:message:delivered": MessageDelivered;
}

const named = (name: keyof DiagnosticsEvents): Channel => channel(name);
export const connectionOpen: Channel = named("xmlsocket:connection:open");
export const connectionClose: Channel = named("xmlsocket:connection:close");
export const refusal: Channel = named("xmlsocket:refusal");
const document = named("xmlsocket:document");
const stored = named("xmlsocket:message:stored");
const delivered = named("xmlsocket:message:delivered");

const publishStored = (report: MessageStored): void => stored.publish(report);
const publishDelivered = (report: MessageDelivered): void => delivered.publish(report);
const publishDocument = ({ id }: ServerPeer, text: string | Uint8Array): void =>
	document.publish({ id, document: text } satisfies DocumentReceived);

/** Publishes what an application reports. */
export const applicationObserver: ApplicationObserver = {
	get messageStored() {
		return stored.hasSubscribers ? publishStored : undefined;
	},
	get messageDelivered() {
		return delivered.hasSubscribers ? publishDelivered : undefined;
	},
};

/** Publishes documents; undefined while nothing listens. */
export function documentObserver(): typeof publishDocument | undefined {
	return document.hasSubscribers ? publishDocument : undefined;
}
