// What attacks are made of: connections from addresses of choice, bytes written as fast as they are taken or a drop at a time, answers
// read or left unread. All of it is bounded in connections, bytes and time, and ends with the process.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTLS } from "node:tls";
import { seeded } from "../faults/random.js";
import { attackerAddress, PROXY } from "./sources.js";
import { frame, upgradeRequest } from "./web-socket.js";

const MOST_OPEN = 600;
const MOST_OPENED = 20_000;
const MOST_BYTES = 512 * 1024 * 1024;
const CONNECT_MS = 5000;
const PACE_MS = 20;
const PROBE_MS = 300;
const OVERTIME_MS = 5000;
const KEPT_CHARACTERS = 64 * 1024;
const MOST_FINDINGS = 5;
/** Claimed with a PROXY header where the attack says so, or where there are no addresses. */
const CLAIMED = "203.0.113.";

/** @typedef {"loopback" | "one" | "many" | "proxy"} From */

/** One connection of an attacker. */
export class Line {
	socket;
	open = true;
	/** What it has read last, as Latin-1. */
	text = "";
	readBytes = 0;
	closed;
	#attacker;
	#blind;

	/** @param {Attacker} attacker @param {import("node:net").Socket} socket @param {{ deaf: boolean, halfOpen: boolean }} kind */
	constructor(attacker, socket, { deaf, halfOpen }) {
		this.#blind = deaf || halfOpen;
		this.#attacker = attacker;
		this.socket = socket;
		/** @type {Promise<void>} */
		this.closed = new Promise((done) => {
			socket.once("close", () => {
				this.open = false;
				done();
			});
		});
		socket.on("error", () => {});
		if (deaf) socket.pause();
		else this.listen();
	}

	/** Reads from now on. */
	listen() {
		this.socket.on("data", (bytes) => {
			this.readBytes += bytes.length;
			this.text = (this.text + bytes.toString("latin1")).slice(-KEPT_CHARACTERS);
		});
		this.socket.resume();
	}

	/** Writes, and waits until it was taken. Resolves with whether the connection and the attack go on. @param {string | Uint8Array} bytes */
	async write(bytes) {
		const attacker = this.#attacker;
		if (!this.open || this.socket.destroyed || attacker.over) return false;
		attacker.spend(bytes.length);
		if (!this.socket.write(bytes)) {
			await Promise.race([new Promise((done) => this.socket.once("drain", done)), this.closed, attacker.ended]);
		}
		return this.open && !attacker.over;
	}

	/** Writes a document. @param {string} document */
	send(document) {
		return this.write(`${document}\0`);
	}

	/** @param {number} opcode @param {string | Buffer} payload @param {Parameters<typeof frame>[2]} [options] */
	frame(opcode, payload, options) {
		return this.write(frame(opcode, payload, options));
	}

	/** Opens a WebSocket; resolves with whether it was accepted. @param {string} [path] @param {Record<string, string | undefined>} [headers] */
	async upgrade(path, headers) {
		await this.write(upgradeRequest("127.0.0.1", path, headers));
		return this.until(/^HTTP\/1.1 101/);
	}

	/** Takes a name and enters rooms; resolves when it is in the last one. @param {readonly string[]} rooms @param {string} [name] */
	async enter(rooms, name) {
		if (name) await this.send(`<hello name="${name}"/>`);
		for (const room of rooms) await this.send(`<join room="${room}" after="-1"/>`);
		return this.until(new RegExp(`<joined room="${rooms.at(-1)}"`));
	}

	/** Writes the same or the next bytes until the end. @param {string | Uint8Array | ((turn: number) => string | Uint8Array)} bytes @param {number} [everyMs] */
	async flood(bytes, everyMs = 0) {
		for (let turn = 0; await this.write(typeof bytes === "function" ? bytes(turn) : bytes); turn++) {
			// Others have a turn, too.
			if (everyMs > 0) await this.#attacker.sleep(everyMs);
			else if (turn % 16 === 15) await new Promise((done) => setImmediate(done));
		}
	}

	/** Writes a byte at a time. @param {string} text @param {number} everyMs */
	async dribble(text, everyMs) {
		for (const byte of Buffer.from(text)) {
			if (!(await this.write(Uint8Array.of(byte)))) return;
			await this.#attacker.sleep(everyMs);
		}
	}

	/** Whether it has read this in time. @param {RegExp} pattern @param {number} [limitMs] */
	async until(pattern, limitMs = 3000) {
		const untilMs = performance.now() + limitMs;
		while (!pattern.test(this.text)) {
			if (performance.now() > untilMs || !this.open) return pattern.test(this.text);
			await sleep(10);
		}
		return true;
	}

