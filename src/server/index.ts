export type { Log } from "./log.ts";
export { checkOptions, described, nearestName, type ServerOptions, serverSchema } from "./options.ts";
export { Server, type ServerParts } from "./server.ts";
