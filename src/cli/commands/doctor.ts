// `xmlsocket doctor`: checks each hop between a player and a server, and names the first that fails. Exit codes: 0 nothing failed, 1 a
// check failed, 2 wrong usage.

import { readFileSync } from "node:fs";
import { XMLSocketError } from "../../errors/index.ts";
import { parseTarget } from "../../gateway/target.ts";
import { DiagnosisPrinter, diagnose } from "../../tools/doctor/index.ts";
import { painter } from "../painter.ts";

/** The flags of the command. */
export interface DoctorFlags {
	origin?: string;
	target?: string[];
	learned?: string;
	send?: string;
	wait: string;
	encoding: string;
	terminator: string;
	resolve?: string[];
	ca?: string;
	timeout: string;
	json?: boolean;
}

/** Runs the checks, prints each as soon as it is known, and sets the exit code. */
export async function doctor(address: string, flags: DoctorFlags): Promise<void> {
	const { stdout } = process;
	const printer = new DiagnosisPrinter((text) => void stdout.write(text), {
		paint: painter(),
		width: stdout.isTTY ? stdout.columns : undefined,
	});
	const interrupted = new AbortController();
	const onInterrupt = (): void => interrupted.abort();
	process.once("SIGINT", onInterrupt);
	try {
		const diagnosis = await diagnose({
			address,
			origin: flags.origin,
			target: [...(flags.target ?? []), ...(flags.learned === undefined ? [] : readLearned(flags.learned))],
			send: flags.send,
			encoding: flags.encoding,
			terminator: flags.terminator,
			hosts: hostsOf(flags.resolve ?? []),
			ca: flags.ca === undefined ? undefined : readText("--ca", flags.ca),
			timeoutMs: msOf("--timeout", flags.timeout),
			answerMs: msOf("--wait", flags.wait),
			signal: interrupted.signal,
			...(flags.json ? {} : { onCheck: (check) => printer.check(check) }),
		});
		if (flags.json) stdout.write(`${JSON.stringify(diagnosis)}\n`);
		else printer.end(diagnosis);
		process.exitCode = diagnosis.ok ? 0 : 1;
	} finally {
		process.off("SIGINT", onInterrupt);
	}
}

function msOf(flag: string, text: string): number {
	const ms = /^\d{1,6}$/.test(text) ? Number(text) : 0;
	if (ms >= 1 && ms <= 600_000) return ms;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`${flag} must be a whole number of milliseconds from 1 to 600000, but is "${text}".`,
	);
}

function hostsOf(pairs: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		pairs.map((pair) => {
			const at = pair.indexOf("=");
			if (at < 1)
				throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `--resolve must be HOST=ADDRESS, but is "${pair}".`);
			return [pair.slice(0, at), pair.slice(at + 1)];
		}),
	);
}

/** What SWFs ask for, from the targets in the file of `xmlsocket gateway --learn`. */
function readLearned(file: string): string[] {
	const text = readText("--learned", file);
	let targets: unknown;
	try {
		({ targets } = JSON.parse(text) as { targets?: unknown });
	} catch {
		// Not JSON, or not an object.
	}
	if (!Array.isArray(targets))
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`--learned: ${file} has no list "targets", as the gateway writes it.`,
		);
	return targets.map((target) => {
		const { alias, host, port } = parseTarget(String(target));
		const asked = alias ?? { host, port };
		return `${asked.host.includes(":") ? `[${asked.host}]` : asked.host}:${asked.port}`;
	});
}

function readText(flag: string, file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (cause) {
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `${flag}: ${(cause as Error).message}.`, { cause });
	}
}
