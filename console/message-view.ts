// One message as an element: who, when, and the text with its links. Text goes in as text: nothing in a message becomes markup.

import { button, make, tint } from "./dom.ts";
import { initials, mentions } from "./names.ts";
import type { ChatSession } from "./session.ts";
import { isBigEmoji, textParts } from "./text-parts.ts";
import type { Line } from "./timeline.ts";

/** Longer texts show their beginning, and a button for the rest. */
const LONG_TEXT = 3000;
const LONG_LINES = 25;

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The element of a message. @param continues whether it is under another one of the same person */
export function messageElement(line: Line, continues: boolean, session: ChatSession): HTMLElement {
	const { from, at, state, own } = line;
	const isForMe = !own && line.kind === "message" && mentions(line.text, session.me);
	const classes = [continues && "continued", own && "own", isForMe && "mention"].filter((name) => name !== false);
	const element = make("div", ["message", state, ...classes].join(" "));
	const time = make("time", "time", timeFormat.format(at));
	time.dateTime = new Date(at).toISOString();
	time.title = fullFormat.format(at);
	if (!continues) {
		const avatar = make("span", `avatar ${tint(from)}`, initials(from));
		avatar.ariaHidden = "true";
		element.append(avatar);
	}
	// In a group of messages, only screen readers get the name, and the time appears beside the message.
	element.append(make("p", "byline", make("bdi", `name ${tint(from)}`, from), " ", time));
	const body = make("div", "body", line.kind === "document" ? sourceElement(line.text) : textElement(line.text));
	if (state === "pending") body.append(make("span", "state", "Sending…"));
	if (state === "failed") {
		body.append(
			make(
				"p",
				"state failed",
				`Not sent. ${line.why} `,
				button("Try again", "link", () => session.retry(line)),
				" ",
				button("Remove", "link", () => session.discard(line)),
			),
		);
	}
	element.append(body);
	return element;
}

function sourceElement(text: string): HTMLElement {
	return make("code", "source", text || "(empty document)");
}

function textElement(text: string): HTMLElement {
	const shown = beginning(text);
	const paragraph = make("p", isBigEmoji(text) ? "text big-emoji" : "text", ...linked(shown));
	paragraph.dir = "auto";
	if (shown === text) return paragraph;
	const more = button("", "link small", () => {
		const isOpen = more.ariaExpanded === "true";
		paragraph.replaceChildren(...linked(isOpen ? shown : text));
		label(!isOpen);
	});
	const label = (isOpen: boolean): void => {
		more.ariaExpanded = String(isOpen);
		more.textContent = isOpen ? "Show less" : `Show all ${text.length.toLocaleString()} characters`;
	};
	label(false);
	return make("div", "", paragraph, more);
}

function beginning(text: string): string {
	const lines = text.split("\n", LONG_LINES + 1);
	const shown = lines.length > LONG_LINES ? lines.slice(0, LONG_LINES - 5).join("\n") : text;
	if (shown.length > LONG_TEXT) return `${shown.slice(0, LONG_TEXT)}…`;
	return shown === text ? text : `${shown}\n…`;
}

function linked(text: string): (Node | string)[] {
	return textParts(text).map(({ text: words, href }) => {
		if (href === undefined) return words;
		const link = make("a", "", words);
		link.href = href;
		link.target = "_blank";
		link.rel = "noopener noreferrer nofollow";
		// Where letters of another script imitate a host, the address shows it.
		link.title = href;
		return link;
	});
}
