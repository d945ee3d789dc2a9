// Runs the suite against a server, one case after the other. After each case a new client must be served; if none is, that case is named as
// the one that ended the server, and the others are skipped. docs/conformance.md.

import { randomBytes } from "node:crypto";
import { parseAddress, type Target } from "../../client/index.ts";
import { nearestName, XMLSocketError } from "../../errors/index.ts";
import { checkWhole } from "../../options/check-whole.ts";
import { parsePolicyAddress } from "../policy-address.ts";
import { Activity } from "./activity.ts";
import { CaseFailed, CaseSkipped, type ConformanceFailure, type ConformanceProfile, END } from "./case.ts";
import { RUNNABLE_CASES } from "./cases/index.ts";
import { POLICY_REQUEST, policyOf } from "./cases/policy.ts";
import { CaseContext, type RunFacts } from "./context.ts";
import { detect } from "./detect.ts";
import type { RunnableCase } from "./runnable-case.ts";

/** The options of `runConformance`. */
export interface ConformanceOptions {
	/** HOST:PORT, :PORT, PORT, or a URL with xmlsocket://, xmlsockets://, ws:// or wss://. */
	readonly address: string;
	/** What the server does with documents. Default `auto`: the suite finds out. */
	readonly profile?: ConformanceProfile | "auto" | undefined;
	/** The ids of the cases to run. Default: all of the profile. */
	readonly only?: readonly string[] | undefined;
	/** How long the suite waits for a document before the case fails, in milliseconds, 100 to 60000. Default 3000. */
	readonly timeoutMs?: number | undefined;
	/** The longest document that the server accepts, in bytes. Default: what a chat says in `<welcome>`; unknown for other servers. */
	readonly maxDocumentBytes?: number | undefined;
	/** Accept any certificate. Default false. */
	readonly insecure?: boolean | undefined;
	/** Certificate authorities, PEM. Default: those of Node. */
	readonly ca?: string | undefined;
	/** The Origin header of a WebSocket. Default: none. */
	readonly origin?: string | undefined;
	/** Aborts the run with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
	/** Called when the profile is known, and before and after each case. */
	readonly onProgress?: ((progress: ConformanceProgress) => void) | undefined;
}

/** The result of one case. */
export interface ConformanceResult {
	readonly id: string;
	readonly title: string;
	/** `skipped`: the case does not apply, or cannot tell. */
	readonly result: "passed" | "failed" | "skipped";
	/** Passed: why the case matters. Failed: what happened. Skipped: why. */
	readonly reason: string;
	readonly source: string;
	readonly durationMs: number;
	/** Where it failed. */
	readonly failure?: ConformanceFailure;
	/** Whether the server served no new client after this case. */
	readonly endedServer?: boolean;
}

/** The result of a run. */
export interface ConformanceReport {
	readonly address: string;
	readonly profile: ConformanceProfile;
	/** Why the suite chose this profile. */
	readonly why: string;
	/** Whether the port answers policy requests. */
	readonly answersPolicy: boolean;
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
	readonly cases: readonly ConformanceResult[];
}

/** What `onProgress` gets. */
export type ConformanceProgress =
	| { readonly kind: "profile"; readonly profile: ConformanceProfile; readonly why: string; readonly cases: number }
	| { readonly kind: "start"; readonly id: string; readonly number: number }
	| { readonly kind: "result"; readonly result: ConformanceResult; readonly number: number };

const RETRY_MS = 200;
const REPEAT_AFTER_MS = 800;
/** A server that needs so long for a simple document is too slow to tell "late" from "never". */
const SLOW_MS = 1000;

