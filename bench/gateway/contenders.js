// The gateways that are compared, each started in a process of its own in front of the same target, and how much memory they hold.

import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const command = join(here, "../../dist/cli/main.js");

/** Our own, as a user starts it. */
export async function startOurs(target, flags = []) {
	const child = spawn(
		process.execPath,
		[command, "gateway", `t=127.0.0.1:${target}`, "--port", "0", "--json", "--log-level", "error", ...flags],
		{ stdio: ["ignore", "pipe", "inherit"], env: clean() },
	);
	const port = await new Promise((resolve, reject) => {
		let output = "";
		child.stdout.on("data", (chunk) => {
			output += chunk;
			if (output.includes("\n")) resolve(JSON.parse(output).port);
		});
		child.once("exit", () => reject(new Error("the gateway ended")));
	});
	return {
		name: "xmlsocket gateway",
		url: `ws://127.0.0.1:${port}/gateway/t`,
		base: `ws://127.0.0.1:${port}`,
		...made(child),
	};
}

/** Debian's websockify; undefined where it is not installed. */
export async function startWebsockify(target) {
	if (!websockifyPath()) return undefined;
	const port = await freePort();
	const child = spawn(websockifyPath(), [`127.0.0.1:${port}`, `127.0.0.1:${target}`], { stdio: "ignore" });
	for (let tries = 0; ; tries++) {
		const socket = connect(port, "127.0.0.1");
		const open = await new Promise((resolve) => {
			socket.once("connect", () => resolve(true));
			socket.once("error", () => resolve(false));
		});
		socket.destroy();
		if (open) break;
		if (tries > 100) throw new Error("websockify does not listen");
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return { name: "websockify", url: `ws://127.0.0.1:${port}/`, ...made(child) };
}

/** Where it is. */
export function websockifyPath() {
	try {
		return execFileSync("which", ["websockify"], { encoding: "utf8" }).trim();
	} catch {
		return undefined;
	}
}

/** The target, with `set` for its next mode and `seen` for what it saw since. */
export async function startTarget() {
	const child = fork(join(here, "target.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
	const [{ port }] = await once(child, "message");
	const ask = async (message) => {
		child.send(message);
		return (await once(child, "message"))[0];
	};
	return {
		port,
		set: (mode) => ask({ mode }),
		seen: async () => (await ask({})).connections,
		stop: () => child.disconnect(),
	};
}

/** The least that a hop through another process costs: bytes from one TCP connection to another, as they come. */
export async function startRelay(target) {
	const child = spawn(
		process.execPath,
		[
			"-e",
			`const net=require("net");const s=net.createServer({noDelay:true},a=>{const b=net.connect({port:${target},host:"127.0.0.1",noDelay:true});
			a.on("data",c=>b.write(c));b.on("data",c=>a.write(c));for(const [x,y] of [[a,b],[b,a]])x.on("close",()=>y.destroy()).on("error",()=>{})})
			.listen(0,"127.0.0.1",()=>console.log(s.address().port))`,
		],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	const port = Number(String((await once(child.stdout, "data"))[0]));
	return { port, ...made(child) };
}

/** A port that accepts nothing and refuses nothing: its process is stopped and its queue is full. */
export async function startHanging() {
	const child = spawn(
		process.execPath,
		[
			"-e",
			'const s=require("net").createServer().listen({port:0,host:"127.0.0.1",backlog:1},()=>console.log(s.address().port))',
		],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	const port = Number(String((await once(child.stdout, "data"))[0]));
	process.kill(child.pid, "SIGSTOP");
	const fillers = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => {}));
	await new Promise((resolve) => setTimeout(resolve, 300));
	return {
		port,
		stop: () => {
			for (const filler of fillers) filler.destroy();
			child.kill("SIGKILL");
		},
	};
}

/** A port that refuses. */
export async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

function made(child) {
	return {
		/** The memory of the process and of those it started, in KiB, each shared page counted once. */
		memory: () => family(child.pid).reduce((sum, pid) => sum + pss(pid), 0),
		stop: async () => {
			if (child.exitCode !== null) return;
			child.kill("SIGTERM");
			await once(child, "exit");
		},
	};
}

function family(pid) {
	const pids = [pid];
	for (const entry of readdirSync("/proc")) {
		if (!/^\d+$/.test(entry)) continue;
		try {
			if (Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, "utf8"))[1]) === pid)
				pids.push(...family(Number(entry)));
		} catch {
			// It has ended meanwhile.
		}
	}
	return pids;
}

function pss(pid) {
	try {
		return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);
	} catch {
		return 0;
	}
}

function clean() {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("XMLSOCKET_")));
}
