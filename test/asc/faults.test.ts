// What an application, its clients, or a fault of the daemon's own code can do to the script host: only its own application or client pays.

import { connect } from "node:net";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { QueuedDocuments, weightOf } from "../../src/asc/queued-documents.ts";
import { makeFolder, type Running, startScript, startScripts, stopAll } from "./support.ts";

afterEach(stopAll);

const NEIGHBOUR = `
application.onConnect = function () { return true; };
Client.prototype.alive = function () { this.call("alive"); };`;

/** An application of this script, beside one that answers. */
function beside(script: string, options = {}): Promise<Running> {
	const folders = [makeFolder({ "main.asc": script }, "culprit"), makeFolder({ "main.asc": NEIGHBOUR }, "neighbour")];
	return startScripts(folders, options);
}

async function answers(running: Running): Promise<void> {
	const client = running.client('<connect app="neighbour"/>', "<alive/>");
	await client.until((text) => text.includes('name="alive"'));
	client.socket.destroy();
}

describe("a callback of the daemon that throws", () => {
	it("is logged, and the process, the application and its neighbours continue", async () => {
		const running = await beside(`
application.onConnect = function (client) { trace("in"); return true; };
Client.prototype.echo = function () { trace("echo"); this.call("echo"); };
Client.prototype.fail = function () { throw new Error("x"); };`);
		const { log } = running;
		const { error } = log;
		const fault = (): never => {
			throw new Error("a fault of the logger");
		};
		const client = running.client('<connect app="culprit"/>', "<echo/>");
		await client.until((text) => text.includes('name="echo"'));
		let thrown = 0;
		log.error = (facts, words) => {
			if (words.startsWith("a script threw") && thrown++ >= 0) fault();
			error(facts, words);
		};
		client.send("<fail/>\0");
		await running.logged("a handler failed");
		log.error = error;
		client.send("<echo/>\0");
		await client.until((text) => text.split('name="echo"').length > 2);
		expect(thrown).toBe(1);
		await answers(running);
	});
});

