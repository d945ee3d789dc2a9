// The end of a server: notifies the application and the routes, waits for their connections within a time limit, ends what is left,
// and closes the application within a time limit of its own.

import type { Application } from "../application/index.ts";
import type { HttpRoutes } from "./http-routes.ts";
import type { Refusals } from "./refusals.ts";

/** Seconds after which clients of a closing server should connect again. */
const RETRY_AFTER_SECONDS = 3;
/** How long an application may take to close, in milliseconds; the second where the operator does not want to wait. */
const APPLICATION_CLOSE_MS = 10_000;
const HURRIED_CLOSE_MS = 1000;

/** What is shut down. */
export interface ShutdownHost {
	readonly application: Application<"text" | "bytes">;
	readonly routes: readonly HttpRoutes[];
	readonly refusals: Refusals;
	/** Whether no connection is open any more. */
	isEmpty(): boolean;
	/** Delivers what waits for each connection, then ends it. */
	end(): void;
	/** Ends every connection at once. */
	destroy(): void;
}

/** One shutdown. The server calls `check` when a connection has closed. */
export class Shutdown {
	readonly #host: ShutdownHost;
	/** Routes that have not finished their drain yet. */
	#draining = 0;
	#hurried = false;
	/** End the two waits. */
	#drained: (() => void) | undefined = undefined;
	#applicationClosed: (() => void) | undefined = undefined;

	constructor(host: ShutdownHost) {
		this.#host = host;
	}

	/** Whether there is nothing to wait for. */
	get isEmpty(): boolean {
		return this.#draining === 0 && this.#host.isEmpty();
	}

	/** Ends all connections: in order within `graceMs`, at once after that. */
	async drain(graceMs: number): Promise<void> {
		const last = this.#notify();
		if (last && graceMs > 0) {
			await wait(graceMs, (done) => {
				this.#drained = done;
				last.then(done, done);
			});
		}
		this.#host.end();
		this.#drainRoutes(graceMs);
		if (!this.isEmpty && graceMs > 0) {
			await wait(graceMs, (done) => {
				this.#drained = done;
			});
		}
		this.#host.destroy();
	}

	/** Something has ended: goes on where nothing else is open. */
	check(): void {
		if (this.isEmpty) this.#drained?.();
	}

	/** Waits for nothing more. */
	hurry(): void {
		this.#hurried = true;
		this.#drainRoutes(0);
		this.#host.destroy();
		this.#drained?.();
		this.#applicationClosed?.();
	}

	/** Closes the application. Rejects with what its `close()` rejected with, after that was logged. */
	async closeApplication(): Promise<void> {
		const { application, refusals } = this.#host;
		if (!application.close) return;
		const timeoutMs = this.#hurried ? HURRIED_CLOSE_MS : APPLICATION_CLOSE_MS;
		let isClosed = false;
		const closing = (async () => application.close?.())().finally(() => {
			isClosed = true;
			this.#applicationClosed?.();
		});
		// Also where it fails after the wait has ended.
		closing.catch((error) => refusals.failed(error));
		await wait(timeoutMs, (done) => {
			this.#applicationClosed = done;
		});
		if (isClosed) await closing;
		else refusals.failed(new Error(`the application did not close within ${timeoutMs} ms`));
	}

	// Returns what the application still does before its connections may end.
	#notify(): Promise<void> | undefined {
		const { application, refusals } = this.#host;
		const promises: Promise<void>[] = [];
		refusals.guard(() => {
			const last = application.drain?.(RETRY_AFTER_SECONDS);
			if (last) promises.push(last);
			return last;
		});
		return promises[0];
	}

	// Routes may hold more than the sockets that came in here, so the end of those alone does not show that they are done.
	#drainRoutes(graceMs: number): void {
		for (const routes of this.#host.routes) {
			if (!routes.drain) continue;
			this.#draining++;
			// Within an async function, so that a throw is a rejection too.
			(async () => routes.drain?.(graceMs))()
				.catch((error) => this.#host.refusals.failed(error))
				.finally(() => {
					this.#draining--;
					this.check();
				});
		}
	}
}

/** Resolves after `timeoutMs`, or when the function that `start` gets is called. */
function wait(timeoutMs: number, start: (done: () => void) => void): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, timeoutMs);
		start(() => {
			clearTimeout(timer);
			resolve();
		});
	});
}
