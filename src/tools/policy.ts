// Checks a server's policy files as Flash Player does: port 843 first, for at most 3 s, then the port itself. It parses them, and decides
// whether content of a site may connect. `policy-report.ts` prints the result. docs/guide/policy.md.

import { checkWhole } from "../options/check-whole.ts";
import {
	isAskedForPolicy,
	judgeDelivery,
	MASTER_POLICY_PORT,
	mayConnect,
	type PolicyFile,
	type PolicyFinding,
	type PolicyQuestion,
	type PolicyVerdict,
	readPolicyFile,
	type ServedPolicy,
} from "../policy/index.ts";
import { fetchPolicy, type PolicyFetch } from "../policy/network/index.ts";

/** The options of `checkPolicy`. */
export interface CheckPolicyOptions {
	readonly host: string;
	/** The port of the server. Default: `question.to`; without both, only the master port is checked. */
	readonly port?: number | undefined;
	/** May content of this origin connect to this port? Default: no verdict. */
	readonly question?: PolicyQuestion | undefined;
	/** The port to use instead of 843, for example a forwarded one. Default 843. */
	readonly masterPort?: number | undefined;
	/** How long the first port may take, in milliseconds. Default 3000, as in the player. */
	readonly masterTimeoutMs?: number | undefined;
	/** How long each other port may take, in milliseconds. Default 5000. */
	readonly timeoutMs?: number | undefined;
	/** Aborts the check with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
}

/** One port, and its answer to the policy request. */
export interface PolicyPlace {
	readonly port: number;
	/** Whether players request this port first. */
	readonly master: boolean;
	/** Why players do not request a policy here; undefined if they do. */
	readonly skipped?: string;
	readonly fetched?: PolicyFetch;
	/** The parsed answer. */
	readonly file?: PolicyFile;
	/** Whether players accept it: a policy file that ended with its zero byte in time. */
	readonly usable: boolean;
	readonly findings: readonly PolicyFinding[];
}

/** The result of a check. */
export interface PolicyReport {
	readonly host: string;
	/** In the order of the requests. */
	readonly places: readonly PolicyPlace[];
	/** Whether any port could be connected to. */
	readonly reached: boolean;
	readonly question?: PolicyQuestion;
	/** The answer to the question. */
	readonly verdict?: PolicyVerdict;
}

/**
 * Checks a server's policy files.
 *
 * Rejects with XMLSOCKET_OPTION_INVALID for a port outside 1 to 65535 or a time below 1 ms, and XMLSOCKET_ABORTED. A server
 * that cannot be reached is part of the report.
 *
 * @example
 * ```ts
 * const { verdict } = await checkPolicy({ host: "game.example", question: { from: "example.com", secure: true, to: 9000 } });
 * console.log(verdict?.allowed, verdict?.reason);
 * ```
 */
export async function checkPolicy(options: CheckPolicyOptions): Promise<PolicyReport> {
	const { host, question, signal } = options;
	const masterPort = checkWhole("masterPort", options.masterPort ?? MASTER_POLICY_PORT, 1, 65535);
	const masterTimeoutMs = checkWhole("masterTimeoutMs", options.masterTimeoutMs ?? 3000, 1, 2 ** 31 - 1);
	const timeoutMs = checkWhole("timeoutMs", options.timeoutMs ?? 5000, 1, 2 ** 31 - 1);
	const wanted = [options.port, question?.to].filter((port) => port !== undefined);
	const ports = [...new Set(wanted.map((port) => checkWhole("port", port, 1, 65535)))].filter(
		(port) => port !== masterPort,
	);
	const master = await look(host, masterPort, true, masterTimeoutMs, signal);
	const places = [master];
	const control = master.usable ? master.file?.siteControl : undefined;
	for (const port of ports) {
		const skipped =
			control === "none" || control === "master-only"
				? `the file of port ${masterPort} allows no other file (${control})`
				: isAskedForPolicy(port)
					? undefined
					: "the port belongs to another service, from which players never request a policy";
		places.push(
			skipped === undefined
				? await look(host, port, false, timeoutMs, signal)
				: { port, master: false, skipped, usable: false, findings: [] },
		);
	}
	const reached = places.some(({ fetched }) => fetched !== undefined && fetched.outcome !== "unreachable");
	if (question === undefined) return { host, places, reached };
	const served = (wanted: boolean): ServedPolicy[] =>
		places
			.filter(({ usable, master }) => usable && master === wanted)
			.map(({ file, port }) => ({ file: file!, port: wanted ? MASTER_POLICY_PORT : port }));
	const verdict = mayConnect(question, served(true)[0], served(false));
	return { host, places, reached, question, verdict };
}

async function look(
	host: string,
	port: number,
	master: boolean,
	timeoutMs: number,
	signal: AbortSignal | undefined,
): Promise<PolicyPlace> {
	const fetched = await fetchPolicy({ host, port, timeoutMs, signal });
	if (fetched.outcome !== "answered") return { port, master, fetched, usable: false, findings: [] };
	const { bytes = 0, terminated = false, extraBytes = 0 } = fetched;
	const file = bytes === 0 && extraBytes > 0 ? beginsWithZero(extraBytes) : readPolicyFile(fetched.text!);
	const findings = file.valid
		? [
				...file.findings,
				...judgeDelivery(file, { port: master ? MASTER_POLICY_PORT : port, bytes, terminated, extraBytes }),
			]
		: file.findings;
	return { port, master, fetched, file, usable: file.valid && terminated, findings };
}

// Players end the file at its first zero byte, so that a length in front, or a zero byte too many, leaves nothing of it.
function beginsWithZero(extraBytes: number): PolicyFile {
	const text = `The answer begins with a zero byte, which ends it: players lose the ${extraBytes} bytes behind it. Send the text alone, without its length in front (writeUTF of Java and ActionScript does that).`;
	return {
		valid: false,
		siteControl: undefined,
		grants: [],
		findings: [{ level: "error", code: "zero-first", text }],
	};
}
