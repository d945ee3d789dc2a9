// The messages between a live page and the server that sends it events: how they are written and read. A message to the page is one
// binary WebSocket message, a JSON head and the bytes of its documents; a request of the page is JSON. Nothing here opens a connection.

import type { CaptureInfo, Direction, DocumentEvent, TrafficEvent } from "./event.ts";

/** A document that waits for a decision. */
export interface HeldDocument {
	/** Its number, for `release` and `drop`. */
	readonly id: number;
	readonly event: DocumentEvent;
}

/** What the server sends. */
export type FeedMessage =
	| {
			/** First on each connection. */
			readonly kind: "hello";
			/** The name of this capture. Another one means that event numbers start again. */
			readonly capture: string;
			readonly info: CaptureInfo;
			/** Whether documents can be held, changed and injected. */
			readonly controls: boolean;
			/** Whether refused targets can be allowed. */
			readonly allows: boolean;
	  }
	| {
			readonly kind: "events";
			/** The number of the first of them; the first event of a capture has the number 0. */
			readonly first: number;
			/** How many before them this page does not get, because it was too slow or came too late. */
			readonly lost: number;
			readonly events: readonly TrafficEvent[];
	  }
	| {
			readonly kind: "held";
			/** The filter that holds documents; empty: none are held. */
			readonly filter: string;
			readonly held: readonly HeldDocument[];
			/** How many more are held, which are not in the list. */
			readonly more: number;
	  }
	| {
			/** The answer to a request. */
			readonly kind: "answer";
			readonly request: number;
			/** Why it was refused. Absent: it was done. */
			readonly problem?: string;
			/** For a filter: the column of the problem, from 1. */
			readonly column?: number;
	  };

/** Bytes from a page: text, which the server writes in the encoding of the capture, or the bytes themselves. */
export interface FeedBytes {
	readonly text?: string;
	readonly base64?: string;
}

/** What a page asks for. `request` comes back in the answer. */
export type FeedRequest =
	| {
			/** First on each connection: what the page has. */
			readonly ask: "start";
			readonly capture: string;
			/** The number of the next event that it needs. */
			readonly next: number;
	  }
	| { readonly ask: "seen"; readonly bytes: number }
	| { readonly ask: "break"; readonly request: number; readonly filter: string }
	| ({ readonly ask: "release"; readonly request: number; readonly id: number } & FeedBytes)
	| { readonly ask: "drop"; readonly request: number; readonly id: number }
	| ({
			readonly ask: "inject";
			readonly request: number;
			readonly connection: number;
			readonly direction: Direction;
	  } & FeedBytes)
	| { readonly ask: "allow"; readonly request: number; readonly target: string };

type Flat<Event> = Event extends { readonly bytes: Uint8Array }
	? Omit<Event, "bytes"> & { readonly bytes: number }
	: Event;

const HEAD_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a message for the page. */
export function encodeFeedMessage(message: FeedMessage): Uint8Array {
	const bodies: Uint8Array[] = [];
	const flatten = (event: TrafficEvent): object => {
		if (!("bytes" in event)) return event;
		bodies.push(event.bytes);
		return { ...event, bytes: event.bytes.length };
	};
	let flat: object = message;
	if (message.kind === "events") flat = { ...message, events: message.events.map(flatten) };
	else if (message.kind === "held")
		flat = { ...message, held: message.held.map(({ id, event }) => ({ id, event: flatten(event) })) };
	else if (message.kind === "hello")
		flat = { ...message, info: { ...message.info, terminator: [...message.info.terminator] } };
	const head = encoder.encode(JSON.stringify(flat));
	let at = HEAD_BYTES + head.length;
	const bytes = new Uint8Array(bodies.reduce((sum, body) => sum + body.length, at));
	new DataView(bytes.buffer).setUint32(0, head.length, true);
	bytes.set(head, HEAD_BYTES);
	for (const body of bodies) {
		bytes.set(body, at);
		at += body.length;
	}
	return bytes;
}

/**
 * Reads what `encodeFeedMessage` wrote. The documents are parts of `message`, not copies.
 *
 * @throws Error if it is something else.
 */
export function decodeFeedMessage(message: Uint8Array): FeedMessage {
	const length = new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(0, true);
	let at = HEAD_BYTES + length;
	if (at > message.length) throw new Error("The message is too short.");
	const head = JSON.parse(decoder.decode(message.subarray(HEAD_BYTES, at))) as FeedMessage;
	const restore = (event: Flat<TrafficEvent>): TrafficEvent => {
		if (!("bytes" in event)) return event;
		const bytes = message.subarray(at, at + event.bytes);
		at += event.bytes;
		return { ...event, bytes };
	};
	if (head.kind === "events") return { ...head, events: head.events.map((event) => restore(event as never)) };
	if (head.kind === "held")
		return {
			...head,
			held: head.held.map(({ id, event }) => ({ id, event: restore(event as never) as DocumentEvent })),
		};
	if (head.kind === "hello")
		return { ...head, info: { ...head.info, terminator: Uint8Array.from(head.info.terminator as Iterable<number>) } };
	return head;
}
