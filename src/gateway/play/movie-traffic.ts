// The traffic of the movie's sockets as events: it cuts the bytes of each bridge into documents. The bytes are those of the page, so they
// are UTF-8 whatever the target's encoding is. It changes nothing and keeps at most one unfinished document for each direction.

import { type CaptureInfo, type Direction, DocumentCutter, type TrafficEvent } from "../../tools/traffic/index.ts";
import type { BridgeTap } from "../bridge.ts";
import type { BridgeObserver } from "../gateway.ts";

const TERMINATOR: Uint8Array = Uint8Array.of(0);

/** Makes events of bridges. */
export class MovieTraffic {
	readonly info: CaptureInfo = { startedMs: Date.now(), terminator: TERMINATOR, encoding: "utf-8" };
	readonly #begun = performance.now();
	readonly #onEvent: (event: TrafficEvent) => void;
	#connections = 0;
	#lastUs = 0;

	constructor(onEvent: (event: TrafficEvent) => void) {
		this.#onEvent = onEvent;
	}

	/** For a gateway. */
	readonly observe: BridgeObserver = (target, from) => {
		const connection = ++this.#connections;
		const to = `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
		this.#onEvent({ kind: "open", connection, time: this.#now(), from, to });
		return this.#tap(connection);
	};

	#tap(connection: number): BridgeTap {
		const cutters: Record<Direction, DocumentCutter> = {
			client: new DocumentCutter({ terminator: TERMINATOR }),
			server: new DocumentCutter({ terminator: TERMINATOR }),
		};
		const report = (direction: Direction, unit: ReturnType<DocumentCutter["end"]>): void => {
			if (unit) this.#onEvent({ kind: "document", connection, direction, time: this.#now(), ...unit });
		};
		return {
			bytes: (direction, chunk) => {
				for (const unit of cutters[direction].push(chunk)) report(direction, unit);
			},
			closed: (end) => {
				for (const direction of ["client", "server"] as const) report(direction, cutters[direction].end());
				const time = this.#now();
				if (end.code !== undefined) {
					const direction = end.cause.startsWith("page") ? "client" : "server";
					this.#onEvent({ kind: "error", connection, time, direction, code: end.code, message: end.words });
				}
				this.#onEvent({ kind: "close", connection, time, reason: end.reason });
			},
		};
	}

	// A clock that never falls, in whole microseconds.
	#now(): number {
		this.#lastUs = Math.max(this.#lastUs, Math.floor((performance.now() - this.#begun) * 1000));
		return this.#lastUs;
	}
}
