// Names of people and rooms: what may be one, when two are the same, and who has which. A name is text and nothing else;
// it is escaped wherever it is written and is never a property's name. docs/chat.md, "hello".

import { XMLSocketError } from "../errors/index.ts";
import { withoutLookAlikes } from "./look-alikes.ts";

const MAX_NAME_CHARACTERS = 64;
/** Beside what is said in the manual, what no XML document can hold. The bidirectional controls would forge what is seen. */
const REFUSED = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u;
const GUEST = "guest-";
/** Characters that programs do not show: joiners, fillers, marks of direction, variation selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** White space, and the blank of Braille. */
const BLANKS = /[\s\u2800]+/gu;
/** A name that is its own key: lower-case ASCII with single spaces. */
const PLAIN_KEY = /^[!-@[-~]+(?: [!-@[-~]+)*$/;
/** Printable ASCII, which is the same in NFC. */
const PLAIN = /^[!-~][ -~]{0,63}$/;

/**
 * A name in NFC, of a person or of a room.
 *
 * @throws XMLSOCKET_NAME_INVALID
 */
export function checkedName(text: string, what: "name" | "room"): string {
	// Every message names its room, so the usual case is decided in one step.
	if (PLAIN.test(text) && (what === "room" || !text.endsWith(" "))) return text;
	// Normalising never makes a text four times as short, so that a very long one need not be normalised to be refused.
	const composed = text.length > MAX_NAME_CHARACTERS * 8 ? text : text.normalize("NFC");
	// White space around a person's name is never seen. Rooms keep it: rooms that exist may be stored with it.
	const name = what === "name" ? composed.trim() : composed;
	const characters = name.length > MAX_NAME_CHARACTERS ? [...name].length : name.length;
	const words = what === "name" ? "A name" : "A room's name";
	if (characters > MAX_NAME_CHARACTERS) {
		throw new XMLSocketError(
			"XMLSOCKET_NAME_INVALID",
			`${words} has 1 to ${MAX_NAME_CHARACTERS} characters; this one has ${characters}.`,
			{ details: { limit: MAX_NAME_CHARACTERS } },
		);
	}
	if (isInvisible(name)) {
		throw new XMLSocketError("XMLSOCKET_NAME_INVALID", `${words} has at least one character that can be seen.`);
	}
	if (REFUSED.test(name)) {
		throw new XMLSocketError("XMLSOCKET_NAME_INVALID", `${words} has no control characters.`);
	}
	return name;
}

/**
 * What two names have in common that look the same: letter case, compatibility forms, white space around them or repeated within them,
 * invisible characters, and Cyrillic or Greek letters that look like Latin ones do not count.
 */
export function nameKey(name: string): string {
	if (PLAIN_KEY.test(name)) return name;
	const folded = name.normalize("NFKC").toLowerCase().normalize("NFKC");
	const visible = folded.replace(INVISIBLE, "").replace(BLANKS, " ").trim();
	return withoutLookAlikes(visible);
}

function isInvisible(name: string): boolean {
	return name.replace(INVISIBLE, "").replace(BLANKS, "") === "";
}

/** Whether a name is one of those that the server gives. */
export function isGuestKey(key: string): boolean {
	return key.startsWith(GUEST);
}

/** Who has which name. */
export class Names<Holder> {
	readonly #holders = new Map<string, Holder>();

	/** Names that are taken. */
	get size(): number {
		return this.#holders.size;
	}

	/** Who has the name of that key. */
	holder(key: string): Holder | undefined {
		return this.#holders.get(key);
	}

	/** Takes a name that nobody has. */
	take(key: string, holder: Holder): void {
		this.#holders.set(key, holder);
	}

	/** Takes the next free `guest-N` and returns it; `next` gives the numbers. */
	takeGuest(holder: Holder, next: () => string): string {
		let name: string;
		do name = `${GUEST}${next()}`;
		while (this.#holders.has(name));
		this.#holders.set(name, holder);
		return name;
	}

	/** Gives a name back, if it is the holder's. */
	release(key: string, holder: Holder): void {
		if (this.#holders.get(key) === holder) this.#holders.delete(key);
	}
}
