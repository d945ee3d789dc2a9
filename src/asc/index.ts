// "xmlsocket/asc": Server-Side ActionScript applications as something that a server runs.

export { type AscOptions, ascSchema } from "./options.ts";
export { ScriptApplication, type TraceLine } from "./script-application.ts";
export { openScriptHost, ScriptHost, type ScriptHostParts } from "./script-host.ts";
