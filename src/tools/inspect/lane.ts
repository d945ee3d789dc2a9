// One direction of an inspected connection, from one side to the other. A chunk goes on at once and is cut into documents behind that. Only
// where a document may have to wait, or to get another one before it, documents are cut first. It opens and closes no connection.

import { isUtf8 } from "node:buffer";
import { XMLSocketError } from "../../errors/index.ts";
import { type CutUnit, DocumentCutter } from "../traffic/index.ts";
import { type Change, LaneReports } from "./lane-reports.ts";
import type { Frame, Side, StreamEnd } from "./side.ts";
import { WithheldBytes } from "./withheld-bytes.ts";

/** What a lane reports and asks. */
export interface LaneHost {
	readonly terminator: Uint8Array;
	readonly maxDocumentBytes: number;
	/** Whether a document may have to be held. */
	readonly hasBreak: boolean;
	/** Whether to hold this document. */
	holds(lane: Lane, unit: CutUnit): boolean;
	/** A document was sent on, or dropped. */
	document(lane: Lane, unit: CutUnit, change: Change | undefined): void;
	/** The source's end was sent on, behind all that it sent. */
	ended(lane: Lane, end: StreamEnd): void;
}

interface Waiting {
	readonly unit: CutUnit;
	readonly frame: Frame;
	/** Bytes at its beginning that were sent on before documents were cut. Such a document cannot be held. */
	readonly skip: number;
}

const MAX_INJECTIONS = 100;
const NOTHING: Uint8Array = new Uint8Array(0);

/** One direction. */
export class Lane {
	/** Bytes that the source has sent. */
	bytes = 0;
	/** Documents that the source has sent. */
	documents = 0;
	readonly #source: Side;
	readonly #sink: Side;
	readonly #host: LaneHost;
	readonly #textMessages: boolean;
	readonly #cutter: DocumentCutter;
	/** Of the unfinished document: the bytes that were sent on already. Those behind them are withheld. */
	#sent = 0;
	readonly #withheld = new WithheldBytes();
	/** Complete documents that were not sent on; the first is held if `#isHeld`. */
	#waiting: Waiting[] = [];
	#isHeld = false;
	/** Whether the last unit that was sent did not end its document. */
	#isInDocument = false;
	#injections: Uint8Array[] = [];
	/** What leaves in one write, and the parts of a text message that is longer than the limit. */
	#batch: Uint8Array[] = [];
	#textParts: Uint8Array[] = [];
	#lastFrame: Frame = "bytes";
	/** What was sent on, or dropped, and is not reported yet. */
	readonly #reports: LaneReports;
	#isBlocked = false;
	#isPaused = false;
	#end: StreamEnd | undefined = undefined;
	#isEnded = false;
	#isBroken = false;
	#isSinkGone = false;

