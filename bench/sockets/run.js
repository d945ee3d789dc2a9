// Echo, fan-out and idle memory of a Link or of the whole daemon, compared with raw node:net and ws. It compares the CPU time of the
// server's process for the same work, in pairs that take turns; ping-pong compares the time of a round trip.

import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

const here = dirname(fileURLToPath(import.meta.url));
const command = join(here, "../../dist/cli/main.js");
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SUBSCRIBERS = Number(process.env.BENCH_SUBSCRIBERS ?? 1000);
const IDLE = Number(process.env.BENCH_IDLE ?? 5000);
const TEXT = "x".repeat(113);

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const spread = (values) => `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;

async function start(kind, execArgv = []) {
	const child = fork(join(here, "server.js"), [kind], { execArgv, stdio: ["ignore", "inherit", "inherit", "ipc"] });
	const [{ port }] = await once(child, "message");
	const ask = async (what) => {
		child.send(what);
		return (await once(child, "message"))[0];
	};
	return {
		port,
		ask,
		/** Seconds of CPU that `work` cost the server. */
		async cpu(work) {
			const before = (await ask("cpu")).cpu;
			const done = await work();
			const after = (await ask("cpu")).cpu;
			return { done, seconds: (after.user - before.user + after.system - before.system) / 1e6 };
		},
		async stop() {
			child.disconnect();
			await once(child, "exit");
		},
	};
}

/** A TCP client that counts documents. */
async function client(port, onDocuments) {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	await once(socket, "connect");
	socket.on("error", () => {});
	socket.on("data", (chunk) => {
		let documents = 0;
		for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) documents++;
		if (documents > 0) onDocuments(documents);
	});
	return { send: (bytes) => socket.write(bytes), close: () => socket.destroy(), terminated: true };
}

async function webSocketClient(port, onDocuments) {
	const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
	await once(socket, "open");
	socket.on("error", () => {});
	socket.on("message", () => onDocuments(1));
	return { send: (bytes) => socket.send(bytes), close: () => socket.terminate() };
}

/** `total` documents with `window` outstanding; resolves when all came back. */
async function echo(port, open, total, window) {
	let sent = 0;
	let received = 0;
	let finished;
	const done = new Promise((resolve) => {
		finished = resolve;
	});
	const one = Buffer.from(`${TEXT}\0`);
	const c = await open(port, (count) => {
		received += count;
		if (received >= total) finished();
		else fill();
	});
	// Refilled in batches, as a client that reads a chunk of answers would.
	const fill = () => {
		const free = Math.min(window - (sent - received), total - sent);
		if (free <= 0 || free < Math.min(window / 2, total - sent)) return;
		sent += free;
		if (!c.terminated) for (let i = 0; i < free; i++) c.send(one);
		else c.send(free === 1 ? one : Buffer.concat(Array(free).fill(one)));
	};
	const begun = process.hrtime.bigint();
	fill();
	await done;
	const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
	c.close();
	return total / seconds;
}

/** Speaks to a full room; what connecting and joining cost is not measured. */
async function fanout(kind, server, open, messages, window) {
	const { port } = server;
	const isDaemon = kind === "daemon";
	let deliveries = 0;
	let spoken = 0;
	let heard = 0;
	let finished;
	const done = new Promise((resolve) => {
		finished = resolve;
	});
	const document = isDaemon ? `<say room="r">${TEXT}</say>\0` : `${TEXT}\0`;
	const bytes = Buffer.from(document);
	let counting = false;
	const check = () => {
		if (counting && deliveries >= messages * (SUBSCRIBERS + 1)) finished();
	};
	const subscribers = [];
	for (let i = 0; i < SUBSCRIBERS; i++) {
		const c = await open(port, (count) => {
			if (counting) {
				deliveries += count;
				check();
			}
		});
		if (isDaemon) c.send(Buffer.from('<join room="r"/>\0'));
		subscribers.push(c);
	}
	const speaker = await open(port, (count) => {
		if (!counting) return;
		deliveries += count;
		heard += count;
		check();
		fill();
	});
	if (isDaemon) speaker.send(Buffer.from('<join room="r"/>\0'));
	// Greetings and presence come first; above 200 members one count a second remains.
	await new Promise((resolve) => setTimeout(resolve, isDaemon ? 3000 : 200));
	const fill = () => {
		if (heard < spoken) return;
		const free = Math.min(window, messages - spoken);
		spoken += free;
		if (!speaker.terminated) for (let i = 0; i < free; i++) speaker.send(bytes);
		else if (free > 0) speaker.send(Buffer.concat(Array(free).fill(bytes)));
	};
	const { seconds } = await server.cpu(async () => {
		counting = true;
		fill();
		await done;
	});
	for (const c of [...subscribers, speaker]) c.close();
	return (messages * SUBSCRIBERS) / seconds;
}

/**
 * Runs two contestants, `rate(kind, server)` each, and prints the ratio of their rates. A round has fresh processes, and
 * `blocks` measurements of each in turn.
 */
async function compare(title, unit, ours, theirs, rate, goal, blocks = 1) {
	const ratios = [];
	const rates = { [ours]: [], [theirs]: [] };
	for (let round = 0; round < ROUNDS; round++) {
		const servers = { [ours]: await start(ours), [theirs]: await start(theirs) };
		const now = { [ours]: [], [theirs]: [] };
		for (let block = 0; block < blocks; block++) {
			for (const kind of (round + block) % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
				now[kind].push(await rate(kind, servers[kind]));
			}
		}
		for (const kind of [ours, theirs]) {
			rates[kind].push(median(now[kind]));
			await servers[kind].stop();
		}
		ratios.push(median(now[ours].map((value, block) => value / now[theirs][block])));
	}
	const shown = (kind) => `${kind} ${Math.round(median(rates[kind])).toLocaleString("en")}`;
	const reached = median(ratios) >= goal ? "reached" : "NOT reached";
	console.log(
		`${title.padEnd(34)} ${shown(ours)} : ${shown(theirs)} ${unit}  ratio ${median(ratios).toFixed(2)}× (${spread(ratios)})  goal ${goal}× ${reached}`,
	);
}

const opener = (kind) => (kind.startsWith("ws") ? webSocketClient : client);
const pingPong = async (kind, server) => {
	await echo(server.port, opener(kind), 1000, 1);
	return echo(server.port, opener(kind), 4000, 1);
};
const pipelined = (total, window) => async (kind, server) => {
	await echo(server.port, opener(kind), total / 10, window);
	return total / (await server.cpu(() => echo(server.port, opener(kind), total, window))).seconds;
};
const spoken = (window) => (kind, server) =>
	fanout(kind, server, opener(kind), window === 1 ? 300 : kind === "daemon" ? 1600 : 320, window);

/**
 * What `IDLE` connections cost a fresh server, and as many more. The first ones also make V8 take its whole young generation,
 * which a busy process has anyhow: the further ones tell what a connection costs.
 */
/** The command itself, as users start it: it also keeps V8's young generation small. */
async function startCommand() {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-bench-"));
	const words = [command, "serve", "--port", "0", "--json", "--memory", "--max-connections", "20000"];
	const child = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
	const [line] = await once(child.stdout, "data");
	return {
		port: JSON.parse(String(line)).port,
		async ask() {
			const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
			return { rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]) * 1024 };
		},
		async stop() {
			child.kill("SIGKILL");
			await once(child, "exit");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function idleMemory(server) {
	const clients = [];
	const open = async (count) => {
		for (let i = 0; i < count; i++) clients.push(await client(server.port, () => {}));
		await new Promise((resolve) => setTimeout(resolve, 3000));
		return server.ask("memory");
	};
	// The first hundred pay for code and pools.
	const seen = [await open(100), await open(IDLE), await open(IDLE)];
	for (const c of clients) c.close();
	await server.stop();
	const each = (from, what) => (seen[from + 1][what] - seen[from][what]) / IDLE / 1024;
	return { first: each(0, "rss"), young: each(0, "young"), further: each(1, "rss"), live: each(1, "heapUsed") };
}

const version = (name) =>
	JSON.parse(readFileSync(join(here, "../../node_modules", name, "package.json"), "utf8")).version;
console.log(
	`Node ${process.version}, ws ${version("ws")}, ${ROUNDS} pairs, CPU time of the server's process (ping-pong: wall time)\n`,
);

