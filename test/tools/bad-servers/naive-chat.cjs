// A relay as people write one from memory: it works with one movie on the developer's own machine. docs/conformance.md shows what the
// suite finds in it.

const net = require("node:net");

const POLICY =
	'<?xml version="1.0"?><cross-domain-policy><allow-access-from domain="*" to-ports="*"/></cross-domain-policy>';
const clients = [];

const server = net.createServer((socket) => {
	clients.push(socket);
	console.error("client connected, " + clients.length + " online");

	socket.on("data", (data) => {
		const message = data.toString("utf8").trim();

		if (message === "<policy-file-request/>\0") {
			socket.write(POLICY + "\0");
			socket.end();
			return;
		}

		message.split("\0").forEach((part) => {
			if (part.trim() === "") return;
			clients.forEach((client) => {
				client.write(part.trim() + "\0");
			});
		});
	});

	socket.on("end", () => {
		clients.splice(clients.indexOf(socket), 1);
		console.error("client gone, " + clients.length + " online");
	});
});

server.listen(Number(process.argv[2] || 9339), "127.0.0.1", () => {
	console.log(server.address().port);
});
