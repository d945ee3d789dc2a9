// Asks one port for its policy file as Flash Player does: the 23 bytes of the request on a connection of their own, then the
// file up to its zero byte. Time and size are bounded; nothing that a server does makes it throw. docs/guide/policy.md.

import { XMLSocketError } from "../../errors/index.ts";
import { onAbort, type Transport } from "../../link/index.ts";
import { dial } from "../../transport/dial.ts";

/** Options of one policy request. */
export interface FetchPolicyOptions {
	readonly host: string;
	/** Any port from 1 up. */
	readonly port: number;
	/** For the connection and the answer together, in milliseconds. */
	readonly timeoutMs: number;
	/** Gives up. */
	readonly signal?: AbortSignal | undefined;
}

/**
 * What came of it:
 * - `answered`: a text; whether it is a policy file, `readPolicyFile` says.
 * - `unreachable`: no connection.
 * - `silent`: a connection, and no answer in time.
 * - `closed`: the server ended the connection without an answer, or it broke.
 * - `too-large`: no zero byte within 64 KiB.
 */
export interface PolicyFetch {
	readonly outcome: "answered" | "unreachable" | "silent" | "closed" | "too-large";
	/** From the start to the zero byte, or to the end of the attempt, in milliseconds. */
	readonly tookMs: number;
	/** The answer without its zero byte. */
	readonly text?: string;
	/** Its length. */
	readonly bytes?: number;
	/** Whether the zero byte came. */
	readonly terminated?: boolean;
	/** Bytes that came behind it, as far as they were looked at. */
	readonly extraBytes?: number;
	/** Whether the server closed the connection by itself. */
	readonly closedByServer?: boolean;
	/** Why there was no connection, or why it broke. */
	readonly cause?: string;
}

const REQUEST: Uint8Array = new TextEncoder().encode("<policy-file-request/>\0");
const MAX_ANSWER_BYTES = 64 * 1024;
/** How long to watch, after the zero byte, whether the server closes and what else it sends. A player closes there. */
const LOOK_AFTER_MS = 200;

/**
 * Requests the policy file of one port.
 *
 * Rejects with XMLSOCKET_ABORTED alone: everything else is an outcome.
 *
 * @example
 * ```ts
 * const { outcome, text } = await fetchPolicy({ host: "localhost", port: 9000, timeoutMs: 3000 });
 * ```
 */
export async function fetchPolicy(options: FetchPolicyOptions): Promise<PolicyFetch> {
	const { host, port, timeoutMs, signal } = options;
	const begunMs = performance.now();
	let transport: Transport;
	try {
		transport = await dial({ protocol: "xmlsocket", host, port }, { timeoutMs, signal });
	} catch (error) {
		if (error instanceof XMLSocketError && error.code === "XMLSOCKET_ABORTED") throw error;
		const { message } = ((error as Error).cause as Error | undefined) ?? (error as Error);
		return { outcome: "unreachable", tookMs: performance.now() - begunMs, cause: message };
	}
	return await new Promise((resolve, reject) => {
		const chunks: Uint8Array[] = [];
		let bytes = 0;
		let zeroAt = -1;
		let answeredMs = 0;
		const tookMs = (): number => (zeroAt < 0 ? performance.now() : answeredMs) - begunMs;
		let settled = false;
		let offAbort = (): void => {};
		const settle = (): void => {
			settled = true;
			clearTimeout(timer);
			offAbort();
			transport.destroy();
		};
		const finish = (how: "in time" | "late" | "closed", cause?: string): void => {
			if (settled) return;
			settle();
			const facts = { tookMs: tookMs(), ...(cause === undefined ? {} : { cause }) };
			if (bytes === 0) resolve({ outcome: how === "closed" ? "closed" : "silent", ...facts });
			else if (zeroAt < 0 && bytes > MAX_ANSWER_BYTES) resolve({ outcome: "too-large", bytes, ...facts });
			else {
				const length = zeroAt < 0 ? bytes : zeroAt;
				resolve({
					outcome: "answered",
					text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(chunks).subarray(0, length)),
					bytes: length,
					terminated: zeroAt >= 0,
					extraBytes: zeroAt < 0 ? 0 : bytes - zeroAt - 1,
					closedByServer: how === "closed",
					...facts,
				});
			}
		};
		const abort = (): void => {
			settle();
			reject(
				new XMLSocketError("XMLSOCKET_ABORTED", `The request to ${host}:${port} was aborted.`, {
					cause: signal?.reason,
				}),
			);
		};
		let timer = setTimeout(() => finish("late"), Math.max(0, timeoutMs - (performance.now() - begunMs)));
		if (signal?.aborted) {
			abort();
			return;
		}
		offAbort = onAbort(signal, abort);
		transport.start({
			bytes: (chunk) => {
				if (settled) return;
				chunks.push(chunk.slice());
				const at = zeroAt < 0 ? chunk.indexOf(0) : -1;
				if (at >= 0) {
					zeroAt = bytes + at;
					answeredMs = performance.now();
					clearTimeout(timer);
					timer = setTimeout(() => finish("in time"), LOOK_AFTER_MS);
				}
				bytes += chunk.length;
				if (bytes > MAX_ANSWER_BYTES) finish("in time");
			},
			end: () => finish("closed"),
			drain: () => {},
			pong: () => {},
			close: (error) => finish("closed", error?.message),
		});
		transport.write(REQUEST);
	});
}