await compare("echo, ping-pong", "a second", "link-echo", "net-echo", pingPong, 0.95, 15);
await compare("echo, 64 outstanding", "a CPU second", "link-echo", "net-echo", pipelined(500_000, 64), 0.75);
await compare("echo, 2000 outstanding", "a CPU second", "link-echo", "net-echo", pipelined(1_000_000, 2000), 0.75);
await compare("echo, 2000 outstanding", "a CPU second", "link-echo", "hand-echo", pipelined(1_000_000, 2000), 3);
await compare("echo, 2000 outstanding", "a CPU second", "link-echo", "ws-echo", pipelined(600_000, 2000), 8);
await compare(`fan-out to ${SUBSCRIBERS}, one at a time`, "a CPU second", "daemon", "net-fanout", spoken(1), 0.9);
await compare(`fan-out to ${SUBSCRIBERS}, 16 outstanding`, "a CPU second", "daemon", "ws-fanout", spoken(16), 8);
await compare(`fan-out to ${SUBSCRIBERS}, 16 outstanding`, "a CPU second", "daemon", "net-fanout", spoken(16), 8);
const reached = (value, goal) => `(goal ${goal} KB ${value <= goal ? "reached" : "NOT reached"})`;
for (const kind of ["net-idle", "daemon"]) {
	const kb = await idleMemory(await start(kind, ["--expose-gc"]));
	console.log(
		`${"memory of an idle connection".padEnd(34)} ${kind} ${kb.further.toFixed(1)} KB beyond ${IDLE}, live objects ${kb.live.toFixed(1)}; the first ${IDLE} ${kb.first.toFixed(1)} KB, with up to ${kb.young.toFixed(1)} of V8's young generation`,
	);
}
const served = await idleMemory(await startCommand());
console.log(
	`${"memory of an idle connection".padEnd(34)} xmlsocket serve ${served.further.toFixed(1)} KB beyond ${IDLE} ${reached(served.further, 6)}; the first ${IDLE} ${served.first.toFixed(1)} KB ${reached(served.first, 8)}`,
);
const times = Array.from({ length: 11 }, () => {
	const begun = process.hrtime.bigint();
	execFileSync(process.execPath, [command, "--help"], { stdio: "ignore" });
	return Number(process.hrtime.bigint() - begun) / 1e6;
});
console.log(
	`${"xmlsocket --help".padEnd(34)} ${median(times).toFixed(0)} ms (${spread(times)})  goal 150 ms ${median(times) < 150 ? "reached" : "NOT reached"}`,
);
process.exit(0);
