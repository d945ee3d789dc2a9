// The XMLSOCKET_ variables that no command reads. They are usually misspelled, and a misspelled variable has no effect, so the
// commands that read variables warn about them.

import { nearestName } from "../errors/index.ts";
import { gatewayCommandSchema } from "./gateway-schema.ts";
import { playSchema } from "./play-schema.ts";
import { runSchema } from "./run-schema.ts";
import { serveSchema } from "./serve-schema.ts";
import { optionsOf } from "./settings.ts";

const PREFIX = "XMLSOCKET_";

/** One warning for each such variable. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
	const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
	if (names.length === 0) return [];
	const known = new Set([
		`${PREFIX}CONFIG`,
		...[serveSchema, gatewayCommandSchema, runSchema, playSchema].flatMap(optionsOf).map(({ variable }) => variable),
	]);
	return names
		.filter((name) => !known.has(name))
		.map((name) => {
			// Without the prefix: all names share it, so that it makes every name look near.
			const short = [...known].map((variable) => variable.slice(PREFIX.length));
			const near = nearestName(name.slice(PREFIX.length), short);
			return `The environment variable ${name} has no effect: no option has this name${near ? `; did you mean ${PREFIX}${near}?` : "."}`;
		});
}
