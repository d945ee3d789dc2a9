// What arrives during one step: finds the markers, checks each pair of a sender and a receiver, and records latencies.

import type { LatencyRecord } from "./latency-record.ts";
import type { LoadClient, LoadListener } from "./load-client.ts";
import { type Needle, readMarker } from "./message.ts";
import { SequenceCheck } from "./sequence-check.ts";

const ERROR: Buffer = Buffer.from("<error ");
const LONGEST_ERROR_BYTES = 1024;
const MOST_CODES = 20;
const EMPTY: Buffer = Buffer.alloc(0);

/** What a sender has sent. */
export interface SentCount {
	readonly client: LoadClient;
	readonly room: number;
	/** Its place among the senders of its room. */
	readonly place: number;
	sent: number;
	/** Messages that the server refused. */
	refused: number;
}

/** What a step measures, and how. */
export interface MeasurementParts {
	readonly needle: Needle;
	readonly clients: readonly LoadClient[];
	readonly rooms: number;
	readonly senders: readonly SentCount[];
	/** Who receives a message: all in the room, all but its sender, or its sender alone. */
	readonly receivers: "all" | "others" | "sender";
	/** Whether the server answers with `<error>`. */
	readonly hasErrors: boolean;
	readonly latencies: LatencyRecord;
	readonly nowUs: () => number;
	/** A message has arrived where its sender waits for it. */
	readonly onReturned?: ((sender: number) => void) | undefined;
	/** More can be written for this client. */
	readonly onDrained: (client: LoadClient) => void;
}

/** The state of one step's receivers. */
export class Measurement implements LoadListener {
	delivered = 0;
	disordered = 0;
	repeated = 0;
	misdelivered = 0;
	disconnected = 0;
	disconnectReason: string | undefined;
	readonly refused: Record<string, number> = {};
	/** Deliveries since the last sample. */
	recent = 0;
	/** Latencies of messages that were to be sent in this time are recorded, in microseconds. */
	fromUs = Number.POSITIVE_INFINITY;
	untilUs = Number.POSITIVE_INFINITY;
	readonly #parts: MeasurementParts;
	readonly #checks: readonly SequenceCheck[];
	readonly #clientsOfRoom: readonly LoadClient[][];
	/** The client at which a message counts as returned, for each sender. */
	readonly #watchers: (LoadClient | undefined)[];
	readonly #senderOf = new Map<LoadClient, SentCount>();

	constructor(parts: MeasurementParts) {
		this.#parts = parts;
		const places = new Array<number>(parts.rooms).fill(0);
		for (const sender of parts.senders) {
			places[sender.room]!++;
			this.#senderOf.set(sender.client, sender);
		}
		this.#clientsOfRoom = places.map(() => []);
		for (const client of parts.clients) this.#clientsOfRoom[client.room]!.push(client);
		const isEcho = parts.receivers === "sender";
		this.#checks = parts.clients.map((client) => new SequenceCheck(isEcho ? 1 : places[client.room]!));
		this.#watchers = parts.senders.map((sender) => this.#watcherOf(sender));
		for (const client of parts.clients) {
			client.rest = EMPTY;
			client.listener = this;
		}
	}

