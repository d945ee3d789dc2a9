// The program under attack: the built command, what it says of itself, and what the system says of it. Linux tells a process's memory,
// processor time and descriptors in /proc; where it is missing, those columns stay empty.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { get } from "node:http";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { inTurn, PROXY, sessionFirst } from "./sources.js";

const COMMAND = resolve(import.meta.dirname, "../../dist/cli/main.js");
const START_MS = 60_000;
const STOP_MS = 20_000;
const SCRAPE_MS = 10_000;
const TICKS_PER_SECOND = 100;
const KEPT_LINES = 40;

/** What lives, so that nothing outlives the campaign. @type {Set<import("node:child_process").ChildProcess>} */
const living = new Set();

/** @template {import("node:child_process").ChildProcess} T @param {T} child @returns {T} */
export function kept(child) {
	living.add(child);
	child.once("exit", () => living.delete(child));
	return child;
}

/** Kills whatever still lives. */
export function killAll() {
	for (const child of living) child.kill("SIGKILL");
}

/**
 * @typedef {object} TargetOptions
 * @property {string} folder
 * @property {readonly string[]} command the command and its flags
 * @property {string} listen
 * @property {number} [files] the limit on descriptors
 * @property {"read" | "unread"} [errors] whether its standard error is read
 * @property {boolean} [proxy] whether the command can trust a proxy
 */

/** A process that is attacked. */
export class Target {
	port = 0;
	/** How it ended, where it did by itself. @type {string | undefined} */
	ended;
	/** Log lines by reason and second. @type {Map<string, Map<number, number>>} */
	#lines = new Map();
	/** @type {string[]} */
	#last = [];
	#child;
	#folder;
	#stopping = false;
	/** @type {number | undefined} */
	#held;

