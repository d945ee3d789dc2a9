// A TCP proxy that spoils connections on purpose: it cuts them, swallows what one side sends without telling the other, delays, or
// hands bytes on in small slices. It looks at no byte. Bytes that it swallows are gone, so a swallowed connection must end.

import { connect, createServer } from "node:net";

const MAX_HELD_BYTES = 4 * 1024 * 1024;

/**
 * What happens to bytes:
 * - `pass`: nothing
 * - `swallow`: they vanish, in both directions; `swallow-up`: from the client, `swallow-down`: to the client
 * - `slice`: they are written 1 to 64 at a time
 * - a number of milliseconds: so long late
 * @typedef {"pass" | "swallow" | "swallow-up" | "swallow-down" | "slice" | number} Treatment
 */

/** A proxy before one port that may change. */
export class FaultProxy {
	/** What is done to bytes from now on. @type {Treatment} */
	treatment = "pass";
	/** Whether newcomers are cut off at once. */
	refusing = false;
	#target;
	#random;
	#server;
	/** @type {Set<{ near: import("node:net").Socket, far: import("node:net").Socket, doomed: boolean }>} */
	#pairs = new Set();

	/**
	 * @param {() => number} target the port behind it, asked for at each connection
	 * @param {import("./random.js").Random} random
	 */
	constructor(target, random) {
		this.#target = target;
		this.#random = random;
		this.#server = createServer({ noDelay: true }, (near) => this.#accept(near));
	}

	/** Listens on a free port of loopback, and returns it. @returns {Promise<number>} */
	listen() {
		return new Promise((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(0, "127.0.0.1", () => {
				resolve(/** @type {import("node:net").AddressInfo} */ (this.#server.address()).port);
			});
		});
	}

	/** Ends connections, each with this probability. */
	cut(probability = 1) {
		for (const pair of this.#pairs) if (this.#random.chance(probability)) end(pair);
	}

	/** Ends the connections of which something was swallowed. */
	cutDoomed() {
		for (const pair of this.#pairs) if (pair.doomed) end(pair);
	}

	/** @returns {Promise<void>} */
	close() {
		return new Promise((resolve) => {
			this.#server.close(() => resolve());
			this.cut();
		});
	}

	/** @param {import("node:net").Socket} near */
	#accept(near) {
		// Told by `close`.
		near.on("error", () => {});
		if (this.refusing) {
			near.destroy();
			return;
		}
		const far = connect({ host: "127.0.0.1", port: this.#target(), noDelay: true });
		const pair = { near, far, doomed: false };
		this.#pairs.add(pair);
		far.on("error", () => {});
		for (const [from, to, direction] of /** @type {const} */ ([
			[near, far, "up"],
			[far, near, "down"],
		])) {
			/** What is late, first to last: nothing overtakes it. @type {{ bytes: Buffer, dueMs: number }[]} */
			const late = [];
			const sendDue = () => {
				while (late.length > 0 && late[0].dueMs <= performance.now()) write(from, to, late.shift()?.bytes);
				if (late.length > 0) setTimeout(sendDue, Math.max(1, late[0].dueMs - performance.now()));
			};
			from.on("data", (bytes) => {
				const { treatment } = this;
				if (treatment === "swallow" || treatment === `swallow-${direction}`) pair.doomed = true;
				// A hole in a stream would not be the network's doing: once swallowed, swallowed to the end.
				if (pair.doomed) return;
				if (typeof treatment === "number" || late.length > 0) {
					late.push({ bytes, dueMs: performance.now() + (typeof treatment === "number" ? treatment : 0) });
					if (late.length === 1) sendDue();
				} else if (treatment === "slice") this.#slices(to, bytes);
				else write(from, to, bytes);
			});
			from.on("close", () => {
				this.#pairs.delete(pair);
				// Silence reaches the other side as silence.
				if (!pair.doomed) to.destroy();
				else if (direction === "up") far.destroy();
			});
		}
	}

	/** @param {import("node:net").Socket} to @param {Buffer} bytes */
	#slices(to, bytes) {
		for (let at = 0; at < bytes.length; ) {
			const length = this.#random.between(1, 64);
			to.write(bytes.subarray(at, at + length));
			at += length;
		}
	}
}

/** @param {{ near: import("node:net").Socket, far: import("node:net").Socket }} pair */
function end({ near, far }) {
	near.destroy();
	far.destroy();
}

// As slow as the slower side, so that a reader that stops is felt by the one who writes.
/**
 * @param {import("node:net").Socket} from
 * @param {import("node:net").Socket} to
 * @param {Buffer} [bytes]
 */
function write(from, to, bytes) {
	if (to.destroyed || !bytes) return;
	to.write(bytes);
	if (to.writableLength < MAX_HELD_BYTES) return;
	from.pause();
	to.once("drain", () => from.resume());
}
