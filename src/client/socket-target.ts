// What XMLSocket.connect may be asked for: a host and a port of 1024 or more. It resolves no name and opens nothing.
// Server-Side ActionScript Language Reference pp. 218 and 222.

import { toNumber, toText } from "../xml/coerce.ts";
import { HIGHEST_PORT, LOWEST_PORT, type Target } from "./address.ts";

/** Where the arguments of `connect` lead; undefined where it gives false. A host of null or undefined is `localHost`. */
export function socketTarget(hostName: unknown, port: unknown, localHost: string): Target | undefined {
	const number = toNumber(port);
	if (!Number.isInteger(number) || number < LOWEST_PORT || number > HIGHEST_PORT) return undefined;
	const [name = ""] = hostName === null || hostName === undefined ? [localHost] : toText(hostName).split("\0", 1);
	const bare = /^\[(.*)\]$/s.exec(name)?.[1] ?? name;
	if (bare === "") return undefined;
	return { protocol: "xmlsocket", host: bare, port: number, path: "", secure: false };
}
