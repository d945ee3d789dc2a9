// Daemons, brokers and the proxies between them, as one thing that faults are done to: `{ daemons: 1, brokers: 0 }` is a daemon with
// its data folder, `{ daemons: 3, brokers: 3 }` a deployment on NATS.

import { Network } from "./network.js";
import { Broker, Daemon, freePort, HERE, serveOffers } from "./processes.js";
import { FaultProxy } from "./proxy.js";
import { seeded } from "./random.js";

/** The rooms that clients speak in, and what they are; `lobby` is stored, as it always is. */
export const ROOMS = /** @type {const} */ ({ lobby: "stored", news: "stored", game: "live" });
/** The drain of a daemon has 10 s (docs/operating.md); a little is for the process to end. */
export const TERM_LIMIT_MS = 10_500;
const ROOM_FLAGS = ["--room", "news:stored", "--room", "game:live"];

/** What a campaign runs on. */
export class Topology {
	/** @type {Daemon[]} */
	daemons = [];
	/** @type {Broker[]} */
	brokers = [];
	/** Before each daemon, where the fault is one of the network. @type {FaultProxy[]} */
	fronts = [];
	/** Between a daemon and a broker: `links[daemon][broker]`. @type {FaultProxy[][]} */
	links = [];
	/** What joins the machines, where each process has one of its own. @type {Network | undefined} */
	network;
	/** Of the daemons, and of the brokers. @type {{ daemons: import("./network.js").NetworkNode[], brokers: import("./network.js").NetworkNode[] }} */
	machines = { daemons: [], brokers: [] };
	#options;
	/** @type {number[]} */
	#frontPorts = [];

	/**
	 * @param {object} options
	 * @param {string} options.folder
	 * @param {string} options.seed
	 * @param {number} options.daemons
	 * @param {number} options.brokers
	 * @param {number} [options.workers] of each daemon
	 * @param {boolean} [options.proxied] whether clients come through proxies
	 * @param {boolean} [options.network] whether each process is on a machine of its own, without proxies
	 * @param {(daemon: number, folder: string) => Record<string, string>} [options.env] of a daemon, beside this process's own
	 * @param {string} [options.data] the folder of the messages, where there is no broker
	 * @param {readonly string[]} [options.flags] more flags for each daemon
	 */
	constructor(options) {
		this.#options = options;
	}

	async start() {
		const { daemons, brokers, network } = this.#options;
		if (network) {
			this.network = new Network();
			for (let at = 0; at < brokers; at++) this.machines.brokers.push(await this.network.add());
			for (let at = 0; at < daemons; at++) this.machines.daemons.push(await this.network.add());
		}
		await this.#startBrokers();
		for (let at = 0; at < daemons; at++) await this.#addDaemon(at);
		await Promise.all(this.daemons.map((daemon) => daemon.start()));
	}

	async #startBrokers() {
		const { folder, seed, brokers } = this.#options;
		const random = seeded(seed, "ports", process.pid);
		const machine = (/** @type {number} */ at) => this.machines.brokers[at] ?? HERE;
		const routes = [];
		for (let at = 0; at < (brokers > 1 ? brokers : 0); at++) {
			routes.push(`${machine(at).address}:${await freePort(random)}`);
		}
		for (let at = 0; at < brokers; at++) {
			const own =
				routes.length === 0 ? [] : [/** @type {string} */ (routes[at]), ...routes.filter((_, other) => other !== at)];
			const port = await freePort(random);
			this.brokers.push(new Broker({ folder, name: `broker-${at}`, port, routes: own, machine: machine(at) }));
		}
		await Promise.all(this.brokers.map((broker) => broker.start()));
	}

	/** @param {number} at */
	async #addDaemon(at) {
		const { folder, seed, workers, proxied, network, env, data = "data", flags = [] } = this.#options;
		const links = network
			? []
			: this.brokers.map((broker, to) => new FaultProxy(() => broker.port, seeded(seed, "link", at, to)));
		this.links.push(links);
		const ways = network
			? this.brokers.map(({ host, port }) => `${host}:${port}`)
			: (await Promise.all(links.map((link) => link.listen()))).map((port) => `127.0.0.1:${port}`);
		const home = ways.length > 0 ? natsFlags(ways) : ["--data", data];
		const daemon = new Daemon(
			folder,
			[
				...ROOM_FLAGS,
				...(workers ? ["--workers", String(workers)] : []),
				...(flags.includes("--memory") ? [] : home),
				...flags,
			],
			`daemon-${at}`,
			this.machines.daemons[at] ?? HERE,
			env?.(at, folder),
		);
		this.daemons.push(daemon);
		if (!proxied) return;
		const front = new FaultProxy(() => daemon.port, seeded(seed, "front", at));
		this.fronts.push(front);
		this.#frontPorts.push(await front.listen());
	}

	/** Where clients connect; the port of a daemon that is down refuses. */
	addresses() {
		if (this.#frontPorts.length > 0) return this.#frontPorts.map((port) => ({ host: HERE.address, port }));
		return this.daemons.map(({ host, port }) => ({ host, port }));
	}

	/** What has ended by itself, in words; undefined where nothing has. */
	get fallen() {
		const one = [...this.daemons, ...this.brokers].find(({ running }) => !running);
		return one && `a process ended by itself: ${one.lastWords()}`;
	}

	/**
	 * Ends everything. Daemons are asked to, brokers are killed.
	 *
	 * @returns {Promise<string[]>} what was wrong with a daemon's end
	 */
	async stop() {
		const ends = await Promise.all(this.daemons.map((daemon) => daemon.end("SIGTERM", TERM_LIMIT_MS)));
		await Promise.all(this.brokers.map((broker) => broker.end()));
		await Promise.all([...this.fronts, ...this.links.flat()].map((proxy) => proxy.close()));
		this.network?.close();
		return ends.flatMap(wrongEnd);
	}
}

/** What is wrong with how a daemon ended after SIGTERM. @param {{ code: number | null, tookMs: number, late: boolean }} end */
export function wrongEnd({ code, tookMs, late }) {
	if (late) return [`the daemon had not ended ${TERM_LIMIT_MS} ms after SIGTERM`];
	return code === 0 ? [] : [`the daemon ended with code ${code}, ${Math.round(tookMs)} ms after SIGTERM`];
}

/** @param {readonly string[]} addresses */
function natsFlags(addresses) {
	const flags = ["--nats", addresses.map((address) => `nats://${address}`).join(",")];
	if (addresses.length > 1 && serveOffers("--replicas")) flags.push("--replicas", "3");
	return flags;
}
