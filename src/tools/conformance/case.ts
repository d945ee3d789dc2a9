// What a case of the suite is, and how it reports that a server failed or that it cannot tell.

/** What a server does with a document: the four kinds that the suite knows. docs/conformance.md, "Profiles". */
export type ConformanceProfile = "echo" | "relay" | "chat" | "policy";

/** One case of the suite, as it is listed. */
export interface ConformanceCase {
	/** Stable, in kebab-case: programs can refer to it. */
	readonly id: string;
	/** What a server that passes does, in one sentence. */
	readonly title: string;
	/** The profiles that it belongs to. */
	readonly profiles: readonly ConformanceProfile[];
	/** Why it matters. */
	readonly reason: string;
	/** What says so: a page of a manual, a clause of docs/conformance.md, or an observed player. */
	readonly source: string;
	/** What to change in a server that fails. */
	readonly change: string;
}

/** How a server failed. Bytes are shown as text, shortened, with control characters escaped. */
export interface ConformanceFailure {
	/** What the suite sent. */
	readonly sent: string;
	readonly expected: string;
	readonly got: string;
	/** What to change in the server. */
	readonly change: string;
}

/** How a report says that the server ended the connection. */
export const END = "the end of the connection";

/** The server failed the case. */
export class CaseFailed extends Error {
	readonly sent: string;
	readonly expected: string;
	readonly got: string;
	/** What to change, where that is not what the case says. */
	readonly change: string | undefined;
	/** Whether something did not arrive in time: then a slow machine is a possible cause. */
	readonly timedOut: boolean;

	constructor(
		failure: Omit<ConformanceFailure, "change"> & { readonly change?: string | undefined },
		timedOut = false,
	) {
		super(`${failure.expected}; got ${failure.got}`);
		this.sent = failure.sent;
		this.expected = failure.expected;
		this.got = failure.got;
		this.change = failure.change;
		this.timedOut = timedOut;
	}
}

/** The case cannot tell; the message says why. */
export class CaseSkipped extends Error {}

export const DOCUMENT_PROFILES: readonly ConformanceProfile[] = ["echo", "relay", "chat"];
export const RAW_PROFILES: readonly ConformanceProfile[] = ["echo", "relay"];
export const ALL_PROFILES: readonly ConformanceProfile[] = ["echo", "relay", "chat", "policy"];
