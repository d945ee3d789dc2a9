// Documents of a server that a script's XMLSocket receives, compared with the package's modern client. It compares the CPU time of the
// receiving process, with all its threads, for the same documents, in pairs that take turns. A part of `run.js`.

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "../report.js";

const here = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const COUNT = Number(process.env.BENCH_DOCUMENTS ?? 300_000);
/** The chat message of the other benchmarks: 113 bytes. */
const DOCUMENT = `<said room="lobby" from="ann" at="2026-01-01T12:00:00Z" seq="1234">Good morning, everybody, and a welcome.</said>`;
const BLOCK = Buffer.from(`${DOCUMENT}\0`.repeat(1000));

/** Documents a CPU second of one contestant. */
async function rate(kind) {
	const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
	await once(server, "listening");
	const child = fork(join(here, "receiver.js"), [kind, String(server.address().port), String(COUNT)], {
		stdio: ["ignore", "inherit", "inherit", "ipc"],
	});
	const [socket] = await once(server, "connection");
	const cpu = async () => {
		child.send("cpu");
		const [{ user, system }] = await once(child, "message");
		return (user + system) / 1e6;
	};
	const round = async () => {
		const done = once(socket, "data");
		for (let sent = 0; sent < COUNT; sent += 1000) if (!socket.write(BLOCK)) await once(socket, "drain");
		await done;
	};
	await round(); // code gets warm
	const before = await cpu();
	await round();
	const seconds = (await cpu()) - before;
	const gone = once(child, "exit");
	child.disconnect();
	await gone;
	socket.destroy();
	server.close();
	return COUNT / seconds;
}

/** Runs both in turn: a line of labels and numbers. */
async function compared(title, ours, theirs, goal) {
	const rates = { [ours]: [], [theirs]: [] };
	const ratios = [];
	for (let at = 0; at < ROUNDS; at++) {
		for (const kind of at % 2 === 0 ? [ours, theirs] : [theirs, ours]) rates[kind].push(await rate(kind));
		ratios.push(rates[ours].at(-1) / rates[theirs].at(-1));
	}
	const shown = (kind) => Math.round(median(rates[kind])).toLocaleString("en");
	const ratio = median(ratios);
	const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
	console.log(`goal, ${title}: ${goal}× the modern client: ${ratio >= goal ? "reached" : "not reached"}`);
	return [
		`documents of ${DOCUMENT.length} bytes ${title}`,
		`${shown(ours)} a CPU second, the modern client ${shown(theirs)} (${ratio.toFixed(2)}×, ${spread})`,
	];
}

/** The rows of this benchmark. */
export async function messageRows() {
	return [
		await compared("into a script's XMLSocket, as text", "script-text", "client-text", 0.5),
		await compared("into a script's XMLSocket, as trees", "script-tree", "client-tree", 0.5),
	];
}
