// Keeps banned addresses out of an application that knows no names: the relay, scripts, a program's own. The bans are stored as those of
// the chat are, so that they outlive the process and hold in all processes of a daemon.

import type { Application, Peer, Session } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { StateStore } from "../state-store/index.ts";
import type { LiftOrder, OperatorOrder, SanctionAdministration } from "./administration.ts";
import { defaultClock } from "./default-clock.ts";
import { refusalDocument } from "./documents.ts";
import { Moderation } from "./moderation.ts";
import { Names } from "./names.ts";
import type { AddressFormat } from "./sanctions/address-range.ts";
import type { Sanction, SanctionKind } from "./sanctions/sanction.ts";
import { SavedState } from "./saved-state.ts";

/** What the bans are made of. */
export interface AddressBanParts {
	/** Where they are stored. */
	readonly records: StateStore;
	readonly addresses: AddressFormat;
	/** The connections of the application. */
	readonly peers: () => Iterable<Peer>;
	/** Receives failures that no client caused. */
	readonly report: (error: unknown) => void;
	/** Releases the storage, once the application is closed. */
	readonly closed?: () => Promise<void>;
}

/** The bans of one application. */
export class AddressBans implements SanctionAdministration {
	readonly #parts: AddressBanParts;
	readonly #saved: SavedState;
	readonly #moderation: Moderation;

	/** @param clock monotonic time. @param wallMs milliseconds since 1970. Default of both: those of the host. */
	constructor(parts: AddressBanParts, clock: Clock = defaultClock, wallMs: () => number = Date.now) {
		const { records, addresses, report } = parts;
		const saved = new SavedState(records, clock, report);
		const moderation = new Moderation({
			clock,
			wallMs,
			saved,
			addresses,
			report,
			settings: { serverName: "" },
			rooms: { get: () => undefined, roomsOf: () => [] },
			names: new Names(),
			sessions: new Map(),
			cluster: { personByName: () => undefined },
		});
		this.#parts = parts;
		this.#saved = saved;
		this.#moderation = moderation;
		saved.open({
			prefix: moderation.prefix,
			changed: (name, value, isFresh) => {
				const isRead = moderation.changed(name, value, isFresh);
				if (isFresh) this.#disconnectBanned();
				return isRead;
			},
		});
	}

	/** The application without the clients whose addresses are banned. */
	guard<Output extends "text" | "bytes">(application: Application<Output>): Application<Output> {
		const { output, idleTimeoutMs, latencies } = application;
		return {
			output,
			...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
			...(latencies ? { latencies } : {}),
			open: (peer, handshake) => {
				const refusal = this.#moderation.refusalOf(peer);
				if (!refusal) return application.open(peer, handshake);
				refuse(peer, refusal);
				return { document: () => {}, closed: () => {} } satisfies Session<"text" | "bytes">;
			},
			refusalOf: (client) => this.#moderation.refusalOf(client),
			sweep: (nowMs) => {
				application.sweep?.(nowMs);
				this.#moderation.sweep();
				this.#saved.sweep();
			},
			drain: (retryAfterSeconds) => application.drain?.(retryAfterSeconds),
			close: async () => {
				try {
					await application.close?.();
				} finally {
					this.#saved.close();
					await this.#parts.closed?.();
				}
			},
			health: () => application.health?.() ?? { ready: true, trouble: undefined },
			stats: () => ({ ...application.stats?.(), ...this.#stats() }),
			observe: (observer) => application.observe?.(observer),
		};
	}

	async impose(order: OperatorOrder): Promise<string> {
		if (order.kind !== "ban" || order.room !== undefined || order.target.address === undefined) {
			throw new XMLSocketError(
				"XMLSOCKET_ADMIN_NOT_APPLICABLE",
				"This daemon runs no chat, so it has no rooms and no names: it can ban an address or a range, everywhere.",
			);
		}
		const stored = this.#moderation.impose({ ...order, isFromServer: true });
		this.#disconnectBanned();
		return await stored;
	}

	lift(which: LiftOrder): Promise<Sanction[]> {
		return this.#moderation.lift(which);
	}

	*sanctions({ kind }: { readonly kind?: SanctionKind | undefined }): Generator<Sanction> {
		// A chat may have used the storage before: what it has for names has no effect here.
		for (const sanction of this.#moderation.inForce({ kind })) {
			if (sanction.kind === "ban" && sanction.room === undefined && sanction.ranges.length > 0) yield sanction;
		}
	}

	#stats(): Record<string, number> {
		const { chat_bans = 0 } = this.#moderation.stats();
		return { chat_bans, chat_records_unsaved: this.#saved.unsaved, chat_records_unreadable: this.#saved.unreadable };
	}

	#disconnectBanned(): void {
		for (const peer of [...this.#parts.peers()]) {
			const refusal = peer.isOpen ? this.#moderation.refusalOf(peer) : undefined;
			if (refusal) refuse(peer, refusal);
		}
	}
}

function refuse(peer: Peer, refusal: XMLSocketError): void {
	try {
		peer.send(refusalDocument(refusal));
	} catch {
		// The reason contains the terminator of the server's documents.
	}
	peer.end(refusal);
}
