// A recording as the connections that replay plays: what the client sent, and what the server sent after each of these documents. It leaves
// out policy requests, and it puts the parts of long documents together.

import type { TextCodec } from "../../wire/index.ts";
import type { Direction, DocumentEvent, TrafficEvent } from "../traffic/index.ts";
import type { ParsedDocument } from "./field.ts";
import type { LoadedRecording } from "./load-recording.ts";
import { parseDocument } from "./parse-document.ts";

/** One document of a recording. */
export class RecordedDocument {
	readonly bytes: Uint8Array;
	/** Microseconds since the recording began. */
	readonly timeUs: number;
	/** Its place among all events of the recording, because times can be equal. */
	readonly order: number;
	/** False for the last bytes of a connection that no terminator followed. */
	readonly isTerminated: boolean;
	/** Whether a mask hid some of its values. */
	readonly isMasked: boolean;
	readonly #codec: TextCodec;
	#parsed: ParsedDocument | undefined = undefined;

	constructor(event: DocumentEvent, order: number, bytes: Uint8Array, codec: TextCodec) {
		this.bytes = bytes;
		this.timeUs = event.time;
		this.order = order;
		this.isTerminated = event.ending === "terminated";
		this.isMasked = event.masked === true;
		this.#codec = codec;
	}

	/** The document with its fields, read at the first use. */
	get parsed(): ParsedDocument {
		this.#parsed ??= parseDocument(this.bytes, this.#codec);
		return this.#parsed;
	}
}

/** One document of the client, and what the server sent until the next one. */
export interface Exchange {
	readonly request: RecordedDocument;
	readonly answers: readonly RecordedDocument[];
}

/** One connection of a recording. */
export interface RecordedConnection {
	/** Its number in the recording. */
	readonly number: number;
	/** When it opened, in microseconds since the recording began. */
	readonly openedUs: number;
	readonly openedOrder: number;
	/** What the server sent before the client's first document. */
	readonly greeting: readonly RecordedDocument[];
	readonly exchanges: readonly Exchange[];
	/** When the server ended the connection; undefined if the client did, or the recording ends before. */
	readonly serverEndUs: number | undefined;
	/** When the client ended it; undefined if the server did, or the recording ends before. */
	readonly clientEndUs: number | undefined;
	readonly clientEndOrder: number | undefined;
}

interface Open {
	readonly number: number;
	readonly openedUs: number;
	readonly openedOrder: number;
	readonly greeting: RecordedDocument[];
	readonly exchanges: { request: RecordedDocument; answers: RecordedDocument[] }[];
	readonly parts: Map<Direction, Uint8Array[]>;
	serverEndUs: number | undefined;
	clientEndUs: number | undefined;
	clientEndOrder: number | undefined;
}

/**
 * The connections of a recording that carried documents, in the order in which they opened.
 *
 * @param side which end replay plays. As the server it expects what the client sent, and sends what the client got; as the client the reverse.
 * An inspector that injected, edited or dropped documents makes a difference.
 */
export function recordedConnections(
	recording: LoadedRecording,
	side: Direction,
	codec: TextCodec,
): RecordedConnection[] {
	const open = new Map<number, Open>();
	let order = 0;
	for (const event of recording.events) {
		order++;
		let connection = open.get(event.connection);
		if (!connection) {
			connection = newConnection(event, order);
			open.set(event.connection, connection);
		}
		if (event.kind === "close") noteEnd(connection, event.direction, event.time, order);
		if (event.kind !== "document" || isLeftOut(event, side)) continue;
		addDocument(connection, event, order, codec);
	}
	const connections = [...open.values()].filter(({ greeting, exchanges }) => greeting.length + exchanges.length > 0);
	if (side === "server") for (const { exchanges } of connections) spreadAnswers(exchanges);
	return connections;
}

const BURST_US = 100_000;

// A client that sends several documents at once gets all answers behind the last one. Another client may wait for each answer, so that each
// document gets the answer of its place, and the last one the rest. With fewer answers than documents, nobody knows which have one.
function spreadAnswers(exchanges: Open["exchanges"]): void {
	let first = 0;
	for (const [last, { request, answers }] of exchanges.entries()) {
		const previous = exchanges[last - 1];
		if (previous && (previous.answers.length > 0 || request.timeUs - previous.request.timeUs > BURST_US)) first = last;
		if (last === first || answers.length <= last - first) continue;
		for (let index = first; index < last; index++) exchanges[index]!.answers.push(answers.shift()!);
	}
}

function newConnection(event: TrafficEvent, order: number): Open {
	return {
		number: event.connection,
		openedUs: event.time,
		openedOrder: order,
		greeting: [],
		exchanges: [],
		parts: new Map(),
		serverEndUs: undefined,
		clientEndUs: undefined,
		clientEndOrder: undefined,
	};
}

// Who ended it first decides. A close that names nobody is taken for the client's.
function noteEnd(connection: Open, direction: Direction | undefined, time: number, order: number): void {
	if (connection.clientEndUs !== undefined || connection.serverEndUs !== undefined) return;
	if (direction === "server") connection.serverEndUs = time;
	else {
		connection.clientEndUs = time;
		connection.clientEndOrder = order;
	}
}

// What an inspector injected was never sent by that end, and what it dropped never arrived at the other one.
function isLeftOut({ changed, direction }: DocumentEvent, side: Direction): boolean {
	const isOwn = direction === side;
	return isOwn ? changed === "dropped" : changed === "injected";
}

function addDocument(connection: Open, event: DocumentEvent, order: number, codec: TextCodec): void {
	const parts = connection.parts.get(event.direction) ?? [];
	parts.push(event.bytes);
	if (event.ending === "part") {
		connection.parts.set(event.direction, parts);
		return;
	}
	connection.parts.delete(event.direction);
	const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
	if (bytes.length === 0) return;
	const document = new RecordedDocument(event, order, bytes, codec);
	if (event.direction === "client") connection.exchanges.push({ request: document, answers: [] });
	else (connection.exchanges.at(-1)?.answers ?? connection.greeting).push(document);
}
