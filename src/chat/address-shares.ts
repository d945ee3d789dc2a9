// What the clients of one address share: rates, wrong tokens, and the rooms that exist because of them, here and in the log. So an address with many
// connections has no more than its share. Clients of loopback share nothing: a proxy on this machine can be behind it.

import { ByteRate, type Rate } from "./byte-rate.ts";

/** What the clients of one address send to others, in outgoing bytes. */
const SENDING: Rate = { bytesPerSecond: 256 * 1024, burstBytes: 256 * 1024 };
/** Long answers to the clients of one address. */
const ANSWERS: Rate = { bytesPerSecond: 4 * 1024 * 1024, burstBytes: 4 * 1024 * 1024 };
/** Wrong tokens of one address: 20 at once, then one in three seconds. The unit is a token, not a byte. */
const GUESSES: Rate = { bytesPerSecond: 1 / 3, burstBytes: 20 };
/** Rooms that begin in the log with a message of the address: 100 at once, then one a minute. The one above the burst still begins. */
const STORED_ROOMS: Rate = { bytesPerSecond: 1 / 60, burstBytes: 99 };
/** Addresses that are remembered after their last client has left. */
const MAX_REMEMBERED = 10_000;

/** The share of one address. */
export class AddressShare {
	/** Clients that are connected. */
	clients = 0;
	/** Rooms that exist because of a client of this address. */
	rooms = 0;
	/** Logins that are being checked. */
	logins = 0;
	readonly sending: ByteRate;
	readonly answers: ByteRate;
	readonly guesses: ByteRate;
	readonly storedRooms: ByteRate;

	constructor(nowMs: number) {
		this.sending = new ByteRate(SENDING, nowMs);
		this.answers = new ByteRate(ANSWERS, nowMs);
		this.guesses = new ByteRate(GUESSES, nowMs);
		this.storedRooms = new ByteRate(STORED_ROOMS, nowMs);
	}
}

/** The shares of all addresses. */
export class AddressShares {
	readonly #shares = new Map<string, AddressShare>();

	/** Addresses that are known. */
	get size(): number {
		return this.#shares.size;
	}

	/** A client has connected. @param key what counts as one address; undefined where its clients share nothing. */
	acquire(key: string | undefined, nowMs: number): AddressShare | undefined {
		if (key === undefined) return undefined;
		let share = this.#shares.get(key);
		if (!share) {
			if (this.#shares.size >= MAX_REMEMBERED) this.#forgetOne();
			share = new AddressShare(nowMs);
			this.#shares.set(key, share);
		}
		share.clients++;
		return share;
	}

	/** A client has left. */
	release(share: AddressShare | undefined): void {
		if (share) share.clients--;
	}

	/** Forgets the addresses that have no clients, and no wrong tokens or new rooms that still count. */
	sweep(nowMs: number): void {
		for (const [key, share] of this.#shares) {
			if (share.clients > 0 || share.logins > 0 || !share.guesses.isEmpty(nowMs) || !share.storedRooms.isEmpty(nowMs))
				continue;
			this.#shares.delete(key);
		}
	}

	// Those with clients stay: the server bounds their number.
	#forgetOne(): void {
		for (const [key, share] of this.#shares) {
			if (share.clients > 0) continue;
			this.#shares.delete(key);
			return;
		}
	}
}
