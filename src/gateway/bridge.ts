// Connects one page's WebSocket with one target's TCP connection, as two byte streams. Each direction has a bounded queue that pauses its
// source. When one side ends, everything received from it is delivered to the other side before that closes: the page's end half-closes
// the target, the target's end closes the WebSocket. It opens no connection and checks no address.

import type { XMLSocketError } from "../errors/index.ts";
import type { Scheduler, Transport } from "../link/index.ts";
import { BridgeDirection } from "./bridge-direction.ts";
import { BridgeEnd, type EndCause } from "./bridge-end.ts";
import type { BridgeTurns } from "./bridge-turns.ts";
import type { BridgeContent } from "./content.ts";

/** A page's connection: a Transport that can also send and receive a close code. */
export interface PageTransport extends Transport {
	end(code?: number, reason?: string): void;
	/** The close code of the page, once closed; 1005: without a code, 1006: the connection was lost. */
	readonly closeCode?: number | undefined;
}

/** The time limits of a bridge, in milliseconds; 0 disables a rule. */
export interface BridgeLimits {
	/** Ping a silent page after this time, and disconnect it after twice this time. */
	readonly pingIntervalMs: number;
	/** Disconnect a side that reads nothing of what waits for it for this time. */
	readonly unreadOutputTimeoutMs: number;
	/** How long a half-closed target may take to close too. Always enabled. */
	readonly lingerMs: number;
}

/** Sees the bytes of one bridge, in the page's encoding: what the page sent, and what it gets. It must keep no view of a chunk. */
export interface BridgeTap {
	bytes(direction: "client" | "server", chunk: Uint8Array): void;
	/** Both sides are closed. Once, and last. */
	closed(end: BridgeEnd): void;
}

/** The parts that the bridges of one gateway share. */
export interface BridgeHost {
	readonly limits: BridgeLimits;
	readonly scheduler: Scheduler;
	readonly turns: BridgeTurns;
	/** Bytes were received for one side. */
	carried(to: "target" | "page", bytes: number): void;
	/** Both sides of a bridge are closed. Once. */
	closed(bridge: Bridge): void;
}

const FINAL_WAIT_MS = 60_000;
const LONGEST_REASON_BYTES = 123;

/** A page connected with a target. */
export class Bridge {
	readonly #page: PageTransport;
	readonly #content: BridgeContent;
	readonly #host: BridgeHost;
	readonly #tap: BridgeTap | undefined;
	readonly #toTarget: BridgeDirection;
	readonly #toPage: BridgeDirection;
	readonly #abandon = new AbortController();
	#target: Transport | undefined = undefined;
	/** `ended`: it has half-closed, and may still read. */
	#targetState: "dialling" | "open" | "ended" | "gone" = "dialling";
	#pageGone = false;
	#pageEnd: { readonly code: number; readonly reason: string } | undefined = undefined;
	#pageEndSent = false;
	#targetEndSent = false;
	#lingerSinceMs: number | undefined = undefined;
	#end: BridgeEnd | undefined = undefined;
	#flushing = false;
	#pageActiveMs: number;
	#pingedMs: number | undefined = undefined;
	#finished = false;

	/** Starts to receive from the page immediately; `connect` adds the target. */
	constructor(page: PageTransport, content: BridgeContent, host: BridgeHost, tap?: BridgeTap) {
		this.#page = page;
		this.#tap = tap;
		this.#content = content;
		this.#host = host;
		const nowMs = host.scheduler.clock.now();
		this.#toTarget = new BridgeDirection(host.turns, nowMs);
		this.#toPage = new BridgeDirection(host.turns, nowMs);
		this.#pageActiveMs = nowMs;
		host.scheduler.add(this);
		page.start({
			bytes: (chunk) => this.#guard(() => this.#fromPage(chunk)),
			end: () => {},
			drain: () => this.#guard(() => this.#drained(this.#toPage)),
			pong: () => this.#pageActive(),
			close: (error) => this.#guard(() => this.#pageClosed(error)),
		});
	}

	/** How it ended; while it is open, the cause known so far. */
	get end(): BridgeEnd {
		return this.#end ?? new BridgeEnd("stopping");
	}

