// `serve --workers 2` compared with one process, on the built command: CPU time of the busiest process for the same deliveries, in
// pairs that take turns, so that the ratio is the gain if each process has a core of its own; the cost of a second worker for messages that
// stay at one; the channel between processes by itself; and the memory of a worker.

import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, table, writeSection, writes } from "../report.js";

const here = dirname(fileURLToPath(import.meta.url));
const command = join(here, "../../dist/cli/main.js");
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const READERS = Number(process.env.BENCH_SUBSCRIBERS ?? 1000);
/** Open at every worker. */
const LISTED = "r";
/** Open where a member is. */
const JOINED = "j";
const BODY = "x".repeat(113);
const FLAGS = ["serve", "--port", "0", "--json"];
const CHAT = ["--memory", "--room", `${LISTED}:live`];
const APPLICATION = ["--app", join(here, "application.mjs")];
const LIMITS = ["--documents-per-second", "--document-burst"].flatMap((flag) => [flag, "1000000"]);
const OUTBOXES = ["--max-outbox-bytes", "--soft-outbox-bytes"].flatMap((flag) => [flag, String(64 << 20)]);

/** Starts the daemon. */
async function start(workers, what = CHAT) {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-bench-"));
	const words = [command, ...FLAGS, ...what, ...LIMITS, ...OUTBOXES, "--workers", String(workers)];
	const child = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
	const [line] = await once(child.stdout, "data");
	const { pid } = child;
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
	return {
		port: JSON.parse(String(line)).port,
		/** The primary first. */
		pids: [pid, ...children.map(Number)],
		async stop() {
			child.kill("SIGKILL");
			await once(child, "exit");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** CPU seconds of a process, user and system. */
function cpuOf(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process in MiB. */
function memoryOf(pid) {
	return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

/** A connection that has received its welcome, so that the daemon has given it to a worker before the next one comes. */
async function client(port, first, onDocuments) {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	socket.on("error", () => {});
	socket.write(`${first}\0`);
	[socket.first] = await once(socket, "data");
	socket.on("data", (chunk) => {
		let documents = 0;
		for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) documents++;
		if (documents > 0) onDocuments(documents);
	});
	return socket;
}

/** CPU seconds of each process while `messages` are sent by one client and received by all members. */
async function fanOut(daemon, { count, room, isMember, messages, window }) {
	const say = Buffer.from(room ? `<say room="${room}">${BODY}</say>\0` : `<say>${BODY}</say>\0`);
	const enter = room ? `<join room="${room}"/>` : "<where/>";
	let counting = false;
	let heard = 0;
	let spoken = 0;
	let deliveries = 0;
	let members = 1;
	let finished;
	const done = new Promise((resolve) => {
		finished = resolve;
	});
	const add = (documents) => {
		if (!counting) return;
		deliveries += documents;
		if (deliveries >= messages * members) finished();
	};
	const fill = () => {
		if (heard < spoken) return;
		const free = Math.min(window, messages - spoken);
		spoken += free;
		if (free > 0) speaker.write(Buffer.concat(Array(free).fill(say)));
	};
	const speaker = await client(daemon.port, enter, (documents) => {
		if (!counting) return;
		heard += documents;
		add(documents);
		fill();
	});
	const sockets = [speaker];
	for (let at = 1; at <= count; at++) {
		const member = isMember(at);
		if (member) members++;
		sockets.push(await client(daemon.port, member ? enter : "<ping/>", member ? add : () => {}));
	}
	// Presence settles: above 200 members one count a second remains.
	await new Promise((resolve) => setTimeout(resolve, 3000));
	const before = daemon.pids.map(cpuOf);
	const begun = performance.now();
	counting = true;
	fill();
	await done;
	const seconds = (performance.now() - begun) / 1000;
	const cpu = daemon.pids.map((pid, at) => cpuOf(pid) - before[at]);
	for (const socket of sockets) socket.destroy();
	return { cpu, seconds, deliveries: messages * members };
}

async function measured(workers, load, what) {
	const daemon = await start(workers, what);
	try {
		return await fanOut(daemon, load);
	} finally {
		await daemon.stop();
	}
}

/** One process and two workers, in turns. */
async function pairs(load, what) {
	const results = [];
	for (let round = 0; round < ROUNDS; round++) {
		const order = round % 2 ? [2, 1] : [1, 2];
		const both = [await measured(order[0], load, what), await measured(order[1], load, what)];
		results.push(round % 2 ? both.reverse() : both);
	}
	return results;
}

const rows = [];
const print = (row) => {
	rows.push(row);
	console.log(row.join("  "));
};
const whole = (value) => Math.round(value).toLocaleString("en");
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const spread = (ratios) =>
	`${median(ratios).toFixed(2)}× (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;

async function channel() {
	const results = [];
	for (let round = 0; round < ROUNDS; round++) {
		const child = fork(join(here, "channel.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
		const [result] = await once(child, "message");
		child.disconnect();
		await once(child, "exit");
		results.push(result);
	}
	const text = (which) => {
		const [clock, cpu] = [0, 1].map((at) => whole(median(results.map((result) => result[which][at]))));
		return `${clock} a second, ${cpu} a CPU second of the primary`;
	};
	print(["messages of 200 bytes, one direction of a channel", text("direct"), "", "500,000"]);
	print(["the same from worker to worker, through the primary", text("relayed"), "", ""]);
}

async function fanOuts() {
	for (const [title, window, messages] of [
		["one at a time", 1, 400],
		["16 outstanding", 16, 3200],
	]) {
		const results = await pairs({ count: READERS, room: LISTED, isMember: () => true, messages, window });
		const rate = (which) => whole(median(results.map((pair) => pair[which].deliveries / Math.max(...pair[which].cpu))));
		const primary = Math.round(median(results.map(([, two]) => two.cpu[0] / sum(two.cpu))) * 100);
		print([
			`fan-out to ${READERS}, ${title}: two workers`,
			`${rate(1)} deliveries a CPU second of the busiest process; one process ${rate(0)}`,
			spread(results.map(([one, two]) => Math.max(...one.cpu) / Math.max(...two.cpu))),
			"1.6×",
		]);
		print([
			`the same by the clock, with the load generator on ${availableParallelism()} cores`,
			"",
			spread(results.map(([one, two]) => one.seconds / two.seconds)),
			"",
		]);
		print([
			"the same, CPU time of all processes together",
			`the primary has ${primary} % of it`,
			spread(results.map(([one, two]) => sum(two.cpu) / sum(one.cpu))),
			"",
		]);
	}
}

async function localMessages() {
	// Every second client is a member: with two workers all members are at the speaker's.
	const load = { count: READERS, room: JOINED, isMember: (at) => at % 2 === 0, messages: 6400, window: 16 };
	const results = await pairs(load);
	print([
		`fan-out to ${READERS / 2} at one worker, with another worker beside it: CPU time of that worker`,
		"",
		spread(results.map(([one, two]) => Math.max(...two.cpu) / sum(one.cpu))),
		"1.03×",
	]);
	print([
		"the same, CPU time of all processes together",
		"",
		spread(results.map(([one, two]) => sum(two.cpu) / sum(one.cpu))),
		"",
	]);
}

async function memory() {
	const [two, one] = [await start(2), await start(1)];
	const [primary, ...workers] = two.pids.map(memoryOf);
	const alone = memoryOf(one.pids[0]);
	const text = `${whole(Math.max(...workers))} MiB; the primary ${whole(primary)} MiB, one process ${whole(alone)} MiB`;
	print(["resident memory of a worker without clients", text, "", ""]);
	await Promise.all([two.stop(), one.stop()]);
}

/** CPU seconds of each process for documents that come back to one client. */
async function echo(daemon, socket, messages, window) {
	const one = Buffer.from(`<e>${BODY}</e>\0`);
	let sent = 0;
	let received = 0;
	const before = daemon.pids.map(cpuOf);
	await new Promise((resolve) => {
		const fill = () => {
			const free = Math.min(window - (sent - received), messages - sent);
			if (free < Math.min(window / 2, messages - sent)) return;
			sent += free;
			socket.write(Buffer.concat(Array(free).fill(one)));
		};
		socket.removeAllListeners("data");
		socket.on("data", (chunk) => {
			for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) received++;
			if (received >= messages) resolve();
			else if (sent < messages) fill();
		});
		fill();
	});
	return daemon.pids.map((pid, at) => cpuOf(pid) - before[at]);
}

async function applications() {
	for (const [title, window, messages] of [
		["one at a time", 1, 400],
		["16 outstanding", 16, 3200],
	]) {
		const results = await pairs({ count: READERS, isMember: () => true, messages, window }, APPLICATION);
		print([
			`an application's broadcast to ${READERS}, ${title}: busiest of two workers, and one process`,
			"",
			spread(results.map(([one, two]) => Math.max(...one.cpu) / Math.max(...two.cpu))),
			"",
		]);
		print([
			"the same, CPU time of all processes together",
			"",
			spread(results.map(([one, two]) => sum(two.cpu) / sum(one.cpu))),
			"",
		]);
	}
	for (const [title, window, messages] of [
		["one at a time", 1, 20_000],
		["64 outstanding", 64, 200_000],
	]) {
		const daemon = await start(2, APPLICATION);
		const sockets = [await client(daemon.port, "<where/>", () => {}), await client(daemon.port, "<where/>", () => {})];
		const find = (word) => sockets.find(({ first }) => String(first).startsWith(`<${word}`));
		const [near, far] = [find("here"), find("elsewhere")];
		await echo(daemon, near, messages / 4, window);
		await echo(daemon, far, messages / 4, window);
		const results = [];
		for (let round = 0; round < ROUNDS; round++) {
			results.push([await echo(daemon, near, messages, window), await echo(daemon, far, messages, window)]);
		}
		await daemon.stop();
		print([
			`an answer to a client of another worker, ${title}: CPU time of the application's worker, compared with its own clients`,
			"",
			spread(results.map(([own, others]) => others[1] / own[1])),
			"",
		]);
		print([
			"the same, CPU time of all processes together",
			`${whole(median(results.map(([, others]) => (sum(others) * 1e6) / messages)))} µs for each; own clients ${whole(median(results.map(([own]) => (sum(own) * 1e6) / messages)))} µs`,
			spread(results.map(([own, others]) => sum(others) / sum(own))),
			"",
		]);
	}
}

const parts = { channel, fanOuts, localMessages, applications, memory };
const only = process.env.BENCH_ONLY;
for (const [name, measure] of Object.entries(parts)) if (only === undefined || only === name) await measure();
if (writes) {
	const about = `Node ${process.version}, ${availableParallelism()} cores, medians of ${ROUNDS} pairs.`;
	writeSection("workers", `${about}\n\n${table(["", "result", "ratio", "goal"], rows)}`);
}
process.exit(0);
