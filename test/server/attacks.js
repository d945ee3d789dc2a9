// Attacks on a real daemon's HTTP side, each with what was seen of the daemon afterwards, as one line of JSON. It runs as a program
// of its own so that it can run in a network namespace too, where loopback has the MTU of Ethernet and not segments of 64 KiB.
// Usage: node attacks.js NAME

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const COMMAND = resolve(fileURLToPath(import.meta.url), "../../../dist/cli/main.js");
const LIMIT_MS = 60_000;

/** @param {string} path @param {string} [headers] */
const get = (path, headers = "") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
/** @param {string} path @param {string} [headers] */
const upgrade = (path, headers = "") =>
	get(
		path,
		`Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}`,
	);
const FAREWELL = "Connection: close\r\n";

/** Removed when this program ends. @param {string} of */
function temporaryFolder(of) {
	const folder = mkdtempSync(join(tmpdir(), `xmlsocket ${of} `));
	process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** @param {string[]} [flags] @param {number} [descriptors] */
async function startDaemon(flags = [], descriptors = 0) {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket attacked "));
	const words = [
		process.execPath,
		COMMAND,
		"serve",
		"--port",
		"0",
		"--json",
		"--memory",
		"--log-level",
		"warn",
		...flags,
	];
	if (descriptors > 0) words.unshift("prlimit", `--nofile=${descriptors}`);
	const child = spawn(/** @type {string} */ (words[0]), words.slice(1), {
		cwd: folder,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const exited = once(child, "exit");
	let log = "";
	child.stderr.on("data", (chunk) => {
		log += chunk;
	});
	const [line] = await Promise.race([
		once(child.stdout, "data"),
		exited.then(() => Promise.reject(new Error(`the daemon ended: ${log}`))),
	]);
	const { port } = JSON.parse(String(line));
	await ask(port, get("/healthz", FAREWELL));
	const descriptorsOf = () => readdirSync(`/proc/${child.pid}/fd`).length;
	const base = descriptorsOf();
	return {
		port,
		child,
		base,
		log: () => log,
		descriptors: descriptorsOf,
		isAlive: () => child.exitCode === null && child.signalCode === null,
		/** Until as many descriptors are open as before the attack. */
		async settled() {
			const untilMs = performance.now() + LIMIT_MS;
			while (descriptorsOf() > base && performance.now() < untilMs) await sleep(50);
			// The first request may still have been closing when they were counted.
			return Math.max(0, descriptorsOf() - base);
		},
		async stop() {
			if (child.exitCode === null) child.kill("SIGTERM");
			const [code] = await exited;
			rmSync(folder, { recursive: true, force: true });
			return { code };
		},
	};
}

/** @typedef {Awaited<ReturnType<typeof startDaemon>>} Daemon */

/** @param {number} port @param {string} text */
async function open(port, text) {
	const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
	socket.on("error", () => {});
	await Promise.race([once(socket, "connect"), once(socket, "close")]);
	socket.write(text);
	return socket;
}

/** Everything that the daemon sends until it closes. @param {number} port @param {string} text */
async function ask(port, text) {
	const socket = await open(port, text);
	let received = "";
	socket.setEncoding("latin1");
	socket.on("data", (chunk) => {
		received += chunk;
	});
	socket.on("end", () => socket.end());
	if (!socket.destroyed) await Promise.race([once(socket, "close"), sleep(LIMIT_MS)]);
	socket.destroy();
	return received;
}

/** Whether the daemon still answers. @param {Daemon} daemon */
async function answers(daemon) {
	return (await ask(daemon.port, get("/", FAREWELL))).startsWith("HTTP/1.1 200 ");
}

/** @param {Daemon} daemon */
async function outcome(daemon) {
	const isAlive = daemon.isAlive();
	const leaked = isAlive ? await daemon.settled() : -1;
	const isServing = isAlive && (await answers(daemon));
	return { isAlive, isServing, leaked, ...(await daemon.stop()) };
}

/** @type {Record<string, () => Promise<object>>} */
const ATTACKS = {
	async "bad-ranges"() {
		const daemon = await startDaemon();
		const statuses = [];
		for (const range of ["5-2", "2-1", "100-1", "99999999-", "-0"])
			statuses.push((await ask(daemon.port, get("/", `Range: bytes=${range}\r\n${FAREWELL}`))).slice(9, 12));
		return { statuses, ...(await outcome(daemon)) };
	},

	async "pipelined-requests"() {
		const daemon = await startDaemon([], 1024);
		const sockets = [];
		let most = 0;
		for (let at = 0; at < 4; at++) sockets.push(await open(daemon.port, get("/").repeat(1800)));
		for (let look = 0; look < 20 && daemon.isAlive(); look++) {
			most = Math.max(most, daemon.descriptors() - daemon.base);
			await sleep(25);
		}
		for (const socket of sockets) socket.destroy();
		return { most, ...(await outcome(daemon)) };
	},

	async "aborted-answers"() {
		const daemon = await startDaemon();
		for (let at = 0; at < 200; at++) {
			const socket = await open(daemon.port, get("/flash/chat.swf") + get("/").repeat(8));
			socket.once("data", () => socket.resetAndDestroy());
			if (at % 20 === 0) await sleep(50);
		}
		await sleep(200);
		return await outcome(daemon);
	},

	async "unread-answers"() {
		const folder = temporaryFolder("site");
		const config = join(folder, "config.json");
		writeFileSync(config, JSON.stringify({ unreadOutputTimeoutMs: 1000 }));
		// More than the kernel takes for a client that reads nothing.
		writeFileSync(join(folder, "movie.swf"), Buffer.alloc(20_000_000));
		writeFileSync(join(folder, "index.html"), "<p>A site</p>");
		const daemon = await startDaemon(["--config", config, "--web", folder]);
		const sockets = [];
		for (let at = 0; at < 60; at++) {
			const socket = await open(daemon.port, get("/movie.swf").repeat(3));
			socket.pause();
			sockets.push(socket);
		}
		// The sockets here stay open; the daemon has to close its own.
		const leaked = await daemon.settled();
		const isServing = await answers(daemon);
		const isLogged = daemon.log().includes("unread-output");
		const end = { isAlive: daemon.isAlive(), isServing, leaked, isLogged, ...(await daemon.stop()) };
		for (const socket of sockets) socket.destroy();
		return end;
	},

	async "refused-upgrades"() {
		const daemon = await startDaemon();
		const foreign = "Origin: https://evil.example\r\n";
		const requests = [
			upgrade("/nowhere"),
			upgrade("/socket", foreign),
			upgrade("http://localhost:99999/"),
			upgrade("/socket").replace("localhost", "evil.example"),
			upgrade("/socket").replace(/Sec-WebSocket-Key.*\r\n/, ""),
			upgrade("/socket").replace("GET", "POST"),
			"GET / HTTP/1.1\r\nbroken header\r\n\r\n",
		];
		const sockets = [];
		for (const request of Array.from({ length: 10 }, () => requests).flat()) {
			const socket = await open(daemon.port, request);
			socket.once("data", () => {
				// One more byte, then the end, and from some of them nothing more at all.
				socket.write("x");
				if (sockets.length % 2 === 0) socket.end();
			});
			sockets.push(socket);
		}
		const leaked = await daemon.settled();
		const isServing = await answers(daemon);
		const end = { isAlive: daemon.isAlive(), isServing, leaked, ...(await daemon.stop()) };
		for (const socket of sockets) socket.destroy();
		return end;
	},

	async stall() {
		const daemon = await startDaemon();
		let wrong = 0;
		const kinds = [get("/healthz", FAREWELL), upgrade("/socket"), "<policy-file-request/>\0"];
		for (let round = 0; round < 2; round++) {
			const clients = await Promise.all(
				Array.from({ length: 15 }, async (_, at) => {
					const socket = await open(daemon.port, "");
					const client = { socket, text: "", kind: at % kinds.length };
					socket.on("data", (chunk) => {
						client.text += chunk;
					});
					return client;
				}),
			);
			await sleep(30);
			daemon.child.kill("SIGSTOP");
			for (const { socket, kind } of clients) socket.write(/** @type {string} */ (kinds[kind]));
			await sleep(900);
			daemon.child.kill("SIGCONT");
			const untilMs = performance.now() + LIMIT_MS;
			while (clients.some(({ text }) => text === "") && performance.now() < untilMs) await sleep(20);
			for (const { socket, text, kind } of clients) {
				if (!text.startsWith(kind === 2 ? "<cross-domain-policy>" : "HTTP/1.1 ")) wrong++;
				socket.destroy();
			}
		}
		return { wrong, ...(await outcome(daemon)) };
	},

	async "no-descriptors-left"() {
		const config = join(temporaryFolder("config"), "config.json");
		writeFileSync(config, JSON.stringify({ maxConnections: 1000 }));
		const daemon = await startDaemon(["--config", config], 150);
		// A request whose page needs a descriptor waits behind one that is answered from memory.
		const kept = await open(daemon.port, get("/healthz"));
		let text = "";
		kept.on("data", (chunk) => {
			text += chunk;
		});
		const others = await Promise.all(Array.from({ length: 200 }, () => open(daemon.port, "<")));
		const untilMs = performance.now() + LIMIT_MS;
		// The kernel accepts a connection before the daemon does.
		while (daemon.descriptors() < 150 && performance.now() < untilMs) await sleep(5);
		// For each connection beyond the limit the daemon has one descriptor for a moment, which the page could get: wait until the last has ended.
		for (const socket of others) socket.resume().on("end", () => socket.end());
		const ended = () => others.filter((socket) => socket.closed).length;
		for (let before = 0; (ended() === 0 || ended() > before) && performance.now() < untilMs; await sleep(100))
			before = ended();
		kept.write(get("/"));
		while (text.split("HTTP/1.1 ").length < 3 && performance.now() < untilMs) await sleep(20);
		const status = text.split("HTTP/1.1 ")[2]?.slice(0, 3);
		for (const socket of [kept, ...others]) socket.destroy();
		return { status, ...(await outcome(daemon)) };
	},
};

const attack = ATTACKS[process.argv[2] ?? ""];
if (!attack) throw new Error(`The attacks are ${Object.keys(ATTACKS).join(", ")}.`);
console.log(JSON.stringify(await attack()));
process.exit(0);
