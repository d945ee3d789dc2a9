// Where log lines go: standard error, without ever waiting for its reader. Lines beyond 1 MiB that nobody has read are dropped and
// counted; one line says how many were dropped once there is room again. A reader that has gone costs the log, not the daemon.

import type { Writable } from "node:stream";
import type { HttpRoutes } from "../server/index.ts";

const MAX_WAITING_BYTES = 1024 * 1024;
const RESERVED_BYTES = 4096;

/** A destination for pino that never blocks. */
export class LogOutput {
	/** Lines that were dropped since the start. */
	dropped = 0;
	readonly #stream: Writable;
	#reported = 0;

	constructor(stream: Writable) {
		this.#stream = stream;
		stream.on("error", () => {});
		stream.on("drain", () => this.#report());
	}

	/** Takes one line. */
	write(line: string): void {
		const stream = this.#stream;
		if (!stream.writable || stream.writableLength + line.length > MAX_WAITING_BYTES - RESERVED_BYTES) this.dropped++;
		else stream.write(line);
	}

	/** Waits until the lines are written, at most so long. */
	async flush(withinMs: number): Promise<void> {
		const stream = this.#stream;
		if (!stream.writable || stream.writableLength === 0) return;
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, withinMs);
			stream.write("", () => {
				clearTimeout(timer);
				resolve();
			});
		});
	}

	/** `xmlsocket_log_lines_dropped_total` on the metrics page. */
	get routes(): HttpRoutes {
		return { stats: () => ({ log_lines_dropped_total: this.dropped }) };
	}

	#report(): void {
		const more = this.dropped - this.#reported;
		if (more === 0) return;
		this.#reported = this.dropped;
		const time = new Date().toISOString();
		const msg = `${more} log lines were dropped: nothing read standard error`;
		this.#stream.write(`${JSON.stringify({ level: 40, time, dropped: more, msg })}\n`);
	}
}
