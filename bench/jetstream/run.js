// The log in JetStream, on one server and on three: messages stored in a second, the time of an acknowledgement, and a page of history out
// of a million messages. The peer is NATS' own JetStream client. It publishes the same bytes with an id and waits for the same
// acknowledgement, without rooms, order, followers and previous numbers. They take turns on the same servers.

import { performance } from "node:perf_hooks";
import { Broker, JetStreamLog } from "../../dist/cluster/nats/index.js";
import { hasNatsServer, NatsServers } from "../../test/cluster/nats-server.js";
import { median, table, writeSection, writes } from "../report.js";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 1_000_000);
const PAYLOAD = Buffer.from(
	"tann\nhello there, how are you all? fine, thanks! shall we play a round on the new map tonight at eight?",
);

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const number = (value) => Math.round(value).toLocaleString("en");
const ms = (value) => `${value.toFixed(2)} ms`;

/** So many speakers, each with one message on its way at a time. */
async function speak(speakers, say) {
	const took = [];
	const begun = performance.now();
	const end = begun + SECONDS * 1000;
	await Promise.all(
		Array.from({ length: speakers }, async (_, speaker) => {
			for (let message = 0; performance.now() < end; message++) {
				const sent = performance.now();
				await say(speaker, message);
				took.push(performance.now() - sent);
			}
		}),
	);
	const rate = took.length / ((performance.now() - begun) / 1000);
	took.sort((a, b) => a - b);
	return { rate, p50: at(took, 0.5), p99: at(took, 0.99) };
}

let streams = 0;

async function own(servers, nodes, speakers) {
	const broker = await Broker.connect({ servers: servers.urls });
	const log = await JetStreamLog.open(broker, { stream: `OWN${++streams}`, replicas: nodes });
	let heard = 0;
	await log.follow("lobby", () => heard++);
	const result = await speak(speakers, (speaker, message) =>
		log.append("lobby", { payload: PAYLOAD, session: `s${speaker}`, id: `m${message}` }),
	);
	if (heard === 0) throw new Error("the follower heard nothing");
	await log.close();
	await broker.request(`$JS.API.STREAM.DELETE.OWN${streams}`, new Uint8Array(0), 5000);
	await broker.close();
	return result;
}

async function bare(peer, servers, nodes, speakers) {
	const connection = await peer.connect({ servers: servers.urls });
	const manager = await peer.jetstreamManager(connection);
	const name = `BARE${++streams}`;
	await manager.streams.add({
		name,
		subjects: [`${name}.>`],
		num_replicas: nodes,
		storage: "file",
		duplicate_window: 600e9,
	});
	const stream = peer.jetstream(connection);
	const result = await speak(speakers, (speaker, message) =>
		stream.publish(`${name}.lobby`, PAYLOAD, { msgID: `s${speaker}.m${message}`, timeout: 10_000 }),
	);
	await manager.streams.delete(name);
	await connection.close();
	return result;
}

/** Pages from anywhere in a stream of a million messages: of a room that has nine in ten of them, and of one that has one in a hundred. */
async function history(servers, nodes) {
	const broker = await Broker.connect({ servers: servers.urls });
	const log = await JetStreamLog.open(broker, { stream: "HISTORY", retention: {}, replicas: nodes });
	const seqs = { lobby: [], quiet: [] };
	let next = 0;
	await Promise.all(
		Array.from({ length: 1000 }, async () => {
			while (next < MESSAGES) {
				const message = next++;
				const room = message % 100 === 0 ? "quiet" : message % 10 === 1 ? "other" : "lobby";
				const { seq } = await log.append(room, { payload: PAYLOAD });
				seqs[room]?.push(seq);
			}
		}),
	);
	const results = {};
	for (const room of ["lobby", "quiet"]) {
		const sorted = seqs[room].sort((a, b) => a - b);
		const took = [];
		for (let page = 0; page < 1000; page++) {
			const index = 51 + Math.floor(Math.random() * (sorted.length - 51));
			const asked = performance.now();
			const { entries } = await log.readBefore(room, sorted[index], { maxCount: 50, maxBytes: 1 << 18 });
			took.push(performance.now() - asked);
			if (entries.length !== 50 || entries.at(-1).seq !== sorted[index - 1]) throw new Error("a wrong page");
		}
		took.sort((a, b) => a - b);
		results[room] = { p50: at(took, 0.5), p99: at(took, 0.99) };
	}
	await log.close();
	await broker.close();
	return results;
}

async function peers() {
	try {
		return { ...(await import("@nats-io/transport-node")), ...(await import("@nats-io/jetstream")) };
	} catch (error) {
		console.error(`The peer is not installed: npm install --prefix bench (${error.message})`);
		process.exit(1);
	}
}

if (!hasNatsServer()) process.exit(0);
const peer = await peers();
const rows = [];
const sentences = [`A page of 50 from anywhere in a stream of ${number(MESSAGES)} messages (goal 25 ms, p99).`];
for (const nodes of [1, 3]) {
	const servers = await NatsServers.start({
		nodes,
		...(process.env.BENCH_FOLDER ? { folder: process.env.BENCH_FOLDER } : {}),
	});
	try {
		for (const speakers of [1, 100, 1000]) {
			const ours = [];
			const theirs = [];
			for (let round = 0; round < ROUNDS; round++) {
				ours.push(await own(servers, nodes, speakers));
				theirs.push(await bare(peer, servers, nodes, speakers));
			}
			const ratios = ours.map(({ rate }, round) => rate / theirs[round].rate);
			rows.push([
				String(nodes),
				String(speakers),
				number(median(ours.map(({ rate }) => rate))),
				ms(median(ours.map(({ p50 }) => p50))),
				ms(median(ours.map(({ p99 }) => p99))),
				number(median(theirs.map(({ rate }) => rate))),
				ms(median(theirs.map(({ p50 }) => p50))),
				`${median(ratios).toFixed(2)}× (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
			]);
			console.log(rows.at(-1).join("  "));
		}
		const { lobby, quiet } = await history(servers, nodes);
		const page = `On ${nodes === 1 ? "one server" : "three"}: ${ms(lobby.p50)} (p99 ${ms(lobby.p99)}) of a room that has nine in ten of them, ${ms(quiet.p50)} (p99 ${ms(quiet.p99)}) of one that has one in a hundred.`;
		console.log(page);
		sentences.push(page);
	} finally {
		await servers.stop();
	}
}
if (writes) {
	const heads = [
		"servers",
		"speakers",
		"stored a second",
		"acknowledged p50",
		"p99",
		"the client alone, a second",
		"its p50",
		"ratio (goal 0.7×)",
	];
	writeSection(
		"jetstream",
		`Node ${process.version}, nats-server as Debian 12 has it, ${ROUNDS} rounds of ${SECONDS} s.\n\n${table(heads, rows)}\n\n${sentences.join(" ")}`,
	);
}
