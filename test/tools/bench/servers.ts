// Servers for the tests of the load test, each with one habit: a relay or an echo server that loses, repeats, delays or refuses.

import type { Socket } from "node:net";
import { type BadServer, eachDocument, listening, terminated } from "../bad-servers/server.ts";

/** What a relay does with each document that is a message of a load test. */
export type Habit = (count: number, send: () => void, sender: Socket) => void;

/** A relay that returns documents to their senders too. `count` begins with 1 for each receiver. */
export function relayWith(habit: Habit = (_, send) => send()): Promise<BadServer> {
	const counts = new Map<Socket, number>();
	return listening((socket, sockets) => {
		eachDocument(socket, (document) => {
			for (const other of sockets) {
				const send = (): void => void other.write(terminated(document));
				// The probes before the test pass.
				if (document.length < 100) {
					send();
					continue;
				}
				const count = (counts.get(other) ?? 0) + 1;
				counts.set(other, count);
				habit(count, send, socket);
			}
		});
	});
}

/** An echo server whose documents end with `end`, and that first sends a banner. */
export function echoOfLines(end: string, banner: string): Promise<BadServer> {
	return listening((socket) => {
		socket.write(banner);
		let rest = "";
		socket.on("data", (chunk) => {
			const lines = (rest + String(chunk)).split(end);
			rest = lines.pop() ?? "";
			for (const line of lines) socket.write(line + end);
		});
		socket.on("end", () => socket.end());
	});
}

/** A relay that ends all connections beyond `most`. */
export function relayOf(most: number): Promise<BadServer> {
	return listening((socket, sockets) => {
		if (sockets.size > most) {
			socket.destroy();
			return;
		}
		eachDocument(socket, (document) => {
			for (const other of sockets) if (other !== socket) other.write(terminated(document));
		});
	});
}

/** A chat that knows no rooms: it sends each message to everyone, or refuses it. */
export function chatWith(
	handle: (number: number, answers: { say: () => void; refuse: (code: string) => void }) => void,
): Promise<BadServer> {
	let messages = 0;
	return listening((socket, sockets) => {
		eachDocument(socket, (bytes) => {
			const document = String(bytes);
			if (document.startsWith("<ping")) socket.write("<pong />\0");
			if (document.startsWith("<join")) socket.write("<joined />\0");
			const text = /^<say [^>]*>(.*)<\/say>$/.exec(document)?.[1];
			if (text === undefined) return;
			handle(++messages, {
				say: () => {
					for (const other of sockets) other.write(`<said>${text}</said>\0`);
				},
				refuse: (code) => void socket.write(`<error code="${code}">No.</error>\0`),
			});
		});
	});
}
