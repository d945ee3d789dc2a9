// The limits of an address over all processes of one daemon: at a worker, which asks the primary process, and at the primary, which
// counts. The answer comes later than the connection, so a worker accepts it first and closes it if the primary refuses.

import { Admission, addressKey, type Refusal } from "./admission.ts";

/** Counts connections together with other processes. */
export interface SharedAdmission {
	/**
	 * Counts a connection of an address.
	 *
	 * @param refused called at most once, later, if it exceeds a limit of all processes together.
	 * @returns a function for its end; undefined where the address has no limits.
	 */
	acquire(address: string, refused: (refusal: Refusal) => void): (() => void) | undefined;
}

/** At a worker: sends `+NUMBER ADDRESS` and `-NUMBER` to the primary, which answers `NUMBER REASON` where it refuses. */
export class AskedAdmission implements SharedAdmission {
	readonly #send: (text: string) => void;
	readonly #asked = new Map<number, (refusal: Refusal) => void>();
	#last = 0;

	constructor(send: (text: string) => void) {
		this.#send = send;
	}

	acquire(address: string, refused: (refusal: Refusal) => void): (() => void) | undefined {
		if (addressKey(address) === undefined) return undefined;
		const number = ++this.#last;
		this.#asked.set(number, refused);
		this.#send(`+${number} ${address}`);
		return () => {
			if (this.#asked.delete(number)) this.#send(`-${number}`);
		};
	}

	/** The primary refuses a connection. */
	answered(text: string): void {
		const [number, refusal] = text.split(" ");
		const refused = this.#asked.get(Number(number));
		this.#asked.delete(Number(number));
		refused?.(refusal as Refusal);
	}
}

/** At the primary: what one worker has. */
export class CountedAdmission {
	readonly #admission: Admission;
	readonly #answer: (text: string) => void;
	readonly #addresses = new Map<number, string>();

	/** @param admission counts all workers. @param answer sends to the worker */
	constructor(admission: Admission, answer: (text: string) => void) {
		this.#admission = admission;
		this.#answer = answer;
	}

	/** The worker has accepted a connection, or one has ended. */
	received(text: string, nowMs: number): void {
		const space = text.indexOf(" ");
		const number = Number(text.slice(1, space < 0 ? undefined : space));
		if (text[0] === "+") {
			const address = text.slice(space + 1);
			const refusal = this.#admission.acquire(address, nowMs);
			if (refusal) this.#answer(`${number} ${refusal}`);
			else this.#addresses.set(number, address);
		} else this.#release(number);
	}

	/** The worker has ended, and its connections with it. */
	close(): void {
		for (const number of [...this.#addresses.keys()]) this.#release(number);
	}

	#release(number: number): void {
		const address = this.#addresses.get(number);
		if (address === undefined) return;
		this.#addresses.delete(number);
		this.#admission.release(address);
	}
}

/** The count of all workers. Connections in all are limited by each worker. */
export function poolAdmission(limits: {
	readonly maxConnectionsPerAddress: number;
	readonly connectsPerSecondPerAddress: number;
}): Admission {
	return new Admission({ ...limits, maxConnections: 1_000_000 });
}
