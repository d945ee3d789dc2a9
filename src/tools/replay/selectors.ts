// Where documents name what they are. Another value there makes another kind of document, never one with a changed value.

import type { Field, ParsedDocument } from "./field.ts";

const SELECTORS: ReadonlySet<string> = new Set([
	"action",
	"cmd",
	"command",
	"event",
	"kind",
	"method",
	"op",
	"t",
	"type",
]);

/** Whether a field names what its document is: `action`, `cmd` and the like, or the command of a `%xt%` document. */
export function isSelector({ name, path }: Field, { kind, paths }: ParsedDocument): boolean {
	if (kind === "xt") return path === "xt[1]" || path === "xt[2]" || (path === "xt[3]" && hasExtension(paths));
	if (kind === "text") return path === "text[1]";
	return SELECTORS.has(name.toLowerCase());
}

// Clients name an extension by one letter before the command: `%xt%s%m#sm%…`. Servers put the command there: `%xt%sm%…`.
function hasExtension(paths: ParsedDocument["paths"]): boolean {
	return paths.get("xt[2]")?.value.length === 1;
}
