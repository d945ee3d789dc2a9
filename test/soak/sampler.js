// Samples of the daemon from outside: its /proc entries, its /metrics page and its log. Linux only.

import {
	closeSync,
	fstatSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	readSync,
	truncateSync,
} from "node:fs";
import { request } from "node:http";

const METRICS_LIMIT_MS = 10_000;
const MOST_LOG_BYTES = 4 * 1024 * 1024;
const SHOWN_MESSAGES = 40;
const CLOCK_TICKS_PER_SECOND = 100;
const MIB = 1024 * 1024;

/**
 * One sample. Memory is in MiB, times in milliseconds, CPU in per cent of a core since the sample before.
 * @typedef {object} Sample
 * @property {number} s seconds since the run began
 * @property {number} rss
 * @property {number} anonymous the part of rss that is not of files
 * @property {number} heap in use, V8
 * @property {number} external
 * @property {number} files descriptors of the stored rooms
 * @property {number} fds all other descriptors
 * @property {number} sockets
 * @property {number} connections
 * @property {number} peers
 * @property {number} clients with a name
 * @property {number} rooms
 * @property {number} outbox bytes that wait for readers
 * @property {number} resources active resources of Node
 * @property {number} timers
 * @property {number} delayP99 of the event loop
 * @property {number} delayMax
 * @property {number} cpu
 * @property {number} load CPU of the clients' process
 * @property {number} logLines
 */

export class Sampler {
	/** Log lines by level. @type {Record<string, number>} */
	logLines = {};
	/** Messages of warnings and errors, with their number. @type {Map<string, number>} */
	warnings = new Map();
	#daemon;
	#metrics;
	#beganMs = performance.now();
	#cpu = { ticks: 0, ownMicroseconds: 0, atMs: 0, pid: 0 };

	/**
	 * @param {object} options
	 * @param {{ pid: number | undefined }} options.daemon
	 * @param {() => { host: string, port: number }} options.metrics where /metrics answers
	 * @param {string} [options.log] the file of the daemon's standard error; it is emptied when it gets long
	 */
	constructor({ daemon, metrics, log }) {
		this.#daemon = daemon;
		this.#metrics = metrics;
		this.log = log;
	}

	/** @returns {Promise<Sample>} */
	async sample() {
		const pid = /** @type {number} */ (this.#daemon.pid);
		const values = readMetrics(await get(this.#metrics(), "/metrics"));
		const value = (/** @type {string} */ name) => values.get(name) ?? 0;
		const status = readFileSync(`/proc/${pid}/status`, "utf8");
		const kib = (/** @type {string} */ name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
		const descriptors = countDescriptors(pid);
		this.readLog();
		return {
			s: Math.round((performance.now() - this.#beganMs) / 1000),
			rss: round(kib("VmRSS") / 1024),
			anonymous: round(kib("RssAnon") / 1024),
			heap: round(value("nodejs_heap_size_used_bytes") / MIB),
			external: round(value("nodejs_external_memory_bytes") / MIB),
			...descriptors,
			connections: value("xmlsocket_connections"),
			peers: value("xmlsocket_peers"),
			clients: value("xmlsocket_chat_clients"),
			rooms: value("xmlsocket_chat_rooms"),
			outbox: value("xmlsocket_outbox_bytes"),
			resources: value("nodejs_active_resources_total"),
			timers: value('nodejs_active_resources{type="Timeout"}'),
			delayP99: round(value("nodejs_eventloop_lag_p99_seconds") * 1000),
			delayMax: round(value("nodejs_eventloop_lag_max_seconds") * 1000),
			...this.#usedCpu(pid),
			logLines: Object.values(this.logLines).reduce((sum, count) => sum + count, 0),
		};
	}

	/** Counts the log lines since the last call. */
	readLog() {
		if (!this.log) return;
		const file = openSync(this.log, "r");
		const bytes = Buffer.alloc(Math.min(fstatSync(file).size, MOST_LOG_BYTES * 4));
		readSync(file, bytes, 0, bytes.length, 0);
		closeSync(file);
		// What is counted is removed; the daemon appends, so that it continues at the new end.
		const end = bytes.lastIndexOf(10) + 1;
		if (end === 0 || end < bytes.length) return;
		truncateSync(this.log);
		for (const line of bytes.toString("utf8", 0, end).trim().split("\n")) this.#count(line);
	}

	/** @param {string} line */
	#count(line) {
		/** @type {{ level?: number, msg?: string, code?: string }} */
		let entry = {};
		try {
			entry = JSON.parse(line);
		} catch {}
		const level = String(entry.level ?? "other");
		this.logLines[level] = (this.logLines[level] ?? 0) + 1;
		if ((entry.level ?? 99) < 40) return;
		const words = `${entry.code ?? ""} ${(entry.msg ?? line).slice(0, 160).replace(/\d{5,}/g, "N")}`.trim();
		if (this.warnings.has(words) || this.warnings.size < SHOWN_MESSAGES) {
			this.warnings.set(words, (this.warnings.get(words) ?? 0) + 1);
		}
	}

	/** @param {number} pid */
	#usedCpu(pid) {
		const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
		const ticks = Number(fields[11]) + Number(fields[12]);
		const { user, system } = process.cpuUsage();
		const before = this.#cpu;
		this.#cpu = { ticks, ownMicroseconds: user + system, atMs: performance.now(), pid };
		const elapsedMs = this.#cpu.atMs - before.atMs;
		if (before.pid !== pid) return { cpu: 0, load: 0 };
		return {
			cpu: round((((ticks - before.ticks) / CLOCK_TICKS_PER_SECOND) * 1e5) / elapsedMs),
			load: round((this.#cpu.ownMicroseconds - before.ownMicroseconds) / 10 / elapsedMs),
		};
	}
}

/** Descriptors of a process. Those of the log's files are separate: LevelDB keeps files open. @param {number} pid */
function countDescriptors(pid) {
	const counts = { files: 0, fds: 0, sockets: 0 };
	for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
		let target = "";
		try {
			target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
		} catch {
			continue;
		}
		if (/\.(ldb|log|sst)$|MANIFEST|\/LOCK$|\/LOG$/.test(target)) counts.files++;
		else {
			counts.fds++;
			if (target.startsWith("socket:")) counts.sockets++;
		}
	}
	return counts;
}

/** The numbers of a page in Prometheus's text format, by name and labels. @param {string} page */
function readMetrics(page) {
	/** @type {Map<string, number>} */
	const values = new Map();
	for (const line of page.split("\n")) {
		const found = /^([a-z_0-9]+(?:\{[^}]*\})?) (\S+)$/i.exec(line);
		const value = Number(found?.[2]);
		if (found && Number.isFinite(value)) values.set(/** @type {string} */ (found[1]), value);
	}
	return values;
}

/**
 * The body of an answer, on a connection that closes.
 *
 * @param {{ host: string, port: number }} address
 * @param {string} path
 * @returns {Promise<string>}
 */
function get(address, path) {
	return new Promise((resolve, reject) => {
		const asked = request({ ...address, path, agent: false, timeout: METRICS_LIMIT_MS }, (response) => {
			let body = "";
			response.setEncoding("utf8");
			response.on("data", (chunk) => {
				body += chunk;
			});
			response.once("end", () => resolve(body));
			response.once("error", reject);
		});
		asked.once("timeout", () => asked.destroy(new Error(`${path} did not answer within ${METRICS_LIMIT_MS / 1000} s`)));
		asked.once("error", reject);
		asked.end();
	});
}

/** @param {number} value */
function round(value) {
	return Math.round(value * 10) / 10;
}
