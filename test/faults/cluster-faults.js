// The faults of a deployment: three daemons on one broker or three. Each round takes its numbers from its own random source. What is
// right afterwards is decided by the checker.

import { clock, noClock, setClock } from "./clock.js";
import { freeze } from "./faults.js";
import { inNetwork } from "./network.js";
import { NETWORK } from "./network-faults.js";
import { canRun, serveOffers } from "./processes.js";

/** @typedef {import("./faults.js").Fault} Fault */

const DAEMONS = 3;
const FREEZE_MS = /** @type {[number, number]} */ ([200, 6000]);

/** @typedef {Omit<Fault, "topology"> & { env?: NonNullable<Fault["topology"]>["env"] }} ClusterFault */

/** @type {readonly ClusterFault[]} */
const FAULTS = [
	{
		name: "daemon-kill",
		what: "kill -9 of one daemon",
		async round({ topology: { daemons }, random, begin, end, wait }) {
			const daemon = random.pick(daemons);
			await wait(20, 500);
			begin();
			await daemon.end();
			end();
			await wait(0, 500);
			await daemon.start();
		},
	},
	{
		name: "daemon-freeze",
		what: "SIGSTOP of one daemon for 0.2 to 6 s",
		async round({ topology: { daemons }, random, begin, end, wait }) {
			const daemon = random.pick(daemons);
			await wait(20, 500);
			await freeze(daemon, { begin, end, wait }, FREEZE_MS);
		},
	},
	{
		name: "daemon-hang",
		what: "SIGSTOP of one daemon for 15 to 20 s, so that it counts as failed; then it continues",
		async round({ topology: { daemons }, random, begin, end, wait }) {
			const daemon = random.pick(daemons);
			await wait(20, 500);
			await freeze(daemon, { begin, end, wait }, [15_000, 20_000]);
		},
	},
	{
		name: "broker-kill",
		what: "kill -9 of one broker, started again at once",
		async round({ topology: { brokers }, random, begin, end, wait }) {
			const broker = random.pick(brokers);
			await wait(20, 500);
			begin();
			await broker.end();
			end();
			await broker.start();
		},
	},
	{
		name: "broker-outage",
		what: "one broker killed for 3 s",
		async round({ topology: { brokers }, random, begin, end, wait }) {
			const broker = random.pick(brokers);
			await wait(20, 500);
			begin();
			await broker.end();
			await wait(3000);
			end();
			await broker.start();
		},
	},
	{
		name: "broker-freeze",
		what: "SIGSTOP of one broker for 0.2 to 6 s",
		async round({ topology: { brokers }, random, begin, end, wait }) {
			const broker = random.pick(brokers);
			await wait(20, 500);
			await freeze(broker, { begin, end, wait }, FREEZE_MS);
		},
	},
	{
		name: "brokers-killed",
		what: "kill -9 of all brokers at once",
		async round({ topology: { brokers }, begin, end, wait }) {
			await wait(20, 500);
			begin();
			await Promise.all(brokers.map((broker) => broker.end()));
			end();
			await Promise.all(brokers.map((broker) => broker.start()));
		},
	},
	{
		name: "all-killed",
		what: "kill -9 of everything at once",
		async round({ topology: { brokers, daemons }, begin, end, wait }) {
			await wait(20, 500);
			begin();
			await Promise.all([...daemons, ...brokers].map((one) => one.end()));
			end();
			await Promise.all(brokers.map((broker) => broker.start()));
			await Promise.all(daemons.map((daemon) => daemon.start()));
		},
	},
	{
		name: "daemon-clock",
		what: "the wall clock of one daemon set forward or back by up to a day",
		env: clock,
		absent: noClock,
		prepare: (folder) => {
			for (let daemon = 0; daemon < DAEMONS; daemon++) setClock(folder, daemon, 0);
		},
		async round({ folder, random, begin, end, wait }) {
			await wait(20, 500);
			begin();
			setClock(folder, random.between(0, DAEMONS - 1), random.between(-86_400, 86_400));
			end();
			await wait(100, 2000);
		},
	},
	{
		name: "link-cut",
		what: "one daemon's connections to the brokers cut, and refused for up to 4 s",
		async round({ topology: { links }, random, begin, end, wait }) {
			const own = random.pick(links);
			await wait(20, 500);
			begin();
			for (const link of own) {
				link.refusing = true;
				link.cut();
			}
			await wait(0, 4000);
			for (const link of own) link.refusing = false;
			end();
		},
	},
	{
		name: "link-silent",
		what: "one daemon's connections to the brokers go silent for 1 to 8 s and tell nobody",
		async round({ topology: { links }, random, begin, end, wait }) {
			const own = random.pick(links);
			await wait(20, 500);
			begin();
			for (const link of own) link.treatment = "swallow";
			await wait(1000, 8000);
			for (const link of own) {
				link.treatment = "pass";
				link.cutDoomed();
			}
			end();
		},
	},
];

/** @type {readonly Fault[]} */
export const CLUSTER = [1, 3].flatMap((brokers) => {
	const on = (/** @type {ClusterFault} */ { env, ...fault }, /** @type {boolean} */ network) => ({
		...fault,
		name: `${brokers}-broker-${fault.name}`,
		what: `${fault.what}; three daemons, ${brokers === 1 ? "one broker" : "three brokers"}`,
		topology: { daemons: DAEMONS, brokers, network, ...(env ? { env } : {}) },
		absent: () => absent(network) ?? fault.absent?.(),
	});
	const possible = NETWORK.filter(({ name }) => brokers > 1 || name !== "net-broker-parted");
	return [...FAULTS.map((fault) => on(fault, false)), ...possible.map((fault) => on(fault, true))];
});

/** @param {boolean} network */
function absent(network) {
	if (network && !inNetwork) {
		return "not permitted: network namespaces are for root, or for users who may make them, on Linux; link-cut and link-silent cut proxies instead";
	}
	if (!serveOffers("--nats")) return "not offered by this build: `xmlsocket serve --help` has no --nats";
	return canRun("nats-server", "--version")
		? undefined
		: "nats-server is not on PATH (Debian: apt-get install nats-server)";
}
