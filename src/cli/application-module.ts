// `serve --app FILE.mjs`: a JavaScript module whose default export is an application for createServer. It runs in the daemon's own thread
// with all of Node's API.

import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { XMLSocketError } from "../errors/index.ts";
import type { Application } from "../server/index.ts";
import type { ServeSettings } from "./serve-schema.ts";

/** A module's application, and its name and path for the banner. */
export interface ApplicationModule {
	readonly name: string;
	/** The module, absolute. */
	readonly entry: string;
	readonly application: Application<"text"> | Application<"bytes">;
}

/** A module that is not loaded yet. */
export interface FoundModule extends Omit<ApplicationModule, "application"> {
	/** As it was given. */
	readonly path: string;
}

/**
 * The module that `--app` names; undefined if it names scripts.
 *
 * @throws XMLSOCKET_OPTION_INVALID, XMLSOCKET_SCRIPT_UNREADABLE
 */
export function findModule({ app, watch }: ServeSettings): FoundModule | undefined {
	const path = app.find((one) => /\.mjs$/i.test(one));
	if (path === undefined) return undefined;
	if (app.length > 1) throw invalid(`The module ${path} takes the whole port: use it without other applications.`);
	if (watch)
		throw invalid(`--watch runs scripts again, but not modules: start the daemon again to read ${path} again.`);
	const entry = resolve(path);
	if (!existsSync(entry)) throw new XMLSocketError("XMLSOCKET_SCRIPT_UNREADABLE", `There is no file ${path}.`);
	return { name: basename(entry).replace(/\.mjs$/i, ""), entry, path };
}

/**
 * Loads a module.
 *
 * Rejects with XMLSOCKET_OPTION_INVALID, XMLSOCKET_SCRIPT_FAILED.
 */
export async function openModule({ name, entry, path }: FoundModule): Promise<ApplicationModule> {
	const application = await defaultExport(entry, path);
	if (!isApplication(application)) {
		throw invalid(
			`The default export of ${path} is not an application: export an object with output ("text" or "bytes") and open(peer), as for createServer.`,
		);
	}
	return { name, entry, application };
}

async function defaultExport(entry: string, path: string): Promise<unknown> {
	try {
		return ((await import(pathToFileURL(entry).href)) as { default?: unknown }).default;
	} catch (cause) {
		const words = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
		throw new XMLSocketError("XMLSOCKET_SCRIPT_FAILED", `The module ${path} cannot start. ${words}.`, { cause });
	}
}

function isApplication(value: unknown): value is Application<"text"> | Application<"bytes"> {
	const { output, open } = Object(value) as { output?: unknown; open?: unknown };
	return typeof open === "function" && (output === "text" || output === "bytes");
}

function invalid(words: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OPTION_INVALID", words);
}
