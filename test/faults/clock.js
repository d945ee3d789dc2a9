// A wall clock that can be set, for one process at a time: libfaketime between it and the system. Timers and the monotonic clock stay
// as they are, as where somebody sets a machine's clock.

import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LIBRARIES = "/usr/lib";

/** Debian's libfaketime; undefined where it is not installed. */
function library() {
	if (!existsSync(LIBRARIES)) return undefined;
	return readdirSync(LIBRARIES)
		.map((machine) => join(LIBRARIES, machine, "faketime", "libfaketimeMT.so.1"))
		.find((file) => existsSync(file));
}

/** Why a clock cannot be set here. */
export function noClock() {
	return library() === undefined ? "libfaketime is not installed (Debian: apt-get install faketime)" : undefined;
}

/** Environment of a daemon whose clock `setClock` sets. @param {number} daemon @param {string} folder */
export function clock(daemon, folder) {
	return {
		LD_PRELOAD: library() ?? "",
		FAKETIME_TIMESTAMP_FILE: fileOf(daemon, folder),
		FAKETIME_NO_CACHE: "1",
		FAKETIME_DONT_FAKE_MONOTONIC: "1",
	};
}

/** Sets the clock of a daemon so many seconds before or behind this machine's. @param {string} folder @param {number} daemon @param {number} seconds */
export function setClock(folder, daemon, seconds) {
	const file = fileOf(daemon, folder);
	// In one step: it is read at every look at the clock.
	writeFileSync(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}\n`);
	renameSync(`${file}.new`, file);
}

/** @param {number} daemon @param {string} folder */
function fileOf(daemon, folder) {
	return join(folder, `clock-${daemon}`);
}
