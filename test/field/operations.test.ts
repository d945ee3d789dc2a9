// Situations of operators: what machines, disks, certificates and supervisors do to a daemon. Each test starts the built command.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
	cpSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	truncateSync,
	unlinkSync,
	writeFileSync,
} from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { connect, openChat } from "../../src/index.ts";
import { hasNatsServer, NatsServers } from "../cluster/nats-server.js";
import { cleanEnvironment, command, type Daemon, makeCertificate, startDaemon } from "../end-to-end/daemon.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket operations "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
const fresh = (name: string): string => join(folder, `${++made}-${name}`);

async function daemon(...flags: string[]): Promise<Daemon> {
	const started = await startDaemon(flags);
	onTestFinished(async () => void (await started.stop("SIGKILL")));
	return started;
}

/** Runs a command to its end, or until it has printed where it listens. */
async function run(
	words: readonly string[],
	program: readonly string[] = [process.execPath, command],
): Promise<{ code: number | null; output: string; errors: string }> {
	const [file, ...before] = program;
	const child = spawn(file!, [...before, ...words], {
		cwd: folder,
		env: cleanEnvironment(),
		stdio: ["ignore", "pipe", "pipe"],
	});
	onTestFinished(() => void child.kill("SIGKILL"));
	let output = "";
	let errors = "";
	const closed = once(child, "close") as Promise<[number | null]>;
	const listens = new Promise<[null]>((done) => {
		child.stdout.on("data", (chunk) => {
			output += String(chunk);
			if (/"port":/.test(output)) done([null]);
		});
	});
	child.stderr.on("data", (chunk) => {
		errors += String(chunk);
	});
	const [code] = await Promise.race([closed, listens]);
	return { code, output, errors };
}

const serve = (...flags: string[]): string[] => ["serve", "--port", "0", "--json", ...flags];

/** A shell in namespaces of its own, in which it may mount file systems and configure the network. */
const IN_NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c"] as const;
const [unshare, ...unshareFlags] = IN_NAMESPACES;
const hasNamespaces =
	spawnSync(unshare, [...unshareFlags, "ip link set lo up && mount -t tmpfs tmpfs /mnt"], { stdio: "ignore" })
		.status === 0;
if (!hasNamespaces && process.env.CI === "true")
	throw new Error("Namespaces cannot be made here; run as root, or install util-linux and iproute2.");
if (!hasNamespaces) console.log("Skipped in part: this user cannot make namespaces with unshare, mount and ip.");

/** Runs the command after these steps in namespaces. */
const runAfter = (steps: string, words: readonly string[]): ReturnType<typeof run> =>
	run(words, [...IN_NAMESPACES, `${steps} && exec "$@"`, "sh", process.execPath, command]);

async function sayInLobby(port: number, text: string): Promise<number> {
	const chat = await openChat(`localhost:${port}`, { name: "ann" });
	const room = await chat.join("lobby");
	const { seq } = await room.say(text);
	await chat.close();
	return seq!;
}

