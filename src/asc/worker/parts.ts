// The parts of the host. To add one, write a file for it and add a line here.

import type { HostContext, HostPart } from "./bridge.ts";
import { filesPart } from "./files.ts";
import { httpPart } from "./http.ts";
import { scriptsPart } from "./scripts.ts";
import { socketsPart } from "./sockets.ts";
import { storedObjectsPart } from "./stored-objects.ts";
import { timersPart } from "./timers.ts";

/** Creates all parts except the clients. */
export function makeParts(context: HostContext): HostPart[] {
	return [
		scriptsPart(context),
		timersPart(context),
		socketsPart(context),
		httpPart(context),
		filesPart(context),
		storedObjectsPart(context),
	];
}
