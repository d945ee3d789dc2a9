// The documents of one client, or of a room's members, for an operator who watches: kept on the client's node until the operator's node fetches
// them. A tap that nobody fetches from ends by itself. Secrets are masked before anything is kept.

import type { ConnectedClient } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Server } from "../server/index.ts";
import {
	createMask,
	type Direction,
	DocumentCutter,
	type DocumentEvent,
	type ExactDecode,
	exactDecode,
	type Mask,
	recordingLine,
	type TrafficEvent,
} from "../tools/traffic/index.ts";
import { textCodec } from "../transport/index.ts";
import { terminatorBytes } from "../wire/index.ts";
import { readRoot } from "../xml/index.ts";

const MAX_TAPS = 32;
/** A tap that is not fetched from for so long ends. */
const EXPIRES_MS = 5000;
const MAX_LINES = 500;
const MAX_CHARACTERS = 150_000;
/** A longer document is shown in parts. */
const MAX_PART_BYTES = 16 * 1024;
/** Members of a room that are watched at each node. */
const MAX_WATCHED = 200;
/** Attributes whose values prove something. */
const SECRETS = ["token", "session", "key", "password"];

/** What is watched. */
export interface TapTarget {
	/** The id of a connection, or */
	readonly connection?: string | undefined;
	/** the name of a room. */
	readonly room?: string | undefined;
}

/** What was seen since the last time. */
export interface TapPart {
	/** Events as lines of recordings; their connections are numbered by this tap. */
	readonly lines: string[];
	/** Whether nothing follows: the client has gone. */
	readonly ended: boolean;
}

/** The taps of one node. */
export class TrafficTaps {
	readonly #server: () => Server;
	readonly #now: () => number;
	readonly #taps = new Map<string, Tap>();

	/** @param now monotonic milliseconds. */
	constructor(server: () => Server, now: () => number) {
		this.#server = server;
		this.#now = now;
	}

