// Inserts script tags into an HTML page and changes nothing else. It works on bytes, so the page may have any encoding that contains ASCII
// unchanged, and UTF-16 with a byte order mark. It parses tags as a browser does, and never rewrites, reorders or drops a byte of the page.

/** The tags to insert, in ASCII. */
export interface InjectedTags {
	/** For every page. */
	readonly always: string;
	/** Follows `always` in pages that do not load ruffle.js themselves. */
	readonly withoutRuffle: string;
}

/** A page with its tags. */
export interface InjectedPage {
	readonly body: Buffer;
	/**
	 * The encoding that the page declares. Browsers search for the declaration in the first 1024 bytes, and the tags may move it past
	 * them, so the response header must state it. Undefined: the page declares none, or has a byte order mark.
	 */
	readonly charset: string | undefined;
}

const PRESCAN_BYTES = 1024;
const RAW_TEXT = new Set(["script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes", "plaintext"]);
const RUFFLE = /(?:^|\/)ruffle(?:\.min)?\.js(?:[?#]|$)|\/@ruffle-rs\/ruffle(?:[@/?#]|$)/i;

/** The page with the tags; undefined if it has no element. */
export function inject(page: Buffer, tags: InjectedTags): InjectedPage | undefined {
	const wide = page[0] === 0xff && page[1] === 0xfe ? "le" : page[0] === 0xfe && page[1] === 0xff ? "be" : undefined;
	const text = wide === undefined ? page.toString("latin1") : utf16(page, wide).toString("utf16le");
	const found = readPage(text);
	if (found.at === undefined) return undefined;
	const inserted = tags.always + (found.hasRuffle ? "" : tags.withoutRuffle);
	const hasMark = wide !== undefined || text.startsWith("\xef\xbb\xbf");
	const at = wide === undefined ? found.at : found.at * 2;
	const bytes = wide === undefined ? Buffer.from(inserted, "latin1") : utf16(Buffer.from(inserted, "utf16le"), wide);
	return {
		body: Buffer.concat([page.subarray(0, at), bytes, page.subarray(at)]),
		charset: hasMark ? undefined : found.charset,
	};
}

/** Facts about a page: where to insert tags, whether it loads Ruffle, the encoding it declares. */
interface PageFacts {
	at: number | undefined;
	hasRuffle: boolean;
	charset: string | undefined;
}

// The position is right after <head>. Without that tag, it is before the first item that is not a doctype, a comment or <html>, where a
// browser starts the head implicitly.
function readPage(text: string): PageFacts {
	const facts: PageFacts = { at: undefined, hasRuffle: false, charset: undefined };
	let placed = false;
	let content: number | undefined;
	let at = text.startsWith("\xef\xbb\xbf") ? 3 : text.startsWith("\ufeff") ? 1 : 0;
	while (at < text.length) {
		const open = text.indexOf("<", at);
		if (content === undefined && !placed) {
			const words = text.slice(at, open < 0 ? text.length : open).search(/[^\t\n\f\r ]/);
			if (words >= 0) content = at + words;
		}
		if (open < 0) break;
		const next = text[open + 1] ?? "";
		if (text.startsWith("<!--", open)) {
			const end = text.indexOf("-->", open + 2);
			at = end < 0 ? text.length : end + 3;
		} else if (next === "!" || next === "?" || next === "/") {
			const end = text.indexOf(">", open);
			at = end < 0 ? text.length : end + 1;
		} else if (/[a-z]/i.test(next)) {
			const tag = readTag(text, open);
			at = tag.end;
			if (!placed && content === undefined && tag.name === "head") {
				facts.at = tag.end;
				placed = true;
			} else if (!placed && (content !== undefined || tag.name !== "html")) {
				facts.at = content ?? open;
				placed = true;
			}
			if (tag.name === "script" && RUFFLE.test(tag.attributes.get("src") ?? "")) facts.hasRuffle = true;
			if (tag.name === "meta" && open < PRESCAN_BYTES) facts.charset ??= declaredCharset(tag.attributes);
			if (RAW_TEXT.has(tag.name)) at = endOfRawText(text, tag.name, at);
		} else {
			content ??= open;
			at = open + 1;
		}
	}
	return facts;
}

interface Tag {
	readonly name: string;
	readonly attributes: Map<string, string>;
	/** The position after its ">". */
	readonly end: number;
}

function readTag(text: string, open: number): Tag {
	const name = /[^\t\n\f\r />]*/y;
	name.lastIndex = open + 1;
	const tagName = name.exec(text)![0].toLowerCase();
	const attributes = new Map<string, string>();
	const attribute =
		/[\t\n\f\r /]*(?:(>)|([^\t\n\f\r />=]+|=)(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >"'][^\t\n\f\r >]*)))?)/y;
	attribute.lastIndex = name.lastIndex;
	for (let match = attribute.exec(text); match; match = attribute.exec(text)) {
		if (match[1] !== undefined) return { name: tagName, attributes, end: attribute.lastIndex };
		const key = match[2]!.toLowerCase();
		if (!attributes.has(key)) attributes.set(key, match[3] ?? match[4] ?? match[5] ?? "");
	}
	return { name: tagName, attributes, end: text.length };
}

function endOfRawText(text: string, name: string, from: number): number {
	if (name === "plaintext") return text.length;
	const end = new RegExp(`</${name}[\\t\\n\\f\\r />]`, "gi");
	end.lastIndex = from;
	return end.exec(text)?.index ?? text.length;
}

function declaredCharset(attributes: ReadonlyMap<string, string>): string | undefined {
	const isContentType = /^content-type$/i.test(attributes.get("http-equiv") ?? "");
	const content = isContentType
		? /charset\s*=\s*["']?([^\s"';]+)/i.exec(attributes.get("content") ?? "")?.[1]
		: undefined;
	const label = attributes.get("charset")?.trim() ?? content;
	if (label === undefined || !/^[\w.:-]{1,40}$/.test(label)) return undefined;
	// A declaration that is readable as ASCII is not in UTF-16; browsers then use UTF-8.
	return /^utf-?16/i.test(label) ? "utf-8" : label;
}

function utf16(bytes: Buffer, order: "le" | "be"): Buffer {
	return order === "le" ? bytes : Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();
}
