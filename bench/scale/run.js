// Estimates how many machines a number of users needs. It measures the costs that no other benchmark measures, reads the others from
// docs/performance.md, and simulates. `npm run bench scale -- --write` writes the tables into docs/scale.md.

import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Roster } from "../../dist/chat/cluster/roster.js";
import { createChat } from "../../dist/chat/index.js";
import { MemoryExchange } from "../../dist/cluster/memory-bus.js";
import { table, writeSection, writes } from "../report.js";
import { processesFor } from "./model.js";
import { simulate } from "./storm.js";

const here = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(here, "../../docs/performance.md"), "utf8");

/** Our result on a line of the page: the first number of its second column. */
function published(row) {
	const cells = page
		.split("\n")
		.find((line) => line.startsWith(`| ${row}`))
		?.split("|");
	const number = /[\d,]+(?:\.\d+)?/.exec(cells?.[2] ?? "");
	if (!number) throw new Error(`docs/performance.md has no number for "${row}"`);
	return Number(number[0].replaceAll(",", ""));
}

/** Heap of one user of another process who is in three rooms. */
function personBytes() {
	setFlagsFromString("--expose-gc");
	const gc = runInNewContext("gc");
	const people = 50_000;
	gc();
	const before = process.memoryUsage().heapUsed;
	const roster = new Roster();
	for (let i = 0; i < people; i++) {
		// Parsed from a message, as in a daemon, so that no two share a string.
		const [session, name, digest] = JSON.parse(
			`["${i.toString(16).padStart(16, "0")}","person ${i}","${i.toString(36).padStart(22, "d")}"]`,
		);
		const person = roster.add("node", [session, name, digest, 1]);
		for (let room = 0; room < 3; room++) roster.enter(person, `room ${(i * 7 + room * 13) % (people / 20)}`);
	}
	gc();
	const bytes = (process.memoryUsage().heapUsed - before) / people;
	if (roster.size !== people) throw new Error("the roster lost people");
	return bytes;
}

/** CPU seconds of one client that connects, sends hello and joins a room of ten. */
async function arrivalSeconds() {
	const child = fork(join(here, "../sockets/server.js"), ["daemon"], {
		stdio: ["ignore", "inherit", "inherit", "ipc"],
	});
	const [{ port }] = await once(child, "message");
	const cpu = async () => {
		child.send("cpu");
		const [{ cpu: used }] = await once(child, "message");
		return (used.user + used.system) / 1e6;
	};
	const sockets = [];
	const arrive = async (from, count) => {
		for (let at = from; at < from + count; at += 50) {
			await Promise.all(
				Array.from({ length: 50 }, async (_, i) => {
					const socket = connect({ port, host: "127.0.0.1", noDelay: true });
					sockets.push(socket);
					socket.on("error", () => {});
					await once(socket, "connect");
					socket.write(`<hello name="u${at + i}"/>\0<join room="r${Math.floor((at + i) / 10)}"/>\0`);
					let text = "";
					await new Promise((resolve) => {
						socket.on("data", (chunk) => {
							text += chunk;
							if (text.includes("<joined")) resolve(undefined);
						});
					});
				}),
			);
		}
	};
	await arrive(0, 500);
	const before = await cpu();
	await arrive(500, 2000);
	const seconds = ((await cpu()) - before) / 2000;
	for (const socket of sockets) socket.destroy();
	child.disconnect();
	await once(child, "exit");
	return seconds;
}

/** CPU seconds that one client's arrival at another process costs here: its entry, and three rooms without local members. */
async function noticeSeconds() {
	const exchange = new MemoryExchange();
	const bus = exchange.join();
	const application = createChat({}, { bus });
	const other = exchange.join();
	const send = (message) => other.publish({ to: "all" }, new TextEncoder().encode(JSON.stringify(message)));
	const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
	send(["heartbeat", other.node, 0, 0]);
	await settled();
	other.publish(
		{ to: "node", node: bus.node },
		new TextEncoder().encode(JSON.stringify(["snapshot", other.node, 0, 0, 1, { people: [], sent: [] }])),
	);
	await settled();
	// A node may send 60,000 changes at once.
	const batches = 1000;
	const people = 10;
	const before = process.cpuUsage();
	for (let batch = 0; batch < batches; batch++) {
		const changes = [];
		for (let i = 0; i < people; i++) {
			const id = batch * people + i;
			const session = id.toString(16).padStart(16, "0");
			changes.push(["person", session, `person ${id}`, id.toString(36).padStart(22, "d"), 1]);
			for (let room = 0; room < 3; room++) changes.push(["enter", session, `room ${(id * 7 + room) % 1000}`]);
		}
		send(["changes", other.node, batch + 1, changes]);
		if (batch % 100 === 0) await settled();
	}
	await settled();
	const { user, system } = process.cpuUsage(before);
	if (application.stats().chat_remote_clients !== batches * people) throw new Error("the changes did not arrive");
	await application.close();
	return (user + system) / 1e6 / batches / people;
}

