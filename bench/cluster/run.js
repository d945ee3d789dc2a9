// A live room over two daemons on one nats-server, compared with the same room in one daemon: CPU time of the busiest daemon for the
// same deliveries, in pairs that take turns, so the ratio is the gain if each daemon has its own core. Also the cost of a message
// from the bus for the daemon that receives it.

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasNatsServer, NatsServers } from "../../test/cluster/nats-server.js";
import { median, table, writeSection, writes } from "../report.js";

const here = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const READERS = Number(process.env.BENCH_SUBSCRIBERS ?? 1000);
const TEXT = "x".repeat(113);
const SAY = Buffer.from(`<say room="r">${TEXT}</say>\0`);

async function start(url) {
	const child = fork(join(here, "server.js"), url ? [url] : [], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
	const [{ port }] = await once(child, "message");
	return {
		port,
		async cpu() {
			child.send("cpu");
			const [{ cpu }] = await once(child, "message");
			return (cpu.user + cpu.system) / 1e6;
		},
		async stop() {
			child.disconnect();
			await once(child, "exit");
		},
	};
}

async function client(port, onDocuments) {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	await once(socket, "connect");
	socket.on("error", () => {});
	socket.on("data", (chunk) => {
		let documents = 0;
		for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) documents++;
		if (documents > 0) onDocuments(documents);
	});
	socket.write('<join room="r"/>\0');
	return socket;
}

/** CPU seconds of each daemon while `messages` are said at the first one and heard by all readers. */
async function fanOut(daemons, readers, messages, window) {
	let counting = false;
	let heard = 0;
	let spoken = 0;
	let finished;
	const done = new Promise((resolve) => {
		finished = resolve;
	});
	let deliveries = 0;
	const count = (documents) => {
		if (!counting) return;
		deliveries += documents;
		if (deliveries >= messages * (readers.length + 1)) finished();
	};
	const sockets = [];
	for (const daemon of readers) sockets.push(await client(daemon.port, count));
	const speaker = await client(daemons[0].port, (documents) => {
		if (!counting) return;
		heard += documents;
		count(documents);
		fill();
	});
	const fill = () => {
		if (heard < spoken) return;
		const free = Math.min(window, messages - spoken);
		spoken += free;
		if (free > 0) speaker.write(Buffer.concat(Array(free).fill(SAY)));
	};
	// Presence settles: above 200 members one count a second remains.
	await new Promise((resolve) => setTimeout(resolve, 3000));
	const before = await Promise.all(daemons.map((daemon) => daemon.cpu()));
	counting = true;
	fill();
	await done;
	const after = await Promise.all(daemons.map((daemon) => daemon.cpu()));
	for (const socket of [...sockets, speaker]) socket.destroy();
	await new Promise((resolve) => setTimeout(resolve, 500));
	return after.map((seconds, at) => seconds - before[at]);
}

const alternately = (daemons, count) => Array.from({ length: count }, (_, at) => daemons[at % daemons.length]);

if (!hasNatsServer()) process.exit(0);
const nats = await NatsServers.start({ jetstream: true });
const rows = [];
try {
	for (const [title, window, messages] of [
		["one at a time", 1, 300],
		["16 outstanding", 16, 1600],
	]) {
		const ratios = [];
		const alone = [];
		const both = [];
		for (let round = 0; round < ROUNDS; round++) {
			const single = async () => {
				const daemons = [await start()];
				const [seconds] = await fanOut(daemons, alternately(daemons, READERS), messages, window);
				await daemons[0].stop();
				return seconds;
			};
			const shared = async () => {
				const daemons = [await start(nats.urls[0]), await start(nats.urls[0])];
				const seconds = await fanOut(daemons, alternately(daemons, READERS), messages, window);
				for (const daemon of daemons) await daemon.stop();
				return Math.max(...seconds);
			};
			const [first, second] = round % 2 ? [shared, single] : [single, shared];
			const results = [await first(), await second()];
			const [one, two] = round % 2 ? results.reverse() : results;
			alone.push(one);
			both.push(two);
			ratios.push(one / two);
		}
		const rate = (seconds) => Math.round((messages * READERS) / median(seconds)).toLocaleString("en");
		rows.push([
			`fan-out to ${READERS}, ${title}: two daemons`,
			`${rate(both)} deliveries a CPU second of the busier one`,
			`one daemon ${rate(alone)}`,
			`${median(ratios).toFixed(2)}× (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
			`1.5×${median(ratios) >= 1.5 ? "" : ", not reached"}`,
		]);
		console.log(rows.at(-1).join("  "));
	}
	const costs = [];
	for (let round = 0; round < ROUNDS; round++) {
		const daemons = [await start(nats.urls[0]), await start(nats.urls[0])];
		const [, seconds] = await fanOut(daemons, [daemons[1]], 100_000, 256);
		costs.push(100_000 / seconds);
		for (const daemon of daemons) await daemon.stop();
	}
	rows.push([
		"a message from the bus, to one reader",
		`${Math.round(median(costs)).toLocaleString("en")} a CPU second`,
		"",
		"",
		"",
	]);
	console.log(rows.at(-1).join("  "));
} finally {
	await nats.stop();
}
if (writes) {
	const about = `Node ${process.version}, nats-server on the same machine, medians of ${ROUNDS} rounds.`;
	writeSection("cluster", `${about}\n\n${table(["", "ours", "peer", "ratio", "goal"], rows)}`);
}
process.exit(0);
