// The OpenTelemetry example in the real daemon, with a real SDK.

import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { openChat } from "../../src/index.ts";
import { startDaemon } from "../end-to-end/daemon.ts";

// As URLs: NODE_OPTIONS splits at the spaces of a path.
const example = pathToFileURL(resolve(import.meta.dirname, "../../examples/telemetry/opentelemetry.mjs"));
const setup = pathToFileURL(join(import.meta.dirname, "otel-setup.js"));

it("a conversation becomes counters, a histogram, and a span for each connection", async () => {
	const daemon = await startDaemon(["--memory"], { NODE_OPTIONS: `--import ${setup} --import ${example}` });
	try {
		const ann = await openChat(`localhost:${daemon.port}`, { name: "ann" });
		const room = await ann.join("lobby");
		for (let at = 0; at < 3; at++) await room.say("hi");
		await expect(openChat(`localhost:${daemon.port}`, { name: "ann" })).rejects.toMatchObject({
			code: "XMLSOCKET_NAME_TAKEN",
		});
		await ann.close();
		const seen = (): Record<string, unknown>[] =>
			[...daemon.log().matchAll(/^otel (.*)$/gm)].map(([, json]) => JSON.parse(json!) as Record<string, unknown>);
		const point = (metric: string, value: unknown, attributes: object = {}): object =>
			expect.objectContaining({ metric, attributes, value });
		await expect.poll(seen).toContainEqual(point("xmlsocket.deliveries", 3));
		await expect.poll(seen).toContainEqual(point("xmlsocket.refusals", 1, { reason: "name-taken" }));
		await expect.poll(seen).toContainEqual(point("xmlsocket.connections", 0, { transport: "tcp" }));
		await expect.poll(seen).toContainEqual(point("xmlsocket.commit.duration", expect.objectContaining({ count: 3 })));
		await expect.poll(seen).toContainEqual({
			span: "connection",
			attributes: expect.objectContaining({ "network.transport": "tcp", "xmlsocket.documents": expect.any(Number) }),
			status: expect.anything(),
		});
	} finally {
		await daemon.stop();
	}
});
