// Who takes part, and how each is started. Each contender is a process of its own whose CPU time the system reports, so that the same
// clock measures programs of all languages.

import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasNatsServer, NatsServers } from "../../test/cluster/nats-server.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const command = join(here, "../../dist/cli/main.js");
/** The daemon's limits of a client's documents are against floods; the benchmark is one. */
const LIMITS = ["--documents-per-second", "--document-burst"].flatMap((flag) => [flag, "1000000"]);

/** CPU seconds of all threads of a process, user and system. */
export function cpuOf({ pid }) {
	let nanoseconds = 0;
	for (const thread of readdirSync(`/proc/${pid}/task`)) {
		nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
	}
	return nanoseconds / 1e9;
}

/** Whether a server has used so many seconds of CPU time from now on: on a busy machine a phase lasts longer and is as exact. */
export function usedUp(server, seconds) {
	const end = cpuOf(server) + seconds;
	return () => cpuOf(server) >= end;
}

/** `xmlsocket serve` as a user starts it. */
async function daemon(...flags) {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-bench-"));
	const child = spawn(process.execPath, [command, "serve", "--port", "0", "--json", ...LIMITS, ...flags], {
		cwd: folder,
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [line] = await once(child.stdout, "data");
	return {
		pid: child.pid,
		port: JSON.parse(String(line)).port,
		async stop() {
			child.kill("SIGKILL");
			await once(child, "exit");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** A server of `server.js`, or of the benchmark of sockets. */
export async function program(file, ...words) {
	const child = fork(join(here, file), words, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
	const [ports] = await once(child, "message");
	return {
		pid: child.pid,
		...ports,
		start: () => child.send("start"),
		async stop() {
			child.disconnect();
			await once(child, "exit");
		},
	};
}
const sockets = (kind) => () => program("../sockets/server.js", kind);
const own = (kind) => () => program("server.js", kind);

async function nats() {
	const servers = await NatsServers.start({ jetstream: false });
	const [{ child, port }] = servers.nodes;
	return { pid: child.pid, port, stop: () => servers.stop() };
}

const say = (text) => `<say room="r">${text}</say>`;
const chat = { protocol: "xmlsocket", hello: '<join room="r"/>', say, settleMs: 1500 };
const plain = { say: (text) => text, settleMs: 200 };

/** Each sends every message of one client to 1,000 others. */
export const FAN_OUT = {
	chat: { ...chat, start: () => daemon("--room", "r:live") },
	"chat-websocket": { ...chat, protocol: "xmlsocket-websocket", start: () => daemon("--room", "r:live") },
	relay: { protocol: "xmlsocket", say: (text) => `<say>${text}</say>`, settleMs: 1500, start: () => daemon("--relay") },
	stored: { ...chat, start: () => daemon("--room", "r:stored") },
	"stored-memory": { ...chat, start: () => daemon("--room", "r:stored", "--memory") },
	ws: { ...plain, protocol: "websocket", start: sockets("ws-fanout") },
	"ws-joined": { ...plain, protocol: "websocket", start: own("ws-joined") },
	"socket.io": { ...plain, protocol: "socket.io", start: own("socket.io-fanout") },
	"nats-server": { ...plain, protocol: "nats", start: nats },
	net: { ...plain, protocol: "xmlsocket", start: sockets("net-fanout") },
};

/** Each returns every message to its sender. */
export const ECHO = {
	xmlsocket: { protocol: "xmlsocket", start: own("library-echo") },
	"xmlsocket-websocket": { protocol: "xmlsocket-websocket", start: own("library-echo") },
	ws: { protocol: "websocket", start: sockets("ws-echo") },
	"socket.io": { protocol: "socket.io", start: own("socket.io-echo") },
	"nats-server": { protocol: "nats", start: nats },
	net: { protocol: "xmlsocket", start: sockets("net-echo") },
};

const require = createRequire(import.meta.url);
const version = (name) => JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")).version;

/** The versions of the peers, and why some are missing. */
export function peers() {
	const versions = { ws: version("ws") };
	const missing = {};
	try {
		versions["socket.io"] = version("socket.io");
	} catch {
		missing["socket.io"] = "not installed: npm install --prefix bench";
	}
	if (hasNatsServer())
		versions["nats-server"] = /v([\d.]+)/.exec(execFileSync("nats-server", ["--version"], { encoding: "utf8" }))[1];
	else missing["nats-server"] = "not on PATH: apt-get install nats-server";
	for (const [name, why] of Object.entries(missing)) console.log(`Without ${name}: ${why}`);
	return { versions, missing };
}
