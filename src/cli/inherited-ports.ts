// The ports that systemd, or another service manager with the same protocol, has passed to this process: LISTEN_FDS and LISTEN_PID in the environment,
// descriptors from 3. docs/guide/deployment.md.

import { XMLSocketError } from "../errors/index.ts";
import type { Logger } from "../server/index.ts";
import { InheritedPorts } from "../transport/index.ts";

const FIRST_DESCRIPTOR = 3;
/** More than a daemon has ports. */
const MAX_DESCRIPTORS = 64;

/**
 * The passed ports; undefined where there are none. The variables are removed, so that other processes do not take them for theirs.
 *
 * @throws XMLSOCKET_SOCKET_UNUSABLE
 */
export function inheritedPorts(log: Logger): InheritedPorts | undefined {
	const { LISTEN_FDS: count, LISTEN_PID: pid } = process.env;
	for (const name of ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]) delete process.env[name];
	if (count === undefined) return undefined;
	if (pid !== undefined && Number(pid) !== process.pid) {
		log.warn(
			{ forProcess: pid, process: process.pid },
			"the service manager passed its ports to another process: start the daemon without a shell or npm around it",
		);
		return undefined;
	}
	const descriptors = Number(count);
	if (!Number.isInteger(descriptors) || descriptors < 1 || descriptors > MAX_DESCRIPTORS) {
		throw new XMLSocketError(
			"XMLSOCKET_SOCKET_UNUSABLE",
			`LISTEN_FDS is "${count}", not a number from 1 to ${MAX_DESCRIPTORS}.`,
		);
	}
	return new InheritedPorts(Array.from({ length: descriptors }, (_, at) => FIRST_DESCRIPTOR + at));
}
