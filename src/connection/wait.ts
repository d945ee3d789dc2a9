// Waiting that can be given up: the options that every call with a promise accepts, their check, and the one way to put a signal
// and a time limit around a promise.

import { nearestName, XMLSocketError } from "../errors/index.ts";
import { type Clock, onAbort } from "../link/index.ts";

/** How long to wait for a promise. */
export interface WaitOptions {
	/** Gives up when it is aborted. The promise rejects with XMLSOCKET_ABORTED, whose `cause` is the signal's reason. */
	readonly signal?: AbortSignal | undefined;
	/** Gives up after so many milliseconds, 1 to 2 147 483 647. The promise rejects with XMLSOCKET_REQUEST_TIMEOUT. */
	readonly timeoutMs?: number | undefined;
}

/** The longest time limit, in milliseconds. */
export const LONGEST_WAIT_MS: number = 2 ** 31 - 1;

/** What may be named in the options of every call. */
const WAIT_NAMES = ["signal", "timeoutMs"];

/**
 * Checks the options of a call: the names, and the values of `signal` and `timeoutMs`.
 *
 * @param call as a user writes it: `say()`.
 * @param names what the call accepts besides `signal` and `timeoutMs`.
 * @throws XMLSOCKET_OPTION_UNKNOWN for an unknown name, with the nearest known one; XMLSOCKET_OPTION_INVALID for a value that is
 * not allowed.
 */
export function checkCallOptions<Options extends WaitOptions>(
	call: string,
	options: Options | undefined,
	names: readonly string[] = [],
): Options {
	if (options === undefined) return NO_OPTIONS as Options;
	const given: unknown = options;
	if (typeof given !== "object" || given === null) throw invalid(`The options of ${call} must be an object.`);
	for (const name of Object.keys(options)) {
		if (names.includes(name) || WAIT_NAMES.includes(name)) continue;
		const nearest = nearestName(name, [...names, ...WAIT_NAMES]);
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_UNKNOWN",
			`There is no option ${name} of ${call}${nearest ? `; did you mean ${nearest}?` : "."}`,
		);
	}
	const { signal, timeoutMs } = options;
	if (signal !== undefined && !(typeof signal === "object" && signal !== null && "aborted" in signal)) {
		throw invalid(`The option signal of ${call} must be an AbortSignal.`);
	}
	if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= LONGEST_WAIT_MS)) {
		throw invalid(
			`The option timeoutMs of ${call} must be a whole number of milliseconds from 1 to ${LONGEST_WAIT_MS}, but is ${timeoutMs}.`,
		);
	}
	return options;
}

const NO_OPTIONS: WaitOptions = Object.freeze({});

/** What a wait is for, and what happens when it is given up. */
export interface Waiting {
	/** The start of the message: `No document answered the request`. */
	readonly what: string;
	readonly clock: Clock;
	/** The details of the error. */
	readonly details?: () => Readonly<Record<string, string | number | boolean>>;
	/** The wait was given up with this error, before the promise rejects with it. */
	readonly gaveUp?: (error: XMLSocketError) => void;
}

/**
 * The promise itself, within the signal and the time limit of `options`. A promise that settles after the wait was given up is
 * ignored, also where it rejects.
 */
export function waitFor<T>(promise: Promise<T>, { signal, timeoutMs }: WaitOptions, waiting: Waiting): Promise<T> {
	if (signal === undefined && timeoutMs === undefined) return promise;
	return new Promise((resolve, reject) => {
		let stopTimer = (): void => {};
		let offAbort = (): void => {};
		const settle = (): void => {
			stopTimer();
			offAbort();
		};
		const giveUp = (error: XMLSocketError): void => {
			settle();
			reject(error);
			waiting.gaveUp?.(error);
		};
		const abort = (): void =>
			giveUp(abortedError(`${waiting.what}: the caller aborted it.`, signal!, waiting.details?.()));
		promise.then(
			(value) => {
				settle();
				resolve(value);
			},
			(error: unknown) => {
				settle();
				reject(error);
			},
		);
		if (signal?.aborted) {
			abort();
			return;
		}
		offAbort = onAbort(signal, abort);
		if (timeoutMs === undefined) return;
		stopTimer = waiting.clock.delay(timeoutMs, () =>
			giveUp(
				new XMLSocketError("XMLSOCKET_REQUEST_TIMEOUT", `${waiting.what} within ${timeoutMs} ms.`, {
					details: { ...waiting.details?.(), limitMs: timeoutMs },
				}),
			),
		);
	});
}

/** For an operation that has not begun: throws XMLSOCKET_ABORTED where the signal is aborted already. */
export function refuseAborted(what: string, { signal }: WaitOptions): void {
	if (signal?.aborted) throw abortedError(`${what}: the caller aborted it.`, signal);
}

/** The error of an aborted operation; its `cause` is the signal's reason. */
export function abortedError(
	message: string,
	signal: AbortSignal,
	details?: Readonly<Record<string, string | number | boolean>>,
): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ABORTED", message, { cause: signal.reason, ...(details ? { details } : {}) });
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OPTION_INVALID", message);
}
