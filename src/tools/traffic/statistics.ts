// Counts traffic by direction and by what the documents are, for the summary at the end of a capture. It keeps numbers and names, no documents, and a
// bounded number of names.

import type { Decoded, DocumentForm } from "./decoded.ts";
import type { Direction, TrafficEvent } from "./event.ts";
import { visible } from "./visible.ts";

/** Documents and bytes that were counted. */
export interface TrafficCount {
	/** Documents; the parts of a long one count once. */
	readonly documents: number;
	/** Bytes without terminators. */
	readonly bytes: number;
}

/** What was counted of one direction, form and name. */
export interface NamedCount extends TrafficCount {
	readonly direction: Direction;
	/** The form, `policy` for policy requests and answers, or `other` where there were too many names. */
	readonly form: DocumentForm | "policy" | "other";
	/** The name of the root element or the command, with visible control characters. */
	readonly name: string | undefined;
	/** The longest document of them, in bytes. */
	readonly largestBytes: number;
}

/** The numbers of a capture. */
export interface TrafficSummary {
	readonly connections: number;
	readonly errors: number;
	/** From the first event to the last, in microseconds. */
	readonly duration: number;
	readonly client: TrafficCount;
	readonly server: TrafficCount;
	/** Documents a second, of both directions; 0 where there is no duration. */
	readonly documentsPerSecond: number;
	readonly bytesPerSecond: number;
	/** By direction, form and name: the most bytes first. */
	readonly names: readonly NamedCount[];
	/** The longest document. */
	readonly largest: { readonly connection: number; readonly direction: Direction; readonly bytes: number } | undefined;
}

type Row = { -readonly [Key in keyof NamedCount]: NamedCount[Key] };

/** Counts the events of a capture, given in order. */
export class TrafficStatistics {
	readonly #mostNames: number;
	readonly #rows = { client: new Map<string, Row>(), server: new Map<string, Row>() };
	readonly #totals = { client: { documents: 0, bytes: 0 }, server: { documents: 0, bytes: 0 } };
	/** The bytes of the parts so far of long documents, and the row of each. */
	readonly #inParts = new Map<string, { bytes: number; readonly row: Row }>();
	#connections = 0;
	#errors = 0;
	#first: number | undefined;
	#last = 0;
	#largest: TrafficSummary["largest"];

	/** @param maxNames the most different names; what comes after them counts as `other`. Default 200. */
	constructor({ maxNames = 200 }: { readonly maxNames?: number } = {}) {
		this.#mostNames = maxNames;
	}

	/** Counts an event. @param decoded its document; undefined counts by kind alone. */
	add(event: TrafficEvent, decoded?: Pick<Decoded, "form" | "name">): void {
		this.#first ??= event.time;
		this.#last = Math.max(this.#last, event.time);
		if (event.kind === "open") this.#connections++;
		else if (event.kind === "error") this.#errors++;
		else if (event.kind === "close") {
			if (event.direction === undefined) {
				this.#inParts.delete(`${event.connection} client`);
				this.#inParts.delete(`${event.connection} server`);
			}
		} else {
			const key = this.#inParts.size > 0 || event.ending === "part" ? `${event.connection} ${event.direction}` : "";
			const before = this.#inParts.get(key);
			const row =
				before?.row ?? this.#rowOf(event.direction, event.kind === "policy" ? "policy" : decoded?.form, decoded?.name);
			const bytes = (before?.bytes ?? 0) + event.bytes.length;
			const total = this.#totals[event.direction];
			total.bytes += event.bytes.length;
			row.bytes += event.bytes.length;
			if (event.ending === "part") {
				this.#inParts.set(key, { bytes, row });
				return;
			}
			if (before !== undefined) this.#inParts.delete(key);
			total.documents++;
			row.documents++;
			row.largestBytes = Math.max(row.largestBytes, bytes);
			if (bytes > (this.#largest?.bytes ?? -1))
				this.#largest = { connection: event.connection, direction: event.direction, bytes };
		}
	}

	/** The numbers so far. */
	summary(): TrafficSummary {
		const { client, server } = this.#totals;
		const duration = this.#last - (this.#first ?? 0);
		const perSecond = (count: number): number => (duration > 0 ? (count * 1e6) / duration : 0);
		return {
			connections: this.#connections,
			errors: this.#errors,
			duration,
			client: { ...client },
			server: { ...server },
			documentsPerSecond: perSecond(client.documents + server.documents),
			bytesPerSecond: perSecond(client.bytes + server.bytes),
			names: [...this.#rows.client.values(), ...this.#rows.server.values()]
				.map((row) => ({ ...row }))
				.sort((one, other) => other.bytes - one.bytes),
			largest: this.#largest,
		};
	}

	#rowOf(direction: Direction, form: NamedCount["form"] | undefined, decodedName: string | undefined): Row {
		const name = form === "policy" ? undefined : decodedName;
		// Most documents are XML: their key is made of nothing. No name of an element has a space.
		const rows = this.#rows[direction];
		const key = form === "xml" && name !== undefined ? name : `${form} ${name ?? ""}`;
		const known = rows.get(key);
		if (known !== undefined) return known;
		const isOther = form === undefined || this.#rows.client.size + this.#rows.server.size >= this.#mostNames;
		const place = isOther ? "other " : key;
		const row = rows.get(place) ?? {
			direction,
			form: isOther ? "other" : form,
			name: isOther || name === undefined ? undefined : visible(name),
			documents: 0,
			bytes: 0,
			largestBytes: 0,
		};
		rows.set(place, row);
		return row;
	}
}