	/** Copies that each message of a room should have: receivers that are connected. */
	receiversOf(sender: SentCount): number {
		if (this.#parts.receivers === "sender") return 1;
		const count = this.#clientsOfRoom[sender.room]!.filter(({ isClosed }) => !isClosed).length;
		return this.#parts.receivers === "others" && !sender.client.isClosed ? count - 1 : count;
	}

	/** Copies that have not arrived, between connections that are still open. */
	missing(): number {
		let missing = 0;
		this.#eachPair((sender, check) => {
			missing += Math.max(0, sender.sent - sender.refused - check.arrived(sender.place));
		});
		return missing;
	}

	received(client: LoadClient, chunk: Buffer): void {
		const { needle } = this.#parts;
		const bytes = client.rest.length > 0 ? Buffer.concat([client.rest, chunk]) : chunk;
		const nowUs = this.#parts.nowUs();
		let at = 0;
		let found = bytes.indexOf(needle.bytes);
		while (found >= 0 && found + needle.length <= bytes.length) {
			this.#arrived(client, bytes, found + needle.bytes.length, nowUs);
			at = found + needle.length;
			found = bytes.indexOf(needle.bytes, at);
		}
		let restAt = found >= 0 ? found : Math.max(at, bytes.length - needle.bytes.length + 1);
		if (this.#parts.hasErrors) restAt = Math.min(restAt, this.#findErrors(client, bytes));
		client.rest = restAt < bytes.length ? Buffer.from(bytes.subarray(restAt)) : EMPTY;
	}

	closed(client: LoadClient): void {
		this.disconnected++;
		this.disconnectReason ??= client.error;
		for (const [sender, watcher] of this.#watchers.entries()) {
			if (watcher !== client) continue;
			this.#watchers[sender] = this.#watcherOf(this.#parts.senders[sender]!);
			// Messages on their way to it will not be seen to arrive.
			this.#parts.onReturned?.(sender);
		}
	}

	drained(client: LoadClient): void {
		this.#parts.onDrained(client);
	}

	#arrived(client: LoadClient, bytes: Buffer, digitsAt: number, nowUs: number): void {
		const { sender: index, number, timeUs } = readMarker(bytes, digitsAt);
		const { senders, latencies, receivers, onReturned } = this.#parts;
		const sender = senders[index];
		if (!sender || number >= sender.sent || timeUs > nowUs) return; // a marker that was changed on its way
		if (receivers === "sender" ? sender.client !== client : sender.room !== client.room) {
			this.misdelivered++;
			return;
		}
		const arrival = this.#checks[client.index]!.add(sender.place, number);
		if (arrival === "repeated") {
			this.repeated++;
			return;
		}
		if (arrival === "late") this.disordered++;
		this.delivered++;
		this.recent++;
		if (timeUs >= this.fromUs && timeUs < this.untilUs) latencies.add(nowUs - timeUs);
		if (onReturned && this.#watchers[index] === client) onReturned(index);
	}

	// Returns where an error begins that is not complete yet.
	#findErrors(client: LoadClient, bytes: Buffer): number {
		for (let at = bytes.indexOf(ERROR); at >= 0; at = bytes.indexOf(ERROR, at + 1)) {
			const end = bytes.indexOf(">", at);
			if (end < 0) return bytes.length - at > LONGEST_ERROR_BYTES ? bytes.length : at;
			const tag = bytes.toString("utf8", at, Math.min(end, at + LONGEST_ERROR_BYTES));
			const code = /\bcode="([\w-]{1,64})"/.exec(tag)?.[1] ?? "without a code";
			const key = code in this.refused || Object.keys(this.refused).length < MOST_CODES ? code : "others";
			this.refused[key] = (this.refused[key] ?? 0) + 1;
			const sender = this.#senderOf.get(client);
			if (sender) sender.refused++;
		}
		return bytes.length;
	}

	#watcherOf(sender: SentCount): LoadClient | undefined {
		if (this.#parts.receivers !== "others") return sender.client;
		const clients = this.#clientsOfRoom[sender.room]!;
		const own = clients.indexOf(sender.client);
		for (let step = 1; step < clients.length; step++) {
			const client = clients[(own + step) % clients.length]!;
			if (!client.isClosed) return client;
		}
		return undefined;
	}

	#eachPair(visit: (sender: SentCount, check: SequenceCheck) => void): void {
		const { senders, receivers } = this.#parts;
		for (const sender of senders) {
			if (sender.client.isClosed) continue;
			const clients = receivers === "sender" ? [sender.client] : this.#clientsOfRoom[sender.room]!;
			for (const client of clients) {
				if (client.isClosed || (receivers === "others" && client === sender.client)) continue;
				visit(sender, this.#checks[client.index]!);
			}
		}
	}
}
