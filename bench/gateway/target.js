// The TCP target of the gateway's benchmark, in a process of its own. What it does with a connection it is told by message.

import { createServer } from "node:net";

let mode = { kind: "echo" };
let connections = [];

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
	const seen = { received: 0, head: "", ended: false, failed: false, orderly: true };
	connections.push(seen);
	let expected = 0;
	let text = "";
	socket.on("error", () => {
		seen.failed = true;
	});
	socket.on("end", () => {
		seen.ended = true;
		if (mode.kind !== "deaf") socket.end();
	});
	if (mode.kind === "stream") stream(socket, mode.bytes, mode.close);
	if (mode.kind === "documents") {
		for (let i = 0; i < mode.count; i++) socket.write(`<d n="${i}"/>\0`);
	}
	if (mode.kind === "reset") setTimeout(() => socket.resetAndDestroy(), 50);
	socket.on("data", (chunk) => {
		seen.received += chunk.length;
		if (seen.head.length < 200) seen.head += chunk.toString("latin1", 0, 200);
		if (mode.kind === "echo") socket.write(chunk);
		if (mode.kind === "documents") {
			text += chunk.toString("latin1");
			const documents = text.split("\0");
			text = documents.pop();
			for (const document of documents) if (document !== `<d n="${expected++}"/>`) seen.orderly = false;
		}
	});
});

function stream(socket, bytes, close) {
	const chunk = Buffer.alloc(64 * 1024, 0x61);
	let left = bytes;
	const more = () => {
		while (left > 0) {
			const piece = left >= chunk.length ? chunk : chunk.subarray(0, left);
			left -= piece.length;
			if (!socket.write(piece)) {
				socket.once("drain", more);
				return;
			}
		}
		if (close) socket.end();
	};
	more();
}

server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", (message) => {
	if (message.mode) {
		mode = message.mode;
		connections = [];
		process.send({ ready: true });
	} else process.send({ connections });
});
process.on("disconnect", () => process.exit(0));
