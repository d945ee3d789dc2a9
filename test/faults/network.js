// A network that can be cut for real: each node has a network namespace of its own, joined to the others by a bridge. It works
// inside `inside`, which gives the campaign namespaces for its network and its processes: nothing touches the machine's own
// network, and all of it ends with the campaign, however that ends. Linux alone, as root or where users may make namespaces.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const MARK = "XMLSOCKET_FAULTS_NETWORK";
/** Nobody's: what is sent to it arrives nowhere. */
const NOWHERE = "02:00:00:00:00:01";
const UNSHARE = [
	...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
	"--net",
	"--pid",
	"--fork",
	"--kill-child=SIGTERM",
	"--mount-proc",
];
const HOLDER_MS = 5000;

/** Whether networks can be made here. */
export const inNetwork = process.env[MARK] === "1";

/** Whether `inside` would succeed. */
function canUnshare() {
	const links =
		"ip link add bridge0 type bridge && ip link add one0 type veth peer name two0 && nsenter -V && setpriv -V";
	const made = spawnSync("unshare", [...UNSHARE, "sh", "-c", links], { stdio: "ignore" });
	return process.platform === "linux" && made.status === 0;
}

/**
 * Runs this very command again inside namespaces of its own, and ends with its code. Returns where that is not permitted, or where
 * this is that run.
 */
export function inside() {
	if (inNetwork) ip("link", "set", "lo", "up");
	if (inNetwork || !canUnshare()) return;
	// Whoever ends this process ends that one, which puts away what it has made.
	const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
	const words = ["--pdeathsig", "SIGKILL", "unshare", ...UNSHARE, ...command];
	const { status } = spawnSync("setpriv", words, { stdio: "inherit", env: { ...process.env, [MARK]: "1" } });
	process.exit(status ?? 130);
}

/** Nodes on a bridge. The campaign itself is on it, too. */
export class Network {
	/** @type {Node[]} */
	#nodes = [];
	#number = ++networks % 256;

	constructor() {
		ip("link", "add", this.#bridge, "type", "bridge");
		ip("address", "add", `${this.#address(254)}/24`, "dev", this.#bridge);
		ip("link", "set", this.#bridge, "up");
	}

	/** Another machine. @returns {Promise<Node>} */
	async add() {
		const number = this.#nodes.length + 1;
		const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
		await otherNamespace(/** @type {number} */ (holder.pid));
		const node = new Node(holder, this.#address(number), this.#bridge, `port${this.#number}-${number}`);
		this.#nodes.push(node);
		return node;
	}

	/** Between two nodes nothing arrives any more, and nobody is told. @param {Node} one @param {Node} other */
	cut(one, other) {
		one.lose(other.address);
		other.lose(one.address);
	}

	/** What one node sends to the other does not arrive any more; the other way it does. @param {Node} from @param {Node} to */
	silence(from, to) {
		from.lose(to.address);
	}

	/** All that was cut is joined again. */
	mend() {
		for (const node of this.#nodes) node.find();
	}

	close() {
		for (const node of this.#nodes) node.close();
		ip("link", "delete", this.#bridge);
	}

	get #bridge() {
		return `bridge${this.#number}`;
	}

	/** @param {number} node */
	#address(node) {
		return `10.77.${this.#number}.${node}`;
	}
}

/** How many there were. */
let networks = 0;

/** One machine of the network. */
class Node {
	/** Where its servers listen. */
	address;
	/** What stands before a command that runs on it. @type {readonly string[]} */
	enter;
	#holder;
	#bridge;
	#port;
	/** @type {Set<string>} */
	#lost = new Set();

	/**
	 * @param {import("node:child_process").ChildProcess} holder keeps its namespace
	 * @param {string} address
	 * @param {string} bridge
	 * @param {string} port its end at the bridge
	 */
	constructor(holder, address, bridge, port) {
		this.address = address;
		this.enter = ["nsenter", `--net=/proc/${holder.pid}/ns/net`];
		this.#holder = holder;
		this.#bridge = bridge;
		this.#port = port;
		ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", String(holder.pid));
		ip("link", "set", port, "master", this.#bridge, "up");
		this.#ip("link", "set", "lo", "up");
		this.#ip("address", "add", `${address}/24`, "dev", "eth0");
		this.#ip("link", "set", "eth0", "up");
	}

	/** Sends nothing to that address any more. @param {string} address */
	lose(address) {
		this.#ip("neighbour", "replace", address, "lladdr", NOWHERE, "dev", "eth0", "nud", "permanent");
		this.#lost.add(address);
	}

	/** Sends to all again, and hears them. */
	find() {
		for (const address of this.#lost) this.#ip("neighbour", "delete", address, "dev", "eth0");
		this.#lost.clear();
		ip("link", "set", this.#port, "master", this.#bridge);
	}

	/** Its cable leads nowhere: nothing arrives, in either direction, and nobody is told. */
	unplug() {
		ip("link", "set", this.#port, "nomaster");
	}

	close() {
		this.#holder.kill("SIGKILL");
	}

	/** @param {...string} words */
	#ip(...words) {
		const [program, ...flags] = this.enter;
		execFileSync(/** @type {string} */ (program), [...flags, "ip", ...words], { stdio: ["ignore", "ignore", "pipe"] });
	}
}

/** @typedef {Node} NetworkNode */

/** @param {...string} words */
function ip(...words) {
	execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Until the process has a namespace that is not ours. @param {number} pid */
async function otherNamespace(pid) {
	const namespace = (/** @type {string} */ of) =>
		spawnSync("readlink", [`/proc/${of}/ns/net`], { encoding: "utf8" }).stdout.trim();
	const ours = namespace("self");
	for (const untilMs = performance.now() + HOLDER_MS; performance.now() < untilMs; ) {
		const theirs = namespace(String(pid));
		if (theirs !== "" && theirs !== ours) return;
		await sleep(10);
	}
	throw new Error("a network namespace was not there in time");
}
