// The sign-in form: a name, and a token if the server requires one.

import { byId, setText } from "./dom.ts";
import type { ChatSession } from "./session.ts";

/** Draws the sign-in form. */
export class GateView {
	readonly #session: ChatSession;
	readonly #gate: HTMLElement = byId("gate", HTMLElement);
	readonly #name: HTMLInputElement = byId("gate-name", HTMLInputElement);
	readonly #token: HTMLInputElement = byId("gate-token", HTMLInputElement);
	readonly #guest: HTMLButtonElement = byId("gate-guest", HTMLButtonElement);

	constructor(session: ChatSession) {
		this.#session = session;
		byId("gate-form", HTMLFormElement).addEventListener("submit", (event) => {
			event.preventDefault();
			if (this.#name.value.trim() === "") this.#name.focus();
			else session.enter(this.#name.value, this.#token.value);
		});
		this.#guest.addEventListener("click", () => session.enterAsGuest());
	}

	/** Draws what has changed. */
	draw(): void {
		const { phase, nameError, needsToken, connection, me } = this.#session;
		// A user who was signed in already waits in the chat itself.
		const shown = phase === "naming" || (phase === "entering" && me === "");
		const opened = this.#gate.hidden && shown;
		this.#gate.hidden = !shown;
		if (!shown) return;
		const tokenPart = byId("gate-token-part", HTMLElement);
		const asked = tokenPart.hidden && needsToken;
		tokenPart.hidden = !needsToken;
		// Where names need a proof, the server has a name for guests.
		this.#guest.hidden = !needsToken;
		setText(byId("gate-error", HTMLElement), nameError);
		this.#name.setAttribute("aria-invalid", String(nameError !== ""));
		let status = "";
		if (connection.is === "closed") status = connection.why;
		else if (connection.is !== "open") status = phase === "entering" ? "Connecting…" : "";
		else if (phase === "entering") status = "Entering…";
		setText(byId("gate-status", HTMLElement), status);
		if (asked) this.#token.focus();
		else if (opened) this.#name.focus();
	}
}