	/**
	 * What a tap has seen. The first call opens it.
	 *
	 * @param idOf the id of a client, and its name.
	 * @throws XMLSOCKET_ADMIN_CLIENT_UNKNOWN, XMLSOCKET_ADMIN_TOO_MANY_STREAMS
	 */
	fetch(id: string, target: TapTarget, idOf: (client: ConnectedClient) => string): TapPart {
		this.sweep();
		let tap = this.#taps.get(id);
		if (!tap) {
			if (this.#taps.size >= MAX_TAPS) {
				throw new XMLSocketError(
					"XMLSOCKET_ADMIN_TOO_MANY_STREAMS",
					`${MAX_TAPS} views of traffic are open at this node.`,
				);
			}
			tap = new Tap(this.#server(), target, this.#now, idOf);
			this.#taps.set(id, tap);
		}
		const part = tap.fetch();
		if (part.ended) this.close(id);
		return part;
	}

	/** Ends a tap. */
	close(id: string): void {
		this.#taps.get(id)?.close();
		this.#taps.delete(id);
	}

	/** Ends those that nobody fetches from. */
	sweep(): void {
		for (const [id, tap] of this.#taps) if (this.#now() - tap.fetchedMs > EXPIRES_MS) this.close(id);
	}

	/** Ends all. */
	closeAll(): void {
		for (const id of [...this.#taps.keys()]) this.close(id);
	}
}

interface Watched {
	readonly number: number;
	readonly cutters: Readonly<Record<Direction, DocumentCutter>>;
	readonly stop: () => void;
}

class Tap {
	fetchedMs: number;
	readonly #server: Server;
	readonly #target: TapTarget;
	readonly #now: () => number;
	readonly #idOf: (client: ConnectedClient) => string;
	readonly #startedMs: number;
	readonly #terminator: Uint8Array;
	readonly #decode: ExactDecode;
	readonly #mask: Mask;
	readonly #watched = new Map<ConnectedClient, Watched>();
	/** Whose copies of what the server sends to the room are shown. */
	#witness: ConnectedClient | undefined = undefined;
	#lastNumber = 0;
	#lines: string[] = [];
	#characters = 0;
	#left = { events: 0, bytes: 0 };
	#ended = false;

	constructor(server: Server, target: TapTarget, now: () => number, idOf: (client: ConnectedClient) => string) {
		this.#server = server;
		this.#target = target;
		this.#now = now;
		this.#idOf = idOf;
		this.#startedMs = this.fetchedMs = now();
		const { terminator, encoding } = server.settings;
		this.#terminator = terminatorBytes(terminator);
		this.#decode = exactDecode(textCodec(encoding));
		this.#mask = createMask(SECRETS);
		this.#look();
		if (target.connection !== undefined && this.#watched.size === 0) {
			throw new XMLSocketError("XMLSOCKET_ADMIN_CLIENT_UNKNOWN", "The client is not connected.");
		}
	}

	fetch(): TapPart {
		this.fetchedMs = this.#now();
		if (this.#target.room !== undefined) this.#look();
		if (this.#left.events > 0) {
			this.#lines.push(recordingLine({ kind: "gap", time: this.#time(), ...this.#left }, this.#decode));
			this.#left = { events: 0, bytes: 0 };
		}
		const lines = this.#lines;
		this.#lines = [];
		this.#characters = 0;
		return { lines, ended: this.#ended };
	}

	close(): void {
		for (const { stop } of this.#watched.values()) stop();
		this.#watched.clear();
	}

	// Members come and go, so a room is looked at each time.
	#look(): void {
		const { connection, room } = this.#target;
		const there = new Set<ConnectedClient>();
		for (const client of this.#server.clients()) {
			if (there.size >= MAX_WATCHED) break;
			if (connection === undefined ? isIn(room!, client) : client.id === connection) there.add(client);
		}
		for (const client of [...this.#watched.keys()]) if (!there.has(client)) this.#leave(client);
		for (const client of there) if (!this.#watched.has(client)) this.#watch(client);
		if (!this.#witness || !there.has(this.#witness)) [this.#witness] = there;
	}

	#watch(client: ConnectedClient): void {
		const number = ++this.#lastNumber;
		const options = { terminator: this.#terminator };
		const stop = client.watch({
			documents: (direction, bytes) => this.#documents(client, direction, bytes),
			closed: () => this.#leave(client),
		});
		const cutters = { client: new DocumentCutter(options), server: new DocumentCutter(options) };
		this.#watched.set(client, { number, cutters, stop });
		const name = client.describe()?.name;
		const from = client.remoteAddress;
		// The id and the name are in no recording; readers of recordings pass over them.
		this.#add({ kind: "open", connection: number, time: this.#time(), from, to: "", client: this.#idOf(client), name });
	}

	#leave(client: ConnectedClient): void {
		const watched = this.#watched.get(client);
		if (!watched) return;
		watched.stop();
		this.#watched.delete(client);
		if (this.#witness === client) [this.#witness] = this.#watched.keys();
		this.#add({ kind: "close", connection: watched.number, time: this.#time() });
		if (this.#target.connection !== undefined) this.#ended = true;
	}

	#documents(client: ConnectedClient, direction: Direction, bytes: Uint8Array): void {
		const { room } = this.#target;
		if (room !== undefined && direction === "server" && client !== this.#witness) return;
		const watched = this.#watched.get(client);
		if (!watched) return;
		if (room !== undefined && !this.#isAbout(room, bytes)) return;
		for (const { bytes: document, ending } of watched.cutters[direction].push(bytes)) {
			const base = { kind: "document" as const, connection: watched.number, time: this.#time(), direction };
			const isWhole = ending === "terminated" && document.length > MAX_PART_BYTES;
			const shown = isWhole ? this.#mask.applyToBytes(document) : document;
			const masked = shown === document ? {} : { masked: true as const };
			// A secret must not be cut in two before it is masked, so the parts are made after that.
			if (isWhole) for (const part of partsOf(shown)) this.#add({ ...base, ...part, ...masked });
			else this.#add(this.#mask.apply({ ...base, bytes: document, ending }));
		}
	}

	#isAbout(room: string, bytes: Uint8Array): boolean {
		const text = this.#decode(bytes.subarray(0, bytes.length - this.#terminator.length));
		return text !== undefined && readRoot(text)?.attribute("room") === room;
	}

	#add(event: TrafficEvent & { readonly client?: string; readonly name?: string | undefined }): void {
		const line = recordingLine(event, this.#decode);
		const isOfMany = event.kind === "document";
		if (isOfMany && (this.#lines.length >= MAX_LINES || this.#characters + line.length > MAX_CHARACTERS)) {
			this.#left.events++;
			this.#left.bytes += event.bytes.length;
			return;
		}
		this.#characters += line.length;
		this.#lines.push(line);
	}

	#time(): number {
		return Math.max(0, Math.round((this.#now() - this.#startedMs) * 1000));
	}
}

// Not within a character of UTF-8, so that each part is a text.
function* partsOf(bytes: Uint8Array): Generator<Pick<DocumentEvent, "bytes" | "ending">> {
	for (let start = 0; start < bytes.length; ) {
		let end = Math.min(start + MAX_PART_BYTES, bytes.length);
		if (end < bytes.length) for (let i = 0; i < 3 && (bytes[end]! & 0xc0) === 0x80; i++) end--;
		yield { bytes: bytes.subarray(start, end), ending: end === bytes.length ? "terminated" : "part" };
		start = end;
	}
}

function isIn(room: string, client: ConnectedClient): boolean {
	for (const name of client.describe()?.rooms ?? []) if (name === room) return true;
	return false;
}
