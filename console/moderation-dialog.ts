// What an operator can do with a member of a room, in a dialog: the page shows it to operators alone.

import type { Chat } from "../src/browser/index.ts";
import { byId, setText } from "./dom.ts";
import { showToast } from "./toasts.ts";
import { refusalWords } from "./words.ts";

/** A ban and a mute are for ten minutes. */
const DONE = { kick: "was removed from", mute: "is muted in", ban: "is banned from" } as const;

/** Asks what to do with a member, and does it. */
export function moderate(chat: Chat, room: string, name: string): void {
	const dialog = byId("moderation", HTMLDialogElement);
	setText(byId("moderation-name", HTMLElement), name);
	setText(byId("moderation-room", HTMLElement), room);
	dialog.returnValue = "";
	dialog.showModal();
	dialog.addEventListener("close", () => void act(chat, dialog.returnValue, room, name), { once: true });
}

async function act({ moderation }: Chat, what: string, room: string, name: string): Promise<void> {
	if (!Object.hasOwn(DONE, what)) return;
	const kind = what as keyof typeof DONE;
	try {
		if (kind === "kick") await moderation.kick(room, name);
		else await moderation[kind]({ room, name });
		showToast(`${name} ${DONE[kind]} ${room}.`, "note");
	} catch (error) {
		showToast(refusalWords(error), "error");
	}
}
