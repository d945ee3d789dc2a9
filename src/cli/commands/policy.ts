// `xmlsocket policy`: shows what a server's policy files allow, and whether content of a domain may connect. Exit codes: 0 a file that
// players accept, or "may"; 1 no such file, or "may not"; 3 no connection.

import { XMLSocketError } from "../../errors/index.ts";
import { checkPolicy, type PolicyReport } from "../../tools/policy.ts";
import { parsePolicyAddress, parsePolicySource } from "../../tools/policy-address.ts";
import { showPolicyReport } from "../../tools/policy-report.ts";
import { painter } from "../painter.ts";

/** Fetches the files, prints the report, and sets the exit code. */
export async function policy(address: string, flags: { from?: string; to?: string; json?: boolean }): Promise<void> {
	const { host, port } = parsePolicyAddress(address);
	const to = flags.to === undefined ? port : portOf(flags.to);
	const { from } = flags;
	if (from === undefined && flags.to !== undefined)
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "--to needs --from, the domain of the content.");
	if (from !== undefined && to === undefined)
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "--from needs --to, or an address with a port.");
	const question = from === undefined ? undefined : { ...parsePolicySource(from), to: to! };
	const report = await checkPolicy({ host, port, question });
	process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : showPolicyReport(report, painter()));
	process.exitCode = exitCode(report);
}

function exitCode(report: PolicyReport): number {
	if (!report.reached) return 3;
	return (report.verdict ? report.verdict.allowed : report.places.some(({ usable }) => usable)) ? 0 : 1;
}

function portOf(text: string): number {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
	if (port >= 1 && port <= 65535) return port;
	throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `--to must be a port from 1 to 65535, but is "${text}".`);
}
