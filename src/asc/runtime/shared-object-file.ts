// A persistent shared object as a text: one XML document, with a `change` for each property as clients get it. What cannot be
// read whole is refused with a coded error, and never taken for an empty object, which would replace it.

import { XMLSocketError } from "../../errors/index.ts";
import { XML } from "../../xml/index.ts";
import { type SharedBudget, SharedState } from "./shared-state.ts";
import { escapeText, readValues } from "./values.ts";

const FORMAT = "1";

/** The text of an object. */
export function writeObjectFile(state: SharedState): string {
	const name = escapeText(state.name);
	return `<sharedObject format="${FORMAT}" name="${name}" version="${state.version}" size="${state.size}">${state.changes()}</sharedObject>\n`;
}

/**
 * The object that a text holds.
 *
 * @throws XMLSOCKET_SHARED_OBJECT_UNREADABLE where it is none of that name, or not whole.
 */
export function readObjectFile(name: string, text: string, budget: SharedBudget): SharedState {
	const document = new XML(text);
	const root = document.firstChild;
	const version = Number(root?.attributes.version);
	const problem =
		text === ""
			? "its file cannot be read"
			: document.status !== 0
				? `its file is damaged (status ${document.status} of the XML parser)`
				: root?.nodeName !== "sharedObject" || root.attributes.format !== FORMAT || !Number.isSafeInteger(version)
					? `its file is none of format ${FORMAT}`
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
			throw unreadable(name, "its file holds what no shared object can", error);
		}
	}
	if (state.size !== Number(root.attributes.size))
		throw unreadable(name, "its file is damaged: properties are missing");
	return state;
}

function unreadable(name: string, why: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_SHARED_OBJECT_UNREADABLE",
		`The shared object "${name}" cannot be opened: ${why}. Fix the file or move it away; nothing was changed.`,
		cause === undefined ? {} : { cause },
	);
}
