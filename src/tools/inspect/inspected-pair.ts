// One inspected connection: a client's side and a target's side, a lane for each direction, and the events of both. The ends are passed on:
// a half-close as a half-close, a close code as a close code, a broken connection as a broken one.

import { XMLSocketError } from "../../errors/index.ts";
import { isPolicyRequest } from "../../wire/index.ts";
import type { CutUnit, Direction, DocumentEvent, TrafficEvent } from "../traffic/index.ts";
import { Lane, type LaneHost } from "./lane.ts";
import type { Change } from "./lane-reports.ts";
import type { Side, StreamEnd } from "./side.ts";

/** What the connections of one inspector share. */
export interface ConnectionHost {
	readonly terminator: Uint8Array;
	readonly maxDocumentBytes: number;
	readonly breakOn: ((event: DocumentEvent) => boolean) | undefined;
	/** How long a side may stay open when the other one is gone, in milliseconds. */
	readonly lingerMs: number;
	/** Microseconds since the inspector began to listen. */
	now(): number;
	event(event: TrafficEvent): void;
	/** A document is held. */
	hold(connection: InspectedPair, direction: Direction, event: DocumentEvent): void;
	/** A direction holds nothing any more, because its connection ended. */
	unhold(connection: InspectedPair, direction: Direction): void;
	/** Both sides are closed. */
	closed(connection: InspectedPair): void;
}

/** The state of a connection. */
export type InspectedState = "connecting" | "open" | "closing" | "closed";

/** What was sent in one direction. */
export interface LaneCount {
	readonly bytes: number;
	readonly documents: number;
}

/** How two sides are connected. */
export interface PairOptions {
	/** Whether the client's WebSocket gets a text message for each document of a stream. */
	readonly textMessages?: boolean;
	/** Whether the bytes are no documents, so that nothing is held: TLS that is not read would wait for a terminator that never comes. */
	readonly passesUncut?: boolean;
}

const NO_COUNT: LaneCount = { bytes: 0, documents: 0 };
const POLICY_ANSWER = /^\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE[^>]*>\s*)?<cross-domain-policy[\s/>]/;
const POLICY_HEAD_BYTES = 512;
const other = (direction: Direction): Direction => (direction === "client" ? "server" : "client");

/** A client connected with the target. */
export class InspectedPair implements LaneHost {
	readonly number: number;
	readonly from: string;
	readonly to: string;
	readonly #host: ConnectionHost;
	readonly #sides: Partial<Record<Direction, Side>> = {};
	readonly #lanes: Partial<Record<Direction, Lane>> = {};
	readonly #gone = new Set<Direction>();
	#state: InspectedState = "connecting";
	#passesUncut = false;
	#linger: NodeJS.Timeout | undefined = undefined;
	/** Whether the client has sent nothing but requests for a policy file, and whether the answer to one has not come yet. */
	#mayAskForPolicy = true;
	#asksForPolicy = false;

	constructor(number: number, from: string, to: string, host: ConnectionHost) {
		this.number = number;
		this.from = from;
		this.to = to;
		this.#host = host;
		this.#event({ kind: "open", from, to });
	}

	get terminator(): Uint8Array {
		return this.#host.terminator;
	}

	get maxDocumentBytes(): number {
		return this.#host.maxDocumentBytes;
	}

	get hasBreak(): boolean {
		return !this.#passesUncut && this.#host.breakOn !== undefined;
	}

	get state(): InspectedState {
		return this.#state;
	}

	/** What a direction's end has sent. */
	count(direction: Direction): LaneCount {
		const lane = this.#lanes[direction];
		return lane ? { bytes: lane.bytes, documents: lane.documents } : NO_COUNT;
	}

	/** Connects the two sides. */
	connect(client: Side, target: Side, { textMessages = false, passesUncut = false }: PairOptions = {}): void {
		this.#state = "open";
		this.#passesUncut = passesUncut;
		this.#sides.client = client;
		this.#sides.server = target;
		this.#lanes.client = new Lane(client, target, this, false);
		this.#lanes.server = new Lane(target, client, this, textMessages);
		this.#start("client", client, target);
		this.#start("server", target, client);
	}

