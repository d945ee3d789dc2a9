// Prints a report on policy files for people: what each port answered, what the answer allows, and its problems.

import { grantable, type PolicyFinding, readDomain, showPorts } from "../policy/index.ts";
import type { PolicyPlace, PolicyReport } from "./policy.ts";

const SIGNS: Readonly<Record<PolicyFinding["level"], string>> = { error: "x", warning: "!", note: "-" };

/** Formats a text, for example in a colour. */
export type Paint = (style: "good" | "bad" | "dim" | "warn", text: string) => string;

/**
 * The report as lines of text, with a line break at the end.
 *
 * @param paint default: no colours.
 */
export function showPolicyReport(report: PolicyReport, paint: Paint = (_, text) => text): string {
	const lines = report.places.flatMap((place) => [...placeLines(place, paint), ""]);
	if (report.places.length === 1)
		lines.push(
			paint("dim", "Only the port that players request first was checked: name another port as HOST:PORT."),
			"",
		);
	const { question, verdict } = report;
	if (question && verdict) {
		const where = `${report.host.includes(":") ? `[${report.host}]` : report.host}:${question.to}`;
		const answer = verdict.allowed ? paint("good", "may connect") : paint("bad", "may not connect");
		lines.push(`Content from ${question.from} ${answer} to ${where}. ${verdict.reason}`);
		lines.push(paint("dim", playersLine(question.to)));
	} else lines.push(paint("dim", "--from DOMAIN --to PORT answers whether content of that domain may connect."));
	return `${lines.join("\n")}\n`;
}

function placeLines(place: PolicyPlace, paint: Paint): string[] {
	const lines = [`Port ${place.port}${place.master ? ", which players request first" : ""}: ${outcomeOf(place)}`];
	if (place.usable && place.file) {
		const { grants, siteControl } = place.file;
		for (const { domain, ports, secure } of grants) {
			if (readDomain(domain).never !== undefined) continue;
			const granted = grantable(ports, place.master ? 1 : place.port);
			const who = domain === "*" ? "content of every site" : `content from ${shown(domain)}`;
			const what =
				granted.length === 0 ? "no port" : granted.some(isEvery) ? "every port" : `port ${showPorts(granted)}`;
			lines.push(`  ${who} may connect to ${what}${secure ? ", if it was loaded over HTTPS" : ""}`);
		}
		if (place.master && siteControl !== undefined && siteControl !== "all")
			lines.push(
				siteControl === "none"
					? "  players ignore all policy files of this host, including this one"
					: "  players ignore all other policy files of this host",
			);
	}
	for (const { level, text } of place.findings)
		lines.push(
			`  ${paint(level === "error" ? "bad" : level === "warning" ? "warn" : "dim", SIGNS[level])} ${shown(text)}`,
		);
	return lines;
}

function outcomeOf(place: PolicyPlace): string {
	const { fetched, skipped, usable } = place;
	if (!fetched) return `not requested: ${skipped}.`;
	const ms = `${Math.round(fetched.tookMs)} ms`;
	switch (fetched.outcome) {
		case "unreachable":
			return `no connection (${shown(fetched.cause ?? "")}, ${ms}).`;
		case "silent":
			return `no answer within ${ms}.`;
		case "closed":
			return `the connection ended without an answer (${ms}).`;
		case "too-large":
			return `more than ${fetched.bytes} bytes without a zero byte; players give up.`;
		case "answered":
			return `${usable ? "a policy file" : "an answer, but not a policy file that players accept,"} of ${fetched.bytes} bytes in ${ms}${fetched.closedByServer ? "" : "; the server left the connection open"}.`;
	}
}

function playersLine(port: number): string {
	const old = port < 1024 ? "older ones for ports below 1024" : "older ones if the host differs";
	return `Flash Player 9.0.124 and later request a policy before every connection, ${old}; AIR applications and Ruffle never do.`;
}

function isEvery({ first, last }: { readonly first: number; readonly last: number }): boolean {
	return first === 1 && last === 65535;
}

// The text of a server must not be able to control the user's terminal.
function shown(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd").slice(0, 500);
}
