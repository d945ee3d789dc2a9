// The application of a port that speaks no documents: HTTP and WebSocket routes alone. A raw connection is refused before it
// would get here, and `/socket` is no path of such a server.

import type { Application } from "../application/index.ts";

/**
 * For a server that is nothing but its `routes`.
 *
 * @example
 * ```ts
 * const server = await createServer({ port: 9001, application: noDocuments, routes: [gateway] }).listen();
 * ```
 */
export const noDocuments: Application<"text"> = {
	output: "text",
	open(peer) {
		peer.end();
		return { document() {}, closed() {} };
	},
};