	/** The target cannot be reached, or the client's request cannot be passed on. The caller closes the client. */
	fail(direction: Direction, error: unknown): void {
		if (this.#state === "closed") return;
		this.#error(direction, error, "XMLSOCKET_CONNECT_FAILED");
		this.#finish();
	}

	/** As `fail`, without an error: the client has gone, or was answered here. */
	end(reason: string | undefined): void {
		this.#finish(reason);
	}

	/** Reports a document that was not part of the streams. */
	show(direction: Direction, kind: "policy", bytes: Uint8Array, changed: "injected" | undefined): void {
		this.#event({ kind, direction, bytes, ending: "terminated", ...(changed ? { changed } : {}) });
	}

	/** Closes both sides at once. */
	destroy(reason: string): void {
		if (this.#state === "closed") return;
		for (const side of Object.values(this.#sides)) side.destroy();
		this.#finish(reason);
	}

	/** Whether documents are held was changed. */
	breakChanged(): void {
		for (const lane of Object.values(this.#lanes)) lane.breakChanged();
	}

	/** Sends the held document of a direction on, or drops it. */
	decide(direction: Direction, decision: "release" | "drop", bytes?: Uint8Array): void {
		const lane = this.#lanes[direction];
		if (decision === "drop") lane?.drop();
		else lane?.release(bytes);
	}

	/** As `Lane.inject`. */
	inject(direction: Direction, bytes: Uint8Array): void {
		const lane = this.#lanes[direction];
		if (!lane || this.#state === "closed")
			throw new XMLSocketError("XMLSOCKET_CLOSED", `Connection ${this.number} is ${this.#state}.`);
		lane.inject(bytes, this.#lanes[other(direction)]?.usesText === true);
	}

	/** For a lane. */
	holds(lane: Lane, unit: CutUnit): boolean {
		const direction = this.#directionOf(lane);
		const event = this.#documentEvent(direction, unit, undefined);
		if (this.#host.breakOn?.(event) !== true) return false;
		this.#host.hold(this, direction, event);
		return true;
	}

	/** For a lane. */
	document(lane: Lane, unit: CutUnit, change: Change | undefined): void {
		const direction = this.#directionOf(lane);
		const event = this.#documentEvent(direction, unit, change);
		if (direction === "server") this.#asksForPolicy = false;
		else if (event.kind === "policy") this.#asksForPolicy = true;
		else if (unit.bytes.length > 0) this.#mayAskForPolicy = false;
		this.#host.event(event);
	}

	/** For a lane. */
	ended(lane: Lane, { code, reason }: StreamEnd): void {
		if (this.#state === "closed") return;
		const words = code === undefined ? undefined : closeWords(code, reason ?? "");
		this.#event({
			kind: "close",
			direction: this.#directionOf(lane),
			...(words === undefined ? {} : { reason: words }),
		});
	}

	#start(direction: Direction, side: Side, opposite: Side): void {
		const lane = this.#lanes[direction]!;
		const back = this.#lanes[other(direction)]!;
		side.start({
			bytes: (chunk, frame) => lane.receive(chunk, frame),
			end: (end) => {
				if (this.#state === "open") this.#state = "closing";
				lane.end(end, false);
			},
			drain: () => back.drained(),
			ping: (data) => (opposite.ping ? opposite.ping(data) : side.pong?.(data)),
			pong: (data) => opposite.pong?.(data),
			closed: (error) => this.#sideClosed(direction, error),
		});
	}

	#sideClosed(direction: Direction, error: Error | undefined): void {
		if (this.#state === "closed") return;
		const isFirst = this.#gone.size === 0;
		this.#gone.add(direction);
		this.#state = "closing";
		// When one side was reset, the other one reports at most its own end.
		if (error && isFirst) this.#error(direction, error, "XMLSOCKET_CONNECTION_LOST");
		const opposite = other(direction);
		this.#host.unhold(this, opposite);
		this.#lanes[opposite]!.sinkGone();
		if (error) this.#host.unhold(this, direction);
		this.#lanes[direction]!.end({}, error !== undefined);
		if (this.#gone.size === 2) this.#finish();
		else if (error) this.#resetSoon(this.#sides[opposite]!);
		else this.#lingerFor(this.#sides[opposite]!);
	}

	// A reset discards what has not been sent yet, so it waits for that.
	#resetSoon(side: Side): void {
		const deadline = performance.now() + this.#host.lingerMs;
		const attempt = (): void => {
			if (this.#state === "closed") return;
			if (side.bufferedBytes === 0 || performance.now() > deadline) side.reset();
			else this.#linger = setTimeout(attempt, 20).unref();
		};
		attempt();
	}

	// The side that is left can send nothing to anyone. It gets the time to read what was sent to it.
	#lingerFor(side: Side): void {
		const check = (): void => {
			if (this.#state === "closed") return;
			const isHeld = Object.values(this.#lanes).some((lane) => lane.held !== undefined);
			if (side.bufferedBytes === 0 && !isHeld) side.destroy();
			else this.#linger = setTimeout(check, this.#host.lingerMs).unref();
		};
		this.#linger = setTimeout(check, this.#host.lingerMs).unref();
	}

	#finish(reason?: string): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		clearTimeout(this.#linger);
		for (const direction of ["client", "server"] as const) this.#host.unhold(this, direction);
		this.#event({ kind: "close", ...(reason === undefined ? {} : { reason }) });
		this.#host.closed(this);
	}

	#error(direction: Direction, error: unknown, code: "XMLSOCKET_CONNECT_FAILED" | "XMLSOCKET_CONNECTION_LOST"): void {
		this.#event({
			kind: "error",
			direction,
			code: error instanceof XMLSocketError ? error.code : code,
			message:
				error instanceof XMLSocketError
					? error.message
					: `The ${direction}'s connection broke: ${error instanceof Error ? error.message : String(error)}.`,
		});
	}

	#documentEvent(direction: Direction, unit: CutUnit, changed: Change | undefined): DocumentEvent {
		return {
			connection: this.number,
			time: this.#host.now(),
			kind: this.#isPolicy(direction, unit.bytes) ? "policy" : "document",
			direction,
			bytes: unit.bytes,
			ending: unit.ending,
			...(changed ? { changed } : {}),
		};
	}

	#isPolicy(direction: Direction, bytes: Uint8Array): boolean {
		if (!(direction === "client" ? this.#mayAskForPolicy : this.#asksForPolicy)) return false;
		const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, POLICY_HEAD_BYTES)).toString(
			"latin1",
		);
		return direction === "client" ? isPolicyRequest(head) : POLICY_ANSWER.test(head);
	}

	#directionOf(lane: Lane): Direction {
		return lane === this.#lanes.client ? "client" : "server";
	}

	#event(event: EventBody): void {
		this.#host.event({ connection: this.number, time: this.#host.now(), ...event } as TrafficEvent);
	}
}

type EventBody = TrafficEvent extends infer Event
	? Event extends TrafficEvent
		? Omit<Event, "connection" | "time">
		: never
	: never;

function closeWords(code: number, reason: string): string {
	if (code === 1005) return "the WebSocket was closed without a code";
	return `the WebSocket was closed with code ${code}${reason === "" ? "" : `: ${reason}`}`;
}
