// Finds the programs of other projects that tests run against: prosody, nats-server, Chromium, tmux and others. Where one is absent,
// its tests are skipped with a line that says so; with CI=true that is a failure.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The path of a program.
 *
 * @param {string[]} names the first one that is on PATH is taken
 * @param {string} [debianPackage] default: the first name
 * @returns {string | undefined} undefined where none is on PATH; one line says so
 */
export function findProgram(names, debianPackage = names[0]) {
	for (const name of names) {
		for (const folder of (process.env.PATH ?? "").split(delimiter)) {
			const file = join(folder, name);
			try {
				accessSync(file, constants.X_OK);
				return file;
			} catch {
				// Not in this folder.
			}
		}
	}
	const words = `There is no ${names[0]} on PATH. On Debian: apt-get install ${debianPackage}`;
	if (process.env.CI === "true") throw new Error(words);
	console.log(`Skipped: ${words}`);
	return undefined;
}