describe("the queue of an application", () => {
	it("counts a long document several times, for its sender", () => {
		const queue = new QueuedDocuments();
		const long = ["document", 1, "x".repeat(262_144)] as const;
		expect(weightOf(long)).toBe(64);
		for (let i = 0; i < 100; i++) queue.add(long);
		for (let i = 0; i < 100; i++) queue.add(["document", 2, "<a/>"]);
		queue.add(["open", 3, "", "tcp", undefined]);
		expect(queue.weight).toBe(6501);
		expect([queue.of(1), queue.of(2), queue.of(3)]).toEqual([6400, 100, 0]);
		expect(queue.busiest(() => true)).toBe(1);
		expect(queue.busiest((sender) => sender !== 1)).toBe(2);
		queue.settle(101);
		expect(queue.weight).toBe(101);
		expect(queue.busiest(() => true)).toBe(2);
		queue.settle(0);
		expect(queue.weight).toBe(0);
	});

	it("has a share for each client: the more clients send, the less is each one's", () => {
		const queue = new QueuedDocuments();
		expect(queue.share(10_000)).toBe(32);
		expect(queue.share(20)).toBe(20);
		for (let sender = 1; sender <= 16; sender++) queue.add(["document", sender, "<a/>"]);
		expect(queue.share(10_000)).toBe(8);
		for (let sender = 17; sender <= 1000; sender++) queue.add(["document", sender, "<a/>"]);
		expect(queue.share(10_000)).toBe(2);
		queue.settle(0);
		expect(queue.share(10_000)).toBe(32);
	});

	it("never fills with one client: who sends faster than the scripts handle is read more slowly, and nothing is lost", async () => {
		const running = await beside(
			`application.onConnect = function () { return true; };
handled = 0;
Client.prototype.slow = function () { var end = new Date().getTime() + 2; while (new Date().getTime() < end); handled++; };
Client.prototype.ask = function () { this.call("handled" + handled); };`,
			{ maxQueuedDocuments: 20 },
		);
		const flooder = running.client('<connect app="culprit"/>');
		flooder.send("<slow/>\0".repeat(500));
		const other = running.client('<connect app="culprit"/>', "<ask/>");
		await other.until((text) => text.includes('name="handled'));
		const early = Number(/handled(\d+)/.exec(other.text)?.[1]);
		flooder.send("<ask/>\0");
		await flooder.until((text) => text.includes('name="handled500"'));
		expect(early).toBeLessThan(400);
		expect(running.log.lines.filter(({ words }) => words.includes("documents wait"))).toEqual([]);
	});

	it("takes no more from a client that does not read what it is sent, until it reads", async () => {
		const running = await beside(`application.onConnect = function () { return true; };
Client.prototype.echo = function (doc) { return doc; };
Client.prototype.alive = function () { this.call("alive"); };`);
		const deaf = connect({ port: running.port, host: "127.0.0.1" });
		onTestFinished(() => void deaf.destroy());
		// More than the system's buffers and the outbox together.
		const document = `<echo>${"x".repeat(20_000)}</echo>`;
		deaf.write('<connect app="culprit"/>\0');
		for (let i = 0; i < 600; i++) deaf.write(`${document}\0`);
		const honest = running.client('<connect app="culprit"/>');
		for (let i = 1; i <= 20; i++) {
			honest.send("<alive/>\0");
			await honest.until((text) => text.split('name="alive"').length > i);
		}
		let received = 0;
		await new Promise<void>((resolve) => {
			deaf.on("close", resolve);
			deaf.on("data", (bytes: Buffer) => {
				received += bytes.filter((byte) => byte === 0).length;
				if (received === 601) resolve();
			});
		});
		expect(received).toBe(601);
	});

	it("disconnects the client with the longest documents in it at twice its limit, and the application continues", async () => {
		const running = await beside(
			`application.onConnect = function () { return true; };
Client.prototype.block = function () { var end = new Date().getTime() + 2000; while (new Date().getTime() < end); };
Client.prototype.alive = function () { this.call("alive"); };`,
			{ maxQueuedDocuments: 10 },
		);
		const [blocker, long, honest] = await Promise.all(
			[1, 2, 3].map(async () => {
				const client = running.client('<connect app="culprit"/>');
				await client.until((text) => text.includes("<status"));
				return client;
			}),
		);
		blocker!.send("<block/>\0");
		long!.send(`<long>${"x".repeat(100_000)}</long>\0`);
		await expect.poll(() => long!.socket.bytesWritten).toBeGreaterThan(100_000);
		await answers(running);
		honest!.send("<alive/>\0");
		await long!.closed;
		const line = await running.logged("documents wait for the scripts of culprit");
		expect(line.facts.code).toBe("XMLSOCKET_APPLICATION_BUSY");
		await honest!.until((text) => text.includes('name="alive"'));
	});

	it("refuses clients that come and go while the scripts do not return, and the neighbour is served", async () => {
		const running = await beside(
			`application.onConnect = function () { return true; };
Client.prototype.block = function () { for (;;); };`,
			{ maxQueuedDocuments: 20, scriptTimeoutMs: 2000 },
		);
		const blocker = running.client('<connect app="culprit"/>');
		await blocker.until((text) => text.includes("<status"));
		blocker.send("<block/>\0");
		let refused = 0;
		for (let i = 0; i < 100; i++) {
			const client = running.client('<connect app="culprit"/>');
			void client.closed.then(() => {
				if (client.text.includes("The application is busy.")) refused++;
			});
			if (i % 10 === 0) await answers(running);
		}
		await running.logged("ran longer than 2000 ms");
		expect(refused).toBeGreaterThan(0);
		await answers(running);
	});
});

