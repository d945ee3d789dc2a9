// The form that asks for the token, and where the page keeps it: in the storage of this tab, which ends with the tab.

import { byId, setText } from "../dom.ts";
import { tokenOf } from "./api.ts";

const STORAGE_KEY = "xmlsocket-admin-token";
const REASON_KEY = "xmlsocket-admin-reason";

/** The form. */
export class SignIn {
	readonly #gate: HTMLElement = byId("gate", HTMLElement);
	readonly #token: HTMLInputElement = byId("gate-token", HTMLInputElement);
	readonly #button: HTMLButtonElement = byId("gate-enter", HTMLButtonElement);

	/** @param enter tries a token. */
	constructor(enter: (token: string) => void) {
		byId("gate-form", HTMLFormElement).addEventListener("submit", (event) => {
			event.preventDefault();
			if (this.#button.disabled) return;
			const token = tokenOf(this.#token.value);
			if (token !== undefined) enter(token);
			else if (this.#token.value.trim() === "") this.#token.focus();
			else
				this.ask(
					"A token has only letters, digits and signs of ASCII. Copy the first word of its line in the token file.",
				);
		});
	}

	/** Shows the form. @param problem why it asks, in words; empty: nothing is wrong */
	ask(problem: string): void {
		this.#gate.hidden = false;
		this.#button.disabled = false;
		setText(byId("gate-error", HTMLElement), problem);
		setText(byId("gate-status", HTMLElement), "");
		this.#token.setAttribute("aria-invalid", String(problem !== ""));
		this.#token.focus();
		this.#token.select();
	}

	/** Shows that the token is tried. */
	wait(): void {
		this.#gate.hidden = false;
		this.#button.disabled = true;
		setText(byId("gate-error", HTMLElement), "");
		setText(byId("gate-status", HTMLElement), "Signing in…");
	}

	/** The token is right. */
	hide(): void {
		this.#gate.hidden = true;
		this.#token.value = "";
	}
}

/** The token of this tab. */
export function keptToken(): string | undefined {
	try {
		return tokenOf(sessionStorage.getItem(STORAGE_KEY) ?? "");
	} catch {
		return undefined;
	}
}

/** Keeps a token for reloads of this tab; undefined: forgets it. */
export function keepToken(token: string | undefined): void {
	keep(STORAGE_KEY, token);
}

/** Keeps why the user must sign in again, for the form of the next document. */
export function keepReason(reason: string): void {
	keep(REASON_KEY, reason === "" ? undefined : reason);
}

/** That reason, once; empty: there is none. */
export function takeReason(): string {
	try {
		const reason = sessionStorage.getItem(REASON_KEY) ?? "";
		keep(REASON_KEY, undefined);
		return reason;
	} catch {
		return "";
	}
}

function keep(key: string, value: string | undefined): void {
	try {
		if (value === undefined) sessionStorage.removeItem(key);
		else sessionStorage.setItem(key, value);
	} catch {
		// If the storage is disabled, a reload asks for the token again.
	}
}
