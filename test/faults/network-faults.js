// The faults of a real network: cuts that tell nobody, between machines that reach each other otherwise. What is right afterwards is
// decided by the checker; what becomes of a name is watched here.

import { Person } from "./person.js";

// docs/scale.md, "Between daemons": a daemon is gone after 14 s of silence, and beats every 5 s.
const EARLIEST_LOSS_MS = 8000;
const LATEST_LOSS_MS = 30_000;
const LOSER_TOLD_MS = 30_000;
const ASK_EVERY_MS = 500;

/** @type {readonly import("./cluster-faults.js").ClusterFault[]} */
export const NETWORK = [
	{
		name: "net-daemon-cut",
		what: "nothing passes between one daemon and all brokers for 1 to 8 s, or for longer than it is believed to live; its clients reach it",
		async round({ topology: { network, machines }, random, begin, end, wait }) {
			const daemon = random.pick(machines.daemons);
			await wait(20, 500);
			begin();
			for (const broker of machines.brokers) network?.cut(daemon, broker);
			await (random.chance(1 / 3) ? wait(16_000, 20_000) : wait(1000, 8000));
			network?.mend();
			end();
		},
	},
	{
		name: "net-daemon-one-way",
		what: "what one daemon sends to the brokers vanishes for 1 to 8 s; what they send arrives",
		async round({ topology: { network, machines }, random, begin, end, wait }) {
			const daemon = random.pick(machines.daemons);
			await wait(20, 500);
			begin();
			for (const broker of machines.brokers) network?.silence(daemon, broker);
			await wait(1000, 8000);
			network?.mend();
			end();
		},
	},
	{
		name: "net-names",
		what: "nothing passes between one daemon and all brokers until it is given up, and a name that it has given is asked for elsewhere",
		round: names,
	},
	{
		name: "net-daemon-alone",
		what: "the cable of one daemon is pulled for 1 to 8 s: no broker, no client",
		async round({ topology: { network, machines }, random, begin, end, wait }) {
			await wait(20, 500);
			begin();
			random.pick(machines.daemons).unplug();
			await wait(1000, 8000);
			network?.mend();
			end();
		},
	},
	{
		name: "net-broker-alone",
		what: "the cable of one broker is pulled for 1 to 8 s",
		async round({ topology: { network, machines }, random, begin, end, wait }) {
			await wait(20, 500);
			begin();
			random.pick(machines.brokers).unplug();
			await wait(1000, 8000);
			network?.mend();
			end();
		},
	},
	{
		name: "net-broker-parted",
		what: "nothing passes between one broker and the others for 1 to 8 s; all daemons reach all brokers",
		async round({ topology: { network, machines }, random, begin, end, wait }) {
			const parted = random.pick(machines.brokers);
			await wait(20, 500);
			begin();
			for (const broker of machines.brokers) if (broker !== parted) network?.cut(parted, broker);
			await wait(1000, 8000);
			network?.mend();
			end();
		},
	},
];

// While the holder's daemon may be heard of again nobody else gets the name; then somebody does; and once the daemon is back, one of the
// two has it.
/** @param {import("./faults.js").Round} round */
async function names({ topology, random, begin, end, until, finding, wait }) {
	const { network, machines } = topology;
	const at = random.between(0, 2);
	const name = `twin-${random.between(0, 1e9)}`;
	const addresses = topology.addresses();
	const [holder, taker] = [addresses[at], addresses[(at + 1) % 3]].map((address) => new Person(address));
	try {
		holder.ask(name);
		if (!(await until(() => holder.name === name, LATEST_LOSS_MS))) return finding(`${name} was not given`);
		begin();
		const cutMs = performance.now();
		for (const broker of machines.brokers) network?.cut(machines.daemons[at], broker);
		while (taker.name !== name && performance.now() - cutMs < LATEST_LOSS_MS) {
			taker.ask(name);
			await until(() => taker.name === name, ASK_EVERY_MS);
		}
		const tookMs = Math.round(performance.now() - cutMs);
		if (taker.name !== name) finding(`${name} was not free ${tookMs} ms after its daemon was cut off`);
		else if (tookMs < EARLIEST_LOSS_MS) finding(`${name} was given to a second person after ${tookMs} ms`);
		await wait(0, 1000);
		network?.mend();
		end();
		const isOne = () => (holder.name === name) !== (taker.name === name);
		if (!(await until(isOne, LOSER_TOLD_MS))) {
			finding(`${LOSER_TOLD_MS} ms after the daemon was back, ${holder.name} and ${taker.name} have ${name}`);
		}
	} finally {
		network?.mend();
		holder.close();
		taker.close();
	}
}
