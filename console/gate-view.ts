// The sign-in form: which server this is, a name, a token if the server requires one, and how others join.

import { copyText } from "./clipboard.ts";
import { byId, setText } from "./dom.ts";
import type { ChatSession } from "./session.ts";

/** The name of a server whose operator has chosen none. */
const DEFAULT_NAME = "xmlsocket";

/** Draws the sign-in form. */
export class GateView {
	readonly #session: ChatSession;
	readonly #gate: HTMLElement = byId("gate", HTMLElement);
	readonly #name: HTMLInputElement = byId("gate-name", HTMLInputElement);
	readonly #token: HTMLInputElement = byId("gate-token", HTMLInputElement);
	readonly #guest: HTMLButtonElement = byId("gate-guest", HTMLButtonElement);

	readonly #unnamed: string;

	/** @param join how others join: a link and a command. @param unnamed what a server without a name of its own is called */
	constructor(session: ChatSession, join: { readonly link: string; readonly command: string }, unnamed: string) {
		this.#session = session;
		this.#unnamed = unnamed;
		for (const what of ["link", "command"] as const) {
			setText(byId(`gate-${what}`, HTMLElement), join[what]);
			byId(`copy-${what}`, HTMLElement).addEventListener("click", () => void this.#copy(join[what], what));
		}
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
		setText(byId("gate-server", HTMLElement), serverWords(this.#session.chat?.serverName, this.#unnamed));
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

	async #copy(text: string, what: "command" | "link"): Promise<void> {
		const words = (await copyText(text)) ? `The ${what} was copied.` : `The browser refused to copy the ${what}.`;
		setText(byId("gate-status", HTMLElement), words);
	}
}

/** The name of the server for people: the one that its operator has chosen, else its address. */
export function serverWords(name: string | undefined, unnamed: string): string {
	return name === undefined || name === "" || name === DEFAULT_NAME ? unnamed : name;
}