describe("the data folder", () => {
	test("of a running daemon is refused to a second one, and the first goes on", async () => {
		const data = fresh("data");
		const first = await daemon("--data", data);
		const second = await run(serve("--data", data));
		expect(second.code).toBe(1);
		expect(second.errors).toContain("XMLSOCKET_DATA_IN_USE");
		expect(await sayInLobby(first.port, "still here")).toBe(1);
	});

	test("of a daemon that was killed, with its LOCK left behind, opens again, on the same port and with all messages", async () => {
		const data = fresh("data");
		const first = await daemon("--data", data);
		expect(await sayInLobby(first.port, "before")).toBe(1);
		// A connection that is open at that moment keeps the port in the system's list.
		const open = connectTcp(first.port, "127.0.0.1").on("error", () => {});
		await once(open, "data");
		await first.stop("SIGKILL");
		expect(existsSync(join(data, "LOCK"))).toBe(true);
		const second = await daemon("--data", data, "--port", String(first.port));
		expect(second.port).toBe(first.port);
		expect(await sayInLobby(second.port, "after")).toBe(2);
	});

	test.each([
		["an empty CURRENT", (data: string) => truncateSync(join(data, "CURRENT"))],
		["a MANIFEST cut short", (data: string) => truncateSync(join(data, manifestOf(data)), 20)],
		["no MANIFEST", (data: string) => unlinkSync(join(data, manifestOf(data)))],
	])(
		"with %s after a loss of power is called damaged, and repair keeps its messages under a new history",
		async (_, damage) => {
			const data = fresh("data");
			cpSync(await sample(), data, { recursive: true });
			const before = JSON.parse((await run(["data", data, "--json"])).output) as { log: string };
			damage(data);
			const refused = await run(serve("--data", data));
			expect(refused.code).toBe(1);
			expect(refused.errors).toContain("XMLSOCKET_DATA_DAMAGED");
			expect(refused.errors).toContain("repair");
			const repaired = await run(["data", data, "repair", "--json"]);
			expect(repaired.code).toBe(0);
			expect(JSON.parse(repaired.output)).toMatchObject({ messages: 1, rooms: [{ room: "lobby", lastSeq: 1 }] });
			// Clients must not resume in it: numbers of lost messages are used again.
			expect((JSON.parse(repaired.output) as { log: string }).log).not.toBe(before.log);
		},
	);

	test("repair refuses a folder that is none, and creates nothing", async () => {
		const nowhere = fresh("nowhere");
		const { code, errors } = await run(["data", nowhere, "repair"]);
		expect(code).toBe(1);
		expect(errors).toContain("XMLSOCKET_DATA_UNREADABLE");
		expect(existsSync(nowhere)).toBe(false);
	});

	test("below a file is refused with the cause", async () => {
		const file = fresh("file");
		writeFileSync(file, "");
		const { code, errors } = await run(serve("--data", join(file, "data")));
		expect(code).toBe(1);
		expect(errors).toContain("not a directory");
	});

	test.skipIf(!hasNamespaces)(
		"on a read-only file system is refused with that cause, to start and to look",
		async () => {
			const mount = fresh("mount");
			const steps = `mkdir -p '${mount}' && mount -t tmpfs -o ro tmpfs '${mount}'`;
			const created = await runAfter(steps, serve("--data", join(mount, "deep", "data")));
			expect(created.code).toBe(1);
			expect(created.errors).toContain(`${mount} is on a read-only file system`);
			const data = fresh("data");
			cpSync(await sample(), data, { recursive: true });
			const looked = await runAfter(`mount --bind '${data}' '${data}' && mount -o remount,ro,bind '${data}'`, [
				"data",
				data,
			]);
			expect(looked.code).toBe(1);
			expect(looked.errors).toContain("must be able to write to the folder, even to read it");
		},
	);

	test.skipIf(!hasNamespaces)("on a full disk refuses messages, and the log names the cause", async () => {
		const mount = fresh("mount");
		const errors = fresh("errors");
		const script = fresh("script.mjs");
		// Everything runs inside the namespaces: the daemon, the fill, and one client.
		writeFileSync(script, FULL_DISK);
		const ended = await run(
			[script, command, mount, errors],
			[
				...IN_NAMESPACES,
				`mkdir -p '${mount}' && mount -t tmpfs -o size=3m tmpfs '${mount}' && ip link set lo up && exec "$@"`,
				"sh",
				process.execPath,
			],
		);
		expect(ended.output).toContain('<error code="unavailable" id="full">');
		expect(readFileSync(errors, "utf8")).toMatch(/"reason":"[^"]*No space left on device"/);
	});
});

const FULL_DISK = `
import { spawn } from "node:child_process";
import { openSync, writeSync } from "node:fs";
import { connect } from "node:net";
const [, , command, mount, errors] = process.argv;
const daemon = spawn(process.execPath, [command, "serve", "--port", "0", "--json", "--data", mount + "/data"], {
	cwd: mount,
	stdio: ["ignore", "pipe", openSync(errors, "w")],
});
const port = await new Promise((done) => daemon.stdout.once("data", (line) => done(JSON.parse(line).port)));
const fill = openSync(mount + "/fill", "w");
try {
	for (;;) writeSync(fill, Buffer.alloc(65536));
} catch {}
try {
	for (;;) writeSync(fill, Buffer.alloc(512));
} catch {}
const text = "x".repeat(5000);
const socket = connect(port, "127.0.0.1");
let received = "";
socket.on("data", (bytes) => {
	received += bytes;
	if (/<error [^>]*id="full"/.test(received) || received.includes('<ack id="full"')) {
		console.log(received);
		daemon.kill("SIGKILL");
		process.exit();
	}
});
socket.write('<hello name="ann"/>\\0<join room="lobby"/>\\0<say room="lobby" id="full">' + text + "</say>\\0");
`;

function manifestOf(data: string): string {
	return readdirSync(data).find((name) => name.startsWith("MANIFEST"))!;
}

