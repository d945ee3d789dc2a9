// The right side of the chat: the members of the active room, the user first, then operators. In a long list the user finds a member by a
// part of the name; of a large room the server sends the names in pages.

import { ButtonList } from "./button-list.ts";
import { byId, setText } from "./dom.ts";
import { moderate } from "./moderation-dialog.ts";
import { includesText } from "./names.ts";
import type { Place } from "./place.ts";
import type { ChatSession } from "./session.ts";

const MIN_SEARCHED = 10;

/** Draws the members. */
export class MemberView {
	readonly #session: ChatSession;
	readonly #chosen: () => void;
	readonly #search: HTMLInputElement = byId("find-member", HTMLInputElement);
	readonly #more: HTMLButtonElement = byId("member-more", HTMLButtonElement);
	readonly #list: ButtonList = new ButtonList(byId("member-list", HTMLElement));
	#place: Place | undefined = undefined;

	/** @param chosen runs after a member was chosen. */
	constructor(session: ChatSession, chosen: () => void) {
		this.#session = session;
		this.#chosen = chosen;
		this.#search.addEventListener("input", () => this.draw());
		this.#more.addEventListener("click", () => {
			this.#more.disabled = true;
			void session.loadMembers().finally(() => {
				this.#more.disabled = false;
			});
		});
	}

	/** Draws what has changed. */
	draw(): void {
		const session = this.#session;
		const { active: place, chat } = session;
		if (place !== this.#place) this.#search.value = "";
		this.#place = place;
		byId("members", HTMLElement).hidden = !place?.isRoom;
		const members = place?.members ?? [];
		const total = place?.memberCount ?? 0;
		setText(byId("members-title", HTMLElement), total > 0 ? `Members · ${total.toLocaleString()}` : "Members");
		byId("find-member-part", HTMLElement).hidden = total < MIN_SEARCHED && this.#search.value === "";
		const found = members.filter((name) => includesText(name, this.#search.value));
		this.#list.draw(
			found.map((name) => {
				const isMe = name === session.me;
				const role = place?.operators.has(name) ? "operator" : "";
				return {
					key: name,
					label: name,
					isPerson: true,
					role,
					count: isMe ? "you" : "",
					spoken: [isMe ? "you" : "", role, isMe ? "" : "write privately"].filter((part) => part !== "").join(", "),
					title: isMe ? "" : `Write to ${name} privately`,
					choose: () => {
						session.converse(name);
						this.#chosen();
					},
					more:
						chat?.isOperator && !isMe && place
							? { label: `What you can do with ${name}`, run: () => moderate(chat, place.name, name) }
							: undefined,
				};
			}),
		);
		const rest = Math.max(0, total - members.length);
		const words = this.#words(found.length, members.length, rest);
		setText(byId("member-words", HTMLElement), words);
		byId("member-words", HTMLElement).hidden = words === "";
		this.#more.hidden = rest === 0 || members.length === 0;
		setText(this.#more, `Show more of ${rest.toLocaleString()} others`);
	}

	#words(found: number, known: number, rest: number): string {
		if (this.#search.value !== "" && found === 0) {
			return rest > 0 ? "No member of those that are loaded has that name." : "No member has that name.";
		}
		return known === 1 && rest === 0 ? "Only you are here. Send the link to others to invite them." : "";
	}
}
