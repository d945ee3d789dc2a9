// Pairs of connected sockets, and a hub with workers on them: the channel of `serve --workers` within one process.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type HubOptions,
	type HubWorker,
	type HubWorkerEvents,
	PrimaryHub,
	WorkerLink,
} from "../../src/cluster/workers/index.ts";

/** Two ends of one connection. */
export async function socketPair(): Promise<[Socket, Socket]> {
	const path = join(tmpdir(), `xmlsocket-test-${randomUUID()}`);
	const server = createServer().listen(path);
	await once(server, "listening");
	const one = connect(path);
	const [two] = (await once(server, "connection")) as [Socket];
	server.close();
	await rm(path, { force: true });
	return [one, two];
}

/** One worker of `Workers`. */
export interface TestWorker {
	readonly link: WorkerLink;
	readonly seen: HubWorker;
	/** The worker's end, and the primary's. */
	readonly socket: Socket;
	readonly primarySocket: Socket;
	/** The error with which the primary's end has ended; undefined before. */
	readonly ended: Promise<Error | undefined>;
}

/** A hub and its workers. */
export class Workers {
	readonly hub: PrimaryHub;
	readonly all: TestWorker[] = [];
	readonly reports: unknown[] = [];

	constructor(options: Partial<HubOptions> = {}) {
		this.hub = new PrimaryHub({ report: (error) => this.reports.push(error), ...options });
	}

	/** Adds a worker. */
	async add(events: Partial<HubWorkerEvents> = {}): Promise<TestWorker> {
		const [socket, primarySocket] = await socketPair();
		let end = (_error: Error | undefined): void => {};
		const ended = new Promise<Error | undefined>((resolve) => {
			end = resolve;
		});
		const seen = this.hub.add(primarySocket, `w${this.all.length + 1}`, {
			service: async (name, text) => `${name} ${text}`,
			serviceNoted: () => {},
			pong: () => {},
			closed: end,
			...events,
		});
		const link = await WorkerLink.open(socket, {
			service: async (name, text) => `${name} ${text} at ${seen.node}`,
			serviceNoted: () => {},
			pulse: () => 0,
			closed: () => {},
			report: (error) => this.reports.push(error),
		});
		const worker = { link, seen, socket, primarySocket, ended };
		this.all.push(worker);
		return worker;
	}

	/** Ends all channels. */
	close(): void {
		for (const { socket, primarySocket } of this.all) {
			socket.destroy();
			primarySocket.destroy();
		}
	}
}
