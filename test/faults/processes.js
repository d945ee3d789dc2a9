// The processes of a campaign: daemons and brokers that are started, killed, frozen and started again on the same folder. It ends
// only what it started, by process id, and waits for nothing without a limit.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const COMMAND = resolve(import.meta.dirname, "../../dist/cli/main.js");
const START_MS = 60_000;
const KILL_MS = 5000;
// Nobody listens there, and nobody is given it.
const REFUSING_PORT = 1;
// Below the range from which systems give ports to those who dial, so that nobody who redials a dead port can be given it.
const FIRST_PORT = 12_000;
const LAST_PORT = 30_000;

/** Processes that live, so that none outlives the campaign. @type {Set<import("node:child_process").ChildProcess>} */
const living = new Set();

/** Kills whatever still lives. */
export function killAll() {
	for (const child of living) child.kill("SIGKILL");
}

/**
 * Where a process runs: the address at which it can be reached, and what stands before its command.
 * @typedef {{ readonly address: string, readonly enter: readonly string[] }} Machine
 */

/** This one. @type {Machine} */
export const HERE = { address: "127.0.0.1", enter: [] };

/** One process and its successors. */
class Process {
	/** @type {import("node:child_process").ChildProcess | undefined} */
	#child;
	/** @type {Promise<number | null> | undefined} */
	#ended;
	#errors;

	/** Where its server listens. */
	host;
	#enter;
	#env;

	/**
	 * @param {string} errors the file that its standard error is added to
	 * @param {Machine} machine
	 * @param {Record<string, string>} env beside this process's own
	 */
	constructor(errors, { address, enter }, env = {}) {
		this.#env = env;
		this.#errors = errors;
		this.host = address;
		this.#enter = enter;
	}

	get pid() {
		return this.#child?.pid;
	}

