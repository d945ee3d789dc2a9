// A small choice of emoji beside the message box, for keyboards without them.

import { button, byId, make, setAttribute } from "./dom.ts";

const EMOJI: readonly (readonly [sign: string, name: string])[] = [
	["🙂", "smile"],
	["😀", "grin"],
	["😂", "tears of joy"],
	["😉", "wink"],
	["😍", "heart eyes"],
	["😎", "sunglasses"],
	["🤔", "thinking"],
	["🙄", "rolling eyes"],
	["😢", "crying"],
	["😡", "angry"],
	["😱", "screaming"],
	["🥳", "party face"],
	["👍", "thumbs up"],
	["👎", "thumbs down"],
	["👏", "clapping"],
	["🙏", "thanks"],
	["👋", "wave"],
	["💪", "strong"],
	["❤️", "heart"],
	["🔥", "fire"],
	["🎉", "party"],
	["✅", "done"],
	["❌", "no"],
	["👀", "eyes"],
];

/** Opens and closes the choice, and puts what is chosen into `text`. */
export function addEmojiPicker(text: HTMLTextAreaElement): void {
	const panel = byId("emoji", HTMLElement);
	const opener = byId("emoji-open", HTMLButtonElement);
	const open = (isOpen: boolean): void => {
		panel.hidden = !isOpen;
		setAttribute(opener, "aria-expanded", String(isOpen));
	};
	const choose = (sign: string): void => {
		open(false);
		text.focus();
		text.setRangeText(sign, text.selectionStart, text.selectionEnd, "end");
		text.dispatchEvent(new Event("input"));
	};
	opener.addEventListener("click", () => {
		if (panel.childElementCount === 0) {
			for (const [sign, name] of EMOJI) {
				const choice = button("", "", () => choose(sign));
				choice.append(make("span", "", sign));
				choice.ariaLabel = name;
				choice.title = name;
				panel.append(choice);
			}
		}
		open(panel.hidden === true);
		if (!panel.hidden) (panel.firstElementChild as HTMLElement).focus();
	});
	document.addEventListener("keydown", (event) => {
		if (event.key !== "Escape" || panel.hidden) return;
		open(false);
		opener.focus();
	});
	document.addEventListener("pointerdown", ({ target }) => {
		if (!(target instanceof Node) || (!panel.contains(target) && !opener.contains(target))) open(false);
	});
}
