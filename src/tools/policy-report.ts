// A report on policy files in plain words, for people: what each port answered, what that grants, and what is wrong with it.

import { grantable, type PolicyFinding, showPorts } from "../policy/index.ts";
import type { PolicyPlace, PolicyReport } from "./policy.ts";

const SIGNS: Readonly<Record<PolicyFinding["level"], string>> = { error: "x", warning: "!", note: "-" };

/** How text is shown: as it is, or in colours. */
export type Paint = (style: "good" | "bad" | "dim" | "warn", text: string) => string;

/**
 * The report as text, a line for each thing to know, with a line end behind the last.
 *
 * @param paint default: no colours.
 */
export function showPolicyReport(report: PolicyReport, paint: Paint = (_, text) => text): string {
	const lines = report.places.flatMap((place) => [...placeLines(place, paint), ""]);
	if (report.places.length === 1)
		lines.push(paint("dim", "Only the port that players ask first was asked: name another one as HOST:PORT."), "");
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
	const lines = [`Port ${place.port}${place.master ? ", which players ask first" : ""}: ${outcomeOf(place)}`];
	if (place.usable && place.file) {
		const { grants, siteControl } = place.file;
		for (const { domain, ports, secure } of grants) {
			const granted = grantable(ports, place.master ? 1 : place.port);
			const who = domain === "*" ? "content of every site" : `content from ${shown(domain)}`;
			const what =
				granted.length === 0 ? "no port" : granted.some(isEvery) ? "every port" : `port ${showPorts(granted)}`;
			lines.push(`  ${who} may connect to ${what}${secure ? ", where it came by HTTPS" : ""}`);
		}
		if (place.master && siteControl !== undefined && siteControl !== "all")
			lines.push(
				siteControl === "none"
					? "  no policy file counts on this host, not even this one"
					: "  no other policy file counts on this host",
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
	if (!fetched) return `not asked: ${skipped}.`;
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
			return `${usable ? "a policy file" : "an answer, but no policy file that players take,"} of ${fetched.bytes} bytes in ${ms}${fetched.closedByServer ? "" : "; the server left the connection open"}.`;
	}
}

function playersLine(port: number): string {
	const old = port < 1024 ? "older ones ask for ports below 1024" : "older ones ask where the host differs";
	return `Flash Player 9.0.124 and later ask before every connection, ${old}; AIR applications and Ruffle never ask.`;
}

function isEvery({ first, last }: { readonly first: number; readonly last: number }): boolean {
	return first === 1 && last === 65535;
}

// What a server says must not move the cursor of the terminal it is shown on.
function shown(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd").slice(0, 500);
}