const habits = { roomsPerUser: 3, usersPerRoom: 20, secondsPerMessage: 60, roomMessagesPerSecond: 10 };
const limits = { connectionsPerProcess: 10_000, memoryBytesPerProcess: 2 * 1024 ** 3, load: 0.5 };
const costs = {
	connectionBytes: published("memory of an idle TCP connection") * 1024,
	personBytes: personBytes(),
	deliverySeconds: 1 / published("fan-out to 1,000, one at a time, whole daemon"),
	busSeconds: 1 / published("a message from the bus"),
	arrivalSeconds: await arrivalSeconds(),
	noticeSeconds: await noticeSeconds(),
};

const number = (value) => Math.round(value).toLocaleString("en");
const inputs = table(
	["input", "value", "from"],
	[
		["memory of an idle connection", `${(costs.connectionBytes / 1024).toFixed(1)} KB`, "`npm run bench sockets`"],
		[
			"one delivery that shares no write",
			`${(costs.deliverySeconds * 1e6).toFixed(1)} µs of CPU`,
			"`npm run bench sockets`",
		],
		["one message from the bus", `${(costs.busSeconds * 1e6).toFixed(1)} µs of CPU`, "`npm run bench cluster`"],
		["connect, hello and join of one client", `${(costs.arrivalSeconds * 1e6).toFixed(0)} µs of CPU`, "this run"],
		["the same at another process of the cluster", `${(costs.noticeSeconds * 1e6).toFixed(1)} µs of CPU`, "this run"],
		["one user of another process, in three rooms", `${number(costs.personBytes)} bytes`, "this run"],
	],
);
const USERS_OF_A_CLUSTER = 100_000;
const sizes = table(
	[
		"users",
		"one cluster",
		"limited by",
		"bus messages a second",
		"memory of a process",
		`clusters of ${number(USERS_OF_A_CLUSTER)} users`,
		"bus messages a second in each",
	],
	[1e4, 1e5, 1e6, 1e7].map((users) => {
		const one = processesFor(users, habits, costs, limits);
		const many = Math.ceil(users / USERS_OF_A_CLUSTER);
		const each = processesFor(Math.min(users, USERS_OF_A_CLUSTER), habits, costs, limits);
		return [
			number(users),
			one ? `${number(one.processes)} processes` : "impossible",
			one?.because ?? "memory for the users of other processes",
			one ? number(one.busMessages) : "–",
			one ? `${number(one.memoryBytes / 1024 ** 2)} MiB` : "–",
			`${number(many)} with ${number(each.processes)} processes each`,
			number(each.busMessages),
		];
	}),
);
const storms = table(
	[
		"clients whose servers failed",
		"remaining processes",
		"accepted by them",
		"99 % reconnected after",
		"most attempts in a second",
		"attempts for each client",
	],
	[
		[10_000, 1],
		[100_000, 20],
		[500_000, 50],
		[1_000_000, 100],
	].map(([clients, processes]) => {
		const arrivalsPerSecond = limits.load / (costs.arrivalSeconds / processes + costs.noticeSeconds);
		const { seconds, peak, attempts } = simulate({
			clients,
			arrivalsPerSecond,
			seed: 1,
			backoff: { minDelayMs: 500, maxDelayMs: 30_000 },
		});
		return [
			number(clients),
			number(processes),
			`${number(arrivalsPerSecond)} a second`,
			`${seconds.toFixed(1)} s`,
			number(peak),
			attempts.toFixed(1),
		];
	}),
);
const text = [inputs, sizes, storms].join("\n\n");
console.log(text);
if (writes) writeSection("simulation", text, "scale.md");
