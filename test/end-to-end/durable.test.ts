// What the daemon's stored rooms keep when it is killed: driven from outside, by clients and a signal.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";
import { type Connection, connect, openChat, type Receipt, xml } from "../../src/index.ts";
import { cleanEnvironment, command } from "./daemon.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket-durable-"));
const running = new Set<ChildProcess>();
afterAll(() => {
	for (const child of running) child.kill("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
});

/** A daemon on the folder; resolves with its port. */
async function serve(...flags: string[]): Promise<{ port: number; kill(): Promise<void> }> {
	const child = spawn(process.execPath, [command, "serve", "--port", "0", "--json", "--log-level", "error", ...flags], {
		cwd: folder,
		env: cleanEnvironment(),
		stdio: ["ignore", "pipe", "inherit"],
	});
	running.add(child);
	const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	for await (const line of createInterface({ input: child.stdout })) {
		const { port } = JSON.parse(line) as { port: number };
		return {
			port,
			async kill() {
				child.kill("SIGKILL");
				await gone;
				running.delete(child);
			},
		};
	}
	throw new Error("the daemon did not start");
}

/** The next document with a root of this name. */
async function next(connection: Connection, name: string): Promise<Record<string, string>> {
	for await (const document of connection) {
		const root = document.xml.firstChild;
		if (root?.nodeName === name)
			return { ...root.attributes, text: root.firstChild?.nodeValue ?? "" } as Record<string, string>;
	}
	throw new Error(`the connection ended before <${name}>`);
}

describe("a daemon that is killed", () => {
	it("has what it acknowledged, gives a client exactly what it missed, and stores a resend once", async () => {
		const first = await serve();
		const ann = await connect(`localhost:${first.port}`);
		const { session } = await next(ann, "welcome");
		ann.send(xml`<join room="lobby" after="-1"/>`);
		const joined = await next(ann, "joined");
		for (const text of ["one", "two", "three"]) {
			ann.send(xml`<say room="lobby" id=${text}>${text}</say>`);
			await next(ann, "ack");
		}
		await first.kill();
		await ann.close();

		const second = await serve();
		const again = await connect(`localhost:${second.port}`);
		await next(again, "welcome");
		again.send(xml`<hello session=${session}/>`);
		await next(again, "welcome");
		again.send(xml`<join room="lobby" after="1" log=${joined.log}/>`);
		expect(await next(again, "joined")).toMatchObject({ log: joined.log, seq: "3" });
		expect(await next(again, "said")).toMatchObject({ seq: "2", prev: "1", text: "two" });
		expect(await next(again, "said")).toMatchObject({ seq: "3", prev: "2", text: "three" });
		again.send(xml`<say room="lobby" id="three">three</say>`);
		expect(await next(again, "ack")).toMatchObject({ id: "three", seq: "3", duplicate: "true" });
		again.send(xml`<say room="lobby" id="four">four</say>`);
		expect(await next(again, "ack")).toMatchObject({ seq: "4" });
		await again.close();
		await second.kill();
	});

	it("loses and doubles nothing that chat clients say while it is killed again and again: all read the same, once, in order", async () => {
		const kills = 5;
		const names = ["ann", "bob", "carol"];
		let daemon = await serve("--data", "killed", "--history", "0");
		const { port } = daemon;
		let speaking = true;
		const people = await Promise.all(
			names.map(async (name) => {
				const chat = await openChat(`localhost:${port}`, { name, reconnect: { minDelayMs: 20, maxDelayMs: 200 } });
				const room = await chat.join("lobby");
				const read: string[] = [];
				let lastSeq = 0;
				const gaps: unknown[] = [];
				room.on("gap", (gap) => void gaps.push(gap));
				room.on("message", ({ text, seq }) => {
					read.push(text);
					lastSeq = seq ?? 0;
				});
				const said: Promise<Receipt>[] = [];
				const speaker = (async () => {
					while (speaking) {
						for (let n = 0; n < 5; n++) said.push(room.say(`${name} ${said.length}`));
						await said.at(-1);
					}
				})();
				return { name, chat, read, gaps, said, speaker, lastSeq: () => lastSeq };
			}),
		);
		for (let kill = 0; kill < kills; kill++) {
			const before = people[0]!.read.length;
			await expect.poll(() => people[0]!.read.length).toBeGreaterThan(before + 20);
			await daemon.kill();
			daemon = await serve("--data", "killed", "--history", "0", "--port", String(port));
		}
		speaking = false;
		for (const person of people) await person.speaker;
		const receipts = await Promise.all(people.map(({ said }) => Promise.all(said)));
		const lastSeq = Math.max(...receipts.flat().map(({ seq }) => seq!));
		for (const person of people) await expect.poll(person.lastSeq).toBe(lastSeq);
		const [ann] = people;
		expect(ann!.read).toHaveLength(new Set(ann!.read).size);
		for (const [at, { name, read, gaps, said }] of people.entries()) {
			expect(gaps).toEqual([]);
			expect(read.slice(-ann!.read.length)).toEqual(ann!.read.slice(-read.length));
			expect(read.filter((text) => text.startsWith(`${name} `))).toEqual(said.map((_, n) => `${name} ${n}`));
			expect(new Set(receipts[at]!.map(({ seq }) => seq)).size).toBe(said.length);
		}
		await Promise.all(people.map(({ chat }) => chat.close()));
		await daemon.kill();
	});

	it("does not share its folder: a second daemon says who has it, and ends", async () => {
		const first = await serve();
		const child = spawn(process.execPath, [command, "serve", "--port", "0"], {
			cwd: folder,
			env: cleanEnvironment(),
			stdio: ["ignore", "ignore", "pipe"],
		});
		let errors = "";
		child.stderr.on("data", (chunk) => {
			errors += String(chunk);
		});
		const code = await new Promise((resolve) => child.once("exit", resolve));
		expect(code).toBe(1);
		expect(errors).toMatch(/open in another process[\s\S]*XMLSOCKET_DATA_IN_USE/);
		await first.kill();
	});

	it("keeps what --retain says, and nothing with --memory", async () => {
		const small = await serve("--data", "small", "--retain", "2");
		const client = await connect(`localhost:${small.port}`);
		client.send(xml`<join room="lobby"/>`);
		for (const text of ["a", "b", "c"]) client.send(xml`<say room="lobby" id=${text}>${text}</say>`);
		for (let at = 0; at < 3; at++) await next(client, "ack");
		await expect
			.poll(async () => {
				client.send(xml`<history room="lobby"/>`);
				for await (const document of client) {
					if (document.xml.firstChild?.nodeName === "page") return document.xml.firstChild.childNodes.length;
				}
				return 0;
			})
			.toBe(2);
		await client.close();
		await small.kill();
		const memory = await serve("--memory");
		const other = await connect(`localhost:${memory.port}`);
		other.send(xml`<join room="lobby"/>`);
		expect(await next(other, "joined")).toMatchObject({ seq: "0" });
		await other.close();
		await memory.kill();
	});
});
