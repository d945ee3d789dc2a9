// Visitors that a public port has: users of the page, broken clients and attackers. Each checks how the daemon treats it, and
// reports anything else. They are few and slow on purpose: the soak looks for what remains after them, not for a limit.

import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";

/** Longer than every time limit of the daemon by which it ends a connection. */
const LIMIT_MS = 100_000;
const PAGES_OF_HISTORY = 2500;
const BAD_DOCUMENTS = ["<say room='lobby'", "<a></b>", "no markup", '<say room="lobby">&nope;</say>', "<", "\u0001"];

/** @typedef {import("./dial.js").Address} Address */
/** What one visitor does; it throws where the daemon does something else than it must. @typedef {(address: Address, random: import("../faults/random.js").Random) => Promise<void>} Visit */

/** @type {Record<string, Visit>} */
export const VISITS = {
	/** Reads the page and two other paths on one connection. */
	async "keep-alive user"(address) {
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		try {
			for (const path of ["/", "/healthz", "/favicon.ico", "/"]) {
				const asked = request({ ...address, path, agent });
				asked.end();
				const [response] = await within(once(asked, "response"), `GET ${path}`);
				response.resume();
				await within(once(response, "end"), `the body of ${path}`);
				await sleep(200);
			}
		} finally {
			agent.destroy();
		}
	},

	async "aborted download"(address, random) {
		const socket = await opened(address);
		socket.write(`GET / HTTP/1.1\r\nHost: ${address.host}:${address.port}\r\n\r\n`);
		await within(once(socket, "data"), "the first bytes of the page");
		if (random.chance(0.5)) socket.resetAndDestroy();
		else socket.destroy();
	},

	async "refused upgrade"(address) {
		const head = (/** @type {string} */ path, /** @type {string} */ origin) =>
			`GET ${path} HTTP/1.1\r\nHost: ${address.host}:${address.port}\r\nOrigin: ${origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
		const own = `http://${address.host}:${address.port}`;
		for (const text of [head("/socket", "https://evil.example"), head("/nothing", own)]) {
			const answer = await exchange(address, text, (received) => received.includes("\r\n"));
			if (!/^HTTP\/1\.1 4\d\d /.test(answer)) throw new Error(`an upgrade was answered: ${answer.slice(0, 100)}`);
		}
	},

	async "policy request"(address) {
		const answer = await exchange(address, "<policy-file-request/>\0", (received) => received.endsWith("\0"));
		if (!answer.includes("<cross-domain-policy>")) throw new Error(`the policy is ${answer.slice(0, 100)}`);
	},

	async "bad documents"(address, random) {
		const documents = Array.from({ length: 12 }, () => random.pick(BAD_DOCUMENTS));
		const isRefused = (/** @type {string} */ received) => received.includes("<error ");
		const answer = await exchange(address, `<hello/>\0${documents.join("\0")}\0`, isRefused);
		if (!answer.includes("<error ")) throw new Error(`bad documents were answered: ${answer.slice(-200)}`);
	},

	async "document above the limit"(address) {
		await exchange(address, `<say>${"x".repeat(300_000)}`, () => false);
	},

	async "bytes of no protocol"(address, random) {
		const socket = await opened(address);
		socket.write(Buffer.from(Array.from({ length: 200 }, () => random.between(128, 255))));
		await sleep(500);
		socket.destroy();
	},

	/** Sends an HTTP head one byte at a time, and never all of it. */
	async slowloris(address) {
		const socket = await opened(address);
		const bytes = `GET / HTTP/1.1\r\nHost: ${address.host}\r\nX-Filler: ${"x".repeat(500)}`;
		let at = 0;
		const timer = setInterval(() => socket.write(bytes[at++ % bytes.length] ?? "x"), 500);
		try {
			await within(ended(socket), "the end of a slow request");
		} finally {
			clearInterval(timer);
			socket.destroy();
		}
	},

	async "silent connection"(address, random) {
		const socket = await opened(address);
		await sleep(random.between(100, 3000));
		socket.destroy();
	},

	async "TLS handshake that stops"(address) {
		const hello = Buffer.from("16030100c8010000c40303", "hex");
		const socket = await opened(address);
		socket.write(hello);
		try {
			await within(ended(socket), "the end of a handshake that stopped");
		} finally {
			socket.destroy();
		}
	},

	async "TLS visitor"(address) {
		const socket = connectTls({ ...address, rejectUnauthorized: false });
		socket.on("error", () => {});
		await within(once(socket, "secureConnect"), "a TLS handshake");
		socket.write("<ping id='1'/>\0");
		await within(once(socket, "data"), "an answer over TLS");
		socket.destroy();
	},

	/** Asks for pages of history and reads none of them until the daemon disconnects it. */
	async "slow reader"(address) {
		const socket = await opened(address);
		socket.pause();
		socket.write('<hello/>\0<join room="lobby" after="-1"/>\0');
		for (let page = 0; page < PAGES_OF_HISTORY && !socket.destroyed; page++) {
			socket.write('<history room="lobby" limit="100"/>\0');
			await sleep(20);
		}
		const timer = setInterval(() => socket.write(" \0"), 1000);
		// A socket that is not read notices the end by a failing write.
		try {
			await within(ended(socket), "the end of a slow reader");
		} finally {
			clearInterval(timer);
			socket.destroy();
		}
	},
};

/** How often a visitor of each kind comes: one in so many seconds. */
export const EVERY_S = {
	"keep-alive user": 2,
	"aborted download": 3,
	"refused upgrade": 4,
	"policy request": 2,
	"bad documents": 5,
	"document above the limit": 15,
	"bytes of no protocol": 6,
	slowloris: 12,
	"silent connection": 4,
	"TLS handshake that stops": 12,
	"TLS visitor": 4,
	"slow reader": 60,
};

/** @param {Address} address */
async function opened(address) {
	const socket = connect({ ...address, noDelay: true });
	await within(once(socket, "connect"), "a connection");
	// What happens to it later is the visitor's to check.
	socket.on("error", () => {});
	return socket;
}

/**
 * Sends a text, and resolves with what came when it is enough or the daemon has closed.
 *
 * @param {Address} address
 * @param {string} text
 * @param {(received: string) => boolean} isEnough
 * @returns {Promise<string>}
 */
async function exchange(address, text, isEnough) {
	const socket = await opened(address);
	let received = "";
	socket.setEncoding("latin1");
	/** @type {Promise<void>} */
	const enough = new Promise((resolve) => {
		socket.on("data", (chunk) => {
			received = (received + chunk).slice(-100_000);
			if (isEnough(received)) resolve();
		});
	});
	socket.write(text);
	try {
		await within(Promise.race([enough, ended(socket)]), `an answer to ${text.slice(0, 40)}`);
	} finally {
		socket.destroy();
	}
	return received;
}

/** @param {import("node:net").Socket} socket @returns {Promise<void>} */
function ended(socket) {
	return new Promise((resolve) => {
		if (socket.closed) return resolve();
		socket.once("close", () => resolve());
		// The end comes behind unread bytes only where they are read.
		socket.on("end", () => socket.destroy());
		if (!socket.isPaused()) socket.resume();
	});
}

/** @template T @param {Promise<T>} promise @param {string} what @returns {Promise<T>} */
async function within(promise, what) {
	/** @type {NodeJS.Timeout | undefined} */
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what} did not come within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
	});
	try {
		return await /** @type {Promise<T>} */ (Promise.race([promise, late]));
	} finally {
		clearTimeout(timer);
	}
}
