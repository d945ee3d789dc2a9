// Reads a socket policy file: which domains it names, which ports it grants them, and what in it is wrong, useless or
// dangerous. It fetches nothing and decides nothing; `policy-verdict.ts` answers whether content may connect.
// Adobe, "Policy file changes in Flash Player 9 and 10"; docs/guide/policy.md.

import { attribute, attributes, checkWellFormed, elements, XML, type XMLNode } from "../xml/index.ts";
import { readDomain } from "./policy-domain.ts";
import { whyRefused } from "./policy-mistakes.ts";
import { type PortRange, readPorts, showPorts, whyNoPort } from "./policy-ports.ts";

/** A finding about a policy file. */
export interface PolicyFinding {
	/** `error`: players do not take the file; `warning`: dangerous, or without the effect it seems to have; `note`: the rest. */
	readonly level: "error" | "warning" | "note";
	/** A stable name, for example `any-domain-any-port`. */
	readonly code: string;
	/** One or two plain sentences. */
	readonly text: string;
}

/** One `<allow-access-from>` that can have an effect on sockets. */
export interface PolicyGrant {
	/** As it is written, for example `*.example.com`. */
	readonly domain: string;
	/** The ports that it names, whether or not the place it was served from may grant them. Empty: none. */
	readonly ports: readonly PortRange[];
	/** Whether only content that came by HTTPS is meant. */
	readonly secure: boolean;
}

/** Which other policy files a master file allows. */
export type SiteControl = "all" | "master-only" | "none";

/** A parsed policy file. */
export interface PolicyFile {
	/** Whether it is a policy file at all; the others grant nothing. */
	readonly valid: boolean;
	/** Undefined where it says nothing about it, which means `all` for sockets. It counts in the file of port 843 alone. */
	readonly siteControl: SiteControl | undefined;
	readonly grants: readonly PolicyGrant[];
	/** In the order of the file. */
	readonly findings: readonly PolicyFinding[];
}

/** The longest policy file that all players accept, in bytes. */
export const MAX_POLICY_BYTES: number = 20 * 1024;

