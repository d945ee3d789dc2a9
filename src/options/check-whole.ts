// One numeric option, for functions whose options have no schema.

import { XMLSocketError } from "../errors/index.ts";

/**
 * Returns the value if it is a whole number within the bounds.
 *
 * @throws XMLSOCKET_OPTION_INVALID with the name, the value and the bounds.
 */
export function checkWhole(name: string, value: number, lowest: number, highest: number): number {
	if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`The option ${name} must be a whole number from ${lowest} to ${highest}, but is ${value}.`,
	);
}