	/** Bytes received from the page and from the target. */
	get bytes(): { readonly toTarget: number; readonly toPage: number } {
		return { toTarget: this.#toTarget.bytes, toPage: this.#toPage.bytes };
	}

	/** Bytes held for both sides: those that wait, and the page's unfinished message. */
	get heldBytes(): number {
		const waiting = this.#toTarget.queue.bytes + this.#toPage.queue.bytes;
		const received = this.#page.unfinishedBytes ?? 0;
		return waiting + received + this.#page.bufferedBytes + (this.#target?.bufferedBytes ?? 0);
	}

	/** Characters that the other side's encoding does not have. */
	get replaced(): number {
		return (this.#content.toTarget?.replaced ?? 0) + (this.#content.toPage?.replaced ?? 0);
	}

	/** Aborted when the target is no longer needed. */
	get abandoned(): AbortSignal {
		return this.#abandon.signal;
	}

	/** The target is connected. */
	connect(target: Transport): void {
		if (this.#targetState !== "dialling") {
			target.destroy();
			return;
		}
		this.#target = target;
		this.#targetState = "open";
		target.start({
			bytes: (chunk) => this.#guard(() => this.#fromTarget(chunk)),
			end: () => this.#guard(() => this.#targetEnded()),
			drain: () => this.#guard(() => this.#drained(this.#toTarget)),
			pong: () => {},
			close: (error) => this.#guard(() => this.#targetClosed(error)),
		});
		this.#flushSoon();
	}

	/** The target cannot be reached. */
	fail(error: XMLSocketError): void {
		if (this.#targetState === "dialling") this.#targetLost(BridgeEnd.ofDial(error));
	}

	/** Delivers what was received, then closes both sides. */
	stop(): void {
		this.#ending(new BridgeEnd("stopping"));
		this.#closePage(1001, "the gateway stops");
		this.#flushSoon();
	}

	/** Closes both sides immediately. */
	destroy(cause: EndCause = "stopping"): void {
		this.#ending(new BridgeEnd(cause));
		this.#abandon.abort();
		if (!this.#pageGone) this.#page.destroy();
		if (this.#target && this.#targetState !== "gone") this.#target.destroy();
		else if (this.#targetState === "dialling") this.#targetGone();
	}

	// --- Scheduled

	/** Writes what waits. The scheduler calls it. */
	flush(): void {
		this.#flushing = false;
		if (this.#finished) return;
		if (this.#target && this.#targetState !== "gone" && !this.#targetEndSent) {
			this.#write(this.#toTarget, this.#target, this.#page);
			if (this.#pageGone && this.#toTarget.queue.bytes === 0) this.#endTarget(this.#target);
		}
		if (!this.#pageGone && !this.#pageEndSent) {
			this.#write(this.#toPage, this.#page, this.#target);
			if (this.#pageEnd && this.#toPage.queue.bytes === 0) {
				this.#pageEndSent = true;
				this.#page.end(this.#pageEnd.code, this.#pageEnd.reason);
			}
		}
	}

	/** Checks the deadlines. The scheduler calls it. */
	sweep(nowMs: number): void {
		if (!this.#pageGone) this.#sweepPage(nowMs);
		if (this.#target && this.#targetState !== "gone") this.#sweepTarget(this.#target, nowMs);
	}

	// --- from the page

	#fromPage(chunk: Uint8Array): void {
		this.#pageActive();
		this.#toTarget.bytes += chunk.length;
		this.#host.carried("target", chunk.length);
		this.#tap?.bytes("client", chunk);
		if (this.#targetState === "gone" || this.#targetEndSent) return;
		this.#queue(this.#toTarget, this.#content.toTarget, chunk);
		this.#toTarget.received(chunk, this.#page, this.#target);
		this.#flushSoon();
	}

	#pageClosed(error: Error | undefined): void {
		this.#pageGone = true;
		this.#ending(BridgeEnd.ofPage(this.#page.closeCode, error));
		this.#toPage.queue.clear();
		this.#addAll(this.#toTarget, this.#content.toTarget?.finish());
		// The target's remaining bytes have no reader, but they must be read for its end to arrive.
		this.#resumeSource(this.#toPage, this.#target);
		if (this.#targetState === "gone") this.#finish();
		else if (this.#targetState === "dialling" && this.#toTarget.queue.bytes === 0) {
			this.#abandon.abort();
			this.#targetGone();
		} else this.#flushSoon();
	}

	// --- from the target

	#fromTarget(chunk: Uint8Array): void {
		this.#toPage.bytes += chunk.length;
		this.#host.carried("page", chunk.length);
		if (this.#pageGone || this.#pageEnd) return;
		this.#queue(this.#toPage, this.#content.toPage, chunk);
		this.#toPage.received(chunk, this.#target!, this.#page);
		this.#flushSoon();
	}

	#targetEnded(): void {
		if (this.#targetState !== "open") return;
		this.#targetState = "ended";
		this.#ending(new BridgeEnd("target-closed"));
		if (!this.#pageEnd) this.#addAll(this.#toPage, this.#content.toPage?.finish());
		this.#closePage(1000, "");
		this.#flushSoon();
	}

	#targetClosed(error: Error | undefined): void {
		if (this.#targetState === "open" && !this.#targetEndSent) this.#targetLost(BridgeEnd.ofTarget(error));
		else this.#targetGone();
	}

	#targetLost(end: BridgeEnd): void {
		// If the last bytes of the page cannot be delivered, its close was not orderly.
		if (this.#toTarget.queue.bytes > 0 && this.#end?.isOrderly) this.#end = end;
		this.#ending(end);
		if (!this.#pageGone && !this.#pageEnd) this.#addAll(this.#toPage, this.#content.toPage?.finish());
		this.#closePage(1011, end.reason);
		this.#targetGone();
	}

	#targetGone(): void {
		this.#targetState = "gone";
		this.#toTarget.queue.clear();
		this.#resumeSource(this.#toTarget, this.#page);
		if (this.#pageGone) this.#finish();
		else this.#flushSoon();
	}

	// --- both ways

	#queue(direction: BridgeDirection, content: BridgeContent["toPage"], chunk: Uint8Array): void {
		if (!content) {
			if (direction === this.#toPage) this.#tap?.bytes("server", chunk);
			direction.queue.add(chunk);
			return;
		}
		this.#addAll(direction, content.push(chunk));
		if (!content.error) return;
		this.#ending(BridgeEnd.ofContent(content.error));
		this.#closePage(1009, this.end.reason);
		this.#target?.destroy();
	}

	#addAll(direction: BridgeDirection, pieces: readonly Uint8Array[] | undefined): void {
		for (const piece of pieces ?? []) {
			if (direction === this.#toPage) this.#tap?.bytes("server", piece);
			direction.queue.add(piece);
		}
	}

	#resumeSource(direction: BridgeDirection, source: Transport | undefined): void {
		if (direction.release(source)) this.#pageActiveMs = this.#host.scheduler.clock.now();
	}

	#write(direction: BridgeDirection, sink: Transport, source: Transport | undefined): void {
		const isLow = direction.writeTo(sink, () => this.#host.scheduler.clock.now());
		if (isLow) this.#resumeSource(direction, source);
	}

	#drained(direction: BridgeDirection): void {
		direction.isBlocked = false;
		this.flush();
	}

	// After all messages of one read: they leave in one write, and do not wait for other connections.
	#flushSoon(): void {
		if (this.#flushing || this.#finished) return;
		this.#flushing = true;
		queueMicrotask(() => {
			this.#guard(() => this.flush());
		});
	}

	// What is thrown in a listener of a socket would end the process. It ends this bridge.
	#guard(run: () => void): void {
		try {
			run();
		} catch (error) {
			this.#host.scheduler.report(error);
			this.destroy("gateway-failed");
		}
	}

	// --- deadlines

	#sweepPage(nowMs: number): void {
		const { pingIntervalMs } = this.#host.limits;
		// A paused page cannot send.
		if (this.#toTarget.isFull) {
			this.#pageActiveMs = nowMs;
			this.#pingedMs = undefined;
		}
		const silentMs = nowMs - this.#pageActiveMs;
		if (pingIntervalMs > 0 && silentMs >= pingIntervalMs) {
			if (this.#pingedMs === undefined) {
				this.#pingedMs = nowMs;
				this.#page.ping?.();
			} else if (nowMs - this.#pingedMs >= pingIntervalMs) this.#dropPage("page-silent");
		}
		if (this.#isStuck(this.#toPage, this.#page, nowMs)) this.#dropPage("page-not-reading");
	}

	#sweepTarget(target: Transport, nowMs: number): void {
		if (this.#isStuck(this.#toTarget, target, nowMs)) {
			this.#targetLost(new BridgeEnd("target-not-reading"));
			target.destroy();
		} else if (this.#targetEndSent && target.bufferedBytes === 0) {
			this.#lingerSinceMs ??= nowMs;
			if (nowMs - this.#lingerSinceMs >= this.#host.limits.lingerMs) target.destroy();
		}
	}

	#isStuck(direction: BridgeDirection, sink: Transport, nowMs: number): boolean {
		// Without a page, the rule cannot be disabled.
		const timeoutMs = this.#host.limits.unreadOutputTimeoutMs || (this.#pageGone ? FINAL_WAIT_MS : 0);
		return direction.isStuck(sink, nowMs, timeoutMs);
	}

	#dropPage(cause: EndCause): void {
		this.#ending(new BridgeEnd(cause));
		this.#page.destroy();
	}

	#pageActive(): void {
		this.#pageActiveMs = this.#host.scheduler.clock.now();
		this.#pingedMs = undefined;
	}

	// --- the end

	#ending(end: BridgeEnd): void {
		this.#end ??= end;
	}

	#closePage(code: number, reason: string): void {
		this.#pageEnd ??= { code, reason: reason.slice(0, LONGEST_REASON_BYTES) };
		// The target's further bytes are read and dropped, so that its end arrives.
		this.#resumeSource(this.#toPage, this.#target);
	}

	#endTarget(target: Transport): void {
		this.#targetEndSent = true;
		target.end();
	}

	#finish(): void {
		if (this.#finished) return;
		this.#finished = true;
		this.#host.scheduler.remove(this);
		this.#host.closed(this);
		this.#tap?.closed(this.end);
	}
}
