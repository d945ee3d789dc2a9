// Real nats-servers for tests, benchmarks and fault campaigns: one, or a cluster, each node a child process with its own ports
// and store folder. Nodes are killed, frozen, thawed and started again with the same ports and store. It needs no test runner, and
// ends what it began when the process exits.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../peer-programs.js";

/**
 * @typedef {object} NatsOptions
 * @property {number} [nodes] how many servers; more than one form a cluster. Default 1
 * @property {boolean} [jetstream] whether streams are kept. Default true
 * @property {string} [settings] further lines of each server's configuration
 * @property {string} [folder] where the stores lie. Default: a new one among the temporary files
 */

/**
 * @typedef {object} Node
 * @property {string} name
 * @property {number} port of clients
 * @property {number} routePort of the other servers
 * @property {number} monitorPort of the server's own HTTP
 * @property {string} file its configuration
 * @property {import("node:child_process").ChildProcess | undefined} child
 * @property {boolean} frozen
 * @property {string} log the end of what it has printed
 */

const READY_MS = 90_000;
const KEPT_LOG = 20_000;

/** Whether the program is there; where not, one line says so. With CI=true it must be. */
export function hasNatsServer() {
	return findProgram(["nats-server"]) !== undefined;
}

/** Running servers. Nodes are counted from 0. */
export class NatsServers {
	/** @type {Node[]} */
	nodes = [];
	/** @type {string} */
	folder;
	#ownFolder;
	#jetstream;
	#settings;
	#atExit = () => {
		for (const node of this.nodes) node.child?.kill("SIGKILL");
	};

	/** @param {NatsOptions} options */
	constructor({ jetstream = true, settings = "", folder } = {}) {
		this.#jetstream = jetstream;
		this.#settings = settings;
		this.#ownFolder = folder === undefined;
		this.folder = folder ?? mkdtempSync(join(tmpdir(), "xmlsocket-nats-"));
		process.on("exit", this.#atExit);
	}

	/**
	 * Starts servers on free ports; they are ready, and a cluster has chosen who leads it, when the promise settles.
	 *
	 * @param {NatsOptions} options
	 */
	static async start(options = {}) {
		const servers = new NatsServers(options);
		try {
			await servers.#begin(options.nodes ?? 1);
		} catch (error) {
			await servers.stop();
			throw error;
		}
		return servers;
	}

	/** What a client is given to connect to any of them. */
	get urls() {
		return this.nodes.map(({ port }) => `nats://127.0.0.1:${port}`);
	}

	/** @param {number} at */
	url(at) {
		return /** @type {string} */ (this.urls[at]);
	}

	/** @param {number} count */
	async #begin(count) {
		const ports = await freePorts(3 * count);
		this.nodes = Array.from({ length: count }, (_, at) => ({
			name: `n${at}`,
			port: /** @type {number} */ (ports[3 * at]),
			routePort: /** @type {number} */ (ports[3 * at + 1]),
			monitorPort: /** @type {number} */ (ports[3 * at + 2]),
			file: join(this.folder, `n${at}.conf`),
			child: undefined,
			frozen: false,
			log: "",
		}));
		for (const node of this.nodes) {
			mkdirSync(join(this.folder, node.name), { recursive: true });
			writeFileSync(node.file, this.#configuration(node));
		}
		await this.startAll();
	}

	/** @param {Node} node */
	#configuration(node) {
		const routes = this.nodes.map(({ routePort }) => `nats://127.0.0.1:${routePort}`);
		return [
			`server_name: ${node.name}`,
			`listen: "127.0.0.1:${node.port}"`,
			`http: "127.0.0.1:${node.monitorPort}"`,
			this.#jetstream ? `jetstream { store_dir: ${JSON.stringify(join(this.folder, node.name))} }` : "",
			this.nodes.length > 1
				? `cluster { name: tests, listen: "127.0.0.1:${node.routePort}", routes: ${JSON.stringify(routes)} }`
				: "",
			this.#settings,
			"",
		].join("\n");
	}

	/** Starts a node that does not run. @param {number} at */
	start(at) {
		const node = this.#node(at);
		if (node.child) throw new Error(`${node.name} runs already`);
		const child = spawn("nats-server", ["-c", node.file], { stdio: ["ignore", "pipe", "pipe"] });
		node.child = child;
		node.frozen = false;
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding("utf8").on("data", (text) => {
				node.log = (node.log + text).slice(-KEPT_LOG);
			});
		}
		child.once("exit", () => {
			if (node.child === child) node.child = undefined;
		});
	}

	/** Starts those that do not run, and waits until all are ready. */
	async startAll() {
		for (const [at, node] of this.nodes.entries()) if (!node.child) this.start(at);
		await this.ready();
	}

	/** Waits until all nodes that run are healthy and, in a cluster, know who leads. */
	async ready() {
		const end = Date.now() + READY_MS;
		for (const node of this.nodes) {
			for (;;) {
				if (!node.child || node.frozen || (await this.#isReady(node))) break;
				if (Date.now() > end) throw new Error(`${node.name} is not ready after ${READY_MS} ms: ${node.log}`);
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			if (!node.child) throw new Error(`${node.name} has ended: ${node.log}`);
		}
	}

	/** @param {Node} node */
	async #isReady(node) {
		try {
			const health = await ask(node, "/healthz");
			if (health.status !== "ok") return false;
			if (this.nodes.length === 1 || !this.#jetstream) return true;
			return Boolean((await ask(node, "/jsz")).meta_cluster?.leader);
		} catch {
			return false;
		}
	}

	/** Ends a node at once, as kill -9 does, and waits until it is gone. @param {number} at */
	async kill(at) {
		const { child } = this.#node(at);
		if (!child) return;
		const gone = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGKILL");
		await gone;
	}

	/** Ends all at once. */
	async killAll() {
		await Promise.all(this.nodes.map((_, at) => this.kill(at)));
	}

	/** Stops a node where it stands: its connections stay open and silent. @param {number} at */
	freeze(at) {
		const node = this.#node(at);
		node.frozen = node.child?.kill("SIGSTOP") ?? false;
		// Its threads stop one by one, and on a busy machine one may answer yet.
		const tasks = `/proc/${node.child?.pid}/task`;
		for (let waits = 0; node.frozen && waits < 1000 && existsSync(tasks); waits++) {
			if (readdirSync(tasks).every((task) => readFileSync(`${tasks}/${task}/stat`, "utf8").includes(") T "))) break;
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
		}
	}

	/** Lets a frozen node go on. @param {number} at */
	thaw(at) {
		const node = this.#node(at);
		node.child?.kill("SIGCONT");
		node.frozen = false;
	}

	/** Ends a node at once and starts it again with its store. @param {number} at */
	async restart(at) {
		await this.kill(at);
		this.start(at);
		await this.ready();
	}

	/** The node that a client at `url` (`host:port`) talks to. @param {string} url */
	nodeAt(url) {
		return this.nodes.findIndex(({ port }) => url.endsWith(`:${port}`));
	}

	/** Which node leads a stream; -1 while none does. @param {string} stream */
	async leaderOf(stream) {
		for (const node of this.nodes) {
			if (!node.child || node.frozen) continue;
			try {
				const { account_details = [] } = await ask(node, "/jsz?streams=true");
				for (const account of account_details) {
					const found = account.stream_detail?.find((/** @type {{ name: string }} */ one) => one.name === stream);
					const leader = found?.cluster?.leader;
					if (leader) return this.nodes.findIndex(({ name }) => name === leader);
				}
			} catch {
				// It does not answer just now.
			}
		}
		return -1;
	}

	/** Ends all, and removes the stores where it made their folder. */
	async stop() {
		await this.killAll();
		process.off("exit", this.#atExit);
		if (this.#ownFolder) rmSync(this.folder, { recursive: true, force: true });
	}

	/** @param {number} at */
	#node(at) {
		const node = this.nodes[at];
		if (!node) throw new Error(`there is no node ${at}`);
		return node;
	}
}

/**
 * @param {Node} node
 * @param {string} path
 * @returns {Promise<any>}
 */
async function ask(node, path) {
	const answer = await fetch(`http://127.0.0.1:${node.monitorPort}${path}`, { signal: AbortSignal.timeout(5000) });
	return await answer.json();
}

/** @param {number} count */
async function freePorts(count) {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer();
			await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
			return server;
		}),
	);
	const ports = servers.map((server) => /** @type {import("node:net").AddressInfo} */ (server.address()).port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}
