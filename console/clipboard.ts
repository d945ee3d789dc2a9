// Copies text. Browsers allow their clipboard only on pages of this machine and on secure ones; elsewhere an old command does it.

import { make } from "./dom.ts";

/** Copies the whole text. @returns whether it could. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyWithCommand(text);
	}
}

function copyWithCommand(text: string): boolean {
	const before = document.activeElement;
	const area = make("textarea", "unseen");
	area.value = text;
	area.readOnly = true;
	document.body.append(area);
	area.select();
	const isDone = document.execCommand("copy");
	area.remove();
	if (before instanceof HTMLElement) before.focus();
	return isDone;
}
