// Whether a policy file lets content connect, as Flash Player decides it: the master file of port 843 first, then the file
// of the destination port. And what a place that serves a file makes of it. docs/guide/policy.md.

import { readDomain } from "./policy-domain.ts";
import { FIRST_UNPRIVILEGED_PORT, grantable, hasPort } from "./policy-ports.ts";
import {
	MAX_POLICY_BYTES,
	note,
	type PolicyFile,
	type PolicyFinding,
	type PolicyGrant,
	warning,
} from "./policy-reader.ts";

/** The port that players ask first for a policy file, 843. */
export const MASTER_POLICY_PORT = 843;

/** A policy file, and the port that sent it. */
export interface ServedPolicy {
	readonly file: PolicyFile;
	readonly port: number;
}

/** The content that wants to connect, and its target. */
export interface PolicyQuestion {
	/** The host that the content was loaded from: a name, or an address where that is what the page's URL says. */
	readonly from: string;
	/** Whether it came by HTTPS. */
	readonly secure: boolean;
	/** The port to connect to. */
	readonly to: number;
}

/** The answer of a port to a policy request. */
export interface PolicyVerdict {
	readonly allowed: boolean;
	/** One sentence. */
	readonly reason: string;
	/** What lets it in, and the port of its file. */
	readonly grant?: PolicyGrant;
	readonly servedFrom?: number;
}

// "Policy file changes in Flash Player": ports of well-known services, which players ask for no policy file.
const NEVER_ASKED = new Set([
	...[22, 25, 37, 43, 53, 88, 111, 113, 137, 138, 139, 143, 161, 162, 389, 465, 500, 535, 546, 547, 636],
	...[749, 750, 751, 752, 753, 754],
]);

/** Whether players ask this port for a policy file at all. */
export function isAskedForPolicy(port: number): boolean {
	return !NEVER_ASKED.has(port);
}

/**
 * Decides whether content may connect, from the policy files of the ports that were asked.
 *
 * @param master the file of port 843; undefined where none came.
 * @param others the file of the destination port, and those of ports that the content named with `loadPolicyFile`.
 *
 * @example
 * ```ts
 * mayConnect({ from: "example.com", secure: true, to: 9000 }, undefined, [{ file: readPolicyFile(text), port: 9000 }]).allowed;
 * ```
 */
export function mayConnect(
	question: PolicyQuestion,
	master: ServedPolicy | undefined,
	others: readonly ServedPolicy[],
): PolicyVerdict {
	const control = master?.file.valid ? master.file.siteControl : undefined;
	if (control === "none")
		return {
			allowed: false,
			reason: `The file of port ${master!.port} allows no policy file on this host, itself included.`,
		};
	const places = control === "master-only" ? [master!] : [...(master ? [master] : []), ...others];
	const found = findGrant(question, places);
	if (found) {
		const { grant, servedFrom } = found;
		return {
			allowed: true,
			reason: `The file of port ${servedFrom} grants port ${question.to} to ${grant.domain === "*" ? "everyone" : grant.domain}.`,
			grant,
			servedFrom,
		};
	}
	const beside = control === "master-only" ? findGrant(question, others) : undefined;
	return {
		allowed: false,
		reason: beside
			? `The file of port ${beside.servedFrom} would grant it, but that of port ${master!.port} allows no file beside itself (master-only).`
			: whyNot(question, places),
	};
}

function findGrant(
	question: PolicyQuestion,
	places: readonly ServedPolicy[],
): { readonly grant: PolicyGrant; readonly servedFrom: number } | undefined {
	for (const { file, port } of places) {
		const grant = file.grants.find(
			({ domain, ports, secure }) =>
				hasPort(grantable(ports, port), question.to) &&
				readDomain(domain).matches(question.from) &&
				(!secure || question.secure),
		);
		if (grant) return { grant, servedFrom: port };
	}
	return undefined;
}

// The nearest miss shows best what to fix.
function whyNot(question: PolicyQuestion, places: readonly ServedPolicy[]): string {
	const served = places.filter(({ file }) => file.valid);
	if (served.length === 0) return "No policy file came that a player would take.";
	for (const { file, port } of served) {
		for (const grant of file.grants) {
			if (!readDomain(grant.domain).matches(question.from)) continue;
			if (grant.secure && !question.secure && hasPort(grantable(grant.ports, port), question.to))
				return `The entry for "${grant.domain}" is for content that came by HTTPS alone (secure="true").`;
			if (hasPort(grant.ports, question.to) && port >= FIRST_UNPRIVILEGED_PORT)
				return `Port ${question.to} is below ${FIRST_UNPRIVILEGED_PORT}, and a file that comes from port ${port} cannot grant it; one from port ${MASTER_POLICY_PORT} could.`;
		}
	}
	const named = served.some(({ file }) => file.grants.some(({ domain }) => readDomain(domain).matches(question.from)));
	return named
		? `No entry that is meant for ${question.from} names port ${question.to}.`
		: `No entry names ${question.from}.`;
}

/** How a policy file was received. */
export interface PolicyDelivery {
	/** The port it came from. */
	readonly port: number;
	/** Its length, without the zero byte. */
	readonly bytes: number;
	/** Whether the zero byte came. */
	readonly terminated: boolean;
	/** Bytes behind the zero byte. */
	readonly extraBytes: number;
}

/** Findings about how and from where a policy file was received. The file's own findings are not included. */
export function judgeDelivery(file: PolicyFile, delivery: PolicyDelivery): PolicyFinding[] {
	const { port, bytes, terminated, extraBytes } = delivery;
	const findings: PolicyFinding[] = [];
	if (!terminated)
		findings.push({
			level: "error",
			code: "no-zero-byte",
			text: "No zero byte came behind the file. Players wait for it, and give up.",
		});
	if (extraBytes > 0)
		findings.push(
			warning(
				"extra-bytes",
				`${extraBytes} bytes came behind the zero byte. Players have closed by then and lose them.`,
			),
		);
	if (bytes > MAX_POLICY_BYTES)
		findings.push(
			warning(
				"too-large",
				`The file has ${bytes} bytes; keep it below ${MAX_POLICY_BYTES}, or players may not take it.`,
			),
		);
	if (file.siteControl !== undefined && port !== MASTER_POLICY_PORT)
		findings.push(
			note("site-control-elsewhere", `A <site-control> counts in the file of port ${MASTER_POLICY_PORT} alone.`),
		);
	if (!isAskedForPolicy(port))
		findings.push(
			warning("never-asked", `Players ask port ${port} for no policy file: it belongs to another service.`),
		);
	for (const { domain, ports } of file.grants) {
		const lost = ports.filter(({ first, last }) => first < FIRST_UNPRIVILEGED_PORT && !(first === 1 && last === 65535));
		if (port >= FIRST_UNPRIVILEGED_PORT && lost.length > 0)
			findings.push(
				warning(
					"port-not-grantable",
					`The entry for "${domain}" names port ${lost[0]!.first}: a file from port ${port} grants ports from ${FIRST_UNPRIVILEGED_PORT} up.`,
				),
			);
	}
	return findings;
}
