// The keys of the page, and the dialog that lists them with the language of the filters.

import { byId, make } from "./dom.ts";

/** One key: what it does, for the help, and how. */
export interface Key {
	readonly keys: readonly string[];
	readonly words: string;
	/** Absent: the list handles it. */
	readonly run?: () => void;
}

const FILTERS: readonly (readonly [string, string])[] = [
	["msg/body", "the root element msg with an element body in it"],
	["//body[@action='login']", "an element body anywhere, whose attribute action is login"],
	["/log(in|out)/i", "a regular expression, found in the text"],
	["client, server", "who sent it"],
	["xt:sm, json, binary", "the command of %xt% fields, or the form"],
	["connection=3, bytes>1000", "the connection, the size"],
	["open, close, error", "what is not a document"],
	["and, or, not, ( )", "joins them: client and not //ping"],
];

/** Handles keys while no input has the focus, and fills the help. */
export function handleKeys(keys: readonly Key[]): void {
	addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
		const { target } = event;
		const isInField = target instanceof Element && target.closest("input, textarea, select, dialog[open]") !== null;
		if (isInField) return;
		// On a button, space and enter press it.
		if (target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter")) return;
		const key = keys.find((one) => one.run && one.keys.includes(event.key));
		if (!key?.run) return;
		event.preventDefault();
		key.run();
	});
	const list = make("dl", "i-keys");
	for (const { keys: names, words } of keys)
		list.append(make("dt", "", names.map(shown).join(" ")), make("dd", "", words));
	const filters = make("dl", "i-keys");
	for (const [filter, words] of FILTERS) filters.append(make("dt", "", filter), make("dd", "", words));
	byId("help-content", HTMLElement).replaceChildren(make("h2", "", "Keys"), list, make("h2", "", "Filters"), filters);
	byId("help-open", HTMLButtonElement).addEventListener("click", showHelp);
}

/** Opens the help. */
export function showHelp(): void {
	const dialog = byId("help", HTMLDialogElement);
	if (dialog.open) return;
	dialog.showModal();
	// The first button, which gets the focus otherwise, is at the end of the text.
	const title = byId("help-title", HTMLElement);
	title.tabIndex = -1;
	title.focus();
}

function shown(key: string): string {
	const names: Record<string, string> = { " ": "Space", ArrowUp: "↑", ArrowDown: "↓" };
	return names[key] ?? key;
}
