// `serve --workers 2`: several processes as one daemon, driven from outside by clients and signals.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as dialTls, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ServeSettings, serveSchema } from "../../src/cli/serve-schema.ts";
import { resolveSettings } from "../../src/cli/settings.ts";
import { workerCount } from "../../src/cli/worker-count.ts";
import { connect, openChat, type Receipt, xml } from "../../src/index.ts";
import { hasNatsServer, NatsServers } from "../cluster/nats-server.js";
import { cleanEnvironment, command, type Daemon, makeCertificate, startDaemon } from "./daemon.ts";
import { type Document, Person } from "./person.ts";
import { isRunning, metricsOf, workersOf } from "./workers.ts";

const KILLS = 2;
const folder = mkdtempSync(join(tmpdir(), "xmlsocket-workers-"));
let daemon: Daemon;
const people: Person[] = [];
const sockets: Socket[] = [];

const start = async (...flags: string[]): Promise<Daemon> => {
	daemon = await startDaemon(["--workers", "2", "--room", "game:live", ...flags]);
	return daemon;
};
const come = async (name: string, session?: string): Promise<Person> => {
	const person = await Person.at(daemon, name, session);
	people.push(person);
	return person;
};
const enter = async (person: Person, room: string): Promise<Document> => {
	person.say(xml`<join room=${room} after="-1"/>`);
	return await person.next("joined");
};
/** A connection to a port; what it receives is in `text`. */
const dialled = (port: number, first = ""): { socket: Socket; text: () => string; ended: Promise<unknown> } => {
	const socket = dial({ port, host: "127.0.0.1" });
	sockets.push(socket);
	let text = "";
	socket.on("data", (chunk) => {
		text += String(chunk);
	});
	socket.on("error", () => {});
	if (first !== "") socket.write(first);
	return { socket, text: () => text, ended: once(socket, "close") };
};

