// Short words about what was done or refused, above the page for a few seconds; screen readers read them.

import { byId, make } from "./dom.ts";

const SHOWN_MS = 6000;
const MAX_TOASTS = 3;

/** Shows a sentence. The oldest one goes where there are more than three. */
export function showToast(words: string, kind: "error" | "note"): void {
	const toasts = byId("toasts", HTMLElement);
	const toast = make("p", `toast ${kind}`, words);
	toasts.append(toast);
	while (toasts.childElementCount > MAX_TOASTS) toasts.firstElementChild?.remove();
	setTimeout(() => toast.remove(), SHOWN_MS);
}
