// One worker, as the primary process sees it: its process, its channel, whether it still answers, and the sockets that it gets. It
// decides nothing about replacements; its pool does.

import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HubWorker, PrimaryHub } from "../../cluster/workers/index.ts";
import type { XMLSocketError } from "../../errors/index.ts";
import type { Admission } from "../admission.ts";
import { CountedAdmission } from "../shared-admission.ts";
import { CHANNEL_DESCRIPTOR, type Order, type Report, receivedError, SERVICE, sentError } from "./control.ts";
import type { SharedPort, SharedPorts, SocketTaker } from "./shared-ports.ts";

/** How long the primary reads on from the channel of a process that has ended. */
const LAST_WORDS_MS = 1000;

/** What a worker needs of its pool. */
export interface WorkerHost {
	/** The module that a worker runs. */
	readonly module: string;
	readonly hub: PrimaryHub;
	readonly ports: SharedPorts;
	readonly admission: Admission;
	/** The present keys of TLS session tickets. */
	readonly ticketKeys: Buffer;
	nowMs(): number;
	/** The numbers of all processes, as `Metrics.json` gives them. */
	collectMetrics(): Promise<readonly string[]>;
	/** It works: what it has reported. */
	ready(worker: Worker, facts: unknown): void;
	/** Its process has ended. */
	gone(worker: Worker): void;
}

/** `starting` until it works; `closing` once it gets no more clients; `gone` once its process has ended. */
export type WorkerState = "starting" | "ready" | "closing" | "gone";

/** A worker process. */
export class Worker implements SocketTaker {
	readonly number: number;
	readonly node: string;
	state: WorkerState = "starting";
	/** Why it could not begin. */
	failure: XMLSocketError | undefined = undefined;
	/** Why the primary has ended it. */
	cause: string | undefined = undefined;
	/** How its process has ended. */
	ending: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined = undefined;
	/** When it last showed that it runs. */
	heardMs: number;
	#reported = 0;
	/** Sockets that have arrived since. */
	#arrivedSince = 0;
	/** The socket that it has not confirmed yet. */
	#sending: { readonly port: SharedPort; readonly socket: Socket } | undefined = undefined;
	#pings = 0;
	#isChannelClosed = false;
	#isEnded = false;
	#lastWords: ReturnType<typeof setTimeout> | undefined = undefined;
	readonly #host: WorkerHost;
	readonly #process: ChildProcess;
	readonly #hub: HubWorker;
	readonly #admission: CountedAdmission;
	/** The worker's own numbers of the ports that it listens on. */
	readonly #ports = new Map<SharedPort, number>();

