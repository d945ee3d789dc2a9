// The middle of the chat: the active room's name and topic, the banner with the connection's state, and the composer.

import { byClass, byId, setText } from "./dom.ts";
import { Drafts } from "./drafts.ts";
import { addEmojiPicker } from "./emoji-picker.ts";
import type { Place } from "./place.ts";
import type { ChatSession } from "./session.ts";

/** Longest message that can be typed, in UTF-16 units. */
const MAX_TYPED = 8000;
/** The bytes of a document in addition to its text, and the most bytes of an escaped UTF-16 unit. */
const ENVELOPE_BYTES = 512;
const BYTES_PER_UNIT = 6;

/** Draws the middle and handles input. */
export class RoomView {
	readonly #session: ChatSession;
	readonly #text: HTMLTextAreaElement = byId("composer-text", HTMLTextAreaElement);
	readonly #banner: HTMLElement = byId("banner", HTMLElement);
	#place: Place | undefined = undefined;
	readonly #drafts: Drafts = new Drafts();

	/** @param spoken runs after a message was sent. */
	constructor(session: ChatSession, spoken: () => void) {
		this.#session = session;
		const form = byId("composer", HTMLFormElement);
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			if (!session.speak(this.#text.value)) return;
			this.#text.value = "";
			this.#fit();
			spoken();
		});
		this.#text.addEventListener("keydown", (event) => {
			if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
			event.preventDefault();
			form.requestSubmit();
		});
		this.#text.addEventListener("input", () => this.#fit());
		addEmojiPicker(this.#text);
		for (const [target, event] of [
			[window, "pagehide"],
			[document, "visibilitychange"],
		] as const) {
			target.addEventListener(event, () => {
				if (this.#place) this.#drafts.set(this.#place.key, this.#text.value);
				this.#drafts.save();
			});
		}
	}

	/** Draws what has changed. */
	draw(): void {
		const session = this.#session;
		const place = session.active;
		if (place !== this.#place) this.#change(place);
		setText(byId("room-name", HTMLElement), place?.name ?? "No room");
		const topic = place?.isRoom === false ? "Private conversation" : (place?.topic ?? "");
		const topicElement = byId("topic", HTMLElement);
		setText(topicElement, topic);
		topicElement.title = topic;
		for (const button of byClass("set-topic"))
			button.hidden = !place?.isRoom || !place.inside || !session.chat?.canSetTopics;
		for (const button of byClass("leave")) button.hidden = !place?.isRoom;
		byId("close", HTMLElement).hidden = !place || place.isRoom;
		byId("open-members", HTMLElement).hidden = !place?.isRoom;
		const room = Math.floor((session.maxDocumentBytes - ENVELOPE_BYTES) / BYTES_PER_UNIT);
		this.#text.maxLength = Math.max(1, Math.min(MAX_TYPED, room));
		byId("composer", HTMLElement).hidden = !place;
		byId("find-open", HTMLElement).hidden = !place;
		this.#text.placeholder = !place
			? ""
			: place.isRoom
				? `Message to ${place.name}`
				: `Private message to ${place.name}`;
		setText(byId("composer-label", HTMLElement), this.#text.placeholder || "Message");
		this.drawBanner();
	}

	/** Draws the banner; every second while it counts down. */
	drawBanner(): void {
		const { connection, notice, active } = this.#session;
		let words = "";
		if (connection.is === "connecting") words = "Connecting…";
		else if (connection.is === "closed") words = connection.why;
		else if (connection.is === "waiting") {
			const seconds = Math.ceil((connection.retryAt - Date.now()) / 1000);
			words = seconds > 0 ? `Connection lost. Reconnecting in ${seconds} s…` : "Connection lost. Reconnecting…";
		} else if (active?.error) words = active.error;
		else words = notice;
		this.#banner.hidden = words === "";
		// A screen reader should announce the loss once, not every second.
		this.#banner.setAttribute("aria-live", connection.is === "waiting" && !this.#banner.hidden ? "off" : "polite");
		const retry = byId("banner-retry", HTMLElement);
		retry.hidden = connection.is === "open" && !active?.error;
		setText(retry, connection.is === "open" ? "Enter again" : "Try now");
		setText(byId("banner-text", HTMLElement), words);
	}

	/** Forgets what was typed and not sent. */
	forget(): void {
		this.#place = undefined;
		this.#drafts.clear();
	}

	/** Focuses the message box, if there is a keyboard. */
	focus(): void {
		if (matchMedia("(hover: hover)").matches) this.#text.focus();
	}

	#change(place: Place | undefined): void {
		if (this.#place) this.#drafts.set(this.#place.key, this.#text.value);
		this.#place = place;
		this.#text.value = place ? this.#drafts.get(place.key) : "";
		this.#fit();
	}

	#fit(): void {
		const { style } = this.#text;
		style.height = "auto";
		style.height = `${Math.min(this.#text.scrollHeight + 2, 160)}px`;
	}
}

// Safari ends the composition before the key that ends it; the old number tells that it was for the input method.
function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
	return isComposing || keyCode === 229;
}
