// Runs before each file of the unit group. The files of the group share processes, so each begins with modules of its own; and
// starting a program is an error that names the rule.

import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { vi } from "vitest";

vi.resetModules();

function refuse(): never {
	throw new Error(
		"A unit test starts no program. A test file that imports node:child_process or playwright-core itself is in the other group (see CONTRIBUTING.md).",
	);
}

for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"] as const) {
	Object.assign(childProcess, { [name]: refuse });
}
syncBuiltinESMExports();
