// Shared by the examples in this folder: parses the command line, and reports missing options.

import { parseArgs } from "node:util";

/**
 * Parses the options of an example, or prints its help. A `*` at the end of an explanation marks a required option.
 *
 * @param {string} about what the program does, with an example command.
 * @param {Record<string, [fallback: string | boolean | undefined, explanation: string]>} known
 */
export function readCommandLine(about, known) {
	const options = { help: { type: "boolean", short: "h" } };
	for (const [name, [fallback]] of Object.entries(known)) {
		options[name] = { type: typeof fallback === "boolean" ? "boolean" : "string" };
	}
	const lines = Object.entries(known).map(([name, [fallback, explanation]]) => {
		const shown = fallback === undefined || typeof fallback === "boolean" ? "" : ` (default: ${fallback})`;
		return `  --${name.padEnd(14)} ${explanation}${shown}`;
	});
	const help = `${about}\n\n${lines.join("\n")}\n\nOptions with * are required.`;
	let values;
	try {
		values = parseArgs({ options }).values;
	} catch (error) {
		end(2, `${error.message}\n\n${help}`);
	}
	if (values.help) {
		console.log(help);
		process.exit(0);
	}
	const result = {};
	for (const [name, [fallback, explanation]] of Object.entries(known)) {
		result[name] = values[name] ?? fallback;
		if (explanation.endsWith("*") && result[name] === undefined) end(2, `--${name} is missing.\n\n${help}`);
	}
	return result;
}

/** The parts of an address such as ann@example.org/desk. */
export function partsOf(jid) {
	const parts = /^([^@/\s]+)@([^@/\s]+)(?:\/(.+))?$/.exec(jid);
	if (!parts) end(2, `"${jid}" is not an address such as ann@example.org.`);
	return { user: parts[1], domain: parts[2], resource: parts[3] };
}

/** Prints the reason, and exits. */
export function end(code, message) {
	console.error(message);
	process.exit(code);
}
