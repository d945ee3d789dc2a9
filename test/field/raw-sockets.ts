// Plain TCP for situations of the field: a server that sends any bytes, a client that sends any bytes in any pieces, and the
// command-line program as users start it.

import { spawn } from "node:child_process";
import { createServer, connect as dial, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const program = join(import.meta.dirname, "../../dist/cli/main.js");

/** Listens on a free port of 127.0.0.1 until the test ends. Resolves with the port. */
export async function plainServer(connected: (socket: Socket) => void): Promise<number> {
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		connected(socket);
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return (server.address() as { port: number }).port;
}

/** A TCP client that keeps what it receives. */
export class PlainClient {
	readonly #socket: Socket;
	readonly #chunks: Buffer[] = [];
	isEnded = false;

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.setNoDelay(true);
		socket.on("error", () => {});
		socket.on("data", (chunk) => this.#chunks.push(chunk));
		socket.on("end", () => {
			this.isEnded = true;
		});
		onTestFinished(() => void socket.destroy());
	}

	static async open(port: number): Promise<PlainClient> {
		const socket = dial(port, "127.0.0.1");
		await new Promise((resolve, reject) => {
			socket.once("connect", resolve);
			socket.once("error", reject);
		});
		return new PlainClient(socket);
	}

	/** Everything that was received. */
	get bytes(): Buffer {
		return Buffer.concat(this.#chunks);
	}

	/** The complete documents of UTF-8 that were received. */
	get documents(): string[] {
		return this.bytes.toString().split("\0").slice(0, -1);
	}

	/** Sends each piece in a segment of its own, as far as the system allows. */
	async send(...pieces: (string | Uint8Array)[]): Promise<void> {
		for (const piece of pieces) {
			await new Promise((resolve) => this.#socket.write(piece, resolve));
			await new Promise(setImmediate);
		}
	}

	/** Sends the end of the stream and goes on to read. */
	end(): void {
		this.#socket.end();
	}
}

/** How a run of the program ended. */
export interface Run {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

/** Runs `xmlsocket` with an input that ends. */
export function run(args: readonly string[], input = ""): Promise<Run> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [program, ...args]);
		let out = "";
		let err = "";
		child.stdout.on("data", (chunk) => {
			out += chunk;
		});
		child.stderr.on("data", (chunk) => {
			err += chunk;
		});
		child.on("close", (code) => resolve({ code, out, err }));
		child.stdin.end(input);
	});
}
