// Measures the channel between the processes of a daemon: messages from one process to the next, and from worker to worker through a
// primary. Started without an argument it is the primary; it starts the workers itself.

import { fork } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { PrimaryHub, WorkerLink } from "../../dist/cluster/workers/index.js";

const BYTES = 200;
const MESSAGES = 1_000_000;
const BURST = 500;
/** The receiver reports every so many messages, and so many may be on their way: beyond 64 MiB the primary gives a worker up. */
const REPORTED_EVERY = 20_000;
const MAX_ON_THEIR_WAY = 100_000;
const [role] = process.argv.slice(2);

/** Publishes all messages, as many in a turn of the event loop as a busy worker. @param received tells how many have come, where one receives */
async function publishAll(bus, channel, received = () => Number.POSITIVE_INFINITY) {
	const data = new Uint8Array(BYTES);
	for (let sent = 0; sent < MESSAGES; ) {
		let inTurn = 0;
		const most = Math.min(MESSAGES, received() + MAX_ON_THEIR_WAY);
		while (sent < most && inTurn < BURST && bus.publish(channel, data)) {
			sent++;
			inTurn++;
		}
		await new Promise((resolve) => setImmediate(resolve));
	}
}

if (role === "worker") {
	/** Resolves when all messages have come. */
	let all;
	const opening = WorkerLink.open(new Socket({ fd: 4 }), {
		service: async (name) => {
			// The primary may ask before this process knows that its channel is open.
			const link = await opening;
			if (name === "publish-nowhere") await publishAll(link.bus, { to: "node", node: "nobody" });
			if (name === "publish") {
				let received = 0;
				link.bus.subscribe({ to: "room", room: "received" }, () => {
					received += REPORTED_EVERY;
				});
				await publishAll(link.bus, { to: "room", room: "r" }, () => received);
			}
			if (name === "subscribe") {
				let received = 0;
				all = new Promise((resolve) => {
					link.bus.subscribe({ to: "room", room: "r" }, () => {
						received++;
						if (received % REPORTED_EVERY === 0) link.bus.publish({ to: "room", room: "received" }, new Uint8Array(1));
						if (received === MESSAGES) resolve();
					});
				});
			}
			if (name === "receive") await all;
			return "";
		},
		serviceNoted: () => {},
		pulse: () => 0,
		closed: () => process.exit(0),
		report: (error) => console.error(error),
	});
	await opening;
} else {
	const hub = new PrimaryHub({ report: (error) => console.error(error) });
	const add = (node) => {
		const child = fork(fileURLToPath(import.meta.url), ["worker"], {
			stdio: ["ignore", "inherit", "inherit", "ipc", "pipe"],
		});
		return hub.add(child.stdio[4], node, {
			service: async () => "",
			serviceNoted: () => {},
			pong: () => {},
			closed: () => {},
		});
	};
	const [one, two] = [add("one"), add("two")];
	await Promise.all([one.service("hello", ""), two.service("hello", "")]);
	/** Messages a second, and messages a CPU second of the primary. */
	const perSecond = async (work) => {
		const begun = performance.now();
		const before = process.cpuUsage();
		await work();
		const { user, system } = process.cpuUsage(before);
		return [(MESSAGES / (performance.now() - begun)) * 1000, MESSAGES / ((user + system) / 1e6)];
	};
	const direct = await perSecond(async () => {
		const before = hub.relayed;
		await one.service("publish-nowhere", "");
		if (hub.relayed - before !== MESSAGES) throw new Error("messages are missing");
	});
	await two.service("subscribe", "");
	const relayed = await perSecond(() => Promise.all([two.service("receive", ""), one.service("publish", "")]));
	process.send({ direct, relayed });
	await once(process, "disconnect");
	process.exit(0);
}
