// The head of a NATS message: literal bytes, and the messages of the client that is installed.

import { connect, type Msg } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { headOf, MessageHead } from "../../src/cluster/nats/message-head.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";

describe("MessageHead", () => {
	it("has the headers as they were written, the first of several, and none that only looks like one", () => {
		const head = new MessageHead("NATS/1.0\r\nNats-Msg-Id: a: b \r\nSeq:7\r\nSeq: 8\r\nEmpty:\r\n\r\n");
		expect(head.get("Nats-Msg-Id")).toBe("a: b");
		expect(head.get("Seq")).toBe("7");
		for (const name of ["Empty", "Msg-Id", "eq", "Nats", "a", "NATS/1.0"]) expect(head.get(name)).toBe("");
		expect([head.status, head.description]).toEqual([0, ""]);
	});

	it("has the status of an answer without content", () => {
		const head = new MessageHead("NATS/1.0 404 Message Not Found\r\n\r\n");
		expect([head.status, head.description, head.get("Message")]).toEqual([404, "Message Not Found", ""]);
		expect(new MessageHead("NATS/1.0 503\r\n\r\n").status).toBe(503);
		for (const text of ["", "NATS/1.0", "NATS/1.0\r\n", "nonsense"]) {
			expect(new MessageHead(text).get("Seq")).toBe("");
			expect(new MessageHead(text).status).toBe(0);
		}
	});

	it("is the same where a client keeps the bytes elsewhere", () => {
		const headers = Object.assign(
			new Map([
				["Nats-Sequence", ["7"]],
				["Two", ["a", "b"]],
			]),
			{ code: 408, description: "Later" },
		);
		const head = headOf({ data: new Uint8Array(0), headers });
		expect([head.get("Nats-Sequence"), head.get("Two"), head.status, head.description]).toEqual([
			"7",
			"a",
			408,
			"Later",
		]);
		expect(headOf({ data: new Uint8Array(0) }).get("Two")).toBe("");
	});
});

describe.skipIf(!hasNatsServer())("headOf", () => {
	it("reads the bytes of the installed client's messages, and makes no map of them", async () => {
		const servers = await NatsServers.start({ jetstream: false });
		const connection = await connect({ servers: servers.urls });
		try {
			const messages: Msg[] = [];
			connection.subscribe("x", { callback: (_, message) => void messages.push(message) });
			const made = (await import("@nats-io/transport-node")).headers();
			made.set("Room", "ä 7");
			connection.publish("x", "with", { headers: made });
			connection.publish("x", "without");
			await connection.flush();
			await expect.poll(() => messages.length).toBe(2);
			for (const message of messages) {
				Object.defineProperty(message, "headers", {
					get: () => {
						throw new Error("the slow way");
					},
				});
			}
			expect(messages.map((message) => [message.string(), headOf(message).get("Room")])).toEqual([
				["with", "ä 7"],
				["without", ""],
			]);
		} finally {
			await connection.close();
			await servers.stop();
		}
	});
});
