// The one document that the host writes without a script: the status of a connection, in the form of `runtime/documents.ts`.

import { xml } from "../xml/index.ts";

/** `<status level="…" code="…" description="…"/>`, escaped. */
export function statusText(level: "status" | "error", code: string, description: string): string {
	return String(xml`<status level=${level} code=${code} description=${description}/>`);
}
