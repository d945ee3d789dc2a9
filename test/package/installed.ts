// The package as it is packed, in the node_modules of a folder. Its dependencies are links, so that no registry is asked for what is here.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** A folder in which the package is installed. */
export interface InstalledPackage {
	readonly folder: string;
	/** The folder of the package. */
	readonly home: string;
	remove(): void;
}

/** Packs the package, and installs it in a new folder. */
export function installPackage(name: string): InstalledPackage {
	const folder = mkdtempSync(join(tmpdir(), `xmlsocket ${name} `));
	execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
		cwd: root,
		stdio: ["ignore", "pipe", "ignore"],
	});
	const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))!;
	const modules = join(folder, "node_modules");
	const home = join(modules, "xmlsocket");
	mkdirSync(home, { recursive: true });
	execFileSync("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"], { cwd: folder });
	rmSync(join(folder, tarball));
	for (const file of readdirSync(join(root, "node_modules"))) {
		if (!file.startsWith(".") && file !== "xmlsocket")
			symlinkSync(join(root, "node_modules", file), join(modules, file), "dir");
	}
	mkdirSync(join(modules, ".bin"));
	symlinkSync("../xmlsocket/dist/cli/main.js", join(modules, ".bin", "xmlsocket"));
	writeFileSync(join(folder, "package.json"), '{"type":"module"}');
	return { folder, home, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
