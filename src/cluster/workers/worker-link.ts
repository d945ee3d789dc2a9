// A worker's end of the channel: the bus, the log, and services beside them. Without the primary process a worker is of no use, so
// its owner ends it when the channel ends.

import type { Duplex } from "node:stream";
import { ChannelPeer } from "./channel-peer.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import { KIND, NOTE, OPERATION } from "./kinds.ts";
import { WorkerBus } from "./worker-bus.ts";
import { WorkerLog } from "./worker-log.ts";

/** What a worker's end calls. */
export interface WorkerLinkEvents {
	/** A call of the primary. @returns its result. */
	service(name: string, text: string): Promise<string>;
	/** The same without a result. */
	serviceNoted(name: string, text: string): void;
	/** A number for the primary, which asks every second. */
	pulse(): number;
	/** The channel has ended, and with it the primary process. */
	closed(error: Error | undefined): void;
	/** Receives what a receiver of the bus throws. */
	report(error: unknown): void;
}

/** The channel of one worker. */
export class WorkerLink {
	readonly bus: WorkerBus;
	readonly log: WorkerLog;
	readonly #peer: ChannelPeer;

	private constructor(peer: ChannelPeer, bus: WorkerBus, log: WorkerLog) {
		this.#peer = peer;
		this.bus = bus;
		this.log = log;
	}

	/** Connects to the primary. Rejects with XMLSOCKET_UNAVAILABLE where it has ended. */
	static async open(stream: Duplex, events: WorkerLinkEvents): Promise<WorkerLink> {
		let link: WorkerLink | undefined;
		let hasLog = false;
		const peer: ChannelPeer = new ChannelPeer(
			stream,
			{
				called: (operation, cursor, number) => {
					if (operation !== OPERATION.service) throw new RangeError(`The primary called the operation ${operation}.`);
					events.service(cursor.text(), cursor.text()).then(
						(text) => peer.result(number).text(text).end(),
						(error) => peer.fail(number, error),
					);
				},
				noted: (operation, cursor) => {
					if (operation === NOTE.ping) peer.note(NOTE.pong).whole(cursor.whole()).number(events.pulse()).end();
					else if (operation === NOTE.service) events.serviceNoted(cursor.text(), cursor.text());
					else link?.noted(operation, cursor);
				},
				frame: (kind, cursor) => link?.frame(kind, cursor),
				closed: (error) => {
					link?.bus.disconnected();
					events.closed(error);
				},
			},
			"The primary process has ended.",
		);
		await peer.call(
			OPERATION.hello,
			() => {},
			(cursor) => {
				const node = cursor.text();
				const next = cursor.number();
				const end = next + cursor.whole();
				const bus = new WorkerBus(peer, node, { next, end }, events.report);
				link = new WorkerLink(peer, bus, new WorkerLog(peer, cursor.byte() === 1));
				hasLog = cursor.byte() === 1;
			},
		);
		if (hasLog) await link!.log.records.load();
		return link!;
	}

	/** Calls a service of the primary. Rejects with its error, or XMLSOCKET_UNAVAILABLE where it has ended. */
	service(name: string, text: string): Promise<string> {
		return this.#peer.call(
			OPERATION.service,
			(frame) => frame.text(name).text(text),
			(cursor) => cursor.text(),
		);
	}

	/** The same without a result. */
	note(name: string, text: string): void {
		if (!this.#peer.channel.isClosed) this.#peer.note(NOTE.service).text(name).text(text).end();
	}

	/** As `note`, and it has left this process when this returns, if the channel has room. */
	noteNow(name: string, text: string): void {
		this.note(name, text);
		this.#peer.channel.flush();
	}

	/** Sends what waits, and ends the channel. */
	close(): void {
		this.#peer.channel.end();
	}

	/** @internal */
	frame(kind: number, cursor: FrameCursor): void {
		if (kind === KIND.entry) this.log.entry(cursor);
		else if (kind === KIND.ownEntry) this.log.ownEntry(cursor);
		else this.bus.received(kind, cursor);
	}

	/** @internal */
	noted(operation: number, cursor: FrameCursor): void {
		if (operation === NOTE.reset) this.log.reset(cursor);
		else if (operation === NOTE.reachable) this.log.reachable(cursor.byte() === 1, cursor.text());
		else if (operation === NOTE.record) this.log.records.changed(cursor);
		else if (operation === NOTE.nodeGone) this.bus.nodeGone(cursor.text());
		else throw new RangeError(`The primary noted the unknown operation ${operation}.`);
	}
}