	/** Whether it was started and has not ended. */
	get running() {
		return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/**
	 * @param {string} program
	 * @param {readonly string[]} flags
	 * @param {string} cwd
	 */
	run(program, flags, cwd) {
		const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("XMLSOCKET_"));
		const errors = openSync(this.#errors, "a");
		const [first, ...words] = [...this.#enter, program, ...flags];
		const child = spawn(/** @type {string} */ (first), words, {
			cwd,
			env: { ...Object.fromEntries(kept), ...this.#env },
			stdio: ["ignore", "pipe", errors],
		});
		closeSync(errors);
		this.#child = child;
		living.add(child);
		this.#ended = once(child, "exit")
			.then(
				([code]) => code,
				() => null,
			)
			.finally(() => living.delete(child));
		return child;
	}

	/** @param {NodeJS.Signals} name */
	signal(name) {
		this.#child?.kill(name);
	}

	/**
	 * Sends a signal and waits for the end; after `limitMs` it is killed.
	 *
	 * @param {NodeJS.Signals} name
	 * @returns {Promise<{ code: number | null, tookMs: number, late: boolean }>}
	 */
	async end(name = "SIGKILL", limitMs = KILL_MS) {
		const begunMs = performance.now();
		this.signal(name);
		const controller = new AbortController();
		const late = await Promise.race([
			this.#ended?.then(() => false) ?? false,
			sleep(limitMs, true, { signal: controller.signal }).catch(() => false),
		]);
		controller.abort();
		if (late) this.signal("SIGKILL");
		const code = (await this.#ended) ?? null;
		return { code, tookMs: performance.now() - begunMs, late };
	}

	/** What it said on standard error last. */
	lastWords() {
		return readFileSync(this.#errors, "utf8").slice(-2000);
	}

	/** Resolves when it has ended by itself; used where that is an error. */
	get ended() {
		return this.#ended;
	}
}

/** `xmlsocket serve` on a folder of its own. Its port is another one after each start; while it is down, one that refuses. */
export class Daemon extends Process {
	port = REFUSING_PORT;
	/** From its last start until it listened. */
	readyMs = 0;
	#folder;
	#flags;

	/**
	 * @param {string} folder
	 * @param {readonly string[]} flags
	 * @param {string} name
	 * @param {Machine} machine
	 * @param {Record<string, string>} env
	 */
	constructor(folder, flags, name, machine, env = {}) {
		super(join(folder, `${name}.err`), machine, env);
		this.#folder = folder;
		this.#flags = flags;
	}

	/** Starts it and does not wait. */
	launch() {
		const flags = ["serve", "--port", "0", "--host", this.host, "--json", "--log-level", "error", ...this.#flags];
		const child = this.run(process.execPath, [COMMAND, ...flags], this.#folder);
		// Its old port may become another server's, whom the clients must not meet.
		child.once("exit", () => {
			this.port = REFUSING_PORT;
		});
		return child;
	}

	/** Starts it and resolves when it listens. */
	async start() {
		const begunMs = performance.now();
		const child = this.launch();
		let output = "";
		/** @type {Promise<void>} */
		const listening = new Promise((done) => {
			child.stdout?.on("data", (chunk) => {
				output += String(chunk);
				if (!output.includes("\n")) return;
				this.port = JSON.parse(output.slice(0, output.indexOf("\n"))).port;
				done();
			});
		});
		await within(listening, this, "the daemon");
		this.readyMs = performance.now() - begunMs;
	}
}

/** Debian's `nats-server` with JetStream, on ports of its own that stay the same. */
export class Broker extends Process {
	port;
	#folder;
	#config;

	/**
	 * @param {object} options
	 * @param {string} options.folder
	 * @param {string} options.name
	 * @param {number} options.port for clients
	 * @param {readonly string[]} options.routes the cluster's addresses, its own first; empty for a broker alone
	 * @param {Machine} options.machine
	 */
	constructor({ folder, name, port, routes, machine }) {
		super(join(folder, `${name}.err`), machine);
		this.port = port;
		this.#folder = folder;
		this.#config = join(folder, `${name}.conf`);
		// Clients must not learn of other ways in: the proxies before the brokers would be passed by.
		const cluster =
			routes.length === 0
				? ""
				: `cluster { name: faults, listen: "${routes[0]}", no_advertise: true, routes: [${routes.map((route) => `"nats://${route}"`).join(", ")}] }\n`;
		writeFileSync(
			this.#config,
			`server_name: ${name}\nlisten: "${this.host}:${port}"\njetstream { store_dir: "${join(folder, name)}" }\n${cluster}`,
		);
	}

	/** Starts it and resolves when it answers. */
	async start() {
		this.run("nats-server", ["-c", this.#config], this.#folder).stdout?.resume();
		await within(answering(this), this, "nats-server");
	}
}

/**
 * What the command offers, as its help says.
 *
 * @param {string} flag
 */
export function serveOffers(flag) {
	return execFileSync(process.execPath, [COMMAND, "serve", "--help"], { encoding: "utf8" }).includes(`${flag} `);
}

/** Whether a program is on PATH. @param {string} program @param {...string} flags */
export function canRun(program, ...flags) {
	try {
		execFileSync(program, flags, { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

/** A port that nobody listens on now. @param {import("./random.js").Random} random @returns {Promise<number>} */
export async function freePort(random) {
	for (;;) {
		const port = random.between(FIRST_PORT, LAST_PORT);
		const server = createServer();
		const free = await new Promise((resolve) => {
			server.once("error", () => resolve(false));
			server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
		});
		if (free) return port;
	}
}

/** @param {Promise<void>} done @param {Process} one @param {string} what */
async function within(done, one, what) {
	const controller = new AbortController();
	const outcome = await Promise.race([
		done.then(() => "done"),
		one.ended?.then(() => "ended"),
		sleep(START_MS, "late", { signal: controller.signal }).catch(() => "done"),
	]);
	controller.abort();
	if (outcome === "done") return;
	one.signal("SIGKILL");
	throw new Error(
		outcome === "ended" ? `${what} ended: ${one.lastWords()}` : `${what} was not there within ${START_MS} ms`,
	);
}

/** @param {{ host: string, port: number }} address */
async function answering({ host, port }) {
	const untilMs = performance.now() + START_MS;
	while (performance.now() < untilMs) {
		const socket = connect({ host, port });
		const answered = await new Promise((resolve) => {
			socket.once("data", () => resolve(true));
			socket.once("error", () => resolve(false));
		});
		socket.destroy();
		if (answered) return;
		await sleep(20);
	}
}
