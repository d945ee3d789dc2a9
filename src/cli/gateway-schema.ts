// The options of `gateway`: the gateway's, and those of the server that apply to a port without documents. All are also keys of the daemon's
// configuration file, so that one file works for both commands.

import * as v from "valibot";
import { gatewaySchema } from "../gateway/options.ts";
import { siteSchema } from "../gateway/site/options.ts";
import { described } from "../options/index.ts";
import { serverSchema } from "../server/options.ts";
import { serveSchema } from "./serve-schema.ts";

const server = serverSchema.entries;

/** The schema of the gateway's flags, variables and configuration file. */
export const gatewayCommandSchema = v.strictObject({
	...gatewaySchema.entries,
	...siteSchema.entries,
	port: v.optional(
		described(server.port.wrapped, "port for WebSocket, HTTP and TLS; 0: any free one", "-p, --port <n>"),
		9001,
	),
	host: server.host,
	tlsCert: server.tlsCert,
	tlsKey: server.tlsKey,
	origin: server.origin,
	encoding: v.optional(
		described(v.string(), "encoding of targets that do not name one; pages use UTF-8", "--encoding <label>"),
		"utf-8",
	),
	maxDocumentBytes: server.maxDocumentBytes,
	tlsTimeoutMs: server.tlsTimeoutMs,
	pingIntervalMs: server.pingIntervalMs,
	unreadOutputTimeoutMs: server.unreadOutputTimeoutMs,
	lingerMs: server.lingerMs,
	drainTimeoutMs: server.drainTimeoutMs,
	maxConnections: server.maxConnections,
	maxConnectionsPerAddress: server.maxConnectionsPerAddress,
	connectsPerSecondPerAddress: server.connectsPerSecondPerAddress,
	requestsPerSecondPerAddress: server.requestsPerSecondPerAddress,
	memoryCeilingBytes: server.memoryCeilingBytes,
	trustProxy: server.trustProxy,
	basePath: server.basePath,
	metrics: server.metrics,
	logLevel: serveSchema.entries.logLevel,
	logFormat: serveSchema.entries.logFormat,
});

/** The options with their defaults. */
export type GatewayCommandSettings = v.InferOutput<typeof gatewayCommandSchema>;

/** The keys of the options for the gateway's server. */
export const gatewayServerKeys: readonly string[] = Object.keys(server).filter(
	(key) => key in gatewayCommandSchema.entries && key !== "encoding",
);
