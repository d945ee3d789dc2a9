// @ts-check
// A helper process that answers JSON requests over TCP, each followed by a zero byte. It could be written in any language.
//
//   node examples/json-sidecar/sidecar.mjs 9200

import { createServer } from "xmlsocket/server";

/** @typedef {(request: Record<string, unknown>) => unknown} Operation */

/** What it can do, by name. */
const OPERATIONS = new Map(
	/** @type {[unknown, Operation][]} */ ([
		["sum", ({ values }) => sum(values)],
		["slow-sum", ({ values }) => new Promise((resolve) => setTimeout(resolve, 200)).then(() => sum(values))],
		["silence", () => new Promise(() => {})],
		["crash", () => process.exit(3)],
	]),
);

const server = await createServer({ port: Number(process.argv[2] ?? 0), idleTimeoutMs: 0 }).listen();
server.on("connection", (connection) => {
	// A document without an id is news, not an answer.
	connection.send(JSON.stringify({ news: "ready", pid: process.pid }));
	connection.on("document", async (document) => {
		const request = /** @type {Record<string, unknown>} */ (Object(document.json));
		const { id, op } = request;
		try {
			const operation = OPERATIONS.get(op);
			if (!operation) throw new Error(`There is no operation ${JSON.stringify(op)}.`);
			connection.send(JSON.stringify({ id, result: await operation(request) }));
		} catch (error) {
			connection.send(JSON.stringify({ id, error: error instanceof Error ? error.message : String(error) }));
		}
	});
});
console.log(server.port);

/** @param {unknown} values */
function sum(values) {
	if (!Array.isArray(values) || !values.every((value) => typeof value === "number"))
		throw new Error("values must be a list of numbers.");
	return values.reduce((total, value) => total + value, 0);
}
