// The messages of the active place. Each line is one element, kept as long as the line exists; between the lines are days, the mark before
// unread messages, and the button for older messages. The view follows the newest line unless the user has scrolled up; then what the user
// reads stays where it is, whatever comes or goes above and below.

import { button, make, setChildren, setText } from "./dom.ts";
import { messageElement } from "./message-view.ts";
import { includesText } from "./names.ts";
import type { Place } from "./place.ts";
import type { ChatSession } from "./session.ts";
import { type Line, MAX_LINES } from "./timeline.ts";

const SAME_GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 48;
/** So near to the first message, older ones are loaded. */
const NEAR_BEGIN_PX = 240;

const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const yearFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

interface Drawn {
	readonly element: HTMLElement;
	/** Everything the element shows; another value means another element. */
	readonly look: string;
}

/** What the log needs of the page around it. */
export interface LogActions {
	/** Copies the link of the room. */
	invite(): void;
	/** Asks for a room to enter. */
	askForRoom(): void;
}

/** Draws the log. */
export class LogView {
	/** Only messages with this text are shown; empty: all. */
	search = "";
	/** How many messages were found. */
	found = 0;
	readonly #session: ChatSession;
	readonly #actions: LogActions;
	readonly #noRoom: HTMLElement;
	readonly #log: HTMLElement;
	readonly #toEnd: HTMLButtonElement;
	readonly #older: HTMLElement;
	readonly #unread: HTMLElement = make("p", "mark unread", make("span", "", "New messages"));
	#place: Place | undefined = undefined;
	#drawn: Map<number | string, Drawn> = new Map();
	#following = true;
	#scrolledTo = 0;

	constructor(session: ChatSession, actions: LogActions, log: HTMLElement, toEnd: HTMLButtonElement) {
		this.#session = session;
		this.#actions = actions;
		this.#log = log;
		this.#toEnd = toEnd;
		this.#noRoom = make(
			"div",
			"empty muted",
			make("p", "", "You are in no room. Choose one from the list of rooms, or enter one by its name."),
			button("Enter a room…", "primary", () => actions.askForRoom()),
		);
		// A scrolling element must be reachable with the keyboard.
		log.tabIndex = 0;
		this.#older = button("Load older messages", "older", () => void session.loadOlder());
		log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
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
		const hold = this.#following ? undefined : this.#hold();
		setChildren(log, place ? this.#elements(place) : [this.#noRoom]);
		if (hold) hold();
		else this.#goToEnd();
		if (moved) setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
	}

	/** Shows the newest line and stays there. */
	follow(): void {
		this.#following = true;
		this.#goToEnd();
	}

	#scrolled(): void {
		const { scrollHeight, scrollTop, clientHeight } = this.#log;
		this.#following = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
		this.#toEnd.hidden = this.#following;
		const isUpward = scrollTop < this.#scrolledTo;
		this.#scrolledTo = scrollTop;
		if (isUpward && scrollTop < NEAR_BEGIN_PX && this.#hasOlder()) void this.#session.loadOlder();
	}

	#hasOlder(): boolean {
		const place = this.#place;
		if (!place?.inside || place.loading) return false;
		return place.stored && place.timeline.hasOlder && place.timeline.lines.length < MAX_LINES;
	}

	// The first lines that are seen: one of them is there after the change too, and goes to where it was.
	#hold(): () => void {
		const log = this.#log;
		const children = [...log.children] as HTMLElement[];
		const seen = children.findIndex((child) => child.offsetTop + child.offsetHeight > log.scrollTop);
		const held = children.slice(Math.max(0, seen), seen + 8).map((child) => ({ child, top: child.offsetTop }));
		return () => {
			const kept = held.find(({ child }) => child.isConnected && child !== this.#older);
			if (kept) log.scrollTop += kept.child.offsetTop - kept.top;
			this.#scrolledTo = log.scrollTop;
		};
	}

	#goToEnd(): void {
		this.#log.scrollTop = this.#log.scrollHeight;
		this.#scrolledTo = this.#log.scrollTop;
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
		const { me } = this.#session;
		const lines = timeline.lines.filter((line) => this.#isShown(line));
		this.found = this.search === "" ? 0 : lines.length;
		if (lines.length === 0) draw("empty", `${place.inside} ${this.search}`, () => this.#empty(place));
		let day = "";
		let before: Line | undefined;
		for (const line of lines) {
			const today = new Date(line.at).toDateString();
			if (today !== day) draw(`day ${today}`, "", () => make("p", "mark", make("span", "", dayWords(line.at))));
			const joins =
				today === day && before?.kind === line.kind && before.from === line.from && line.at - before.at < SAME_GROUP_MS;
			day = today;
			const continues = joins && (line.kind === "message" || line.kind === "document");
			draw(line.key, `${line.state} ${continues} ${line.why} ${me}`, () => this.#line(line, continues));
			if (line.key === place.unreadAfter && line !== lines.at(-1)) {
				elements.push(this.#unread);
				before = undefined;
			} else before = line;
		}
		this.#drawn = kept;
		return elements;
	}

	#isShown({ kind, text, from }: Line): boolean {
		if (this.search === "") return true;
		return (kind === "message" || kind === "document") && includesText(`${from}\n${text}`, this.search);
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
		return messageElement(line, continues, this.#session);
	}

	#empty(place: Place): HTMLElement {
		if (this.search !== "") {
			return make("div", "empty muted", make("p", "", "No message that is loaded here has this text."));
		}
		if (!place.isRoom) {
			return make("div", "empty muted", make("p", "", `Only you and ${place.name} see these messages.`));
		}
		if (!place.inside) return make("div", "empty muted");
		return make(
			"div",
			"empty muted",
			make("p", "", "No messages yet. Write the first one below, or invite someone."),
			button("Copy invitation link", "small-button", () => this.#actions.invite()),
		);
	}
}

function dayWords(at: number): string {
	const now = new Date();
	const date = new Date(at);
	if (date.toDateString() === now.toDateString()) return "Today";
	const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
	if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
	return (date.getFullYear() === now.getFullYear() ? dayFormat : yearFormat).format(at);
}
