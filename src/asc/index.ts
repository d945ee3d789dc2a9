// "xmlsocket/asc": runs Server-Side ActionScript applications on a server.

export type { TraceLine } from "./application-clients.ts";
export { type AscOptions, ascSchema } from "./options.ts";
export type { RemoteClients } from "./remote-application.ts";
export { type HostedApplication, openScriptHost, ScriptHost, type ScriptHostParts } from "./script-host.ts";
