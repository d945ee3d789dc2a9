// A server for one movie: it takes one connection, wants exactly these bytes, answers, wants some more, and then the end.

import { type AddressInfo, createServer } from "node:net";

/** What the greeter sends when it is connected: three documents, each with its zero byte. */
export const GREETING: string = [
	'<hello name="greeter" />',
	'<join room="lobby" />',
	'<say room="lobby">I am here, written in ActionScript 2 &lt;&amp;&gt;</say>',
	"",
].join("\0");
/** What makes it leave, and what it says then. */
export const FAREWELL: readonly [string, string] = [
	'<said room="lobby" from="a">bye</said>\0',
	'<say room="lobby">Goodbye.</say>\0',
];

/** A peer that waits. */
export interface StrictPeer {
	readonly port: number;
	/** Resolves when the first of what it wants is there. */
	readonly heard: Promise<void>;
	/** Rejects at the first byte or connection that is not wanted; resolves at the end of the one that was right. */
	readonly done: Promise<void>;
	/** Resolves when it listens no more. */
	close(): Promise<void>;
}

/** Starts one. */
export async function strictPeer(wanted: string, answer: string, wantedThen: string): Promise<StrictPeer> {
	const server = createServer();
	let hear: () => void = () => {};
	const heard = new Promise<void>((resolve) => {
		hear = resolve;
	});
	const done = new Promise<void>((resolve, reject) => {
		let received = "";
		let connections = 0;
		server.on("connection", (socket) => {
			if (++connections > 1) reject(new Error("a second connection"));
			socket.on("error", reject);
			socket.on("data", (chunk) => {
				const before = received.length;
				received += chunk.toString("latin1");
				if (!(wanted + wantedThen).startsWith(received)) reject(new Error(`received ${JSON.stringify(received)}`));
				if (before >= wanted.length || received.length < wanted.length) return;
				socket.write(answer);
				hear();
			});
			socket.on("end", () => {
				if (received === wanted + wantedThen) resolve();
				else reject(new Error(`ended after ${JSON.stringify(received)}`));
			});
		});
	});
	// Whoever never waits for it is not to be ended by it.
	done.catch(() => {});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as AddressInfo).port,
		heard,
		done,
		close: () => new Promise((resolve) => server.close(() => resolve())),
	};
}
