// The XMLSOCKET_ variables that no command reads. They are usually misspelled, and a daemon that starts without the setting that you
// wanted is worse than one that does not start, so the commands that read variables refuse them, as they refuse unknown flags.

import { nearestName, XMLSocketError } from "../errors/index.ts";
import { gatewayCommandSchema } from "./gateway-schema.ts";
import { playSchema } from "./play-schema.ts";
import { runSchema } from "./run-schema.ts";
import { serveSchema } from "./serve-schema.ts";
import { optionsOf } from "./settings.ts";

const PREFIX = "XMLSOCKET_";

/** @throws XMLSOCKET_OPTION_UNKNOWN with all such variables, and the nearest name for each. */
export function checkVariables(environment: Readonly<Record<string, string | undefined>>): void {
	const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
	if (names.length === 0) return;
	const known = new Set([
		`${PREFIX}CONFIG`,
		// The token of the commands that administer a running daemon.
		`${PREFIX}ADMIN_TOKEN`,
		...[serveSchema, gatewayCommandSchema, runSchema, playSchema].flatMap(optionsOf).map(({ variable }) => variable),
	]);
	const mistakes = names
		.filter((name) => !known.has(name))
		.map((name) => {
			// Without the prefix: all names share it, so that it makes every name look near.
			const short = [...known].map((variable) => variable.slice(PREFIX.length));
			const near = nearestName(name.slice(PREFIX.length), short);
			return `There is no environment variable ${name}${near ? `; did you mean ${PREFIX}${near}?` : "."}`;
		});
	if (mistakes.length > 0) throw new XMLSocketError("XMLSOCKET_OPTION_UNKNOWN", mistakes.join("\n"));
}
