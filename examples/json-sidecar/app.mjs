// @ts-check
// A program that uses a helper process over TCP: JSON requests with an id, each followed by a zero byte. It starts the helper, asks
// several things at once, and starts the helper again when that ends.
//
//   node examples/json-sidecar/app.mjs

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { connect } from "xmlsocket";

/** Starts the helper. @returns the port that it listens on, and its process. */
async function startSidecar(port = 0) {
	const file = fileURLToPath(new URL("sidecar.mjs", import.meta.url));
	const child = spawn(process.execPath, [file, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
	const [line] = await once(child.stdout, "data");
	return { child, port: Number(line) };
}

let { child, port } = await startSidecar();
const sidecar = await connect(`localhost:${port}`, { reconnect: { minDelayMs: 100 } });
sidecar.on("document", (document) => console.log("news:", document.text.replace(/\d+/, "…")));

let lastId = 0;
/**
 * Asks the helper. Answers may come in any order; each goes to its own request by its id.
 *
 * @param {string} op
 * @param {Record<string, unknown>} [fields]
 * @param {number} [timeoutMs]
 */
async function call(op, fields = {}, timeoutMs = 5000) {
	const id = ++lastId;
	const answer = await sidecar.request(JSON.stringify({ id, op, ...fields }), {
		match: (document) => Object(document.json).id === id,
		timeoutMs,
	});
	const { result, error } = /** @type {{ result?: unknown, error?: string }} */ (answer.json);
	if (error !== undefined) throw new Error(error);
	return result;
}

// Two at once: the second answer comes first.
await Promise.all([
	call("slow-sum", { values: [1, 2, 3] }).then((sum) => console.log("slow-sum:", sum)),
	call("sum", { values: [4, 5] }).then((sum) => console.log("sum:", sum)),
]);
await call("sum", { values: "none" }).catch((error) => console.log("refused:", error.message));
await call("silence", {}, 300).catch((error) => console.log("no answer:", error.code));

// The connection is lost with the helper. What was asked rejects; what is asked from now on waits for the next helper.
const ended = once(child, "exit");
await call("crash").catch((error) => console.log("the helper ended:", error.code));
await ended;
const answer = call("sum", { values: [6, 7] });
({ child } = await startSidecar(port));
console.log("sum after a restart:", await answer);

await sidecar.close();
child.kill();
