// The primary process's end of all workers: passes the messages of the bus on without reading them, keeps names and numbers, and
// serves the log. A worker that does not read what is sent to it is cut off, so that it holds up neither the primary nor the others.

import type { Duplex } from "node:stream";
import type { MessageLog } from "../../message-log/index.ts";
import { ChannelPeer } from "./channel-peer.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import { KIND, NOTE, OPERATION } from "./kinds.ts";
import { LogService } from "./log-service.ts";
import { NameTable } from "./name-table.ts";
import { RecordService } from "./record-service.ts";

/** Bytes that a worker has not read; with more, it is cut off. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
const FIRST_NUMBERS = 100;

/** What a hub is made of. */
export interface HubOptions {
	/** The log of stored rooms; undefined where the workers have another one. */
	readonly log?: MessageLog | undefined;
	readonly report: (error: unknown) => void;
	/** See `ChannelOptions.maxWaitingBytes`. Default 64 MiB. */
	readonly maxUnreadBytes?: number;
}

/** What one worker's end calls. */
export interface HubWorkerEvents {
	/** A call for what the channel carries beside bus and log. @returns its result. */
	service(name: string, text: string): Promise<string>;
	/** The same without a result. */
	serviceNoted(name: string, text: string): void;
	/** The worker answered the ping of that number, with a number of its own. */
	pong(number: number, value: number): void;
	/** The channel has ended: the worker has, or it was cut off because of the error. */
	closed(error: Error | undefined): void;
}

/** One worker, as the primary sees it. */
export interface HubWorker {
	readonly node: string;
	/** Calls a service of the worker. Rejects with XMLSOCKET_UNAVAILABLE where it ends first. */
	service(name: string, text: string): Promise<string>;
	/** The same without a result. */
	note(name: string, text: string): void;
	ping(number: number): void;
	/** Cuts the worker off. */
	cut(reason: Error): void;
}

class Worker implements HubWorker {
	readonly node: string;
	readonly peer: ChannelPeer;
	/** By the bytes of their names. */
	readonly rooms: Set<string> = new Set();

	constructor(node: string, peer: ChannelPeer) {
		this.node = node;
		this.peer = peer;
	}

	service(name: string, text: string): Promise<string> {
		return this.peer.call(
			OPERATION.service,
			(frame) => frame.text(name).text(text),
			(cursor) => cursor.text(),
		);
	}

	note(name: string, text: string): void {
		this.peer.note(NOTE.service).text(name).text(text).end();
	}

	ping(number: number): void {
		this.peer.note(NOTE.ping).whole(number).end();
	}

	cut(reason: Error): void {
		this.peer.channel.destroy(reason);
	}
}

/** Connects the workers of one daemon. */
export class PrimaryHub {
	readonly #options: HubOptions;
	readonly #names = new NameTable();
	readonly #log: LogService | undefined;
	readonly #records: RecordService | undefined;
	readonly #workers = new Map<string, Worker>();
	/** The workers that have a room open, by the bytes of the room's name. */
	readonly #rooms = new Map<string, Set<Worker>>();
	#nextNumber = 1;
	/** Messages of the bus that were passed on. */
	relayed = 0;

