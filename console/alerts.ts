// Alerts for messages that are for the user while the user looks elsewhere: a notification of the system, and a sound. Both are off until
// the user switches them on; the choice is kept in this browser. A conversation has one notification, which a later message replaces.

import { byId, setText } from "./dom.ts";
import type { Place } from "./place.ts";

const STORAGE_KEY = "xmlsocket-alerts";
const MAX_SHOWN = 200;
const SOUND_PAUSE_MS = 2000;

interface Choice {
	notification: boolean;
	sound: boolean;
}

/** Shows and plays them, and the dialog that switches them. */
export class Alerts {
	readonly #choice: Choice = restore();
	readonly #show: (place: Place) => void;
	#audio: AudioContext | undefined = undefined;
	#soundedAt = 0;

	/** @param show shows a place, after a click on its notification. */
	constructor(show: (place: Place) => void) {
		this.#show = show;
		const notification = byId("alert-notification", HTMLInputElement);
		const sound = byId("alert-sound", HTMLInputElement);
		if (!isAllowed()) this.#choice.notification = false;
		notification.checked = this.#choice.notification;
		sound.checked = this.#choice.sound;
		byId("open-preferences", HTMLElement).addEventListener("click", () => {
			setText(byId("alert-problem", HTMLElement), "");
			byId("preferences", HTMLDialogElement).showModal();
		});
		notification.addEventListener("change", () => void this.#switchNotification(notification));
		sound.addEventListener("change", () => {
			this.#choice.sound = sound.checked;
			this.#save();
			if (sound.checked) this.#play();
		});
	}

	/** A message for the user came. */
	alert(place: Place, from: string, text: string): void {
		if (this.#choice.sound) this.#play();
		if (!this.#choice.notification || !isAllowed()) return;
		const title = place.isRoom ? `${from} in ${place.name}` : from;
		const shown = new Notification(title, { body: text.slice(0, MAX_SHOWN), tag: place.key });
		shown.addEventListener("click", () => {
			window.focus();
			this.#show(place);
			shown.close();
		});
	}

	async #switchNotification(box: HTMLInputElement): Promise<void> {
		let problem = "";
		if (box.checked && !("Notification" in window)) problem = "This browser has no notifications for this page.";
		else if (box.checked && (await Notification.requestPermission()) !== "granted") {
			problem = "The browser does not allow notifications of this page. You can change that in its settings.";
		}
		if (problem !== "") box.checked = false;
		setText(byId("alert-problem", HTMLElement), problem);
		this.#choice.notification = box.checked;
		this.#save();
	}

	// Two short tones, made here: nothing is loaded.
	#play(): void {
		const now = Date.now();
		if (now - this.#soundedAt < SOUND_PAUSE_MS) return;
		this.#soundedAt = now;
		this.#audio ??= new AudioContext();
		const { currentTime, destination } = this.#audio;
		const volume = this.#audio.createGain();
		volume.gain.setValueAtTime(0.08, currentTime);
		volume.gain.exponentialRampToValueAtTime(0.001, currentTime + 0.4);
		volume.connect(destination);
		for (const [frequency, at] of [
			[660, 0],
			[880, 0.12],
		] as const) {
			const tone = this.#audio.createOscillator();
			tone.frequency.value = frequency;
			tone.connect(volume);
			tone.start(currentTime + at);
			tone.stop(currentTime + at + 0.12);
		}
	}

	#save(): void {
		try {
			localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#choice));
		} catch {
			// The choice then holds for this page.
		}
	}
}

function isAllowed(): boolean {
	return "Notification" in window && Notification.permission === "granted";
}

function restore(): Choice {
	try {
		const { notification, sound } = Object(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}")) as Partial<Choice>;
		return { notification: notification === true, sound: sound === true };
	} catch {
		return { notification: false, sound: false };
	}
}
