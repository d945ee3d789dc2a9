// An echo server that also answers policy requests, without a listener for the error of a connection, so that a reset ends the process.
// It runs as a process of its own. With the argument `policy` it answers nothing but policy requests.

import { createServer } from "node:net";

const POLICY = '<cross-domain-policy><allow-access-from domain="*" to-ports="9000"/></cross-domain-policy>\0';
const isPolicyServer = process.argv[2] === "policy";

const server = createServer((socket) => {
	let rest = Buffer.alloc(0);
	socket.on("data", (chunk) => {
		rest = Buffer.concat([rest, chunk]);
		for (let zero = rest.indexOf(0); zero >= 0; zero = rest.indexOf(0)) {
			const document = rest.subarray(0, zero + 1);
			rest = rest.subarray(zero + 1);
			if (document.toString() === "<policy-file-request/>\0") socket.end(POLICY);
			else if (!isPolicyServer) socket.write(document);
		}
	});
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