/**
 * Runs the conformance suite against a server that you own. It opens at most 100 connections at the same time and sends at most 8 MiB that
 * nobody reads.
 *
 * Rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_OPTION_INVALID (an unknown id or profile, a number out of range),
 * XMLSOCKET_CONNECT_FAILED and XMLSOCKET_CONNECT_TIMEOUT (the first connection), XMLSOCKET_PROFILE_UNKNOWN and XMLSOCKET_ABORTED. A server that
 * fails is part of the report.
 *
 * @example
 * ```ts
 * const report = await runConformance({ address: "localhost:9000", profile: "relay" });
 * for (const { id, reason, failure } of report.cases) if (failure) console.log(id, reason, failure.change);
 * ```
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
	const target = targetOf(options.address);
	const profile = checkProfile(options.profile);
	const timeoutMs = checkWhole("timeoutMs", options.timeoutMs ?? 3000, 100, 60_000);
	const wanted = checkOnly(options.only);
	const limit = options.maxDocumentBytes;
	if (limit !== undefined) checkWhole("maxDocumentBytes", limit, 1, 1 << 30);
	const { signal, onProgress, insecure = false, ca, origin } = options;
	const activity = new Activity(signal);
	const tag = `c${randomBytes(4).toString("hex")}`;
	const server = { target, insecure, ca, origin };
	const found = await detect(server, profile, tag, timeoutMs, activity);
	const facts: RunFacts = {
		server,
		activity,
		timeoutMs,
		tag,
		profile: found.profile,
		maxDocumentBytes: limit ?? found.maxDocumentBytes,
		policy: found.policy,
	};
	const cases = RUNNABLE_CASES.filter(({ id, profiles }) =>
		wanted ? wanted.has(id) : profiles.includes(facts.profile),
	);
	onProgress?.({ kind: "profile", profile: found.profile, why: found.why, cases: cases.length });
	const results: ConformanceResult[] = [];
	let endedBy: string | undefined;
	for (const [at, one] of cases.entries()) {
		onProgress?.({ kind: "start", id: one.id, number: at + 1 });
		const result =
			endedBy === undefined
				? await runCase(one, facts)
				: skippedCase(one, `The server serves no client since ${endedBy}.`);
		if (result.endedServer) endedBy = one.id;
		results.push(result);
		onProgress?.({ kind: "result", result, number: at + 1 });
	}
	const count = (wanted: ConformanceResult["result"]): number =>
		results.filter(({ result }) => result === wanted).length;
	return {
		address: options.address,
		profile: found.profile,
		why: found.why,
		answersPolicy: found.policy !== undefined,
		passed: count("passed"),
		failed: count("failed"),
		skipped: count("skipped"),
		cases: results,
	};
}

async function runCase(one: RunnableCase, facts: RunFacts): Promise<ConformanceResult> {
	if (!one.profiles.includes(facts.profile)) return skippedCase(one, `It is no case of the profile ${facts.profile}.`);
	if (one.needsPolicy && !facts.policy && facts.profile !== "policy")
		return skippedCase(one, "The server does not answer policy requests on this port. Players ask port 843 first.");
	const beganMs = performance.now();
	let outcome = await attempt(one, facts);
	let served = await serveTime(facts);
	if (outcome instanceof CaseFailed && outcome.got.includes(END) && served !== undefined) {
		// A server that limits new connections ends some too. What it does for another reason, it does again.
		const { message } = outcome;
		await facts.activity.pause(REPEAT_AFTER_MS);
		outcome =
			(await attempt(one, facts)) ??
			new CaseSkipped(`Inconclusive: it failed once, and passed when repeated. ${message}.`);
		served = await serveTime(facts);
	}
	const durationMs = Math.round(performance.now() - beganMs);
	const { id, title, reason, source, change } = one;
	const base = { id, title, source, durationMs };
	if (served === undefined) {
		const { sent, expected, got } = outcome instanceof CaseFailed ? outcome : FAILED_AFTER;
		const failure = { sent, expected, got, change: `${FIND_CAUSE} ${change}` };
		return {
			...base,
			result: "failed",
			reason: "The server serves no client after this case.",
			failure,
			endedServer: true,
		};
	}
	if (outcome === undefined) return { ...base, result: "passed", reason };
	if (outcome instanceof CaseSkipped) return { ...base, result: "skipped", reason: outcome.message };
	if (outcome.timedOut && served >= SLOW_MS)
		return {
			...base,
			result: "skipped",
			reason: `Inconclusive: something did not arrive in time, but the server needed ${served} ms for a simple document too.`,
		};
	const { sent, expected, got } = outcome;
	const failure = { sent, expected, got, change: outcome.change ?? change };
	return {
		...base,
		result: "failed",
		reason: `Expected ${expected}; got ${got}.`,
		failure,
	};
}

/** Runs a case once, and closes its connections. */
async function attempt(one: RunnableCase, facts: RunFacts): Promise<CaseFailed | CaseSkipped | undefined> {
	const context = new CaseContext(facts);
	try {
		await one.run(context);
		return undefined;
	} catch (error) {
		if (error instanceof CaseFailed || error instanceof CaseSkipped) return error;
		throw error;
	} finally {
		await context.closeAll();
	}
}

const FIND_CAUSE = "Find in the server's own output what ended or stopped it, and let that cost one connection only.";
const FAILED_AFTER = {
	sent: "the whole case",
	expected: "the server serves a new client afterwards",
	got: "no answer to new clients",
};

function skippedCase({ id, title, source }: RunnableCase, reason: string): ConformanceResult {
	return { id, title, source, durationMs: 0, result: "skipped", reason };
}

/** How long a new client waits for its first document, in milliseconds; undefined: it is not served, after several attempts. */
async function serveTime(facts: RunFacts): Promise<number | undefined> {
	const { activity, timeoutMs } = facts;
	for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += RETRY_MS) {
		const beforeMs = activity.waitedMs;
		const context = new CaseContext(facts);
		try {
			if (facts.profile === "policy") {
				const client = await context.connect();
				client.write(POLICY_REQUEST);
				const answered = (): boolean => policyOf(client) !== undefined || client.rest.length > 0;
				await activity.until(() => answered() || client.ended, timeoutMs);
				if (answered()) return activity.waitedMs - beforeMs;
			} else {
				await context.routeOnce();
				return activity.waitedMs - beforeMs;
			}
		} catch (error) {
			if (!(error instanceof CaseFailed)) throw error;
			if (error.timedOut) waitedMs += timeoutMs / 2;
			if (error.got.startsWith(END)) await activity.slowDown();
		} finally {
			await context.closeAll();
		}
		await activity.pause(RETRY_MS);
	}
	return undefined;
}

function targetOf(address: string): Target {
	try {
		return parseAddress(address);
	} catch (error) {
		if (!(error instanceof XMLSocketError) || error.code !== "XMLSOCKET_PORT_RESERVED") throw error;
		// Policy servers have port 843; movies connect to higher ports only.
		const { host, port } = parsePolicyAddress(address);
		if (port === undefined) throw error;
		return { protocol: "xmlsocket", host, port, path: "", secure: false };
	}
}

function checkProfile(profile: string | undefined): ConformanceProfile | undefined {
	if (profile === undefined || profile === "auto") return undefined;
	if (profile === "echo" || profile === "relay" || profile === "chat" || profile === "policy") return profile;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`The profile must be echo, relay, chat, policy or auto, but is "${profile}".`,
	);
}

function checkOnly(only: readonly string[] | undefined): ReadonlySet<string> | undefined {
	if (only === undefined || only.length === 0) return undefined;
	const known = RUNNABLE_CASES.map(({ id }) => id);
	for (const id of only) {
		if (known.includes(id)) continue;
		const near = nearestName(id, known);
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`There is no case "${id}"${near === undefined ? "." : `; did you mean ${near}?`} --list shows all.`,
		);
	}
	return new Set(only);
}
