// The messages of the active place. Each line is one element, kept as long as the line exists; between the lines are days, the mark before
// unread messages, and the button for older messages. The view follows the newest line unless the user has scrolled up.

import { button, make, setChildren, setText, tint } from "./dom.ts";
import type { Place } from "./place.ts";
import type { ChatSession } from "./session.ts";
import { type Line, MAX_LINES } from "./timeline.ts";

/** Longer texts show their beginning, and a button for the rest. */
const LONG_TEXT = 3000;
const SAME_GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 48;

const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const yearFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

interface Drawn {
	readonly element: HTMLElement;
	/** Everything the element shows; another value means another element. */
	readonly look: string;
}

/** Draws the log. */
export class LogView {
	readonly #session: ChatSession;
	readonly #log: HTMLElement;
	readonly #toEnd: HTMLButtonElement;
	readonly #older: HTMLElement;
	readonly #unread: HTMLElement = make("p", "mark unread", make("span", "", "New messages"));
	#place: Place | undefined = undefined;
	#drawn: Map<number | string, Drawn> = new Map();
	#following = true;

	constructor(session: ChatSession, log: HTMLElement, toEnd: HTMLButtonElement) {
		this.#session = session;
		this.#log = log;
		this.#toEnd = toEnd;
		// A scrolling element must be reachable with the keyboard.
		log.tabIndex = 0;
		this.#older = button("Load older messages", "older", () => void session.loadOlder());
		log.addEventListener(
			"scroll",
			() => {
				this.#following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
				toEnd.hidden = this.#following;
			},
			{ passive: true },
		);
		toEnd.addEventListener("click", () => this.#goToEnd());
		new ResizeObserver(() => {
			if (this.#following) this.#goToEnd();
		}).observe(log);
	}

	/** Draws what has changed. */
	draw(): void {
		const place = this.#session.active;
		const log = this.#log;
		const moved = place !== this.#place;
		if (moved) {
			this.#place = place;
			this.#drawn = new Map();
			this.#following = true;
			// A screen reader should not read a whole room.
			log.setAttribute("aria-live", "off");
		}
		const fromEnd = log.scrollHeight - log.scrollTop;
		const firstBefore = log.children[1];
		setChildren(log, place ? this.#elements(place) : []);
		if (this.#following) this.#goToEnd();
		// After older messages are inserted above, the view stays at the same lines.
		else if (firstBefore?.isConnected && log.children[1] !== firstBefore) log.scrollTop = log.scrollHeight - fromEnd;
		if (moved) setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
	}

	/** Shows the newest line and stays there. */
	follow(): void {
		this.#following = true;
		this.#goToEnd();
	}

	#goToEnd(): void {
		this.#log.scrollTop = this.#log.scrollHeight;
		this.#toEnd.hidden = true;
	}

	#elements(place: Place): HTMLElement[] {
		const { timeline } = place;
		const elements: HTMLElement[] = [this.#top(place)];
		const kept: Map<number | string, Drawn> = new Map();
		const draw = (key: number | string, look: string, create: () => HTMLElement): void => {
			const known = this.#drawn.get(key);
			const drawn = known?.look === look ? known : { element: create(), look };
			kept.set(key, drawn);
			elements.push(drawn.element);
		};
		const { lines } = timeline;
		if (lines.length === 0) {
			draw("empty", place.name, () =>
				make("p", "empty muted", place.isRoom ? "No messages yet." : `Only you and ${place.name} see these messages.`),
			);
		}
		let day = "";
		let before: Line | undefined;
		for (const line of lines) {
			const today = new Date(line.at).toDateString();
			if (today !== day) draw(`day ${today}`, "", () => make("p", "mark", make("span", "", dayWords(line.at))));
			const joins =
				today === day && before?.kind === line.kind && before.from === line.from && line.at - before.at < SAME_GROUP_MS;
			day = today;
			const continues = joins && (line.kind === "message" || line.kind === "document");
			draw(line.key, `${line.state} ${continues} ${line.why}`, () => this.#line(line, continues));
			if (line.key === place.unreadAfter && line !== lines.at(-1)) {
				elements.push(this.#unread);
				before = undefined;
			} else before = line;
		}
		this.#drawn = kept;
		return elements;
	}

	#top(place: Place): HTMLElement {
		const { timeline } = place;
		const possible = place.stored && timeline.hasOlder && timeline.lines.length < MAX_LINES;
		this.#older.hidden = !possible || !place.inside;
		this.#older.toggleAttribute("disabled", place.loading);
		setText(this.#older, place.loading ? "Loading…" : "Load older messages");
		return this.#older;
	}

	#line(line: Line, continues: boolean): HTMLElement {
		if (line.kind === "event" || line.kind === "presence" || line.kind === "gap") {
			return make("p", `event ${line.kind}`, line.text);
		}
		const article = make("div", `message ${line.state}${continues ? " continued" : ""}${line.own ? " own" : ""}`);
		const time = make("time", "time", timeFormat.format(line.at));
		time.dateTime = new Date(line.at).toISOString();
		time.title = fullFormat.format(line.at);
		const name = make("bdi", `name ${tint(line.from)}`, line.from);
		// In a group of messages, only screen readers get the name.
		article.append(make("p", continues ? "byline unseen" : "byline", name, " ", time));
		article.append(
			line.kind === "document" ? make("code", "source", line.text || "(empty document)") : longText(line.text),
		);
		if (line.state === "pending") article.append(make("span", "state", "Sending…"));
		if (line.state === "failed") {
			article.append(
				make(
					"p",
					"state failed",
					`Not sent. ${line.why} `,
					button("Try again", "link", () => this.#session.retry(line)),
					" ",
					button("Remove", "link", () => this.#session.discard(line)),
				),
			);
		}
		return article;
	}
}

function longText(text: string): HTMLElement {
	const shown = text.length > LONG_TEXT ? `${text.slice(0, LONG_TEXT)}…` : text;
	const paragraph = make("p", "text", shown);
	paragraph.dir = "auto";
	if (shown === text) return paragraph;
	const more = button(`Show all ${text.length.toLocaleString()} characters`, "link", () => {
		paragraph.textContent = text;
		more.remove();
	});
	return make("div", "", paragraph, more);
}

function dayWords(at: number): string {
	const now = new Date();
	const date = new Date(at);
	if (date.toDateString() === now.toDateString()) return "Today";
	const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
	if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
	return (date.getFullYear() === now.getFullYear() ? dayFormat : yearFormat).format(at);
}