	/** Starts a process. @param data what it gets to begin with */
	constructor(number: number, node: string, data: unknown, host: WorkerHost) {
		this.number = number;
		this.node = node;
		this.#host = host;
		this.heardMs = host.nowMs();
		this.#process = fork(host.module, [], { stdio: ["ignore", "inherit", "inherit", "ipc", "pipe"] });
		this.#process.on("message", (report: Report) => this.#received(report));
		// A process that has ended cannot be sent to; its end follows.
		this.#process.on("error", () => {});
		this.#process.on("exit", (code, signal) => this.#exited(code, signal));
		this.#hub = host.hub.add(this.#process.stdio[CHANNEL_DESCRIPTOR] as Duplex, node, {
			service: async () => JSON.stringify(await host.collectMetrics()),
			serviceNoted: (name, text) => {
				if (name === SERVICE.admission) this.#admission.received(text, host.nowMs());
				else if (name === SERVICE.arrived) this.#arrived();
			},
			pong: (_, connections) => {
				this.heardMs = host.nowMs();
				this.#reported = connections;
				// What has arrived before is part of that number, as the channel keeps the order.
				this.#arrivedSince = 0;
			},
			// Without a channel it is of no use. One that ends in order closes the channel first.
			closed: (error) => {
				this.#isChannelClosed = true;
				if (this.state === "gone") this.#ended();
				else if (error || this.state !== "closing") this.kill(error?.message);
			},
		});
		this.#admission = new CountedAdmission(host.admission, (text) => this.#hub.note(SERVICE.admission, text));
		this.#send({ do: "start", number, data, ticketKeys: host.ticketKeys.toString("base64") });
	}

	get pid(): number | undefined {
		return this.#process.pid;
	}

	get connections(): number {
		return this.#reported + this.#arrivedSince + (this.#sending ? 1 : 0);
	}

	takes(port: SharedPort): boolean {
		return this.state === "ready" && !this.#sending && this.#ports.has(port);
	}

	take(port: SharedPort, socket: Socket): void {
		this.#sending = { port, socket };
		const order: Order = { do: "socket", id: this.#ports.get(port)! };
		// This process keeps its own descriptor until the worker has confirmed: if the worker ends before, another one gets the client.
		this.#process.send(order, socket, { keepOpen: true }, () => {});
	}

	/** Checks that it answers. */
	ping(): void {
		this.#hub.ping(++this.#pings);
	}

	/** Its own numbers. Rejects where it ends first. */
	metrics(): Promise<string> {
		return this.#hub.service(SERVICE.metrics, "");
	}

	/** Shows it a line of the primary's log. */
	logged(line: string): void {
		if (!this.#isChannelClosed) this.#hub.note(SERVICE.logged, line);
	}

	reload(): void {
		this.#send({ do: "reload" });
	}

	/** Later TLS handshakes use these keys for session tickets. */
	replaceTicketKeys(keys: Buffer): void {
		this.#send({ do: "ticket-keys", keys: keys.toString("base64") });
	}

	/** Ends it: in order within `graceMs`. */
	stop(graceMs?: number): void {
		if (this.state === "gone") return;
		this.state = "closing";
		this.#send(graceMs === undefined ? { do: "stop" } : { do: "stop", graceMs });
	}

	/** Ends it at once. @param cause for the log */
	kill(cause?: string): void {
		if (this.state === "gone") return;
		if (cause !== undefined) this.cause ??= cause;
		this.#process.kill("SIGKILL");
	}

	#received(report: Report): void {
		switch (report.is) {
			case "open":
				this.#host.ports.open(report.options).then(
					(shared) => {
						this.#ports.set(shared, report.id);
						this.#send({ do: "opened", id: report.id, port: shared.port, addresses: shared.addresses });
					},
					(error) => this.#send({ do: "not-opened", id: report.id, error: sentError(error) }),
				);
				break;
			case "close":
				for (const [port, id] of this.#ports) if (id === report.id) this.#ports.delete(port);
				if (this.state === "ready") this.state = "closing";
				break;
			case "ready":
				if (this.state === "starting") this.state = "ready";
				this.#host.ready(this, report.facts);
				this.#host.ports.handOut();
				break;
			case "failed":
				this.failure = receivedError(report.error);
				break;
		}
	}

	#arrived(): void {
		// Nothing has been read here, and the worker has a descriptor of its own.
		this.#sending?.socket.destroy();
		this.#sending = undefined;
		this.#arrivedSince++;
		this.#host.ports.handOut();
	}

	#exited(code: number | null, signal: NodeJS.Signals | null): void {
		this.state = "gone";
		this.ending = { code, signal };
		// What it has sent may still be on the way, such as the confirmation of a socket.
		if (this.#isChannelClosed) this.#ended();
		else this.#lastWords = setTimeout(() => this.#ended(), LAST_WORDS_MS);
	}

	#ended(): void {
		clearTimeout(this.#lastWords);
		if (this.#isEnded) return;
		this.#isEnded = true;
		this.#admission.close();
		this.#hub.cut(new Error("The worker has ended."));
		this.#host.gone(this);
		const unconfirmed = this.#sending;
		this.#sending = undefined;
		if (unconfirmed) this.#host.ports.giveBack(unconfirmed.port, unconfirmed.socket);
		this.#host.ports.handOut();
	}

	#send(order: Order): void {
		if (this.#process.connected) this.#process.send(order, () => {});
	}
}
