// A folder's files over HTTP: ETags, ranges, no way out of the folder. What the answers' headers say is the caller's affair.

import type { IncomingMessage, ServerResponse } from "node:http";
import sirv from "sirv";

/** Answers a request, or calls `otherwise` where the folder has no such file. */
export type StaticFiles = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void;

/**
 * Serves the files that a folder has now; its list is made once.
 *
 * @param setHeaders called before each answer, with the file's path below the folder
 */
export function staticFiles(folder: string, setHeaders: (response: ServerResponse, path: string) => void): StaticFiles {
	return sirv(folder, { etag: true, dotfiles: false, setHeaders });
}