	/** @param {TargetOptions} options */
	constructor({ folder, command, listen, files, errors = "read", proxy = true }) {
		this.#folder = folder;
		mkdirSync(folder, { recursive: true });
		const words = [process.execPath, COMMAND, ...command, "--port", "0", "--json"];
		if (proxy) words.push("--host", listen, "--trust-proxy", PROXY);
		if (files !== undefined) words.unshift("prlimit", `--nofile=${files}:${files}`);
		const [first, ...rest] = [...inTurn("first"), ...words];
		const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("XMLSOCKET_"));
		this.#child = kept(
			spawn(/** @type {string} */ (first), rest, {
				cwd: folder,
				detached: true,
				env: Object.fromEntries(inherited),
				stdio: ["ignore", "pipe", errors === "read" ? "pipe" : this.#unreadPipe()],
			}),
		);
		sessionFirst(this.pid);
		this.#child.once("exit", (code, signal) => {
			if (!this.#stopping) this.ended = signal ?? `code ${code}`;
		});
		if (this.#child.stderr) createInterface(this.#child.stderr).on("line", (line) => this.#line(line));
	}

	get pid() {
		return /** @type {number} */ (this.#child.pid);
	}

	/** Resolves when it listens. */
	async ready() {
		const lines = createInterface(/** @type {import("node:stream").Readable} */ (this.#child.stdout));
		const first = once(lines, "line").then(([line]) => line);
		const ended = once(this.#child, "exit").then(() => undefined);
		const line = await Promise.race([first, ended, sleep(START_MS, undefined, { ref: false })]);
		if (line === undefined) throw new Error(`the target did not start: ${this.lastWords()}`);
		this.port = JSON.parse(line).port;
		// What it prints later is not needed, and must not stop it.
		lines.on("line", () => {});
	}

	/** A pipe that stays open and that nobody reads. */
	#unreadPipe() {
		const path = join(this.#folder, "standard-error");
		execFileSync("mkfifo", [path]);
		this.#held = openSync(path, constants.O_RDWR);
		return this.#held;
	}

	/** @param {string} line */
	#line(line) {
		this.#last.push(line);
		if (this.#last.length > KEPT_LINES) this.#last.shift();
		let reason = "(no JSON)";
		try {
			const { reason: given, code, msg } = JSON.parse(line);
			reason = String(given ?? code ?? msg ?? "?").replaceAll(/\d+/g, "N");
		} catch {}
		const second = Math.floor(performance.now() / 1000);
		const seconds = this.#lines.get(reason) ?? new Map();
		this.#lines.set(reason, seconds);
		seconds.set(second, (seconds.get(second) ?? 0) + 1);
	}

	/** The reason that was logged most in one second, and how often; what was logged before is forgotten. */
	worstLines() {
		let worst = { reason: "", perSecond: 0 };
		for (const [reason, seconds] of this.#lines) {
			const perSecond = Math.max(...seconds.values());
			if (perSecond > worst.perSecond) worst = { reason, perSecond };
		}
		this.#lines.clear();
		return worst;
	}

	/** What it logged last. */
	lastWords() {
		return this.#last.slice(-8).join("\n");
	}

	/** What the system says of it now. */
	facts() {
		return processFacts(this.pid, this.#folder);
	}

	/** Its metrics by name and labels; undefined where it does not answer. @returns {Promise<Map<string, number> | undefined>} */
	async metrics() {
		try {
			return readMetrics(await fetched({ host: "127.0.0.1", port: this.port, path: "/metrics", agent: false }));
		} catch {
			return undefined;
		}
	}

	/**
	 * Stops it; returns what was wrong with that.
	 *
	 * @param {"SIGTERM" | "SIGKILL"} signal
	 * @returns {Promise<string | undefined>}
	 */
	async stop(signal = "SIGTERM") {
		this.#stopping = true;
		if (this.#held !== undefined) closeSync(this.#held);
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return undefined;
		const exited = once(this.#child, "exit");
		this.#child.kill(signal);
		const end = await Promise.race([exited, sleep(STOP_MS, "late", { ref: false })]);
		if (end !== "late") return undefined;
		this.#child.kill("SIGKILL");
		return `it did not end within ${STOP_MS} ms of SIGTERM`;
	}
}

/** @param {import("node:http").RequestOptions} options @returns {Promise<string>} */
function fetched(options) {
	return new Promise((done, failed) => {
		const request = get({ ...options, timeout: SCRAPE_MS }, (response) => {
			let text = "";
			response.setEncoding("utf8");
			response.on("data", (piece) => {
				text += piece;
			});
			response.on("end", () =>
				response.statusCode === 200 ? done(text) : failed(new Error(`${response.statusCode}`)),
			);
			response.on("error", failed);
		});
		request.on("timeout", () => request.destroy(new Error("no answer")));
		request.on("error", failed);
	});
}

/** @param {string} text */
function readMetrics(text) {
	/** @type {Map<string, number>} */
	const metrics = new Map();
	for (const line of text.split("\n")) {
		const at = line.lastIndexOf(" ");
		if (line.startsWith("xmlsocket_") && at > 0) metrics.set(line.slice(0, at), Number(line.slice(at + 1)));
	}
	return metrics;
}

/**
 * Memory, processor time, and descriptors of a process. Files of its own folder do not count: a database opens and closes them.
 *
 * @param {number} pid
 * @param {string} folder
 */
export function processFacts(pid, folder) {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
		const waited = Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]);
		return {
			rssBytes: pages * 4096,
			cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND,
			/** How long its main thread could run and was not let. */
			waitedMs: waited / 1e6,
			descriptors: countDescriptors(pid, folder),
		};
	} catch {
		return undefined;
	}
}

/** @param {number} pid @param {string} folder */
function countDescriptors(pid, folder) {
	let count = 0;
	for (const name of readdirSync(`/proc/${pid}/fd`)) {
		try {
			if (!readlinkSync(`/proc/${pid}/fd/${name}`).startsWith(folder)) count++;
		} catch {}
	}
	return count;
}