	constructor(options: HubOptions) {
		this.#options = options;
		this.#log = options.log && new LogService(options.log, options.report);
		this.#records = options.log && new RecordService(options.log.records);
		options.log?.watch?.((isReachable, cause) => {
			for (const { peer } of this.#workers.values()) writeReachable(peer, isReachable, cause);
		});
	}

	/** Connects a worker. @param node its name on the bus, used by no worker before. */
	add(stream: Duplex, node: string, events: HubWorkerEvents): HubWorker {
		const peer = new ChannelPeer(
			stream,
			{
				called: (operation, cursor, number) => this.#called(worker, operation, cursor, number, events),
				noted: (operation, cursor) => this.#noted(worker, operation, cursor, events),
				frame: (kind, cursor) => this.#relay(worker, kind, cursor),
				closed: (error) => {
					this.#remove(worker);
					events.closed(error);
				},
			},
			"The worker has ended.",
			{ maxWaitingBytes: this.#options.maxUnreadBytes ?? MAX_UNREAD_BYTES },
		);
		const worker = new Worker(node, peer);
		this.#workers.set(node, worker);
		return worker;
	}

	#remove(worker: Worker): void {
		if (!this.#workers.delete(worker.node)) return;
		for (const room of worker.rooms) this.#unsubscribe(worker, room);
		this.#names.releaseAll(worker.node);
		this.#log?.remove(worker.peer);
		this.#records?.remove(worker.peer);
		for (const { peer } of this.#workers.values()) peer.note(NOTE.nodeGone).text(worker.node).end();
	}

	#relay(from: Worker, kind: number, cursor: FrameCursor): void {
		const { buffer, start, end } = cursor;
		this.relayed++;
		if (kind === KIND.all) {
			for (const worker of this.#workers.values()) {
				if (worker !== from) worker.peer.channel.relay(buffer, start, end);
			}
		} else if (kind === KIND.room) {
			for (const worker of this.#rooms.get(cursor.key()) ?? []) {
				if (worker !== from) worker.peer.channel.relay(buffer, start, end);
			}
		} else if (kind === KIND.node) this.#workers.get(cursor.text())?.peer.channel.relay(buffer, start, end);
		else throw new RangeError(`A worker sent a frame of the unknown kind ${kind}.`);
	}

	#noted(worker: Worker, operation: number, cursor: FrameCursor, events: HubWorkerEvents): void {
		switch (operation) {
			case NOTE.subscribe: {
				const room = cursor.key();
				worker.rooms.add(room);
				const workers = this.#rooms.get(room);
				if (workers) workers.add(worker);
				else this.#rooms.set(room, new Set([worker]));
				break;
			}
			case NOTE.unsubscribe: {
				const room = cursor.key();
				worker.rooms.delete(room);
				this.#unsubscribe(worker, room);
				break;
			}
			case NOTE.unfollow:
				this.#log?.unfollow(worker.peer, cursor.text());
				break;
			case NOTE.pong:
				events.pong(cursor.whole(), cursor.number());
				break;
			case NOTE.service:
				events.serviceNoted(cursor.text(), cursor.text());
				break;
			default:
				throw new RangeError(`A worker noted the unknown operation ${operation}.`);
		}
	}

	#called(worker: Worker, operation: number, cursor: FrameCursor, number: number, events: HubWorkerEvents): void {
		const { peer } = worker;
		switch (operation) {
			case OPERATION.hello: {
				const isReachable = this.#log?.isReachable ?? true;
				peer
					.result(number)
					.text(worker.node)
					.number(this.#numbers(FIRST_NUMBERS))
					.whole(FIRST_NUMBERS)
					.byte(isReachable ? 1 : 0)
					.byte(this.#log ? 1 : 0)
					.end();
				break;
			}
			case OPERATION.acquire: {
				const holder = this.#names.acquire(cursor.text(), cursor.text(), cursor.optionalText());
				peer.result(number).text(holder).end();
				break;
			}
			case OPERATION.release:
				this.#names.release(cursor.text(), cursor.text());
				peer.result(number).end();
				break;
			case OPERATION.numbers:
				peer.result(number).number(this.#numbers(cursor.whole())).end();
				break;
			case OPERATION.service:
				events.service(cursor.text(), cursor.text()).then(
					(text) => peer.result(number).text(text).end(),
					(error) => peer.fail(number, error),
				);
				break;
			default:
				if (!this.#log) throw new RangeError(`A worker called the unknown operation ${operation}.`);
				if (this.#records?.called(peer, operation, cursor, number)) return;
				this.#log.called(peer, operation, cursor, number);
		}
	}

	/** The first of `count` numbers. */
	#numbers(count: number): number {
		const first = this.#nextNumber;
		this.#nextNumber += count;
		return first;
	}

	#unsubscribe(worker: Worker, room: string): void {
		const workers = this.#rooms.get(room);
		if (workers?.delete(worker) && workers.size === 0) this.#rooms.delete(room);
	}
}

function writeReachable(peer: ChannelPeer, isReachable: boolean, cause: Error | undefined): void {
	peer
		.note(NOTE.reachable)
		.byte(isReachable ? 1 : 0)
		.text(cause?.message ?? "")
		.end();
}