const SITE_CONTROLS: readonly SiteControl[] = ["all", "master-only", "none"];
const HTTP_ONLY_ELEMENTS: readonly string[] = ["allow-http-request-headers-from", "allow-access-from-identity"];
const KNOWN_ATTRIBUTES: readonly string[] = ["domain", "to-ports", "secure"];
const DOCTYPE =
	/^<!DOCTYPE\s+cross-domain-policy\s+SYSTEM\s+(["'])(?:https?:\/\/[^"'/]+)?\/(?:xml\/dtds\/)?cross-domain-policy\.dtd\1\s*>$/;

/**
 * Reads a policy file.
 *
 * @param text without the zero byte that ends it on the wire.
 *
 * @example
 * ```ts
 * readPolicyFile('<cross-domain-policy><allow-access-from domain="*" to-ports="*"/></cross-domain-policy>').findings[0];
 * // { level: "warning", code: "any-domain-any-port", text: "Content of every site may …" }
 * ```
 */
export function readPolicyFile(text: string): PolicyFile {
	const findings: PolicyFinding[] = [];
	const refused = (code: string, words: string): PolicyFile => {
		findings.push({ level: "error", code, text: words });
		return { valid: false, siteControl: undefined, grants: [], findings };
	};
	if (text.trim() === "") return refused("empty", "The file is empty.");
	if (text.startsWith("\ufeff")) findings.push(note("byte-order-mark", "The file begins with a byte order mark."));
	const source = text.replace(/^\ufeff/, "");
	const flaw = checkWellFormed(source);
	const document = new XML(source);
	const root = elements(document)[0];
	const mistake = flaw || root?.nodeName !== "cross-domain-policy" ? whyRefused(text) : undefined;
	if (mistake) return refused(mistake.code, mistake.text);
	if (root?.nodeName !== "cross-domain-policy") {
		return root && !flaw
			? refused("other-root", `The root element is <${root.nodeName}>, not <cross-domain-policy>.`)
			: refused("not-a-policy", "This is no policy file: it has no root element <cross-domain-policy>.");
	}
	if (flaw) {
		return refused(
			"not-well-formed",
			`The file is not well-formed XML: ${flaw.message} (line ${flaw.line}, column ${flaw.column}). Players refuse it whole.`,
		);
	}
	if (document.docTypeDecl !== undefined && !DOCTYPE.test(document.docTypeDecl)) {
		findings.push(
			warning(
				"unusual-doctype",
				'The document type is not the known one; leave it away, or write <!DOCTYPE cross-domain-policy SYSTEM "/xml/dtds/cross-domain-policy.dtd">.',
			),
		);
	}
	const grants: PolicyGrant[] = [];
	let siteControl: SiteControl | undefined;
	for (const element of elements(root)) {
		const name = element.nodeName ?? "";
		if (name === "allow-access-from") {
			const grant = readGrant(element, findings);
			if (grant) grants.push(grant);
		} else if (name === "site-control") siteControl = readSiteControl(element, findings) ?? siteControl;
		else if (HTTP_ONLY_ELEMENTS.includes(name)) {
			findings.push(warning("http-only", `<${name}> has a meaning in policy files over HTTP alone.`));
		} else findings.push(warning("unknown-element", `<${name}> is not known; players pass over it.`));
	}
	findDoubles(grants, findings);
	if (grants.length === 0) findings.push(warning("no-grant", "The file lets nobody in."));
	return { valid: true, siteControl, grants, findings };
}

function readGrant(element: XMLNode, findings: PolicyFinding[]): PolicyGrant | undefined {
	const written = attribute(element, "domain");
	if (written === undefined) {
		findings.push(warning("no-domain", "An <allow-access-from> names no domain and has no effect."));
		return undefined;
	}
	const domain = written.trim();
	const entry = `The entry for "${domain}"`;
	const why = readDomain(domain).never;
	if (why !== undefined) findings.push(warning("never-matches", `${entry} never matches: ${why}.`));
	for (const [name] of attributes(element)) {
		if (name === "headers") findings.push(warning("http-only", `${entry}: headers has a meaning over HTTP alone.`));
		else if (!KNOWN_ATTRIBUTES.includes(name))
			findings.push(
				warning(
					"unknown-attribute",
					`${entry}: the attribute ${name} is not known${/^to[-_]?ports?$|^ports?$/i.test(name) ? "; the name is to-ports" : ""}.`,
				),
			);
	}
	const toPorts = attribute(element, "to-ports");
	const { ranges, wrong } = readPorts(toPorts ?? "");
	if (toPorts === undefined)
		findings.push(warning("no-ports", `${entry} has no to-ports and grants no socket; over HTTP it would do.`));
	else if (wrong.length > 0)
		findings.push(
			warning("bad-ports", `${entry}: in to-ports, ${wrong.map((part) => `"${part}" ${whyNoPort(part)}`).join(", ")}.`),
		);
	const secure = attribute(element, "secure")?.trim().toLowerCase();
	if (secure === "true")
		findings.push(
			note(
				"secure",
				`${entry} is for content that came by HTTPS; as this file itself comes in the clear, that protects no one on the way.`,
			),
		);
	else if (secure !== undefined && secure !== "false")
		findings.push(warning("bad-secure", `${entry}: secure is true or false, not "${secure}".`));
	const everywhere = ranges.some(({ first, last }) => first <= 1024 && last === 65535);
	if (domain === "*" && everywhere)
		findings.push(
			warning(
				"any-domain-any-port",
				"Content of every site may connect to every port of this host, through the network of each visitor. Name the port.",
			),
		);
	else if (everywhere) findings.push(warning("any-port", `${entry} grants every port; name those that are meant.`));
	else if (domain === "*" && ranges.length > 0)
		findings.push(note("any-domain", `Content of every site may connect to port ${showPorts(ranges)}.`));
	return { domain, ports: ranges, secure: secure === "true" };
}

function readSiteControl(element: XMLNode, findings: PolicyFinding[]): SiteControl | undefined {
	const value = attribute(element, "permitted-cross-domain-policies")?.trim();
	const known = SITE_CONTROLS.find((name) => name === value);
	if (known === undefined) {
		findings.push(
			warning(
				"bad-site-control",
				value === undefined
					? "The <site-control> names no permitted-cross-domain-policies and has no effect."
					: `The site control "${value}" is none of all, master-only, none, and has no effect on sockets.`,
			),
		);
	}
	return known;
}

function findDoubles(grants: readonly PolicyGrant[], findings: PolicyFinding[]): void {
	const seen = new Set<string>();
	for (const { domain, ports, secure } of grants) {
		const key = `${domain.toLowerCase()} ${showPorts(ports)} ${secure}`;
		if (seen.has(key)) findings.push(note("double", `The entry for "${domain}" is there twice.`));
		seen.add(key);
	}
}

/** @internal */
export function warning(code: string, text: string): PolicyFinding {
	return { level: "warning", code, text };
}

/** @internal */
export function note(code: string, text: string): PolicyFinding {
	return { level: "note", code, text };
}
