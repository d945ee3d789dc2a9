// Reports when a script or an Application.xml of a folder has changed, once for a burst of changes. While a changed script has a syntax
// error, it reports that error instead.

import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";
import { readScript } from "./folder.ts";
import { explainSyntax } from "./worker/explain-syntax.ts";

/** The events of a watched folder. */
export interface WatchEvents {
	/** Files have changed, and no changed script has a syntax error. */
	changed(files: readonly string[]): void;
	/** A changed script has a syntax error, or the folder can no longer be watched. */
	failed(words: string): void;
}

const BURST_MS = 100;
/** A script may create files too. The others count as changed without their names. */
const MAX_FILES = 1000;

/** Watches a folder and its subfolders. @returns a function that ends the watch */
export function watchFolder(folder: string, events: WatchEvents): () => void {
	const files = new Set<string>();
	let timer: NodeJS.Timeout | undefined;
	// What is thrown in a timer would end the process.
	const settle = (): void => {
		try {
			report();
		} catch (error) {
			events.failed(`A change could not be handled: ${String(error)}.`);
		}
	};
	const report = (): void => {
		for (const file of files) {
			const flaw = /\.xml$/i.test(file) ? undefined : syntaxFlaw(join(folder, file), file);
			// It stays in the set: the next change looks at it again.
			if (flaw !== undefined) {
				events.failed(flaw);
				return;
			}
		}
		const changed = [...files];
		files.clear();
		events.changed(changed);
	};
	const watcher: FSWatcher = watch(folder, { recursive: true, persistent: false }, (_event, file) => {
		if (file === null || !/(?:\.asc|\.js|Application\.xml)$/i.test(file)) return;
		if (files.size < MAX_FILES) files.add(file);
		clearTimeout(timer);
		timer = setTimeout(settle, BURST_MS);
	});
	watcher.on("error", (error) => events.failed(`${folder} is no longer watched: ${error.message}.`));
	return () => {
		clearTimeout(timer);
		watcher.close();
	};
}

// A missing file is no syntax error: the load() of it fails.
function syntaxFlaw(path: string, shown: string): string | undefined {
	let text: string;
	try {
		text = readScript(path);
	} catch {
		return undefined;
	}
	try {
		new vm.Script(text, { filename: shown });
		return undefined;
	} catch (error) {
		return explainSyntax(error, text, shown);
	}
}
