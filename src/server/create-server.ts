// "xmlsocket/server": the daemon as a library.

import type { Application } from "../application/index.ts";
import { type Audience, ConnectionEvents } from "./connection.ts";
import type { HttpRoutes } from "./http-routes.ts";
import type { Logger } from "./logger.ts";
import type { ServerOptions } from "./options.ts";
import { Server, type ServerParts } from "./server.ts";

/** What `createServer` takes: the options, all with defaults, and what the server is made of. */
export interface CreateServerOptions extends ServerOptions {
	/** What the documents mean: `createChat()`, `createRelay()`, or your own. Default: the program handles `connection` events. */
	readonly application?: Application<"text"> | Application<"bytes"> | undefined;
	/** A logger such as pino's. Default: silence. */
	readonly log?: Logger | undefined;
	/** A folder of files that answer HTTP. Default: none. */
	readonly pageFolder?: string | undefined;
	/** The path of its page, with a slash at both ends. Default: `/`. */
	readonly pagePath?: string | undefined;
	/** The folder's pages that play Flash content with this server's Ruffle, for example `/flash`. Default: none. */
	readonly flashPages?: readonly string[] | undefined;
	/** Who else answers on the HTTP side, for example a gateway. Default: nobody. */
	readonly routes?: readonly HttpRoutes[] | undefined;
}

/** A server whose connections are the program's own. */
export class ConnectionServer extends Server {
	readonly #events: ConnectionEvents;

	/** @internal use `createServer`. */
	constructor(options: ServerOptions, parts: Omit<ServerParts, "application">) {
		const events = new ConnectionEvents((connection) => this.emit("connection", connection));
		super(options, { ...parts, application: events });
		this.#events = events;
	}

	/** The members of a room, or every connection: `server.to("lobby").except(connection).send(document)`. */
	to(room?: string): Audience {
		return this.#events.to(room);
	}
}

/**
 * Makes a server. It listens once `listen()` is called.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID, XMLSOCKET_PORT_RESERVED, XMLSOCKET_CERTIFICATE_UNREADABLE,
 * XMLSOCKET_CONFIG_UNREADABLE
 *
 * @example
 * ```ts
 * const server = await createServer({ port: 9000 }).listen();
 * server.on("connection", (connection) => {
 *   connection.join("lobby");
 *   connection.on("document", (document) => server.to("lobby").except(connection).send(document));
 * });
 * ```
 */
export function createServer(
	options: CreateServerOptions & { readonly application: Application<"text"> | Application<"bytes"> },
): Server;
export function createServer(options?: CreateServerOptions): ConnectionServer;
export function createServer(given: CreateServerOptions = {}): Server {
	const { application, log, pageFolder, pagePath, flashPages, routes, ...options } = given;
	const parts = { log, pageFolder, pagePath, flashPages, routes };
	return application ? new Server(options, { ...parts, application }) : new ConnectionServer(options, parts);
}