	/** Whether the other side ends the connection in time; the attack's end is the last moment. @param {number} limitMs */
	async endsWithin(limitMs) {
		await Promise.race([this.closed, this.#attacker.sleep(limitMs)]);
		// Who does not read, or keeps their own side open, learns of it by writing only.
		for (let turn = 0; turn < 2 && this.open && this.#blind && this.socket.writable; turn++) {
			this.socket.write("x");
			await Promise.race([this.closed, sleep(PROBE_MS)]);
		}
		return !this.open;
	}

	/** Stays until it is disconnected, or to the end. */
	async hold() {
		await Promise.race([this.closed, this.#attacker.ended]);
	}

	/** Ends it without a farewell. */
	reset() {
		this.socket.resetAndDestroy();
	}
}

/** One attack that runs. */
export class Attacker {
	random;
	from;
	/** Resolves at its end. @type {Promise<void>} */
	ended;
	/** What it counts for its report. @type {Record<string, number>} */
	counts = {};
	/** The process that is attacked, for what a machine's user could do. */
	pid;
	port;
	#places;
	#endMs;
	#bytes = 0;
	#opened = 0;
	/** @type {Set<import("node:net").Socket>} */
	#open = new Set();
	/** @type {string[]} */
	#findings = [];

	/** @param {{ port: number, pid: number, lastsMs: number, seed: string, name: string, from: From, loopback: string, outside?: string }} options */
	constructor({ port, pid, lastsMs, seed, name, from, loopback, outside }) {
		this.port = port;
		this.pid = pid;
		this.from = from;
		this.random = seeded(seed, name);
		this.#places = { loopback, outside };
		this.#endMs = performance.now() + lastsMs;
		this.ended = sleep(lastsMs);
	}

	get over() {
		return performance.now() >= this.#endMs || this.#bytes >= MOST_BYTES;
	}

	get leftMs() {
		return this.#endMs - performance.now();
	}

	/** @param {number} ms @returns {Promise<void>} */
	async sleep(ms) {
		await sleep(Math.max(0, Math.min(ms, this.#endMs - performance.now())));
	}

	/** The time after which an attack is ended that did not end by itself. */
	async overtime() {
		await this.ended;
		await sleep(OVERTIME_MS);
	}

	/** @param {number} bytes */
	spend(bytes) {
		this.#bytes += bytes;
	}

	/** Something that must not be, and that only the attacker can see. @param {string} words */
	finding(words) {
		if (this.#findings.length < MOST_FINDINGS && !this.#findings.includes(words)) this.#findings.push(words);
	}

	/** @param {string} key */
	count(key) {
		this.counts[key] = (this.counts[key] ?? 0) + 1;
	}

	/**
	 * A connection; undefined where there is none to be had.
	 *
	 * @param {{ deaf?: boolean, from?: From, address?: number, header?: string, halfOpen?: boolean }} [options] `deaf`: it never reads; `address`: which of many
	 * @returns {Promise<Line | undefined>}
	 */
	async line({ deaf = false, from = this.from, address, header, halfOpen = false } = {}) {
		if (this.over || this.#open.size >= MOST_OPEN || this.#opened >= MOST_OPENED) {
			await this.sleep(PACE_MS);
			return undefined;
		}
		const number = address ?? (from === "one" ? 0 : this.#opened);
		this.#opened++;
		const { loopback, outside } = this.#places;
		const claims = from === "proxy" || (from !== "loopback" && outside === undefined);
		const localAddress = claims ? PROXY : from === "loopback" ? undefined : attackerAddress(number);
		const socket = connect({
			host: claims || from === "loopback" ? loopback : /** @type {string} */ (outside),
			port: this.port,
			noDelay: true,
			allowHalfOpen: halfOpen,
			...(localAddress ? { localAddress } : {}),
		});
		this.#open.add(socket);
		socket.once("close", () => this.#open.delete(socket));
		const line = new Line(this, socket, { deaf, halfOpen });
		const connected = await Promise.race([
			new Promise((done) => socket.once("connect", () => done(true))),
			line.closed.then(() => false),
			sleep(CONNECT_MS, false),
		]);
		if (!connected) {
			socket.destroy();
			this.count("not connected");
			return undefined;
		}
		this.count("connected");
		if (claims) {
			const claimed = `${CLAIMED}${(number % 250) + 1}`;
			socket.write(header ?? `PROXY TCP4 ${claimed} 192.0.2.1 ${1024 + (number % 60_000)} 9000\r\n`);
		}
		return line;
	}

	/**
	 * So many connections at once, each of which does this; each is closed when it has done it.
	 *
	 * @param {number} size
	 * @param {(line: Line, number: number) => Promise<unknown>} run
	 * @param {{ again?: boolean, deaf?: boolean, from?: From, addresses?: number, halfOpen?: boolean, header?: string, paceMs?: number }} [options] `again`: the next one follows; `addresses`: so many in turn
	 */
	async crowd(size, run, { again = false, paceMs = 0, addresses, ...options } = {}) {
		await Promise.all(
			Array.from({ length: size }, async (_, number) => {
				do {
					const address = addresses === undefined ? {} : { address: number % addresses };
					const line = await this.line({ ...options, ...address });
					if (line) {
						await run(line, number);
						line.socket.destroy();
					}
					if (again) await this.sleep(line ? paceMs : PACE_MS);
				} while (again && !this.over && this.#opened < MOST_OPENED);
			}),
		);
	}

	/**
	 * TLS over a connection; undefined where the handshake fails.
	 *
	 * @param {Line} line
	 * @param {import("node:tls").ConnectionOptions} [options]
	 * @returns {Promise<import("node:tls").TLSSocket | undefined>}
	 */
	async tls(line, options) {
		line.socket.removeAllListeners("data");
		const secure = connectTLS({ socket: line.socket, rejectUnauthorized: false, ...options });
		secure.on("error", () => {});
		const good = await Promise.race([
			new Promise((done) => secure.once("secureConnect", () => done(true))),
			new Promise((done) => secure.once("close", () => done(false))),
			line.closed.then(() => false),
			this.ended.then(() => false),
		]);
		return good ? secure : undefined;
	}

	close() {
		for (const socket of this.#open) socket.destroy();
	}

	report() {
		return {
			connections: this.#opened,
			bytes: this.#bytes,
			findings: this.#findings,
			counts: this.counts,
		};
	}
}
