// A report of the suite as lines of text for people, and as JUnit's XML for continuous integration.

import type { Paint } from "../policy-report.ts";
import type { ConformanceReport, ConformanceResult } from "./run.ts";
import { escapeControls } from "./show.ts";

const SIGNS: Readonly<Record<ConformanceResult["result"], string>> = { passed: "✓", failed: "✗", skipped: "-" };
const STYLES = { passed: "good", failed: "bad", skipped: "dim" } as const;

/** One result as lines of text, without a line break at the end: a failure with what was sent, expected and received. @param paint default: no colours. */
export function showConformanceResult(result: ConformanceResult, paint: Paint = (_, text) => text): string {
	const { id, title, reason, source, failure } = result;
	const head = `${paint(STYLES[result.result], SIGNS[result.result])} ${id}: ${title}`;
	if (result.result === "skipped") return `${head}\n    ${paint("dim", `skipped: ${escapeControls(reason)}`)}`;
	if (!failure) return head;
	const lines = [
		...(result.endedServer ? [paint("bad", escapeControls(reason))] : []),
		escapeControls(`sent:     ${failure.sent}`),
		escapeControls(`expected: ${failure.expected}`),
		escapeControls(`got:      ${failure.got}`),
		escapeControls(`change:   ${failure.change}`),
		paint("dim", escapeControls(`source:   ${source}`)),
	];
	return [head, ...lines.map((line) => `    ${line}`)].join("\n");
}

/** The end of a report: the skipped cases by their reason, and how many cases passed, failed and were skipped. */
export function showConformanceSummary(report: ConformanceReport): string {
	const { passed, failed, skipped, cases } = report;
	const reasons = new Map<string, string[]>();
	for (const { id, result, reason } of cases)
		if (result === "skipped") reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
	const groups = [...reasons].map(([reason, ids]) => `Skipped: ${escapeControls(reason)}\n    ${ids.join(", ")}`);
	const ended = cases.find(({ endedServer }) => endedServer);
	const counts = `${passed} passed, ${failed} failed, ${skipped} skipped.`;
	return [...groups, ended ? `${counts} The server serves no client since ${ended.id}.` : counts].join("\n");
}

/** The report as JUnit's XML. */
export function conformanceJUnit(report: ConformanceReport): string {
	const { cases, failed, skipped } = report;
	const seconds = (ms: number): string => (ms / 1000).toFixed(3);
	const total = cases.reduce((sum, { durationMs }) => sum + durationMs, 0);
	const name = attributeText(`xmlsocket conformance ${report.address} (${report.profile})`);
	const rows = cases.map((one) => {
		const open = `\t\t<testcase classname="xmlsocket.conformance.${report.profile}" name="${attributeText(`${one.id}: ${one.title}`)}" time="${seconds(one.durationMs)}"`;
		if (one.result === "passed") return `${open} />`;
		if (one.result === "skipped")
			return `${open}>\n\t\t\t<skipped message="${attributeText(one.reason)}" />\n\t\t</testcase>`;
		const { sent, expected, got, change } = one.failure!;
		const text = `sent: ${sent}\nexpected: ${expected}\ngot: ${got}\nchange: ${change}\nsource: ${one.source}`;
		return `${open}>\n\t\t\t<failure message="${attributeText(one.reason)}">${elementText(text)}</failure>\n\t\t</testcase>`;
	});
	const counts = `tests="${cases.length}" failures="${failed}" errors="0" skipped="${skipped}" time="${seconds(total)}"`;
	return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n\t<testsuite name="${name}" ${counts}>\n${rows.join("\n")}\n\t</testsuite>\n</testsuites>\n`;
}

function attributeText(text: string): string {
	return elementText(escapeControls(text)).replaceAll('"', "&quot;");
}

// XML allows neither most control characters nor lone surrogates and the two characters below, not even as references.
function elementText(text: string): string {
	return text
		.split("\n")
		.map(escapeControls)
		.join("\n")
		.replace(/[\p{Cs}\ufffe\uffff]/gu, "\ufffd")
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;");
}
