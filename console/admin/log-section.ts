// The end of the daemon's log since the page was opened: filtered by level and text, and following the newest line until the user scrolls up.

import { visible } from "../../src/tools/traffic/index.ts";
import { byId, make, setText } from "../dom.ts";
import { LOG_LEVELS, type LogLevel, type LogLine } from "./log-buffer.ts";
import type { PageHost, View } from "./view.ts";
import { timeWords } from "./words.ts";

/** How near to the end is at the end. */
const NEAR_PX = 24;

export class LogSection implements View {
	readonly #page: PageHost;
	readonly #list: HTMLElement = byId("log", HTMLElement);
	readonly #level: HTMLSelectElement = byId("log-level", HTMLSelectElement);
	readonly #filter: HTMLInputElement = byId("log-filter", HTMLInputElement);
	readonly #newer: HTMLButtonElement = byId("log-newer", HTMLButtonElement);
	/** The number of the newest line that was drawn, or left out by the filter. */
	#drawnTo = 0;
	#isFollowing = true;
	#isShown = false;
	#unseen = 0;

	constructor(page: PageHost) {
		this.#page = page;
		this.#list.tabIndex = 0;
		this.#level.addEventListener("change", () => this.#drawAll());
		this.#filter.addEventListener("input", () => this.#drawAll());
		this.#newer.addEventListener("click", () => this.#follow());
		this.#list.addEventListener(
			"scroll",
			() => {
				const { scrollTop, clientHeight, scrollHeight } = this.#list;
				this.#isFollowing = scrollTop + clientHeight >= scrollHeight - NEAR_PX;
				if (this.#isFollowing) this.#unseen = 0;
				this.#drawAround();
			},
			{ passive: true },
		);
	}

	title(): string {
		return "Log";
	}

	open(): void {
		this.#isShown = true;
		this.draw();
		if (this.#isFollowing) this.#follow();
	}

	close(): void {
		this.#isShown = false;
	}

	draw(): void {
		if (!this.#isShown) return;
		const { lines } = this.#page.live.log;
		const added = lines.filter((line) => line.number > this.#drawnTo);
		this.#drawnTo = lines.at(-1)?.number ?? this.#drawnTo;
		const first = lines[0]?.number ?? 0;
		while (Number((this.#list.firstElementChild as HTMLElement | null)?.dataset.number) < first)
			this.#list.firstElementChild?.remove();
		const shown = added.filter((line) => this.#isWanted(line)).map((line) => this.#element(line));
		this.#list.append(...shown);
		if (this.#isFollowing) this.#list.scrollTop = this.#list.scrollHeight;
		else this.#unseen += shown.length;
		this.#drawAround();
	}

	#drawAll(): void {
		this.#list.replaceChildren();
		this.#drawnTo = 0;
		this.#unseen = 0;
		this.#isFollowing = true;
		this.draw();
	}

	#follow(): void {
		this.#isFollowing = true;
		this.#unseen = 0;
		this.#list.scrollTop = this.#list.scrollHeight;
		this.#drawAround();
	}

	#drawAround(): void {
		const { lines, dropped } = this.#page.live.log;
		const isEmpty = this.#list.childElementCount === 0;
		const none = byId("log-none", HTMLElement);
		none.hidden = !isEmpty;
		const isFiltered = lines.length > 0;
		setText(
			none,
			isFiltered ? "No line matches." : "No line since this page was opened. The daemon writes few while all is well.",
		);
		this.#newer.hidden = this.#isFollowing || isEmpty;
		setText(this.#newer, this.#unseen === 0 ? "↓ Newest" : `↓ ${this.#unseen.toLocaleString()} new`);
		const missing = dropped > 0 ? ` · ${dropped.toLocaleString()} missing` : "";
		setText(byId("log-count", HTMLElement), `${this.#list.childElementCount.toLocaleString()} lines${missing}`);
	}

	#isWanted({ level, text, facts }: LogLine): boolean {
		const least = LOG_LEVELS.indexOf(this.#level.value as LogLevel);
		if (LOG_LEVELS.indexOf(level) < least) return false;
		const wanted = this.#filter.value.trim().toLowerCase();
		return wanted === "" || `${text} ${facts}`.toLowerCase().includes(wanted);
	}

	#element({ number, time, level, text, facts, node }: LogLine): HTMLElement {
		const clock = make("time", "muted", timeWords(time, this.#page.api.now()));
		const parts = [clock, make("span", `l-level l-${level}`, level), make("span", "l-text", visible(text))];
		if ((this.#page.live.status?.nodes.length ?? 1) > 1 && node !== "") parts.push(make("span", "muted", node));
		if (facts !== "") parts.push(make("span", "l-facts muted", visible(facts)));
		const element = make("div", "l-line", ...parts);
		element.dataset.number = String(number);
		return element;
	}
}
