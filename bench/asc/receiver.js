// One contestant of `messages.js`, in a process of its own: `node receiver.js KIND PORT COUNT`. It connects to the port, answers each
// COUNT documents with one, and tells its CPU time, all threads together, whenever it is asked.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openScriptHost } from "../../dist/asc/index.js";
import { connect } from "../../dist/index.js";

const [, , kind, port, count] = process.argv;

const kinds = {
	/** The modern client, and the text of each document. */
	"client-text": () => client((document) => document.text.length),
	/** The same, and its tree. */
	"client-tree": () => client((document) => document.xml.firstChild.nodeName.length),
	/** A script, and the text of each document. */
	"script-text": () => script("socket.onData = function (text) { take(text.length); };"),
	/** The same, and its tree. */
	"script-tree": () => script("socket.onXML = function (document) { take(document.firstChild.nodeName.length); };"),
};

async function client(look) {
	const connection = await connect(`localhost:${port}`);
	let seen = 0;
	connection.on("document", (document) => {
		if (look(document) > 0 && ++seen % count === 0) connection.send("<done/>");
	});
}

async function script(handler) {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket bench "));
	writeFileSync(
		join(folder, "main.asc"),
		`var seen = 0;
		var socket = new XMLSocket();
		function take(length) { if (length > 0 && ++seen % ${count} == 0) socket.send("<done/>"); }
		${handler}
		socket.connect("localhost", ${port});`,
	);
	await openScriptHost([folder]);
	rmSync(folder, { recursive: true });
}

process.on("message", () => process.send(process.cpuUsage()));
process.on("disconnect", () => process.exit(0));
await kinds[kind]();