let sampled: Promise<string> | undefined;
/** A data folder with one message in the lobby, of a daemon that has ended. */
function sample(): Promise<string> {
	sampled ??= (async () => {
		const data = fresh("sample");
		const writer = await startDaemon(["--data", data]);
		await sayInLobby(writer.port, "kept");
		await writer.stop();
		return data;
	})();
	return sampled;
}

describe("the address to listen on", () => {
	test.each([
		["192.0.2.1", "this machine has no such address"],
		["no such host", "neither an address nor a known name"],
		["localhost:9000", "The port belongs in --port"],
		["http://localhost", "neither an address nor a known name"],
	])("%s is refused as a host of this machine, with a hint about --host", async (host, words) => {
		const { code, errors } = await run(serve("--memory", "--host", host));
		expect(code).toBe(2);
		expect(errors).toContain("XMLSOCKET_HOST_UNAVAILABLE");
		expect(errors).toContain(words);
		expect(errors).toContain("Use localhost");
	});

	test("may have the brackets of an URL", async () => {
		const { port } = await daemon("--memory", "--host", "[::1]");
		const connection = await connect(`[::1]:${port}`);
		await connection.close();
	});

	test("a server that is on ::1 alone, or on 127.0.0.1 alone, is reached as localhost, also by a WebSocket", async () => {
		for (const host of ["::1", "127.0.0.1"]) {
			const { port } = await daemon("--memory", "--host", host);
			for (const address of [`localhost:${port}`, `ws://localhost:${port}/socket`]) {
				const connection = await connect(address);
				await connection.close();
			}
		}
	});

	test.skipIf(!hasNamespaces)(
		"::1 on a machine without IPv6 is an error, and localhost is 127.0.0.1 alone",
		async () => {
			const steps = "ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
			const refused = await runAfter(steps, serve("--memory", "--host", "::1"));
			expect(refused.code).toBe(2);
			expect(refused.errors).toContain("Cannot listen on ::1");
			const accepted = await runAfter(steps, serve("--memory"));
			expect(accepted.output).toContain('"port"');
		},
	);

	test.skipIf(!hasNamespaces)("localhost on a machine without IPv4 is ::1 alone", async () => {
		const accepted = await runAfter("ip link set lo up && ip address del 127.0.0.1/8 dev lo", serve("--memory"));
		expect(accepted.output).toContain('"port"');
	});

	test("an IPv4 client of a port for both families is logged with its IPv4 address", async () => {
		const { port, log } = await daemon("--memory", "--host", "*");
		const socket = connectTcp(port, "127.0.0.1").on("error", () => {});
		socket.end("GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n");
		socket.resume();
		await expect.poll(log).toContain('"remote":"127.0.0.1"');
		expect(log()).not.toContain("::ffff:");
	});
});

describe("the certificate", () => {
	const subjectAt = (port: number): Promise<string> =>
		new Promise((done, fail) => {
			const socket = connectTls({ port, host: "localhost", rejectUnauthorized: false }, () => {
				done(String(socket.getPeerX509Certificate()?.fingerprint));
				socket.destroy();
			}).on("error", fail);
		});

	test("that has expired is served, and the log says so at the start and until it is renewed", async () => {
		const { cert, key } = expired();
		const { port, log, process: child } = await daemon("--memory", "--tls-cert", cert, "--tls-key", key);
		await expect.poll(log).toMatch(/The certificate .* expired at 20\d\d-/);
		await subjectAt(port);
		const before = log().length;
		const renewed = makeCertificate(mkdtempSync(join(folder, "renewed-")));
		cpSync(renewed.cert, cert);
		cpSync(renewed.key, key);
		child.kill("SIGHUP");
		await expect.poll(() => log().slice(before)).toContain("the certificate was read again");
		expect(log().slice(before)).not.toContain("expired");
	});

	test("behind links that a renewal turns to new files is exchanged, and a broken renewal keeps the old one", async () => {
		const live = mkdtempSync(join(folder, "live-"));
		const [old, renewed] = [1, 2].map(() => makeCertificate(mkdtempSync(join(folder, "archive-")))) as [Pair, Pair];
		const link = (to: Pair): void => {
			for (const name of ["cert", "key"] as const) {
				rmSync(join(live, name), { force: true });
				symlinkSync(to[name], join(live, name));
			}
		};
		link(old);
		const flags = ["--tls-cert", join(live, "cert"), "--tls-key", join(live, "key")];
		const { port, log, process: child } = await daemon("--memory", ...flags);
		const first = await subjectAt(port);
		link(renewed);
		child.kill("SIGHUP");
		await expect.poll(log).toContain("the certificate was read again");
		const second = await subjectAt(port);
		expect(second).not.toBe(first);
		writeFileSync(renewed.cert, "half a file");
		child.kill("SIGHUP");
		await expect.poll(log).toContain("XMLSOCKET_CERTIFICATE_UNREADABLE");
		expect(await subjectAt(port)).toBe(second);
	});

	type Pair = ReturnType<typeof makeCertificate>;

	function expired(): Pair {
		const at = mkdtempSync(join(folder, "expired-"));
		const { cert, key } = makeCertificate(at);
		const request = join(at, "request.pem");
		execFileSync("openssl", ["req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", request], {
			stdio: "ignore",
		});
		execFileSync("openssl", ["x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-out", cert], {
			stdio: "ignore",
		});
		return { cert, key };
	}
});

