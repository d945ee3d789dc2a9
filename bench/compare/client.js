// The client of every contender: a TCP socket that counts messages and does nothing else, so that no client library costs more
// than another one. It speaks the protocols of all contenders.

import { once } from "node:events";
import { connect } from "node:net";
import { writeFrame } from "../../test/soak/dial.js";

const EMPTY = Buffer.alloc(0);
const frame = (opcode, text) => writeFrame(opcode, Buffer.from(text));

/** Reads the frames of a server; `read` gets the place of each payload and returns how many messages it has. */
function frameReader(send, read) {
	let rest = EMPTY;
	return (chunk) => {
		const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		let at = 0;
		let messages = 0;
		while (at + 4 <= bytes.length || (at + 2 <= bytes.length && bytes[at + 1] < 126)) {
			let length = bytes[at + 1];
			let from = at + 2;
			if (length === 127) throw new Error("the server sent a frame that is longer than any message of the benchmark");
			if (length === 126) {
				length = bytes.readUInt16BE(at + 2);
				from = at + 4;
			}
			if (from + length > bytes.length) break;
			const opcode = bytes[at] & 15;
			if (opcode === 8) {
				throw new Error(`the server closed the WebSocket: ${bytes.subarray(from, from + length).toString("latin1")}`);
			}
			if (opcode === 9) send(frame(10, bytes.subarray(from, from + length)));
			else if (opcode < 3) messages += read(bytes, from, length);
			at = from + length;
		}
		rest = bytes.subarray(at);
		return messages;
	};
}

/** Sends the upgrade request, and returns what arrived behind its response. */
async function upgrade(socket, path) {
	socket.write(
		`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.from("bench of sockets").toString("base64")}\r\n\r\n`,
	);
	let response = EMPTY;
	while (!response.includes("\r\n\r\n")) {
		const [chunk] = await once(socket, "data");
		response = Buffer.concat([response, chunk]);
	}
	if (!response.toString("latin1").startsWith("HTTP/1.1 101 ")) {
		throw new Error(`no upgrade: ${response.toString("latin1").split("\r\n")[0]}`);
	}
	return response.subarray(response.indexOf("\r\n\r\n") + 4);
}

/** Each protocol: how it opens, what a message of the client looks like, and how the messages of a server are counted. */
const PROTOCOLS = {
	xmlsocket: {
		open: async () => EMPTY,
		encode: (text) => Buffer.from(`${text}\0`),
		reader: () => (chunk) => {
			let messages = 0;
			for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) messages++;
			return messages;
		},
	},
	/** The stream of documents in WebSocket messages, as pages get it from the daemon: a message has one or more documents. */
	"xmlsocket-websocket": {
		open: (socket) => upgrade(socket, "/socket"),
		encode: (text) => frame(1, text),
		reader: (send) =>
			frameReader(send, (bytes, from, length) => {
				let documents = 0;
				for (let at = bytes.indexOf(0, from); at >= 0 && at < from + length; at = bytes.indexOf(0, at + 1)) documents++;
				return documents;
			}),
	},
	websocket: {
		open: (socket) => upgrade(socket, "/"),
		encode: (text) => frame(1, text),
		reader: (send) => frameReader(send, () => 1),
	},
	"socket.io": {
		async open(socket) {
			let received = await upgrade(socket, "/socket.io/?EIO=4&transport=websocket");
			socket.write(frame(1, "40"));
			// It accepts messages only after its answer.
			while (!received.includes('40{"sid"')) received = Buffer.concat([received, (await once(socket, "data"))[0]]);
			return received;
		},
		encode: (text) => frame(1, `42${JSON.stringify(["message", text])}`),
		reader: (send) =>
			frameReader(send, (bytes, from, length) => {
				// "42" is an event, "2" the heartbeat.
				if (length > 1 && bytes[from] === 0x34 && bytes[from + 1] === 0x32) return 1;
				if (length === 1 && bytes[from] === 0x32) send(frame(1, "3"));
				return 0;
			}),
	},
	nats: {
		async open(socket) {
			socket.write('CONNECT {"verbose":false,"pedantic":false,"tls_required":false}\r\nSUB r 1\r\nPING\r\n');
			return EMPTY;
		},
		encode: (text) => Buffer.from(`PUB r ${Buffer.byteLength(text)}\r\n${text}\r\n`),
		reader(send) {
			let rest = EMPTY;
			return (chunk) => {
				const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
				let at = 0;
				let messages = 0;
				for (let end = bytes.indexOf("\r\n", at); end >= 0; end = bytes.indexOf("\r\n", at)) {
					let next = end + 2;
					if (bytes[at] === 0x4d) {
						// MSG subject sid bytes
						next += Number(bytes.latin1Slice(bytes.lastIndexOf(0x20, end) + 1, end)) + 2;
						if (next > bytes.length) break;
						messages++;
					} else if (bytes[at] === 0x2d) {
						throw new Error(`nats-server refuses: ${bytes.latin1Slice(at, end)}`);
					} else if (bytes.latin1Slice(at, end) === "PING") send("PONG\r\n");
					at = next;
				}
				rest = bytes.subarray(at);
				return messages;
			};
		},
	},
};

/** The bytes of `text` as a client's message of a protocol. */
export const encode = (protocol, text) => PROTOCOLS[protocol].encode(text);

/**
 * Opens a client.
 *
 * @param onMessages called with the number of messages in each chunk that has any
 */
export async function openClient(port, protocol, onMessages) {
	const { open, reader } = PROTOCOLS[protocol];
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	await once(socket, "connect");
	const client = {
		/** The end of what the server has sent, to check that it is the message. */
		latest: EMPTY,
		/** Messages that it has received. */
		messages: 0,
		/** When bytes last arrived, of `performance.now()`. */
		heardAt: performance.now(),
		send: (bytes) => socket.write(bytes),
		get bytesRead() {
			return socket.bytesRead;
		},
		close: () => {
			socket.removeAllListeners("close");
			socket.destroy();
		},
	};
	const read = reader(client.send);
	const data = (chunk) => {
		client.latest = chunk;
		client.heardAt = performance.now();
		const messages = read(chunk);
		if (messages === 0) return;
		client.messages += messages;
		onMessages(messages);
	};
	const early = await open(socket);
	socket.on("data", data);
	if (early.length > 0) data(early);
	socket.on("error", () => {});
	socket.on("close", () => {
		throw new Error(`the server of a ${protocol} client closed its connection`);
	});
	return client;
}
