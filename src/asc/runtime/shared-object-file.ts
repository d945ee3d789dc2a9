// The text of a persistent shared object: one XML document with a `change` for each property, as clients receive it. A damaged file is
// an error, never an empty object, because an empty object would replace the file.

import { XMLSocketError } from "../../errors/index.ts";
import { parseVerbatim } from "../../xml/document.ts";
import { type SharedBudget, SharedState } from "./shared-state.ts";
import { escapeText, readValues } from "./values.ts";

const FORMAT = "1";

/** The text of an object. */
export function writeObjectFile(state: SharedState): string {
	const name = escapeText(state.name);
	return `<sharedObject format="${FORMAT}" name="${name}" version="${state.version}" size="${state.size}">${state.changes()}</sharedObject>\n`;
}

/**
 * Reads an object from its text.
 *
 * @throws XMLSOCKET_SHARED_OBJECT_UNREADABLE if the text is damaged, or is of another object or format.
 */
export function readObjectFile(name: string, text: string, budget: SharedBudget): SharedState {
	const document = parseVerbatim(text);
	const root = document.firstChild;
	const version = Number(root?.attributes.version);
	const problem =
		text === ""
			? "its file cannot be read"
			: document.status !== 0
				? `its file is damaged (status ${document.status} of the XML parser)`
				: root?.nodeName !== "sharedObject" || root.attributes.format !== FORMAT || !Number.isSafeInteger(version)
					? `its file does not have the format ${FORMAT}`
					: root.attributes.name !== name
						? `its file is that of "${root.attributes.name}"`
						: undefined;
	if (problem !== undefined || !root) throw unreadable(name, problem ?? "its file is empty");
	const state = new SharedState(name, true, budget, version);
	for (const element of root.childNodes) {
		if (element.nodeName !== "change") continue;
		try {
			state.restore(String(element.attributes.name), readValues(element)[0]);
		} catch (error) {
			state.drop();
			throw unreadable(name, "its file has a property that a shared object cannot have", error);
		}
	}
	if (state.size !== Number(root.attributes.size))
		throw unreadable(name, "its file is damaged: properties are missing");
	return state;
}

function unreadable(name: string, why: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_SHARED_OBJECT_UNREADABLE",
		`The shared object "${name}" cannot be opened: ${why}. Repair the file or move it away; nothing was changed.`,
		cause === undefined ? {} : { cause },
	);
}
