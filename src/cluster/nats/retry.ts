// What a JetStream log does while NATS gives no answer: it tries again for a time, and then refuses with a code.

import { XMLSocketError } from "../../errors/index.ts";

/** Whether NATS may answer when it is asked again. */
export function isUnreachable(error: unknown): boolean {
	return error instanceof XMLSocketError && error.code === "XMLSOCKET_BROKER_UNREACHABLE";
}

/** The refusal of a log whose home gives no answer. */
export function unavailable(what: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", `${what}.`, cause === undefined ? {} : { cause });
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

const AGAIN_MS = 100;

/** Tries again until it succeeds, fails for another cause, or the time is over. */
export async function within<T>(ms: number, act: () => Promise<T>): Promise<T> {
	const untilMs = performance.now() + ms;
	for (;;) {
		try {
			return await act();
		} catch (error) {
			if (!isUnreachable(error) || performance.now() >= untilMs) throw error;
			await pause(AGAIN_MS);
		}
	}
}