describe("the supervisor", () => {
	test("that allows 40 open files gets a sentence with the limit to raise, and no stack", async () => {
		const { code, errors } = await run(serve("--memory"), [
			"sh",
			"-c",
			'ulimit -n 40 && exec "$@"',
			"sh",
			process.execPath,
			command,
		]);
		expect(code).toBe(1);
		expect(errors).toContain("LimitNOFILE");
		expect(errors).not.toContain("    at ");
	});

	test("that closes the pipes of a running daemon does not end it", async () => {
		const { port, process: child, stop } = await daemon("--memory", "--log-level", "debug");
		child.stdout!.destroy();
		child.stderr!.destroy();
		for (let i = 0; i < 5; i++) await sayInLobby(port, String(i));
		expect((await fetch(`http://localhost:${port}/healthz`)).status).toBe(200);
		expect(await stop()).toBe(0);
	});

	test.skipIf(!existsSync("/dev/full"))("that gives it a full device for its output does not end it", async () => {
		const child = spawn(
			"sh",
			[
				"-c",
				'exec "$@" > /dev/full 2> /dev/full',
				"sh",
				process.execPath,
				command,
				"serve",
				"--memory",
				"--port",
				String(await freePort()),
			],
			{ cwd: folder, env: cleanEnvironment(), stdio: "ignore" },
		);
		expect(await endsAfterTerm(child)).toBe(0);
	});

	test.skipIf(!hasNamespaces)("that runs it as process 1 of a container stops it with SIGTERM", async () => {
		const port = await freePort();
		const flags = [
			"--user",
			"--map-root-user",
			"--pid",
			"--fork",
			"--kill-child",
			process.execPath,
			command,
			"serve",
			"--memory",
			"--port",
			String(port),
		];
		const outer = spawn("unshare", flags, { cwd: folder, env: cleanEnvironment(), stdio: "ignore" });
		onTestFinished(() => void outer.kill("SIGKILL"));
		await reached(port);
		const inner = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, "utf8").trim());
		expect(inner).toBeGreaterThan(1);
		const ended = once(outer, "exit") as Promise<[number | null]>;
		process.kill(inner, "SIGTERM");
		expect((await ended)[0]).toBe(0);
	});
});

async function reached(port: number): Promise<void> {
	await expect
		.poll(() =>
			connect(`localhost:${port}`).then(
				(connection) => connection.close().then(() => true),
				() => false,
			),
		)
		.toBe(true);
}

async function freePort(): Promise<number> {
	const other = await startDaemon(["--memory"]);
	await other.stop();
	return other.port;
}

async function endsAfterTerm(child: ChildProcess): Promise<number | null> {
	onTestFinished(() => void child.kill("SIGKILL"));
	await reached(Number(child.spawnargs.at(-1)));
	const ended = once(child, "exit") as Promise<[number | null]>;
	child.kill("SIGTERM");
	return (await ended)[0];
}

describe.skipIf(!hasNatsServer())("NATS", () => {
	test("whose storage is full is named in the log with its reason, and a stop of the daemon is no failure", async () => {
		const store = fresh("jetstream");
		const limits = `jetstream { store_dir: ${JSON.stringify(store)}, max_file_store: 131072 }`;
		const nats = await NatsServers.start({ jetstream: false, settings: limits });
		onTestFinished(() => nats.stop());
		const { port, log, stop } = await daemon("--nats", nats.urls.join(","));
		const chat = await openChat(`localhost:${port}`, { name: "ann" });
		onTestFinished(() => chat.close());
		const room = await chat.join("lobby");
		for (let sent = 0; sent < 40; sent++) room.say("x".repeat(6000)).catch(() => {});
		await expect.poll(log).toMatch(/"reason":"JetStream refuses: [^"]+"[^\n]*JetStream stores nothing/);
		expect(await stop()).toBe(0);
		expect(log()).not.toContain("cannot be reached: stored rooms wait");
	});
});
