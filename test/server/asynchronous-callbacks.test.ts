// Callbacks that are asynchronous functions and reject. Nobody waits for their promises, so that a rejection would end the process.

import { setTimeout as wait } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { connect } from "../../src/index.ts";
import { createServer, type Server } from "../../src/server/index.ts";
import { echo, recordingLog } from "./peers.ts";

const rejects = async (): Promise<void> => {
	await wait(1);
	throw new Error("boom");
};

async function listening<T extends Server>(server: T): Promise<T> {
	await server.listen();
	onTestFinished(() => server.close({ graceMs: 0 }));
	return server;
}

const internal = (server: Server): number => server.metrics.refused.get("internal") ?? 0;

it("an async listener of documents that rejects costs its own connection only, with its error in the log", async () => {
	const log = recordingLog();
	const server = await listening(createServer({ port: 0, log }));
	server.on("connection", (connection) => {
		connection.on("document", async (document) => {
			await wait(1);
			if (document.text === "<bad/>") throw new Error("boom");
			connection.send(document);
		});
	});
	const [good, bad] = await Promise.all([connect(`localhost:${server.port}`), connect(`localhost:${server.port}`)]);
	bad.send("<bad/>");
	expect(await bad.closed).toMatchObject({ by: "remote" });
	const answer = new Promise((resolve) => good.once("document", resolve));
	good.send("<good/>");
	expect(await answer).toMatchObject({ text: "<good/>" });
	expect(internal(server)).toBe(1);
	expect(log.lines).toContainEqual(
		expect.objectContaining({
			level: "warn",
			facts: expect.objectContaining({ code: "XMLSOCKET_INTERNAL", err: new Error("boom") }),
		}),
	);
	await good.close();
});

it("an async listener of connections that rejects costs that connection only", async () => {
	const server = await listening(createServer({ port: 0 }));
	server.once("connection", rejects);
	const first = await connect(`localhost:${server.port}`);
	first.send("<a/>");
	await first.closed;
	expect(internal(server)).toBe(1);
	server.once("connection", (connection) => connection.send("<welcome/>"));
	const second = await connect(`localhost:${server.port}`);
	second.send("<a/>");
	for await (const { text } of second) {
		expect(text).toBe("<welcome/>");
		break;
	}
	await second.close();
});

it("an application's async document() that rejects costs its own connection only; its other callbacks are counted", async () => {
	const session = { document: rejects, idle: rejects, drained: rejects, failing: rejects, closed: rejects };
	const server = await listening(createServer({ port: 0, application: { ...echo(), open: () => session } }));
	const client = await connect(`localhost:${server.port}`);
	client.send("<a/>");
	await client.closed;
	await expect.poll(() => internal(server)).toBeGreaterThanOrEqual(2);
	expect(server.state).toBe("listening");
});

it("an async listener of a client that rejects is reported, and the connection stays open", async () => {
	const server = await listening(createServer({ port: 0 }));
	server.on("connection", (connection) => connection.on("document", (document) => connection.send(document)));
	const reported: unknown[] = [];
	const original = console.error;
	console.error = (error: unknown) => void reported.push(error);
	onTestFinished(() => {
		console.error = original;
	});
	const client = await connect(`localhost:${server.port}`);
	client.on("document", rejects);
	client.send("<a/>");
	await expect.poll(() => reported).toEqual([new Error("boom")]);
	expect(client.state).toBe("connected");
	await client.close();
});
