// The parts of the host, all of them. A further one is one more line here and a file of its own.

import type { HostContext, HostPart } from "./bridge.ts";
import { filesPart } from "./files.ts";
import { httpPart } from "./http.ts";
import { scriptsPart } from "./scripts.ts";
import { socketsPart } from "./sockets.ts";
import { storedObjectsPart } from "./stored-objects.ts";
import { timersPart } from "./timers.ts";

/** Makes the parts that an application has beside its clients. */
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
