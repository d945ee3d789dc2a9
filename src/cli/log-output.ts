// Writes lines to standard error, or standard output, and never waits for its reader. If more than 1 MiB is unread, further lines are dropped and counted,
// and one line reports their number later. If the reader closes the pipe, the log is lost and the daemon continues.

import type { Writable } from "node:stream";
import type { HttpRoutes } from "../server/index.ts";

const MAX_WAITING_BYTES = 1024 * 1024;
const RESERVED_BYTES = 4096;

/** A destination for pino that never blocks. */
export class LogOutput {
	/** Lines that were dropped since the start. */
	dropped = 0;
	readonly #stream: Writable;
	readonly #name: string;
	#reported = 0;

	/** @param name of the stream, in the line about dropped lines */
	constructor(stream: Writable, name = "standard error") {
		this.#stream = stream;
		this.#name = name;
		stream.on("error", () => {});
		stream.on("drain", () => this.#report());
	}

	/** Makes of a line what is written. */
	format = (line: string): string => line;

	/** Also gets each line, for the admin API; it must not throw. */
	copy: ((line: string) => void) | undefined = undefined;

	/** Writes one line. */
	write(line: string): void {
		this.copy?.(line);
		const stream = this.#stream;
		if (!stream.writable || stream.writableLength + line.length > MAX_WAITING_BYTES - RESERVED_BYTES) this.dropped++;
		else stream.write(this.format(line));
	}

	/** Waits until the lines are written, for at most `withinMs`. */
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
		const msg = `${more} log lines were dropped: nothing read ${this.#name}`;
		this.#stream.write(this.format(`${JSON.stringify({ level: 40, time, dropped: more, msg })}\n`));
	}
}
