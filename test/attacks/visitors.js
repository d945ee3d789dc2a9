// Honest strangers beside the members: each second some come, ask for one thing, and leave. They show whether the target still serves
// those who are not yet in: a page, the policy file, a newcomer over TCP and one over WebSocket.

import { connect } from "node:net";
import { upgradeRequest } from "./web-socket.js";

const EVERY_MS = 300;
const LIMIT_MS = 10_000;

/**
 * @typedef {object} Visit
 * @property {string} name
 * @property {(host: string) => string} ask
 * @property {(answer: string) => boolean} served whether the answer so far is the right one
 */

/** @type {Visit} */
const PAGE = {
	name: "page",
	ask: (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
	served: (answer) => answer.startsWith("HTTP/1.1 200 "),
};
/** @type {Visit} */
const HEALTH = {
	name: "health",
	ask: (host) => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
	served: (answer) => answer.startsWith("HTTP/1.1 200 "),
};
/** @type {Visit} */
const POLICY = {
	name: "policy",
	ask: () => "<policy-file-request/>\0",
	served: (answer) => answer.includes("<cross-domain-policy>") && answer.endsWith("\0"),
};
/** @type {Visit} */
const SOCKET = {
	name: "WebSocket",
	ask: (host) => upgradeRequest(host),
	served: (answer) => answer.startsWith("HTTP/1.1 101 ") && answer.includes("<welcome"),
};
/** @type {Visit} */
const GATEWAY = {
	name: "WebSocket",
	ask: (host) => upgradeRequest(host, "/gateway/echo"),
	served: (answer) => answer.startsWith("HTTP/1.1 101 "),
};
/** @type {Visit} */
const NEWCOMER = {
	name: "newcomer",
	ask: () => '<ping id="9"/>\0',
	served: (answer) => answer.includes("<welcome") && answer.includes('<pong id="9"'),
};

/** @type {Record<string, readonly Visit[]>} */
const VISITS = {
	chat: [PAGE, POLICY, SOCKET, NEWCOMER, HEALTH],
	gateway: [HEALTH, GATEWAY],
	scripts: [POLICY, HEALTH],
};

/** Those who come one after the other. */
export class Visitors {
	#visits;
	#place;
	#from;
	#phase = "";
	#next = 0;
	/** @type {NodeJS.Timeout | undefined} */
	#timer;
	/** @type {Set<Promise<void>>} */
	#under = new Set();
	/** @type {Record<string, { served: number, failed: string[], longestMs: number }>} */
	#seen = {};

	/** @param {{ load: string, place: { host: string, port: number }, from: string[] }} options */
	constructor({ load, place, from }) {
		this.#visits = /** @type {readonly Visit[]} */ (VISITS[load]);
		this.#place = place;
		this.#from = from;
	}

	/** @param {string} phase @param {boolean} visits whether anyone comes in it */
	begin(phase, visits) {
		clearInterval(this.#timer);
		this.#phase = phase;
		this.#seen[phase] ??= { served: 0, failed: [], longestMs: 0 };
		if (visits) this.#timer = setInterval(() => this.#come(), EVERY_MS);
	}

	/** Waits for those under way, and returns what became of all. */
	async end() {
		clearInterval(this.#timer);
		await Promise.all(this.#under);
		const seen = this.#seen;
		this.#seen = {};
		return seen;
	}

	#come() {
		const visit = /** @type {Visit} */ (this.#visits[this.#next++ % this.#visits.length]);
		const seen = this.#seen[this.#phase];
		if (!seen) return;
		const begunMs = performance.now();
		const done = this.#ask(visit).then((failure) => {
			this.#under.delete(done);
			if (failure) seen.failed.push(`${visit.name}: ${failure}`);
			else seen.served++;
			seen.longestMs = Math.max(seen.longestMs, performance.now() - begunMs);
		});
		this.#under.add(done);
	}

	/** @param {Visit} visit @returns {Promise<string | undefined>} what went wrong */
	#ask({ ask, served }) {
		const { host, port } = this.#place;
		const from = this.#from[this.#next % this.#from.length];
		const socket = connect({ host, port, noDelay: true, ...(from ? { localAddress: from } : {}) });
		socket.setEncoding("latin1");
		let answer = "";
		return new Promise((resolve) => {
			const end = (/** @type {string | undefined} */ failure) => {
				clearTimeout(timer);
				socket.destroy();
				resolve(failure);
			};
			const timer = setTimeout(() => end(`no answer in ${LIMIT_MS} ms`), LIMIT_MS);
			socket.on("error", (error) => end(error.message));
			socket.on("close", () => end(`closed after "${answer.slice(0, 60)}"`));
			socket.on("data", (text) => {
				answer += text;
				if (served(answer)) end(undefined);
			});
			socket.write(ask(`${host}:${port}`));
		});
	}
}
