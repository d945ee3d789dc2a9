// Colours of reports on a terminal.

import { styleText } from "node:util";
import type { Paint } from "../tools/index.ts";

const STYLES = { good: "green", bad: "red", warn: "yellow", dim: "dim" } as const;

/** Paints text for standard output; undefined: it is no terminal, or NO_COLOR is set. */
export function painter(): Paint | undefined {
	if (!process.stdout.isTTY || process.env.NO_COLOR) return undefined;
	return (style, text) => styleText(STYLES[style], text);
}
