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
const [role] = process.argv.slice(2);

/** Publishes all messages, as many in a turn of the event loop as a busy worker. */
async function publishAll(bus, channel) {
	const data = new Uint8Array(BYTES);
	for (let sent = 0; sent < MESSAGES; ) {
		let inTurn = 0;
		while (sent < MESSAGES && inTurn < BURST && bus.publish(channel, data)) {
			sent++;
			inTurn++;
		}
		await new Promise((resolve) => setImmediate(resolve));
	}
}

if (role === "worker") {
	const link = await WorkerLink.open(new Socket({ fd: 4 }), {
		service: async (name) => {
			if (name === "publish-nowhere") await publishAll(link.bus, { to: "node", node: "nobody" });
			if (name === "publish") await publishAll(link.bus, { to: "room", room: "r" });
			if (name === "receive") {
				let received = 0;
				await new Promise((resolve) => {
					link.bus.subscribe({ to: "room", room: "r" }, () => {
						if (++received === MESSAGES) resolve();
					});
				});
			}
			return "";
		},
		serviceNoted: () => {},
		pulse: () => 0,
		closed: () => process.exit(0),
		report: (error) => console.error(error),
	});
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
	const perSecond = async (work) => {
		const begun = performance.now();
		await work();
		return (MESSAGES / (performance.now() - begun)) * 1000;
	};
	const direct = await perSecond(async () => {
		const before = hub.relayed;
		await one.service("publish-nowhere", "");
		if (hub.relayed - before !== MESSAGES) throw new Error("messages are missing");
	});
	const relayed = await perSecond(() => Promise.all([two.service("receive", ""), one.service("publish", "")]));
	process.send({ direct, relayed });
	await once(process, "disconnect");
	process.exit(0);
}
