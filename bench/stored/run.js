// Fan-out of a stored room with the log in memory: 11 members, one of them speaks with 16 messages outstanding, with and without
// ids. What is compared is the CPU time of the daemon for a message, beside a live room of the same daemon, and with
// BENCH_BASE=FOLDER beside the build of another checkout. The contestants run in turn, in blocks.

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, table, writeSection, writes } from "../report.js";

const here = dirname(fileURLToPath(import.meta.url));
const OURS = join(here, "../..");
const BASE = process.env.BENCH_BASE;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 10_000);
const MEMBERS = 11;
const OUTSTANDING = 16;
const BLOCKS = 3;
const TEXT = "x".repeat(113);

async function start(folder) {
	const child = fork(join(here, "server.js"), [folder], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
	const [{ port }] = await once(child, "message");
	return {
		port,
		async cpu() {
			child.send("cpu");
			const [{ cpu }] = await once(child, "message");
			return cpu.user + cpu.system;
		},
		async stop() {
			child.disconnect();
			await once(child, "exit");
		},
	};
}

/** A member of a room that reports each message of the room. */
async function member(port, room, heard) {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	await once(socket, "connect");
	let joined;
	const ready = new Promise((resolve) => {
		joined = resolve;
	});
	let rest = "";
	socket.setEncoding("utf8").on("data", (chunk) => {
		const documents = (rest + chunk).split("\0");
		rest = documents.pop();
		let messages = 0;
		for (const document of documents) {
			if (document.startsWith("<said")) messages++;
			else if (document.startsWith("<joined")) joined();
			else if (document.startsWith("<error")) throw new Error(`the daemon refuses: ${document}`);
		}
		if (messages > 0) heard(messages);
	});
	socket.write(`<join room="${room}"/>\0`);
	await ready;
	return socket;
}

/** Microseconds of the daemon's CPU for a message to all members. */
async function fanOut(daemon, room, hasIds, messages) {
	let deliveries = 0;
	let spoken = 0;
	let returned = 0;
	let finished;
	const done = new Promise((resolve) => {
		finished = resolve;
	});
	const count = (heard) => {
		deliveries += heard;
		if (deliveries === messages * MEMBERS) finished();
	};
	const sockets = [];
	for (let at = 1; at < MEMBERS; at++) sockets.push(await member(daemon.port, room, count));
	const speaker = await member(daemon.port, room, (heard) => {
		returned += heard;
		count(heard);
		fill();
	});
	sockets.push(speaker);
	const fill = () => {
		let text = "";
		while (spoken < messages && spoken - returned < OUTSTANDING) {
			text += `<say room="${room}"${hasIds ? ` id="c${spoken}"` : ""}>${TEXT}</say>\0`;
			spoken++;
		}
		if (text !== "") speaker.write(text);
	};
	const before = await daemon.cpu();
	fill();
	await done;
	const used = (await daemon.cpu()) - before;
	for (const socket of sockets) socket.destroy();
	return used / messages;
}

const contestants = [
	{ name: "stored", folder: OURS, room: "stored" },
	{ name: "live", folder: OURS, room: "live" },
	...(BASE ? [{ name: "base", folder: BASE, room: "stored" }] : []),
];
const micros = (values) => `${median(values).toFixed(1)} µs`;
const ratio = (values, others) => {
	const each = values.map((value, at) => value / others[at]);
	return `${median(each).toFixed(2)}× (${Math.min(...each).toFixed(2)}–${Math.max(...each).toFixed(2)})`;
};

const rows = [];
for (const hasIds of [false, true]) {
	const used = Object.fromEntries(contestants.map(({ name }) => [name, []]));
	for (let round = 0; round < ROUNDS; round++) {
		const daemons = new Map();
		for (const { folder } of contestants) if (!daemons.has(folder)) daemons.set(folder, await start(folder));
		const now = Object.fromEntries(contestants.map(({ name }) => [name, []]));
		for (const { folder, room } of contestants) await fanOut(daemons.get(folder), room, hasIds, MESSAGES / 2);
		for (let block = 0; block < BLOCKS; block++) {
			for (const { name, folder, room } of (round + block) % 2 === 0 ? contestants : [...contestants].reverse()) {
				now[name].push(await fanOut(daemons.get(folder), room, hasIds, MESSAGES));
			}
		}
		for (const { name } of contestants) used[name].push(median(now[name]));
		for (const daemon of daemons.values()) await daemon.stop();
	}
	const title = `${MEMBERS} members, ${OUTSTANDING} outstanding, ${hasIds ? "with" : "without"} ids`;
	rows.push([title, micros(used.stored), micros(used.live), ratio(used.stored, used.live)]);
	console.log(`${title.padEnd(45)} stored ${rows.at(-1)[1]}, live ${rows.at(-1)[2]}, stored : live ${rows.at(-1)[3]}`);
	if (used.base)
		console.log(`${"".padEnd(45)} base ${micros(used.base)}, stored : base ${ratio(used.stored, used.base)}`);
}
if (writes) {
	writeSection(
		"stored",
		`Node ${process.version}, medians of ${ROUNDS} rounds; CPU time of the daemon for a message to all members.\n\n${table(
			["", "stored room", "live room", "ratio"],
			rows,
		)}`,
	);
}
process.exit(0);
