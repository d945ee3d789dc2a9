// `xmlsocket explain`: explains error codes, in both of their forms.

import { ERROR_CODES, type ErrorCode } from "../../errors/codes.ts";
import { type ErrorEntry, nearestName, wireCode, XMLSocketError } from "../../errors/index.ts";

/** Prints one code, or all. */
export function explain(code: string | undefined, flags: { json?: boolean }): void {
	const codes = Object.keys(ERROR_CODES) as ErrorCode[];
	const wanted = code === undefined ? codes : [find(code, codes)];
	for (const name of wanted) {
		const entry: ErrorEntry = ERROR_CODES[name];
		if (flags.json) process.stdout.write(`${JSON.stringify({ code: name, wire: wireCode(name), ...entry })}\n`);
		else
			process.stdout.write(
				`${name}  (${entry.class}; in documents: ${wireCode(name)})\n  ${entry.text}\n${entry.hint === undefined ? "" : `  ${entry.hint}\n`}`,
			);
	}
}

function find(code: string, codes: ErrorCode[]): ErrorCode {
	const upper = code.toUpperCase().replaceAll("-", "_");
	const full = upper.startsWith("XMLSOCKET_") ? upper : `XMLSOCKET_${upper}`;
	const found = codes.find((candidate) => candidate === full);
	if (found) return found;
	const near = nearestName(full, codes);
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`There is no error code "${code}"${near ? `; did you mean ${near}?` : "."}`,
	);
}
