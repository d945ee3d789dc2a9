// "xmlsocket/asc": runs Server-Side ActionScript applications on a server.

export { type AscOptions, ascSchema } from "./options.ts";
export { ScriptApplication, type TraceLine } from "./script-application.ts";
export { openScriptHost, ScriptHost, type ScriptHostParts } from "./script-host.ts";
