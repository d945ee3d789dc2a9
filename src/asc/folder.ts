// An application's folder: its name, its entry script, and the files that its scripts may load. No name and no link opens a file outside
// the folder, its `scripts/` and the folders of ScriptLibPath.
// Implements docs/guide/asc.md, "The folder".

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { XMLSocketError } from "../errors/index.ts";

/** Where an application is. */
export interface FoundApplication {
	/** The folder, absolute, with links resolved. */
	readonly folder: string;
	/** The folder's name, or that of a script which is no `main`. */
	readonly name: string;
	/** The entry script, absolute. */
	readonly entry: string;
}

const MAX_SCRIPT_BYTES = 4 * 1024 * 1024;
/** Scripts of Flash Media Server's `scriptlib`, which this package does not have, and what to use instead. */
const SCRIPTLIB: readonly { readonly sign: RegExp; readonly words: string }[] = [
	{
		sign: /^(?:netservices|recordset|dataglue|netdebug)\.asc$/i,
		words:
			"that is Flash Remoting, from the scriptlib of Flash Media Server, and needs NetConnection; ask a server with LoadVars or XML.sendAndLoad instead",
	},
	{
		sign: /^webservices\//i,
		words: "that is SOAP, from the scriptlib of Flash Media Server; send the envelope with XML.sendAndLoad instead",
	},
	{
		sign: /^(?:(?:components|framework|application|facade|component)\.asc$|(?:components|framework)\/)/i,
		words:
			"that is the communication components, from the scriptlib of Flash Media Server, which need RTMP; write their methods on Client.prototype instead",
	},
];

/**
 * Finds an application by its folder or its script. In a folder, the entry script is the first of `main.asc`, `main.js`, `NAME.asc` and
 * `NAME.js` that exists; for each name, `scripts/` comes first.
 *
 * @throws XMLSOCKET_SCRIPT_UNREADABLE
 */
export function findApplication(path: string): FoundApplication {
	const given = resolve(path);
	if (!existsSync(given)) throw unreadable(`There is no file or folder ${path}.`);
	const real = realpathSync(given);
	if (statSync(real).isDirectory()) {
		const name = basename(given);
		const names = ["main.asc", "main.js", `${name}.asc`, `${name}.js`];
		for (const file of names) {
			for (const folder of [join(real, "scripts"), real]) {
				const entry = join(folder, file);
				if (existsSync(entry) && statSync(entry).isFile()) return { folder: real, name, entry };
			}
		}
		throw unreadable(`${path} has none of ${names.join(", ")}, neither in scripts/ nor in the folder itself.`);
	}
	if (/\.mjs$/i.test(real))
		throw unreadable(`${path} is a module, not a script; run a module with \`xmlsocket serve --app ${path}\`.`);
	if (!/\.(?:asc|js)$/i.test(real)) throw unreadable(`${path} is neither a folder nor a script (.asc, .js).`);
	const own = dirname(real);
	const folder = basename(own) === "scripts" ? dirname(own) : own;
	const stem = basename(real).replace(/\.[^.]*$/, "");
	return { folder, name: stem === "main" ? basename(folder) : stem, entry: real };
}

/** The files that an application's scripts may read. */
export class ScriptFolder {
	/** The application's folder, absolute. */
	readonly path: string;
	readonly #roots: readonly string[];

	/** @param libraryPath the folders of ScriptLibPath; relative paths start at the application's folder. */
	constructor(path: string, libraryPath: readonly string[]) {
		this.path = path;
		const library = libraryPath.map((folder) => resolve(path, folder)).filter((folder) => existsSync(folder));
		this.#roots = [path, join(path, "scripts"), ...library.map((folder) => realpathSync(folder))];
	}

	/**
	 * The text of a script, without its byte order mark, from the first folder that has it. The folder of the script that
	 * loads it comes first.
	 *
	 * @param from the script that loads it, as `shown` names it; empty if it is unknown.
	 * @throws XMLSOCKET_SCRIPT_UNREADABLE
	 */
	script(name: string, from = ""): { readonly text: string; readonly file: string } {
		if (name === "" || isAbsolute(name) || name.includes("\0"))
			throw unreadable(`load(${JSON.stringify(name)}): name a file below the application's folder.`);
		const near = from === "" ? [] : [dirname(resolve(this.path, from))];
		for (const folder of [...near, ...this.#roots]) {
			const file = join(folder, name);
			// Beside a script, `../` can lead to another of the application's folders.
			if (this.#roots.some((root) => this.holds(file, root)) && statSync(file).isFile())
				return { text: readScript(file), file };
		}
		throw unreadable(
			`load(${JSON.stringify(name)}): there is no such file in ${this.#roots.join(", ")}${this.#instead(name)}.`,
		);
	}

	/** The path of a script in `scripts/` or in the application's folder; undefined if there is none. */
	find(name: string): string | undefined {
		return [join(this.path, "scripts"), this.path]
			.map((folder) => join(folder, name))
			.find((file) => this.holds(file) && statSync(file).isFile());
	}

	// Scripts written on Windows may use another case of letters, and backslashes.
	#instead(name: string): string {
		const wanted = name.replaceAll("\\", "/");
		for (const root of this.#roots) {
			const folder = dirname(join(root, wanted));
			if (!this.holds(folder, root) || !statSync(folder).isDirectory()) continue;
			const file = basename(wanted).toLowerCase();
			const found = readdirSync(folder).find((entry) => entry.toLowerCase() === file);
			if (found !== undefined) return `; write load(${JSON.stringify(relative(root, join(folder, found)))})`;
		}
		const known = SCRIPTLIB.find(({ sign }) => sign.test(wanted));
		return known === undefined ? "" : `; ${known.words}`;
	}

	/** Whether `file` exists below `root` (default: the application's folder), also when its links are followed. */
	holds(file: string, root: string = this.path): boolean {
		if (!isBelow(file, root) || !existsSync(file)) return false;
		return isBelow(realpathSync(file), realpathSync(root));
	}

	/** A file's name for errors and traces: relative to the application's folder. */
	shown(file: string): string {
		return isBelow(file, this.path) ? relative(this.path, file) : file;
	}
}

/**
 * Reads a script: UTF-8, the byte order mark removed.
 *
 * @throws XMLSOCKET_SCRIPT_UNREADABLE
 */
export function readScript(file: string): string {
	const { size } = statSync(file);
	if (size > MAX_SCRIPT_BYTES)
		throw unreadable(`${file} has ${size} bytes; a script has at most ${MAX_SCRIPT_BYTES} bytes.`);
	try {
		return readFileSync(file, "utf8").replace(/^\ufeff/, "");
	} catch (cause) {
		throw unreadable(`${file} cannot be read: ${(cause as Error).message}.`, cause);
	}
}

function isBelow(file: string, root: string): boolean {
	const path = relative(root, file);
	return path === "" || !(path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path));
}

function unreadable(words: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_SCRIPT_UNREADABLE", words, cause === undefined ? {} : { cause });
}
