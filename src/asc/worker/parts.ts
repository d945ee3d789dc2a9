// The parts of the host, all of them. A further one is one more line here and a file of its own.

import type { HostPart, Surroundings } from "./border.ts";
import { filesPart } from "./files.ts";
import { httpPart } from "./http.ts";
import { scriptsPart } from "./scripts.ts";
import { socketsPart } from "./sockets.ts";
import { storedObjectsPart } from "./stored-objects.ts";
import { timersPart } from "./timers.ts";

/** Makes the parts that an application has beside its clients. */
export function makeParts(surroundings: Surroundings): HostPart[] {
	return [
		scriptsPart(surroundings),
		timersPart(surroundings),
		socketsPart(surroundings),
		httpPart(surroundings),
		filesPart(surroundings),
		storedObjectsPart(surroundings),
	];
}