describe("an application", () => {
	it("that sends documents faster than they leave, or longer ones, gets an exception at 32 Mi characters", async () => {
		const running = await beside(
			`application.onConnect = function (client) { return true; };
Client.prototype.flood = function () {
	text = "x"; while (text.length < 200000) text += text;
	for (i = 0; i < 1000; i++) this.call("f", null, text);
};`,
			{ scriptHeapMiB: 512 },
		);
		running.client('<connect app="culprit"/>', "<flood/>");
		await running.logged("33554432 are the limits");
		await answers(running);
	});

	it("that writes more than 1000 lines a second with trace() loses the others, which are counted", async () => {
		const running = await startScript(
			`
application.onConnect = function () { return true; };
Client.prototype.flood = function () { for (i = 0; i < 50000; i++) trace("flood " + i); };
Client.prototype.more = function () { trace("more"); };`,
			{ scriptTimeoutMs: 60_000 },
		);
		const client = running.client("<connect/>", "<flood/>");
		await client.until((text) => text.includes("<status"));
		const again = setInterval(() => client.send("<more/>\0"), 50);
		const dropped = (): number =>
			running.log.lines
				.filter(({ words }) => words.includes("lines of trace() were dropped"))
				.reduce((sum, { words }) => sum + Number.parseInt(words, 10), 0);
		const written = (): number => running.traces.filter(({ text }) => text.startsWith("flood")).length;
		await expect.poll(() => dropped() + written()).toBeGreaterThanOrEqual(50_000);
		clearInterval(again);
		expect(dropped()).toBeGreaterThan(0);
	});

	it("whose clients cause exceptions has five lines in 10 s of each kind in the log, and the number of the others", async () => {
		const running = await beside(`
application.onConnect = function () { return true; };
n = 0;
Client.prototype.fail = function () { throw new Error("on purpose, number " + n++); };
Client.prototype.rare = function () { throw new Error("another one"); };
Client.prototype.own = function (doc) { throw new Error(doc.attributes.words); };
Client.prototype.echo = function () { this.call("echo"); };`);
		const thrown = (words: string): number =>
			running.log.lines.filter((line) => line.words.startsWith("a script threw an") && line.words.includes(words))
				.length;
		const client = running.client('<connect app="culprit"/>');
		for (let i = 0; i < 300; i++) client.send("<fail/>\0");
		client.send("<rare/>\0<echo/>\0");
		await client.until((text) => text.includes('name="echo"'));
		expect(thrown("on purpose")).toBe(5);
		expect(thrown("another one")).toBe(1);
		for (let i = 0; i < 300; i++) client.send(`<own words="${"ab".repeat(i)} chosen"/>\0`);
		client.send("<echo/>\0");
		await client.until((text) => text.split('name="echo"').length > 2);
		expect(thrown("chosen")).toBeLessThan(16 + 5);
		expect(running.host.stats()).toMatchObject({ asc_errors: 601 });
		// As once a second, when the ten seconds are over.
		running.host.applications[0].sweep(performance.now() + 11_000);
		const summaries = running.log.lines.filter(({ words }) => words.includes("the same exception more often"));
		expect(summaries).toContainEqual({
			level: "warn",
			facts: expect.objectContaining({ application: "culprit", count: 295 }),
			words: expect.anything(),
		});
		expect(summaries.length).toBeLessThan(20);
	});

	it("that throws in onAppStop, blocks in it, or closes over and over, stops all the same", async () => {
		const running = await startScripts([
			makeFolder({ "main.asc": "application.onAppStop = function () { throw new Error('stop'); }" }, "throws"),
			makeFolder(
				{
					"main.asc": `application.onAppStart = function () { trace("start"); };
application.onConnect = function () { return true; };
Client.prototype.end = function () { application.shutdown(); application.shutdown(); };`,
				},
				"ends",
			),
		]);
		for (let i = 0; i < 5; i++) {
			const client = running.client('<connect app="ends"/>', "<end/>");
			await client.closed;
		}
		await running.stop();
		expect(running.traces.filter(({ text }) => text === "start").length).toBeGreaterThanOrEqual(2);
	});
});

it("a client that asks for many instances of applications adds nothing", async () => {
	const running = await startScript(NEIGHBOUR);
	for (let i = 0; i < 200; i++) {
		const client = running.client(`<connect app="${i % 2 === 0 ? `app/room${i}` : `unknown${i}`}"/>`);
		await client.until((text) => text.includes("<status"));
		client.socket.destroy();
	}
	expect(running.host.applications).toHaveLength(1);
	await expect.poll(() => running.host.stats().asc_clients).toBe(0);
});
