// Daemons, brokers and the proxies between them, as one thing that faults are done to: `{ daemons: 1, brokers: 0 }` is a daemon with
// its data folder, `{ daemons: 3, brokers: 3 }` a deployment on NATS.

import { Broker, Daemon, freePort, serveOffers } from "./processes.js";
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
	#options;
	/** @type {number[]} */
	#frontPorts = [];

	/**
	 * @param {object} options
	 * @param {string} options.folder
	 * @param {string} options.seed
	 * @param {number} options.daemons
	 * @param {number} options.brokers
	 * @param {boolean} [options.proxied] whether clients come through proxies
	 * @param {string} [options.data] the folder of the messages, where there is no broker
	 * @param {readonly string[]} [options.flags] more flags for each daemon
	 */
	constructor(options) {
		this.#options = options;
	}

	async start() {
		const { folder, seed, daemons, brokers, proxied, data = "data", flags = [] } = this.#options;
		const random = seeded(seed, "ports", process.pid);
		const routes = [];
		for (let at = 0; at < (brokers > 1 ? brokers : 0); at++) routes.push(await freePort(random));
		for (let at = 0; at < brokers; at++) {
			const own = routes.length === 0 ? [] : [routes[at], ...routes.filter((_, other) => other !== at)];
			this.brokers.push(new Broker({ folder, name: `broker-${at}`, port: await freePort(random), routes: own }));
		}
		await Promise.all(this.brokers.map((broker) => broker.start()));
		for (let at = 0; at < daemons; at++) {
			this.links.push(
				this.brokers.map((broker, to) => new FaultProxy(() => broker.port, seeded(seed, "link", at, to))),
			);
			const ports = await Promise.all(this.links[at].map((link) => link.listen()));
			const home = brokers > 0 ? natsFlags(ports) : ["--data", data];
			const daemon = new Daemon(
				folder,
				[...ROOM_FLAGS, ...(flags.includes("--memory") ? [] : home), ...flags],
				`daemon-${at}`,
			);
			this.daemons.push(daemon);
			if (!proxied) continue;
			const front = new FaultProxy(() => daemon.port, seeded(seed, "front", at));
			this.fronts.push(front);
			this.#frontPorts.push(await front.listen());
		}
		await Promise.all(this.daemons.map((daemon) => daemon.start()));
	}

	/** Where clients connect; that of a daemon that is down refuses. */
	ports() {
		return this.#frontPorts.length > 0 ? this.#frontPorts : this.daemons.map((daemon) => daemon.port);
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
		return ends.flatMap(wrongEnd);
	}
}

/** What is wrong with how a daemon ended after SIGTERM. @param {{ code: number | null, tookMs: number, late: boolean }} end */
export function wrongEnd({ code, tookMs, late }) {
	if (late) return [`the daemon had not ended ${TERM_LIMIT_MS} ms after SIGTERM`];
	return code === 0 ? [] : [`the daemon ended with code ${code}, ${Math.round(tookMs)} ms after SIGTERM`];
}

/** @param {readonly number[]} ports */
function natsFlags(ports) {
	const flags = ["--nats", ports.map((port) => `nats://127.0.0.1:${port}`).join(",")];
	if (ports.length > 1 && serveOffers("--replicas")) flags.push("--replicas", "3");
	return flags;
}
