// Colours of reports on a terminal.

import type { Paint } from "../tools/index.ts";
import { hasColour, painterFor } from "./colour.ts";

const STYLES = { good: "green", bad: "red", warn: "yellow", dim: "dim" } as const;

/** Paints text for standard output; undefined: it shows no colours. */
export function painter(): Paint | undefined {
	if (!hasColour(process.stdout)) return undefined;
	const paint = painterFor(process.stdout);
	return (style, text) => paint(STYLES[style], text);
}
