// Reading what clients send: the root element, its attributes and its content, each checked once, here. Everything that is
// wrong is thrown as an XMLSocketError, which the session turns into an `<error>` for that client.

import { type ErrorCode, XMLSocketError } from "../errors/index.ts";
import { checkBounded, type RootElement, readRoot } from "../xml/index.ts";
import { checkedName } from "./names.ts";

const MAX_ID_CHARACTERS = 64;
/** What XML 1.0 cannot carry, written or as a reference. */
const NOT_XML_TEXT = /[^\P{Cc}\t\n\r\u007f-\u009f]|[\p{Cs}\ufffe\uffff]/u;

/** Codes of documents that could not be read; many of them in a minute end the connection. */
export const BAD_DOCUMENT_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
	"XMLSOCKET_DOCTYPE_REFUSED",
	"XMLSOCKET_NAME_TOO_LONG",
	"XMLSOCKET_NOT_WELL_FORMED",
	"XMLSOCKET_NOT_XML",
	"XMLSOCKET_NUL_IN_DOCUMENT",
	"XMLSOCKET_TOO_DEEP",
	"XMLSOCKET_TOO_MANY_ATTRIBUTES",
	"XMLSOCKET_TOO_MANY_NODES",
	"XMLSOCKET_UTF16",
]);

/** Whether XML can carry a text. */
export function isXmlText(text: string): boolean {
	return !NOT_XML_TEXT.test(text);
}

/**
 * The root of a document; its content is not judged yet.
 *
 * @throws XMLSOCKET_NOT_XML, XMLSOCKET_UTF16, XMLSOCKET_NUL_IN_DOCUMENT, XMLSOCKET_NOT_WELL_FORMED, and the codes of limits.
 */
export function readDocument(text: string): RootElement {
	// With another terminator than the zero byte, a zero byte is a character of the document.
	if (text.includes("\0")) throw new XMLSocketError("XMLSOCKET_NUL_IN_DOCUMENT", "The document holds U+0000.");
	const root = readRoot(text);
	if (root) return root;
	// UTF-16 read as UTF-8 falls apart into documents of one character, because every second byte is zero.
	if (text === "<" || text.startsWith("\ufffd\ufffd")) {
		throw new XMLSocketError("XMLSOCKET_UTF16", "The stream looks like UTF-16; this server reads UTF-8.");
	}
	if (!text.trimStart().startsWith("<")) {
		throw new XMLSocketError("XMLSOCKET_NOT_XML", "The document does not begin with an XML element.");
	}
	checkWhole(text);
	throw new XMLSocketError("XMLSOCKET_NOT_WELL_FORMED", "The document is not one XML element.");
}

/**
 * Judges a document whose content nobody reads, by the player's rules.
 *
 * @throws XMLSOCKET_NOT_WELL_FORMED, XMLSOCKET_DOCTYPE_REFUSED, and the codes of limits.
 */
export function checkIgnored(root: RootElement): void {
	if (root.contentEnd > root.contentStart) checkWhole(root.source);
}

function checkWhole(text: string): void {
	const refusal = checkBounded(text);
	if (refusal) throw new XMLSocketError(refusal.code, refusal.message, { details: { offset: refusal.offset } });
}

/**
 * The content of an element that holds text alone.
 *
 * @throws XMLSOCKET_ELEMENTS_REFUSED where it holds elements; XMLSOCKET_NOT_WELL_FORMED.
 */
export function textOf(root: RootElement): string {
	const text = root.text();
	if (text === undefined) {
		checkWhole(root.source);
		throw new XMLSocketError("XMLSOCKET_ELEMENTS_REFUSED", `<${root.name}> takes text, not elements.`);
	}
	if (NOT_XML_TEXT.test(text)) {
		throw new XMLSocketError("XMLSOCKET_NOT_WELL_FORMED", "The text holds a character that XML cannot carry.");
	}
	return text;
}

/**
 * The content of an application document exactly as it was written, fit to be part of another document.
 *
 * @throws XMLSOCKET_NOT_WELL_FORMED, XMLSOCKET_DOCTYPE_REFUSED, and the codes of limits.
 */
export function markupOf(root: RootElement): string {
	const refusal = root.checkContent();
	if (refusal) throw new XMLSocketError(refusal.code, refusal.message, { details: { offset: refusal.offset } });
	return root.content;
}

/**
 * The client's own id of a document.
 *
 * @throws XMLSOCKET_ATTRIBUTE_INVALID where it is longer than 64 characters or cannot be written back.
 */
export function idOf(root: RootElement): string | undefined {
	const id = root.attribute("id");
	if (id === undefined || (id.length <= MAX_ID_CHARACTERS && !NOT_XML_TEXT.test(id))) return id;
	throw new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", `An id has at most ${MAX_ID_CHARACTERS} characters.`, {
		details: { limit: MAX_ID_CHARACTERS },
	});
}

/**
 * The room that a document names, in NFC.
 *
 * @throws XMLSOCKET_ATTRIBUTE_INVALID where it names none; XMLSOCKET_NAME_INVALID.
 */
export function roomOf(root: RootElement): string {
	return checkedName(required(root, "room"), "room");
}

/** As `roomOf`; undefined where the document names no room. @throws XMLSOCKET_NAME_INVALID */
export function optionalRoomOf(root: RootElement): string | undefined {
	const room = root.attribute("room");
	return room === undefined ? undefined : checkedName(room, "room");
}

/**
 * The person that a document names, in NFC.
 *
 * @throws XMLSOCKET_ATTRIBUTE_INVALID where it names none; XMLSOCKET_NAME_INVALID.
 */
export function personOf(root: RootElement, attribute: "name" | "to"): string {
	return checkedName(required(root, attribute), "name");
}

/**
 * A whole number, or `fallback` where the attribute is absent.
 *
 * @throws XMLSOCKET_ATTRIBUTE_INVALID
 */
export function wholeNumber<Fallback>(
	root: RootElement,
	attribute: string,
	minimum: number,
	maximum: number,
	fallback: Fallback,
): number | Fallback {
	const text = root.attribute(attribute);
	if (text === undefined) return fallback;
	const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= minimum && value <= maximum) return value;
	throw new XMLSocketError(
		"XMLSOCKET_ATTRIBUTE_INVALID",
		`The attribute ${attribute} of <${root.name}> is a whole number from ${minimum} to ${maximum}.`,
	);
}

function required(root: RootElement, attribute: string): string {
	const value = root.attribute(attribute);
	if (value !== undefined) return value;
	throw new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", `<${root.name}> needs the attribute ${attribute}.`);
}
