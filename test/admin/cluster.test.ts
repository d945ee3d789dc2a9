// The admin API over several processes: workers of one daemon, and daemons on a real nats-server.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { xml } from "../../src/index.ts";
import { hasNatsServer, NatsServers } from "../cluster/nats-server.js";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { Person } from "../end-to-end/person.ts";
import { AdminClient, TOKEN } from "./daemon.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket-admin-"));
const tokens = join(folder, "tokens");
writeFileSync(tokens, `${TOKEN} ann\n`);
const daemons: Daemon[] = [];
const people: Person[] = [];
const start = async (...flags: string[]): Promise<Daemon> => {
	const daemon = await startDaemon(["--admin-token-file", tokens, "--room", "game:live", ...flags]);
	daemons.push(daemon);
	return daemon;
};
const come = async (daemon: Daemon, name: string, room: string): Promise<Person> => {
	const person = await Person.at(daemon, name);
	people.push(person);
	person.say(xml`<join room=${room} after="-1"/>`);
	await person.next("joined");
	return person;
};
const named = (rows: { name: string }[]): string[] => rows.map(({ name }) => name);

afterEach(async () => {
	for (const person of people.splice(0)) await person.close();
	for (const daemon of daemons.splice(0)) await daemon.stop("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function answersForAll(admins: readonly AdminClient[], at: (number: number) => Daemon): Promise<void> {
	const crowd = await Promise.all([0, 1, 2, 3, 4, 5].map((number) => come(at(number), `p${number}`, "game")));
	const bob = await come(at(1), "bob", "side");
	for (const admin of admins) {
		await expect
			.poll(async () => (await admin.get("status")).body)
			.toMatchObject({ clients: 7, rooms: 3, ready: true, nodes: [{ ready: true }, { ready: true }] });
		const status = (await admin.get("status")).body;
		expect(status.missing).toBeUndefined();
		expect(status.nodes.reduce((sum: number, node: { clients: number }) => sum + node.clients, 0)).toBe(7);
		const pages: string[] = [];
		for (let after = "", page = 0; page < 10 && after !== undefined; page++) {
			const { body } = await admin.get(`members?room=game&limit=2${after && `&after=${after}`}`);
			pages.push(...named(body.members));
			after = body.next;
		}
		expect(pages).toEqual(["p0", "p1", "p2", "p3", "p4", "p5"]);
		const { clients } = (await admin.get("clients?sort=name")).body;
		expect(named(clients)).toEqual(["bob", "p0", "p1", "p2", "p3", "p4", "p5"]);
		expect(new Set(clients.map(({ node }: { node: string }) => node)).size).toBe(2);
	}
	const [admin] = admins as [AdminClient];
	// A live room that is open elsewhere alone.
	expect((await admin.post("say", { room: "side", text: "psst" })).body).toEqual({});
	expect(await bob.next("said")).toMatchObject({ from: "xmlsocket", text: "psst" });
	await admin.post("say", { room: "game", text: "all" });
	for (const person of crowd) expect(await person.next("said")).toMatchObject({ room: "game", text: "all" });
	for (const [number, person] of crowd.slice(0, 4).entries()) {
		if (number % 2 === 0) expect((await admin.post("kick", { name: `p${number}` })).body).toEqual({ removed: 1 });
		else {
			const { clients } = (await admin.get(`clients?name=p${number}`)).body;
			expect((await admin.post("kick", { client: clients[0].id })).body).toEqual({ removed: 1 });
		}
		expect(await person.next("bye")).toMatchObject({ reason: "kicked" });
	}
	for (const person of [crowd[4]!, crowd[5]!]) {
		const name = person === crowd[4] ? "p4" : "p5";
		const { clients } = (await admin.get(`clients?name=${name}`)).body;
		const traffic = await admin.events(`traffic?client=${clients[0].id}`);
		person.say(xml`<say room="game" id=${`from ${name}`}>x</say>`);
		await expect.poll(() => JSON.stringify(traffic.all("traffic"))).toContain(`<ack id=\\"from ${name}\\"`);
		traffic.close();
	}
	const reader = await admin.events();
	await expect.poll(() => reader.all("sample").at(-1)).toMatchObject({ clients: 3 });
	reader.close();
}

describe("two workers", () => {
	it("answer as one daemon, whichever gets the request", async () => {
		const daemon = await start("--workers", "2");
		const admin = new AdminClient(daemon.port);
		await answersForAll([admin, admin, admin], () => daemon);
		expect(
			daemon
				.log()
				.split("\n")
				.filter((line) => line.includes('"action":"kick"')),
		).toHaveLength(4);
	});
});

describe.skipIf(!hasNatsServer())("two daemons on NATS", () => {
	let nats: NatsServers;
	beforeAll(async () => {
		nats = await NatsServers.start({});
	});
	afterAll(() => nats.stop());

	it("answer for each other", async () => {
		const flags = ["--nats", nats.urls.join(",")];
		const [one, two] = [await start(...flags), await start(...flags)];
		await answersForAll([new AdminClient(one.port), new AdminClient(two.port)], (number) =>
			number % 2 === 0 ? one : two,
		);
		// The end of its own connection is no failure.
		expect(await one.stop()).toBe(0);
		expect(one.log()).not.toContain("cannot be reached");
	});

	it("name the one that stands still, and answer for the other", async () => {
		const flags = ["--nats", nats.urls.join(",")];
		const [one, two] = [await start(...flags), await start(...flags)];
		await come(one, "ann", "game");
		const admin = new AdminClient(one.port);
		await expect.poll(async () => (await admin.get("status")).body.nodes.length).toBe(2);
		const { body: before } = await admin.get("status");
		const stuck = before.nodes[1].node;
		two.process.kill("SIGSTOP");
		const { status, body } = await admin.get("status");
		expect([status, body.missing, body.clients]).toEqual([200, [stuck], 1]);
		expect((await admin.get("clients")).body).toMatchObject({ clients: [{ name: "ann" }], missing: [stuck] });
		two.process.kill("SIGCONT");
		await expect.poll(async () => (await admin.get("status")).body.missing).toBeUndefined();
	});

	it("list one that has no token file as missing", async () => {
		const flags = ["--nats", nats.urls.join(",")];
		const one = await start(...flags);
		const plain = await startDaemon(flags);
		daemons.push(plain);
		await expect.poll(async () => (await new AdminClient(one.port).get("status")).body.missing?.length).toBe(1);
	});
});
