// Reads pages of history for clients. A fixed number of reads run at once for the whole daemon; the others wait, and clients take turns.
// A client that asks for much waits for itself. Few pages are passed on in one tick, because making documents of them takes time
// in which the daemon does nothing else.

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { LogPage, MessageLog } from "../message-log/index.ts";
import type { ChatClient } from "./chat-client.ts";

const AT_ONCE = 16;
const PAGES_PER_TICK = 4;

interface WaitingRead {
	readonly start: () => Promise<LogPage>;
	readonly resolve: (page: LogPage) => void;
	readonly reject: (error: unknown) => void;
}

/** Reads in turns. Each client has few reads at a time: one page of history, and one for each room whose replay runs. */
export class LogReads {
	readonly #log: MessageLog;
	readonly #clock: Clock;
	/** By client; the client whose turn is next is first. */
	readonly #waiting = new Map<ChatClient, WaitingRead[]>();
	#running = 0;
	/** Pages that were passed on in this tick, and those that wait for a later one. */
	#passedOn = 0;
	readonly #read: (() => void)[] = [];
	#closed = false;

	constructor(log: MessageLog, clock: Clock) {
		this.#log = log;
		this.#clock = clock;
	}

	/** As `MessageLog.readAfter`. Rejects with XMLSOCKET_UNAVAILABLE after `close`, and where the client is gone before its turn. */
	after(client: ChatClient, ...[room, after, limits]: Parameters<MessageLog["readAfter"]>): Promise<LogPage> {
		return this.#inTurn(client, () => this.#log.readAfter(room, after, limits));
	}

	/** As `MessageLog.readBefore`, and as `after`. */
	before(client: ChatClient, ...[room, before, limits]: Parameters<MessageLog["readBefore"]>): Promise<LogPage> {
		return this.#inTurn(client, () => this.#log.readBefore(room, before, limits));
	}

	/** Refuses the reads that wait. Those that run are few, and the log ends them. */
	close(): void {
		this.#closed = true;
		for (const reads of this.#waiting.values()) for (const { reject } of reads) reject(unavailable());
		this.#waiting.clear();
	}

	#inTurn(client: ChatClient, start: () => Promise<LogPage>): Promise<LogPage> {
		if (this.#closed) return Promise.reject(unavailable());
		if (this.#running < AT_ONCE) return this.#run(start);
		return new Promise((resolve, reject) => {
			const reads = this.#waiting.get(client);
			if (reads) reads.push({ start, resolve, reject });
			else this.#waiting.set(client, [{ start, resolve, reject }]);
		});
	}

	async #run(start: () => Promise<LogPage>): Promise<LogPage> {
		this.#running++;
		try {
			const page = await start();
			if (this.#passedOn >= PAGES_PER_TICK) await new Promise<void>((resolve) => this.#read.push(resolve));
			else if (this.#passedOn++ === 0) this.#clock.afterTick(() => this.#newTick());
			return page;
		} finally {
			this.#running--;
			this.#next();
		}
	}

	#newTick(): void {
		const pages = this.#read.splice(0, PAGES_PER_TICK);
		this.#passedOn = pages.length;
		if (pages.length > 0) this.#clock.afterTick(() => this.#newTick());
		for (const passOn of pages) passOn();
	}

	#next(): void {
		for (const [client, reads] of this.#waiting) {
			this.#waiting.delete(client);
			if (client.gone) {
				for (const { reject } of reads) reject(unavailable());
				continue;
			}
			const read = reads.shift()!;
			if (reads.length > 0) this.#waiting.set(client, reads);
			this.#run(read.start).then(read.resolve, read.reject);
			return;
		}
	}
}

function unavailable(): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The history is not read any more.");
}
