// `xmlsocket conformance`: runs the public suite against a server, and prints each case as it ends. Exit codes: 0 no case failed, 1 a case
// failed or the profile is unknown, 2 usage, 3 no connection.

import { writeFileSync } from "node:fs";
import { XMLSocketError } from "../../errors/index.ts";
import {
	CONFORMANCE_CASES,
	type ConformanceProfile,
	type ConformanceProgress,
	conformanceJUnit,
	runConformance,
	showConformanceResult,
	showConformanceSummary,
} from "../../tools/conformance/index.ts";
import type { Paint } from "../../tools/index.ts";
import { isScreen } from "../colour.ts";
import { numberOf, readAuthority } from "../open-connection.ts";
import { painter } from "../painter.ts";

/** Flags of the command. */
export interface ConformanceFlags {
	readonly profile?: string;
	readonly list?: boolean;
	readonly only?: string[];
	readonly json?: boolean;
	readonly junit?: string;
	readonly timeout?: string;
	readonly maxDocument?: string;
	readonly insecure?: boolean;
	readonly ca?: string;
	readonly origin?: string;
}

/** Runs the suite, prints the results, and sets the exit code. */
export async function conformance(address: string | undefined, flags: ConformanceFlags): Promise<void> {
	if (flags.list) return list(flags);
	if (address === undefined)
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"The address of the server is missing, for example localhost:9000; --list needs none.",
		);
	const paint = painter();
	const progress = new ProgressLine();
	const report = await runConformance({
		address,
		profile: flags.profile as ConformanceProfile | "auto" | undefined,
		only: flags.only,
		timeoutMs: numberOf(flags.timeout, "--timeout"),
		maxDocumentBytes: numberOf(flags.maxDocument, "--max-document"),
		insecure: flags.insecure,
		ca: flags.ca === undefined ? undefined : readAuthority(flags.ca),
		origin: flags.origin,
		onProgress(event) {
			progress.clear();
			if (!flags.json) print(event, paint);
			progress.show(event);
		},
	});
	if (flags.junit !== undefined) write(flags.junit, conformanceJUnit(report));
	if (flags.json) {
		const cases = report.cases.map(({ failure, ...one }) => ({ ...one, ...failure }));
		process.stdout.write(`${JSON.stringify({ ...report, cases })}\n`);
	} else process.stdout.write(`\n${showConformanceSummary(report)}\n`);
	if (report.failed > 0) process.exitCode = 1;
}

function list({ profile, json }: ConformanceFlags): void {
	const cases = CONFORMANCE_CASES.filter(
		({ profiles }) => profile === undefined || profile === "auto" || profiles.includes(profile as ConformanceProfile),
	);
	for (const one of cases)
		process.stdout.write(
			json ? `${JSON.stringify(one)}\n` : `${one.id.padEnd(26)} ${one.profiles.join(", ").padEnd(26)} ${one.title}\n`,
		);
}

function print(event: ConformanceProgress, paint: Paint | undefined): void {
	if (event.kind === "profile")
		process.stdout.write(`Profile ${event.profile}: ${event.why} ${event.cases} cases.\n\n`);
	// The end of the report lists the skipped cases.
	if (event.kind === "result" && event.result.result !== "skipped")
		process.stdout.write(`${showConformanceResult(event.result, paint)}\n`);
}

/** The line on a terminal that says which case runs. */
class ProgressLine {
	#cases = 0;
	readonly #isTerminal = isScreen(process.stderr);

	show(event: ConformanceProgress): void {
		if (event.kind === "profile") this.#cases = event.cases;
		if (this.#isTerminal && event.kind === "start")
			process.stderr.write(`  ${event.number}/${this.#cases} ${event.id} …`);
	}

	clear(): void {
		if (this.#isTerminal) process.stderr.write("\r\x1b[K");
	}
}

function write(file: string, text: string): void {
	try {
		writeFileSync(file, text);
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The file ${file} cannot be written: ${(cause as Error).message}.`,
			{ cause },
		);
	}
}
