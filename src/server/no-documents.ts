// The application of a port for HTTP and WebSocket routes alone. The server refuses raw connections before they get here, and does
// not serve `/socket`.

import type { Application } from "../application/index.ts";

/**
 * The application of a server that has only `routes`: it accepts no documents.
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
