// The text of a message in parts: plain text and links. Only http and https become links, and only as a whole that a reader sees: no part of
// an address can hide another one. It knows no DOM.

/** A part of a text. */
export interface TextPart {
	readonly text: string;
	/** The address of a link; undefined: plain text. */
	readonly href?: string;
}

/** More than so many links in one message stay text. */
const MAX_LINKS = 100;
const MAX_LINK = 2048;
/** Up to white space, a quote, a control character or a mark of Chinese or Japanese text. */
const LINK =
	/(?<![a-z\d+.-])https?:\/\/[^\s<>"\p{Cc}\p{Cf}\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201f\u00ab\u00bb]+/giu;
/** What ends a sentence, and not an address. */
const AFTER = /[.,;:!?'…]$/;
const BRACKETS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** The parts of a text, in order. Together they are the text. */
export function textParts(text: string): TextPart[] {
	const parts: TextPart[] = [];
	let at = 0;
	let links = 0;
	for (const { 0: found, index } of text.matchAll(LINK)) {
		if (links >= MAX_LINKS) break;
		const address = withoutSentence(found);
		const href = hrefOf(address);
		if (href === undefined) continue;
		links++;
		if (index > at) parts.push({ text: text.slice(at, index) });
		parts.push({ text: address, href });
		at = index + address.length;
	}
	if (at < text.length) parts.push({ text: text.slice(at) });
	return parts;
}

/** Whether a text is one to three emoji and nothing else. */
export function isBigEmoji(text: string): boolean {
	if (text.length > 60) return false;
	const signs = [...new Intl.Segmenter().segment(text)]
		.map(({ segment }) => segment)
		.filter((sign) => sign.trim() !== "");
	return signs.length > 0 && signs.length <= 3 && signs.every(isEmoji);
}

function isEmoji(sign: string): boolean {
	if (!/^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[\d#*]\ufe0f?\u20e3)/u.test(sign)) return false;
	return /\p{Emoji_Presentation}|\ufe0f/u.test(sign);
}

// A bracket belongs to an address that has its opening one.
function withoutSentence(address: string): string {
	let end = address;
	for (;;) {
		const last = end.at(-1) ?? "";
		const opening = BRACKETS[last];
		const isOpen = opening !== undefined && count(end, opening) < count(end, last);
		if (!isOpen && !AFTER.test(end)) return end;
		end = end.slice(0, -1);
	}
}

function count(text: string, sign: string): number {
	return text.split(sign).length - 1;
}

// A name before the host would show one site and open another.
function hrefOf(address: string): string | undefined {
	if (address.length > MAX_LINK || !URL.canParse(address)) return undefined;
	const { protocol, username, password, href } = new URL(address);
	return (protocol === "http:" || protocol === "https:") && username === "" && password === "" ? href : undefined;
}
