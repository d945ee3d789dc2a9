// A worker's end of its pool: the bus and the log of the daemon, its ports, and the orders of the primary process. A worker ends when
// the primary does.

import { Socket } from "node:net";
import type { Bus } from "../../cluster/index.ts";
import { WorkerLink } from "../../cluster/workers/index.ts";
import type { MessageLog } from "../../message-log/index.ts";
import type { Listener, ListenOptions } from "../../transport/index.ts";
import type { SharedParts } from "../server.ts";
import { AskedAdmission } from "../shared-admission.ts";
import { TicketKeys } from "../ticket-keys.ts";
import { CHANNEL_DESCRIPTOR, type Order, type Report, receivedError, SERVICE, sentError } from "./control.ts";

/** What a worker does when the primary asks. */
export interface WorkerDuties {
	/** Connections that it has. */
	connections(): number;
	/** Its numbers, as `Metrics.json` gives them. */
	metrics(): Promise<string>;
	/** The primary has logged a line. */
	logged?(line: string): void;
	reload(): void;
	/** Ends, within `graceMs` if that is given; called again with 0 where there is haste. */
	stop(graceMs: number | undefined): void;
}

/** A worker's place in its pool. */
export interface Membership {
	/** From 1. */
	readonly number: number;
	/** What the pool gives each worker. */
	readonly data: unknown;
	readonly bus: Bus;
	readonly log: MessageLog;
	/** For the server. */
	readonly shared: SharedParts;
	/** The worker serves clients. @param facts for the pool's owner; JSON. */
	ready(facts: unknown, duties: WorkerDuties): void;
	/** The worker cannot begin. Resolves when the primary can know it; the process must end then. */
	failed(error: unknown): Promise<void>;
	/** Sends what waits. The process can end after it. */
	leave(): void;
}

interface OpenPort {
	readonly connection: (socket: Socket) => void;
	readonly opened: (order: Extract<Order, { do: "opened" }>) => void;
	readonly refused: (error: Error) => void;
	sockets: number;
	closed: (() => void) | undefined;
}

/**
 * Joins the pool that has started this process.
 *
 * @param events.ended the primary has ended: the process must end too. @param events.report receives what no call waits for
 */
export async function joinPrimary(events: { ended(): void; report(error: unknown): void }): Promise<Membership> {
	const ports = new Map<number, OpenPort>();
	let lastPort = 0;
	let duties: WorkerDuties | undefined;
	let ticketKeys: TicketKeys | undefined;
	let begin: (order: Extract<Order, { do: "start" }>) => void = () => {};
	const started = new Promise<Extract<Order, { do: "start" }>>((resolve) => {
		begin = resolve;
	});
	process.on("disconnect", () => events.ended());
	process.on("message", (order: Order, handle: unknown) => {
		switch (order.do) {
			case "start":
				begin(order);
				break;
			case "opened":
				ports.get(order.id)?.opened(order);
				break;
			case "not-opened":
				ports.get(order.id)?.refused(receivedError(order.error));
				break;
			case "socket":
				// Before the client is served: where this process ends without that, another worker gets the client from the beginning.
				link?.noteNow(SERVICE.arrived, "");
				arrived(ports.get(order.id), handle as Socket | undefined);
				break;
			case "ticket-keys":
				ticketKeys?.replace(Buffer.from(order.keys, "base64"));
				break;
			case "reload":
				duties?.reload();
				break;
			case "stop":
				if (duties) duties.stop(order.graceMs);
				else events.ended();
				break;
		}
	});
	let link: WorkerLink | undefined;
	const admission = new AskedAdmission((text) => link?.note(SERVICE.admission, text));
	const { number, data, ...order } = await started;
	const keys = new TicketKeys(Buffer.from(order.ticketKeys, "base64"));
	ticketKeys = keys;
	link = await WorkerLink.open(new Socket({ fd: CHANNEL_DESCRIPTOR }), {
		service: async () => duties?.metrics() ?? "[]",
		serviceNoted: (name, text) => {
			if (name === SERVICE.admission) admission.answered(text);
			else if (name === SERVICE.logged) duties?.logged?.(text);
		},
		pulse: () => duties?.connections() ?? 0,
		closed: () => events.ended(),
		report: events.report,
	});
	const joined = link;

	function listen(options: ListenOptions, connection: (socket: Socket) => void): Promise<Listener> {
		const id = ++lastPort;
		return new Promise((resolve, reject) => {
			const port: OpenPort = {
				connection,
				sockets: 0,
				closed: undefined,
				opened: ({ port, addresses }) => resolve({ port, addresses, close: () => close(id) }),
				refused: (error) => {
					ports.delete(id);
					reject(error);
				},
			};
			ports.set(id, port);
			send({ is: "open", id, options });
		});
	}

	async function close(id: number): Promise<void> {
		const port = ports.get(id);
		ports.delete(id);
		send({ is: "close", id });
		if (!port || port.sockets === 0) return;
		await new Promise<void>((resolve) => {
			port.closed = resolve;
		});
	}

	return {
		number,
		data,
		bus: joined.bus,
		log: joined.log,
		shared: {
			listen,
			admission,
			ticketKeys: keys,
			collectMetrics: async () => JSON.parse(await joined.service(SERVICE.metrics, "")) as string[],
		},
		ready: (facts, own) => {
			duties = own;
			send({ is: "ready", facts });
		},
		failed: (error) =>
			new Promise((resolve) => {
				if (!process.send || !process.connected) resolve();
				else process.send({ is: "failed", error: sentError(error) } satisfies Report, () => resolve());
			}),
		leave: () => joined.close(),
	};
}

/** A client's socket has come. The client may have gone meanwhile, and the port may have been closed. */
function arrived(port: OpenPort | undefined, socket: Socket | undefined): void {
	if (!socket) return;
	if (!port) {
		socket.on("error", () => {});
		socket.destroy();
		return;
	}
	// As on a listener of the worker's own.
	socket.allowHalfOpen = true;
	port.sockets++;
	socket.on("close", () => {
		port.sockets--;
		if (port.sockets === 0) port.closed?.();
	});
	port.connection(socket);
}

function send(report: Report): void {
	if (process.connected) process.send?.(report);
}