	/** @param textMessages whether the sink, a WebSocket, gets one text message for each document of a stream. */
	constructor(source: Side, sink: Side, host: LaneHost, textMessages: boolean) {
		this.#source = source;
		this.#sink = sink;
		this.#host = host;
		this.#textMessages = textMessages;
		this.#cutter = new DocumentCutter({ terminator: host.terminator, maxDocumentBytes: host.maxDocumentBytes });
		this.#reports = new LaneReports((unit, change) => {
			if (change !== "injected" && unit.ending !== "part") this.documents++;
			host.document(this, unit, change);
		});
	}

	/** The document that is held. */
	get held(): CutUnit | undefined {
		return this.#isHeld ? this.#waiting[0]?.unit : undefined;
	}

	/** Whether the source's end has been sent on, or its connection is gone. */
	get isEnded(): boolean {
		return this.#isEnded;
	}

	/** Whether the source's last message was a text message. */
	get usesText(): boolean {
		return this.#lastFrame !== "bytes";
	}

	/** Bytes from the source. */
	receive(chunk: Uint8Array, frame: Frame): void {
		this.bytes += chunk.length;
		this.#lastFrame = frame;
		const bytes = frame === "text" ? joined([chunk, this.#host.terminator]) : chunk;
		if (this.#mustCut()) this.#receiveCut(bytes, frame);
		else {
			this.#write(this.#sink.isWebSocket ? chunk : bytes, frame);
			const units = this.#cutter.push(bytes);
			this.#sent = this.#cutter.pendingBytes;
			this.#report(units);
		}
	}

	/**
	 * The source sends no more.
	 *
	 * @param isBroken its connection broke: what is held, and waits behind it, is dropped, and the sink gets no end.
	 */
	end(end: StreamEnd, isBroken: boolean): void {
		if (isBroken && !this.#isEnded) {
			this.#isBroken = true;
		} else if (this.#end) return;
		this.#end = end;
		const rest = this.#cutter.end();
		if (rest) {
			this.#waiting.push({ unit: kept(rest), frame: "bytes", skip: this.#sent });
			this.#withheld.clear();
			this.#sent = 0;
		}
		if (isBroken && this.#isHeld) {
			for (const { unit } of this.#waiting.splice(0)) this.#reports.add(unit, "dropped");
			this.#isHeld = false;
		}
		this.#pump();
	}

	/** The sink's connection is gone: what waits and what follows is shown as dropped. */
	sinkGone(): void {
		if (this.#isSinkGone) return;
		this.#isSinkGone = true;
		this.#isHeld = false;
		this.#injections = [];
		this.#withheld.clear();
		this.#pump();
	}

	/** The sink can be written to again. */
	drained(): void {
		this.#isBlocked = false;
		this.#adjust();
	}

	/** Whether documents are held has changed. */
	breakChanged(): void {
		this.#pump();
	}

	/** Sends the held document on, with other bytes if some are given. */
	release(bytes: Uint8Array | undefined): void {
		const first = this.#takeHeld();
		if (!first) return;
		const unit = bytes ? { bytes, ending: first.unit.ending } : first.unit;
		this.#put(unit, first.frame, 0);
		this.#reports.add(unit, bytes ? "edited" : undefined);
		this.#pump();
	}

	/** Drops the held document. */
	drop(): void {
		const first = this.#takeHeld();
		if (!first) return;
		this.#reports.add(first.unit, "dropped");
		this.#pump();
	}

	/**
	 * Sends a document that the source did not send, as soon as no other one is half sent.
	 *
	 * @param asText whether to use a text message, where the source has sent nothing that would decide it.
	 * @throws XMLSOCKET_CLOSED, XMLSOCKET_OUTBOX_FULL
	 */
	inject(bytes: Uint8Array, asText: boolean): void {
		if (this.#end || this.#isSinkGone)
			throw new XMLSocketError("XMLSOCKET_CLOSED", "This direction of the connection has ended.");
		if (this.#injections.length >= MAX_INJECTIONS) {
			throw new XMLSocketError(
				"XMLSOCKET_OUTBOX_FULL",
				`${MAX_INJECTIONS} documents wait already until the one that is half sent is complete.`,
			);
		}
		if (this.bytes === 0 && asText) this.#lastFrame = "text";
		this.#injections.push(bytes.slice());
		this.#pump();
	}

	#mustCut(): boolean {
		return (
			this.#host.hasBreak ||
			this.#textMessages ||
			this.#isSinkGone ||
			this.#waiting.length > 0 ||
			this.#injections.length > 0 ||
			this.#withheld.length > 0
		);
	}

	#receiveCut(bytes: Uint8Array, frame: Frame): void {
		const units = this.#cutter.push(bytes);
		if (units.length === 0) this.#withheld.append(bytes);
		else {
			const endBytes = this.#host.terminator.length;
			for (const unit of units) {
				const skip = Math.min(this.#sent, unit.bytes.length + (unit.ending === "terminated" ? endBytes : 0));
				this.#sent -= skip;
				this.#waiting.push({ unit: kept(unit), frame, skip });
			}
			// Bytes of a terminator that has only begun may be from an earlier chunk.
			this.#withheld.keepLast(this.#cutter.pendingBytes - this.#sent, bytes);
		}
		this.#pump();
	}

	// Sends on what does not have to wait any more, then reports it.
	#pump(): void {
		while (!this.#isHeld) {
			const first = this.#waiting[0];
			if (!first) break;
			if (first.skip === 0 && this.#mayHold() && this.#host.holds(this, first.unit)) {
				this.#isHeld = true;
				break;
			}
			this.#waiting.shift();
			// An injected document comes before one that was complete before it could be sent.
			if (first.skip === 0) this.#putInjections();
			this.#put(first.unit, first.frame, first.skip);
			this.#reports.add(first.unit, this.#isSinkGone ? "dropped" : undefined);
		}
		if (this.#isHeld || this.#sent === 0) this.#putInjections();
		if (
			this.#withheld.length > 0 &&
			!this.#isHeld &&
			!this.#host.hasBreak &&
			!this.#textMessages &&
			!this.#isSinkGone
		) {
			this.#sent += this.#withheld.length;
			this.#batch.push(this.#withheld.take());
		}
		this.#flush();
		this.#adjust();
		this.#report();
	}

	#mayHold(): boolean {
		return this.#host.hasBreak && !this.#isSinkGone && !this.#isBroken;
	}

	#putInjections(): void {
		if (this.#isInDocument) return;
		for (const bytes of this.#injections.splice(0)) {
			const unit: CutUnit = { bytes, ending: "terminated" };
			this.#put(unit, this.#lastFrame, 0);
			this.#reports.add(unit, "injected");
		}
	}

	#takeHeld(): Waiting | undefined {
		if (!this.#isHeld) return undefined;
		this.#isHeld = false;
		return this.#waiting.shift();
	}

	#put({ bytes, ending }: CutUnit, frame: Frame, skip: number): void {
		if (this.#isSinkGone) return;
		this.#isInDocument = ending !== "terminated";
		if (this.#textMessages) {
			this.#flush();
			this.#write(validText(bytes), "text");
		} else if (frame !== "bytes" && this.#sink.isWebSocket && skip === 0) {
			this.#textParts.push(bytes);
			if (ending === "part") return;
			if (frame === "ended-text" && ending === "terminated") this.#textParts.push(this.#host.terminator);
			this.#flush();
			this.#write(joined(this.#textParts.splice(0)), frame);
		} else {
			if (skip < bytes.length) this.#batch.push(bytes.subarray(skip));
			if (ending !== "terminated") return;
			const rest = this.#host.terminator.subarray(Math.max(0, skip - bytes.length));
			if (rest.length > 0) this.#batch.push(rest);
		}
	}

	#flush(): void {
		if (this.#batch.length > 0) this.#write(joined(this.#batch.splice(0)), "bytes");
	}

	#write(bytes: Uint8Array, frame: Frame): void {
		if (this.#sink.write(bytes, frame)) return;
		this.#isBlocked = true;
		this.#adjust();
	}

	#report(passed?: readonly CutUnit[]): void {
		if (this.#reports.deliver(passed)) this.#endIfDone();
	}

	#adjust(): void {
		const pauses = !this.#isSinkGone && (this.#isBlocked || this.#waiting.length > 0);
		if (pauses === this.#isPaused) return;
		this.#isPaused = pauses;
		if (pauses) this.#source.pause();
		else this.#source.resume();
	}

	#endIfDone(): void {
		if (!this.#end || this.#isEnded || this.#waiting.length > 0) return;
		this.#isEnded = true;
		if (!this.#isSinkGone && !this.#isBroken) this.#sink.end(this.#end);
		this.#host.ended(this, this.#end);
	}
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
	return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

// The cutter gives views of the chunk, which is large and which the next documents share.
function kept(unit: CutUnit): CutUnit {
	return unit.bytes.length === 0
		? { bytes: NOTHING, ending: unit.ending }
		: { bytes: unit.bytes.slice(), ending: unit.ending };
}

// A page's WebSocket breaks off at a text message that is not UTF-8.
function validText(bytes: Uint8Array): Uint8Array {
	return isUtf8(bytes) ? bytes : Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
}
