// "xmlsocket/server": the daemon as a library.

import { captureRejectionSymbol, type EventEmitter } from "node:events";
import type { Application } from "../application/index.ts";
import { type BroadcastTarget, ConnectionApplication } from "./connection-application.ts";
import type { HttpRoutes } from "./http-routes.ts";
import type { Logger } from "./logger.ts";
import type { ServerOptions } from "./options.ts";
import { Server, type ServerParts } from "./server.ts";
import { ServerConnection } from "./server-connection.ts";

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

/** The additional members of a server whose connections the program handles itself. */
export interface ConnectionSource<Data extends object = Record<string, unknown>> {
	/** A client has connected. */
	on(event: "connection", listener: (connection: ServerConnection<Data>) => void): this;
	/** The next client has connected. */
	once(event: "connection", listener: (connection: ServerConnection<Data>) => void): this;
	/** Removes a listener. */
	off(event: "connection", listener: (connection: ServerConnection<Data>) => void): this;
	/** The members of a room, or every connection: `server.to("lobby").except(connection).send(document)`. */
	to(room?: string): BroadcastTarget<Data>;
}

/** A server whose connections the program handles itself. */
export type ConnectionServer<Data extends object = Record<string, unknown>> = ConnectionSource<Data> & Server;

class ServerOfConnections<Data extends object> extends Server {
	readonly #application: ConnectionApplication<Data>;

	constructor(options: ServerOptions, parts: Omit<ServerParts, "application">) {
		const application = new ConnectionApplication<Data>((connection) =>
			(this as EventEmitter).emit("connection", connection),
		);
		super(options, { ...parts, application });
		this.#application = application;
	}

	/** @internal An asynchronous listener has rejected. One of `connection` costs its own connection. */
	override [captureRejectionSymbol](error: unknown, ...about: unknown[]): void {
		super[captureRejectionSymbol](error);
		const connection = about[1];
		if (connection instanceof ServerConnection) void connection.close();
	}

	to(room?: string): BroadcastTarget<Data> {
		return this.#application.to(room);
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
 *
 * @typeParam Data what the program keeps in `connection.data`: `createServer<{ user: string }>()`.
 */
export function createServer(
	options: CreateServerOptions & { readonly application: Application<"text"> | Application<"bytes"> },
): Server;
export function createServer<Data extends object = Record<string, unknown>>(
	options?: CreateServerOptions,
): ConnectionServer<Data>;
export function createServer<Data extends object>(given: CreateServerOptions = {}): Server {
	const { application, log, pageFolder, pagePath, flashPages, routes, ...options } = given;
	const parts = { log, pageFolder, pagePath, flashPages, routes };
	return application ? new Server(options, { ...parts, application }) : new ServerOfConnections<Data>(options, parts);
}
