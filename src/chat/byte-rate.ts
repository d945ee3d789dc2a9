// Measures how far something is above a rate: a bucket that fills with bytes and empties at a constant rate.

/** How fast something may go. */
export interface Rate {
	readonly bytesPerSecond: number;
	/** Above the rate, this much at once. */
	readonly burstBytes: number;
}

/** The bytes of one client, or of one address. */
export class ByteRate {
	readonly #rate: Rate;
	#level = 0;
	#atMs: number;

	/** @param nowMs monotonic milliseconds, as everywhere here. */
	constructor(rate: Rate, nowMs: number) {
		this.#rate = rate;
		this.#atMs = nowMs;
	}

	/** Counts bytes. @returns whether more than the burst has come above the rate. */
	add(bytes: number, nowMs: number): boolean {
		this.#level = this.#levelAt(nowMs) + bytes;
		this.#atMs = nowMs;
		return this.#level > this.#rate.burstBytes;
	}

	/** Milliseconds until it is within its burst again; 0 where it is. */
	overMs(nowMs: number): number {
		const over = this.#levelAt(nowMs) - this.#rate.burstBytes;
		return over <= 0 ? 0 : Math.ceil((over * 1000) / this.#rate.bytesPerSecond);
	}

	/** Whether nothing is left that counts. */
	isEmpty(nowMs: number): boolean {
		return this.#levelAt(nowMs) === 0;
	}

	#levelAt(nowMs: number): number {
		return Math.max(0, this.#level - ((nowMs - this.#atMs) * this.#rate.bytesPerSecond) / 1000);
	}
}
