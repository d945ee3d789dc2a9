// Tells when a script or an Application.xml of a folder has changed: once for a burst of changes, and not while a changed script
// cannot be parsed, which is said instead.

import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";
import { readScript } from "./folder.ts";
import { explainSyntax } from "./worker/explain-syntax.ts";

/** What is told of a watched folder. */
export interface WatchEvents {
	/** Something has changed, and all changed scripts can be parsed. */
	changed(files: readonly string[]): void;
	/** A changed script cannot be parsed, or the folder can no longer be watched. */
	failed(words: string): void;
}

const BURST_MS = 100;

/** Watches a folder and those below it. @returns how to end that */
export function watchFolder(folder: string, events: WatchEvents): () => void {
	const files = new Set<string>();
	let timer: NodeJS.Timeout | undefined;
	const settle = (): void => {
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
		files.add(file);
		clearTimeout(timer);
		timer = setTimeout(settle, BURST_MS);
	});
	watcher.on("error", (error) => events.failed(`${folder} is no longer watched: ${error.message}.`));
	return () => {
		clearTimeout(timer);
		watcher.close();
	};
}

// A file that is gone has no flaw: loading it reports the error.
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
