// Opens a connection to a target: resolves its name once, checks every address, and dials the checked addresses one after the other, with
// one deadline for all. A socket never gets the name, so a later DNS answer cannot change the address.

import { lookup } from "node:dns/promises";
import { XMLSocketError } from "../errors/index.ts";
import { onAbort, type Transport } from "../link/index.ts";
import { dial } from "../transport/index.ts";
import { addressClass, canonicalAddress } from "./address-rules.ts";
import type { Target } from "./target.ts";

/** Resolves a host name to all its addresses, in order of preference. */
export type Resolver = (host: string) => Promise<readonly string[]>;

/** Resolves a name as the operating system does: hosts file, search domains, DNS. */
export const systemResolver: Resolver = async (host) =>
	(await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** Node has four threads for look-ups and for files. One that hangs keeps its thread, and nothing can abort it. */
const MAX_LOOKUPS = 2;

/**
 * Bounds the look-ups of a resolver: all that ask for the same name meanwhile share one, and at most two names are looked up at a time, so
 * that a name server that hangs holds up neither files nor the message log. The others wait, within the deadline of their dial.
 */
export function boundedResolver(resolve: Resolver): Resolver {
	const shared = new Map<string, Promise<readonly string[]>>();
	const waiting: (() => void)[] = [];
	let running = 0;
	const begin = async (host: string): Promise<readonly string[]> => {
		if (running >= MAX_LOOKUPS) await new Promise<void>((turn) => waiting.push(turn));
		else running++;
		try {
			return await resolve(host);
		} finally {
			shared.delete(host);
			const next = waiting.shift();
			if (next) next();
			else running--;
		}
	};
	return (host) => {
		let answers = shared.get(host);
		if (!answers) {
			answers = begin(host);
			shared.set(host, answers);
		}
		return answers;
	};
}

/** At most this many addresses of a name are tried. */
const MAX_TRIED = 8;

/** Options of one attempt to connect. */
export interface DialTargetOptions {
	/** From the look-up of the name to the open connection, in milliseconds. */
	readonly timeoutMs: number;
	readonly resolve: Resolver;
	readonly signal?: AbortSignal | undefined;
}

/** An open connection to a target. */
export interface Dialled {
	readonly transport: Transport;
	/** The address that was reached. */
	readonly address: string;
}

/**
 * Opens a connection to a target.
 *
 * Rejects with XMLSOCKET_TARGET_ADDRESS_REFUSED, XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT or XMLSOCKET_ABORTED.
 */
export async function dialTarget(target: Target, options: DialTargetOptions): Promise<Dialled> {
	const deadline = performance.now() + options.timeoutMs;
	const addresses = (await addressesOf(target, options)).slice(0, MAX_TRIED);
	let failure: unknown;
	for (const [at, address] of addresses.entries()) {
		// Each address gets an equal share of the remaining time.
		const shareMs = Math.ceil((deadline - performance.now()) / (addresses.length - at));
		if (shareMs <= 0) break;
		try {
			const transport = await dial(
				{ protocol: "xmlsocket", host: address, port: target.port },
				{ timeoutMs: shareMs, signal: options.signal },
			);
			return { transport, address };
		} catch (error) {
			if (error instanceof XMLSocketError && error.code === "XMLSOCKET_ABORTED") throw error;
			failure ??= error;
		}
	}
	throw failure ?? timedOut(target, options.timeoutMs);
}

async function addressesOf(target: Target, options: DialTargetOptions): Promise<readonly string[]> {
	if (target.isAddress) return [target.host];
	if (target.host === "localhost") return ["127.0.0.1", "::1"];
	const answers = await resolveInTime(target, options);
	return answers.map((answer) => checked(target, answer));
}

// The owner of a name controls its addresses, so one address that is not allowed refuses the name.
function checked(target: Target, answer: string): string {
	const kind = addressClass(answer);
	const address = canonicalAddress(answer);
	if (address !== undefined && (kind === "public" || (kind === "private" && target.allowsPrivate))) return address;
	throw new XMLSocketError(
		"XMLSOCKET_TARGET_ADDRESS_REFUSED",
		kind === "private"
			? `${target.host} resolves to ${answer}, an address of this machine or a private network. To allow it, write the address itself, or ${target.host}:${target.port}?private=yes.`
			: `${target.host} resolves to ${JSON.stringify(answer)}, which is not allowed for a name.`,
		{ details: { host: target.host, address: answer } },
	);
}

function resolveInTime(target: Target, { resolve, timeoutMs, signal }: DialTargetOptions): Promise<readonly string[]> {
	return new Promise((done, fail) => {
		let offAbort = (): void => {};
		const settle = (): void => {
			clearTimeout(timer);
			offAbort();
		};
		const abort = (): void => {
			settle();
			fail(new XMLSocketError("XMLSOCKET_ABORTED", `The look-up of ${target.host} was aborted.`));
		};
		const timer = setTimeout(() => {
			settle();
			fail(timedOut(target, timeoutMs));
		}, timeoutMs);
		if (signal?.aborted) return abort();
		offAbort = onAbort(signal, abort);
		resolve(target.host).then(
			(answers) => {
				settle();
				if (answers.length > 0) done(answers);
				else fail(unresolved(target, "it has no address"));
			},
			(cause) => {
				settle();
				fail(unresolved(target, cause instanceof Error ? cause.message : String(cause), cause));
			},
		);
	});
}

function unresolved(target: Target, words: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_CONNECT_FAILED", `The name ${target.host} cannot be resolved: ${words}.`, {
		cause,
	});
}

function timedOut(target: Target, timeoutMs: number): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_CONNECT_TIMEOUT",
		`No connection to ${target.host} port ${target.port} within ${timeoutMs} ms.`,
	);
}