afterEach(async () => {
	for (const person of people.splice(0)) await person.close().catch(() => {});
	for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
	await daemon?.stop("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
});

// The tests share one daemon, in this order.
describe("a daemon with two workers", () => {
	beforeAll(async () => {
		const tokens = join(folder, "tokens");
		writeFileSync(tokens, "sesame-sesame-1 Ann operator\n");
		const { cert, key } = makeCertificate(folder);
		await start(
			...["--token-file", tokens, "--tls-cert", cert, "--tls-key", key, "--policy-port", "0"],
			...["--trust-proxy", "127.0.0.1", "--max-connections-per-address", "4"],
		);
	});

	it("is one conversation: stored and live rooms, names, private messages, topics, moderation and numbers", async () => {
		expect(workersOf(daemon)).toHaveLength(2);
		// Each next client goes to the worker with fewer.
		const guest = await Person.at(daemon);
		people.push(guest);
		guest.say(xml`<hello token="sesame-sesame-1"/>`);
		const ann = guest;
		expect(await ann.until(({ is, name }) => is === "welcome" && name === "Ann")).toMatchObject({ name: "Ann" });
		const bob = await come("bob");
		const eve = await come("eve");
		for (const person of [ann, bob, eve]) {
			await enter(person, "lobby");
			await enter(person, "game");
		}
		for (let i = 0; i < 20; i++) {
			ann.say(xml`<say room="lobby" id=${`a${i}`}>${`a${i}`}</say>`);
			bob.say(xml`<say room="lobby" id=${`b${i}`}>${`b${i}`}</say>`);
		}
		const orders: string[] = [];
		for (const person of [ann, bob, eve]) {
			const texts: string[] = [];
			for (let prev = 0; texts.length < 40; ) {
				const said = await person.next("said");
				expect(Number(said.prev)).toBe(prev);
				prev = Number(said.seq);
				texts.push(said.text!);
			}
			orders.push(texts.join(" "));
		}
		expect(new Set(orders).size).toBe(1);
		bob.say(xml`<say room="game" id="g">now</say>`);
		for (const person of [ann, eve]) expect(await person.next("said")).toMatchObject({ room: "game", from: "bob" });
		bob.say(xml`<tell to="Ann" id="t">psst</tell>`);
		expect(await ann.next("told")).toMatchObject({ from: "bob", text: "psst" });
		ann.say(xml`<tell to="bob" id="t">yes</tell>`);
		expect(await bob.next("told")).toMatchObject({ from: "Ann", text: "yes" });
		ann.say(xml`<topic room="game">chess</topic>`);
		expect(await bob.until(({ is, text }) => is === "topic" && text === "chess")).toMatchObject({ room: "game" });
		const rival = await Person.at(daemon);
		people.push(rival);
		rival.say(xml`<hello name="BOB"/>`);
		expect(await rival.next("error")).toMatchObject({ code: "name-taken" });
		ann.say(xml`<kick room="game" name="bob" id="k"/>`);
		expect(
			await bob.until(({ is, code, reason }) => is === "error" || reason === "kicked" || code === "kicked"),
		).toBeDefined();
		ann.say(xml`<mute room="lobby" name="eve" seconds="60" id="m"/>`);
		await ann.until(({ is, id }) => is === "ack" && id === "m");
		eve.say(xml`<say room="lobby" id="x">hm</say>`);
		expect(await eve.until(({ is, code }) => is === "error" && code === "muted")).toMatchObject({ id: "x" });
		const metrics = await metricsOf(daemon);
		expect(metrics.get("xmlsocket_workers")).toBe(2);
		expect(metrics.get("xmlsocket_chat_clients")).toBe(4);
		expect(metrics.get("xmlsocket_chat_nodes")).toBe(2);
		expect(metrics.get('xmlsocket_accepted_total{protocol="silent"}')).toBe(4);
		expect(await (await fetch(`http://localhost:${daemon.port}/readyz`)).text()).toBe("ready\n");
	});

	it("counts the connections of an address over all workers", async () => {
		const from = (address: string) => dialled(daemon.port, `PROXY TCP4 ${address} 127.0.0.1 1000 9000\r\n<ping/>\0`);
		const clients = Array.from({ length: 10 }, () => from("192.0.2.1"));
		const open = () => clients.filter(({ socket }) => !socket.destroyed && !socket.readableEnded).length;
		await expect.poll(open).toBe(4);
		const other = from("192.0.2.2");
		await expect.poll(() => other.text()).toContain("<welcome");
		clients.find(({ socket }) => !socket.destroyed)!.socket.destroy();
		await expect
			.poll(async () => {
				const next = from("192.0.2.1");
				await Promise.race([next.ended, expect.poll(() => next.text()).toContain("<pong")]);
				await next.socket.write("<ping/>\0");
				return open() + (next.socket.destroyed ? 0 : 1);
			})
			.toBe(4);
		const counts = await metricsOf(daemon);
		expect(counts.get('xmlsocket_refused_total{reason="too-many-from-address"}')).toBeGreaterThanOrEqual(6);
	});

	it("answers TLS, policy requests and WebSockets at every worker, and reads a new certificate at SIGHUP", async () => {
		const policies = Array.from({ length: 4 }, () => dialled(daemon.port, "<policy-file-request/>\0"));
		for (const { text } of policies) await expect.poll(text).toContain("<cross-domain-policy>");
		const fingerprint = async (): Promise<string> => {
			const socket = dialTls({ port: daemon.port, host: "localhost", rejectUnauthorized: false });
			await once(socket, "secureConnect");
			const print = socket.getPeerCertificate().fingerprint256;
			socket.destroy();
			return print;
		};
		const before = new Set([await fingerprint(), await fingerprint()]);
		expect(before.size).toBe(1);
		makeCertificate(folder);
		daemon.process.kill("SIGHUP");
		const [old] = before;
		await expect.poll(async () => [await fingerprint(), await fingerprint()].includes(old!)).toBe(false);
		for (let at = 0; at < 4; at++) {
			const connection = await connect(`ws://localhost:${daemon.port}/socket`);
			for await (const { text } of connection) {
				expect(text).toContain("<welcome");
				break;
			}
			await connection.close();
		}
	});

	// nodejs/node issue 1462: with keys of its own in each process, most clients that reconnect need a whole handshake again.
	it.each(["TLSv1.2", "TLSv1.3"] as const)("resumes a %s session at another worker", async (version) => {
		const open = async (session?: Buffer): Promise<{ socket: TLSSocket; next: Buffer; isReused: boolean }> => {
			const options = { port: daemon.port, host: "localhost", rejectUnauthorized: false, maxVersion: version, session };
			const socket = dialTls(options);
			sockets.push(socket);
			let next: Buffer | undefined;
			socket.on("session", (ticket) => {
				next = ticket;
			});
			await once(socket, "secureConnect");
			socket.write("<ping/>\0");
			await once(socket, "data");
			return { socket, next: next ?? socket.getSession()!, isReused: socket.isSessionReused() };
		};
		const first = await open();
		expect(first.isReused).toBe(false);
		// The first connection stays open, so the next one is at the other worker, and the one after that at the first or the other.
		const second = await open(first.next);
		const third = await open(second.next);
		expect([second.isReused, third.isReused]).toEqual([true, true]);
	});

	it("reports a port that is in use as one process does", async () => {
		const words = [command, "serve", "--workers", "2", "--port", String(daemon.port), "--memory"];
		const second = spawn(process.execPath, words, { cwd: folder, env: cleanEnvironment() });
		let errors = "";
		second.stderr.on("data", (chunk) => {
			errors += String(chunk);
		});
		const [status] = await once(second, "close");
		expect(status).toBe(1);
		expect(errors).toContain(`Port ${daemon.port} is already used by another program.`);
		expect(errors).toContain("(XMLSOCKET_PORT_IN_USE)");
	});

	it("lets one worker end in order at SIGTERM, and replaces it", async () => {
		const [carol, dave] = [await come("carol"), await come("dave")];
		const [first] = workersOf(daemon);
		process.kill(first!, "SIGTERM");
		await expect.poll(() => workersOf(daemon).includes(first!)).toBe(false);
		await expect.poll(() => workersOf(daemon).length).toBe(2);
		const byes = [carol, dave].filter((person) => person.all.some(({ is }) => is === "bye"));
		expect(byes).toHaveLength(1);
	});

	// systemd's KillMode=control-group and a terminal's Ctrl-C send the signal to every process at once.
	it("says goodbye to the clients of all workers when every process gets SIGTERM at once under load, and ends with exit code 0", async () => {
		const all = [await come("bob"), await come("carol"), await come("dave")];
		for (const person of all) await enter(person, "lobby");
		for (const person of all)
			for (let at = 0; at < 100; at++) person.say(xml`<say room="lobby" id=${`i${at}`}>x</say>`);
		await all[0]!.next("ack");
		const pids = workersOf(daemon);
		for (const pid of [...pids, daemon.process.pid!]) process.kill(pid, "SIGTERM");
		expect(await daemon.stop("SIGCONT")).toBe(0);
		for (const person of all) expect(await person.next("bye")).toMatchObject({ reason: "draining" });
		expect(pids.filter(isRunning)).toEqual([]);
	});
});

// These share a data folder, and what the one before left running.
describe("a daemon with two workers of which some end", () => {
	const flags = ["--history", "0", "--data", join(folder, "data")];
	beforeAll(async () => {
		await start(...flags);
	});

	it("replaces a worker that is killed under load; nothing acknowledged is lost, twice or out of order, and its names are free", async () => {
		const names = ["ann", "bob", "carol", "dave"];
		let speaking = true;
		const talkers = await Promise.all(
			names.map(async (name) => {
				const chat = await openChat(`localhost:${daemon.port}`, {
					name,
					reconnect: { minDelayMs: 20, maxDelayMs: 200 },
				});
				const room = await chat.join("lobby");
				const read: string[] = [];
				const gaps: unknown[] = [];
				room.on("gap", (gap) => void gaps.push(gap));
				room.on("message", ({ text }) => void read.push(text));
				return { name, chat, room, read, gaps, said: [] as Promise<Receipt>[] };
			}),
		);
		const speakers = talkers.map(async ({ name, room, said }) => {
			while (speaking) {
				for (let n = 0; n < 5; n++) said.push(room.say(`${name} ${said.length}`));
				await said.at(-1);
			}
		});
		for (let kill = 0; kill < KILLS; kill++) {
			const before = talkers[0]!.read.length;
			await expect.poll(() => talkers[0]!.read.length).toBeGreaterThan(before + 40);
			const [victim] = workersOf(daemon);
			process.kill(victim!, "SIGKILL");
			await expect.poll(() => workersOf(daemon).filter((pid) => pid !== victim).length).toBe(2);
		}
		speaking = false;
		await Promise.all(speakers);
		const receipts = await Promise.all(talkers.map(({ said }) => Promise.all(said)));
		const total = receipts.flat().length;
		expect(new Set(receipts.flat().map(({ seq }) => seq)).size).toBe(total);
		for (const { read, gaps } of talkers) {
			await expect.poll(() => read.length).toBe(total);
			expect(gaps).toEqual([]);
			expect(read).toEqual(talkers[0]!.read);
			for (const name of names) {
				const own = read.filter((text) => text.startsWith(`${name} `));
				expect(own).toEqual(own.map((_, at) => `${name} ${at}`));
			}
		}
		for (const { chat } of talkers) await chat.close();
		expect(daemon.log()).toMatch(/worker \d was ended by SIGKILL: another one replaces it/);
		expect((await metricsOf(daemon)).get("xmlsocket_workers_replaced_total")).toBe(KILLS);
		for (const name of names) expect((await come(name)).all.some(({ code }) => code === "name-taken")).toBe(false);
		// A worker that came later knows the clients of the others.
		const [ann, bob] = people as [Person, Person];
		for (const person of people) person.say(xml`<tell to="ann" id=${`from ${person.all.length}`}>hello</tell>`);
		await expect.poll(() => ann.all.filter(({ is }) => is === "told").length).toBeGreaterThanOrEqual(people.length - 1);
		bob.say(xml`<tell to="dave" id="d">psst</tell>`);
		expect(await people[3]!.next("told")).toMatchObject({ from: "bob", text: "psst" });
	});

	it("ends its workers when the primary is killed, and has everything after a start on the same folder", async () => {
		const [ann, bob] = [await come("ann"), await come("bob")];
		await enter(ann, "lobby");
		await enter(bob, "lobby");
		for (const [person, name] of [
			[ann, "a"],
			[bob, "b"],
		] as const) {
			for (let at = 0; at < 50; at++) person.say(xml`<say room="lobby" id=${`${name}${at}`}>${`${name}${at}`}</say>`);
		}
		await ann.until(({ is, id }) => is === "ack" && id === "a49");
		const pids = workersOf(daemon);
		daemon.process.kill("SIGKILL");
		await expect.poll(() => pids.filter(isRunning)).toEqual([]);
		const acknowledged = [...ann.all, ...bob.all].filter(({ is }) => is === "ack").map(({ id }) => id);
		const { port } = daemon;
		await daemon.stop();
		// At once, and on the same port: nothing is left that listens there.
		await start(...flags, "--port", String(port));
		const carol = await come("carol");
		carol.say(xml`<join room="lobby" after="0"/>`);
		await carol.next("joined");
		for (const id of acknowledged) await carol.until(({ is, text }) => is === "said" && text === id);
		const texts = carol.all.filter(({ is }) => is === "said").map(({ text }) => text!);
		expect(new Set(texts).size).toBe(texts.length);
	});

	it("ends at once at a second signal, also when a worker is stopped", async () => {
		await come("ann");
		const [stopped] = workersOf(daemon);
		process.kill(stopped!, "SIGSTOP");
		daemon.process.kill("SIGINT");
		await expect.poll(() => daemon.log()).toContain("stopping");
		expect(await daemon.stop("SIGINT")).toBe(0);
		expect(isRunning(stopped!)).toBe(false);
	});
});

describe("serve --workers", () => {
	const count = (workers: string, flags: object = {}): number =>
		workerCount(resolveSettings(serveSchema, { workers, ...flags }, {}, false).values as ServeSettings);

	it("refuses --learn, which needs one process, and says what works", () => {
		expect(() => count("2", { learn: "targets.json" })).toThrow("--workers and --learn exclude each other");
		expect(() => count("2", { learn: "targets.json" })).toThrow("Use --workers 1");
		expect(count("1", { learn: "targets.json" })).toBe(1);
	});

	it("takes a whole number from 1 to 64, or auto", () => {
		expect([count("1"), count("64")]).toEqual([1, 64]);
		expect(count("auto")).toBeGreaterThanOrEqual(1);
		for (const workers of ["0", "65", "many", "1.5"]) {
			expect(() => count(workers)).toThrow("--workers must be a whole number from 1 to 64, or auto");
		}
	});

	it.skipIf(!hasNatsServer())("connects each worker to NATS with --nats", async () => {
		const nats = await NatsServers.start({ nodes: 1 });
		try {
			await start("--nats", nats.urls.join(","));
			const [ann, bob] = [await come("ann"), await come("bob")];
			await enter(ann, "lobby");
			await enter(bob, "lobby");
			ann.say(xml`<say room="lobby" id="1">hi</say>`);
			expect(await bob.next("said")).toMatchObject({ from: "ann", text: "hi" });
			await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_chat_nodes")).toBe(2);
			expect(await daemon.stop("SIGTERM")).toBe(0);
		} finally {
			await nats.stop();
		}
	});
});
