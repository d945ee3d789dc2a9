// The tokens of XML text. An element whose children are elements is put on several lines; one with text among them stays as it was sent, because
// there white space belongs to the content. A text whose tags do not fit together is only coloured.

import type { TokenList } from "./token-list.ts";
import { type Piece, xmlPieces } from "./xml-pieces.ts";

// A line that is indented by its depth would make the text of a deep tree grow with the square of its size.
const DEEPEST_INDENT = 64;

/** Adds the tokens of XML text; `indent` "" keeps them on one line. */
export function formatXml(text: string, list: TokenList, indent: string): void {
	const pieces = xmlPieces(text);
	const blocks = blocksOf(text, pieces);
	if (blocks === undefined) {
		for (const piece of pieces) {
			if (list.isCut) return;
			addPiece(text, piece, list, indent === "" ? undefined : "");
		}
		return;
	}
	// Whether each open element is a block; outside all is one, too.
	const open: boolean[] = [true];
	let first = true;
	for (const [at, piece] of pieces.entries()) {
		if (list.isCut) return;
		const parentIsBlock = open.at(-1) as boolean;
		if (piece.kind === "close") open.pop();
		const isBlockLine = parentIsBlock && !(piece.kind === "text" && isBlank(text, piece));
		if (parentIsBlock && !isBlockLine) continue;
		const margin = indent.repeat(Math.min(open.length - 1, DEEPEST_INDENT));
		if (isBlockLine && !first && indent !== "") list.layout(`\n${margin}`);
		first = false;
		addPiece(text, piece, list, indent === "" ? undefined : margin);
		if (piece.kind === "open") open.push(parentIsBlock && blocks.has(at));
	}
}

/** The indices of start tags whose elements hold nothing but elements, comments and white space; undefined where tags do not fit together. */
function blocksOf(text: string, pieces: readonly Piece[]): Set<number> | undefined {
	const blocks = new Set<number>();
	const open: { at: number; name: string; elements: number; hasText: boolean }[] = [];
	for (const [at, piece] of pieces.entries()) {
		const parent = open.at(-1);
		if (piece.kind === "broken") return undefined;
		if (piece.kind === "text" || piece.kind === "cdata") {
			if (parent === undefined) {
				if (!isBlank(text, piece)) return undefined;
			} else if (piece.kind === "cdata" || !isBlank(text, piece)) parent.hasText = true;
		} else if (piece.kind === "open" || piece.kind === "empty") {
			if (parent !== undefined) parent.elements++;
			if (piece.kind === "open") open.push({ at, name: nameIn(text, piece, 1), elements: 0, hasText: false });
		} else if (piece.kind === "close") {
			// The player compares the names of tags without their letter case.
			if (parent === undefined || parent.name.toLowerCase() !== nameIn(text, piece, 2).toLowerCase()) return undefined;
			if (parent.elements > 0 && !parent.hasText) blocks.add(parent.at);
			open.pop();
		}
	}
	return open.length === 0 ? blocks : undefined;
}

const TAG_NAME = /[^\s/>]*/y;

function nameIn(text: string, piece: Piece, from: number): string {
	TAG_NAME.lastIndex = piece.start + from;
	return TAG_NAME.exec(text)?.[0] ?? "";
}

function isBlank(text: string, piece: Piece): boolean {
	for (let at = piece.start; at < piece.end; at++) {
		const unit = text.charCodeAt(at);
		if (unit !== 32 && unit !== 9 && unit !== 10 && unit !== 13) return false;
	}
	return true;
}

// `margin` undefined: on one line.
function addPiece(text: string, { kind, start, end }: Piece, list: TokenList, margin: string | undefined): void {
	const source = text.slice(start, end);
	const add = (style: "text" | "comment", content: string): void => {
		if (margin === undefined) list.add(style, content);
		else list.addLines(style, content, margin);
	};
	switch (kind) {
		case "text":
		case "broken":
			add("text", source);
			break;
		case "comment":
		case "declaration":
			add("comment", source);
			break;
		case "cdata":
			list.add("punctuation", source.slice(0, 9));
			add("text", source.slice(9, -3));
			list.add("punctuation", source.slice(-3));
			break;
		case "close":
			list.add("punctuation", "</");
			list.add("name", source.slice(2, -1));
			list.add("punctuation", ">");
			break;
		default:
			addTag(source, list);
	}
}

const IN_TAG = /(\s+)|("[^"]*"|'[^']*')|([^\s=>"'/]+)|([\s\S])/y;

function addTag(source: string, list: TokenList): void {
	const name = /^<[^\s/>]*/.exec(source)?.[0] ?? "<";
	list.add("punctuation", "<");
	list.add("name", name.slice(1));
	IN_TAG.lastIndex = name.length;
	for (let found = IN_TAG.exec(source); found !== null && !list.isCut; found = IN_TAG.exec(source)) {
		const [all, space, quoted, word] = found;
		if (space !== undefined) list.add("text", space);
		else if (quoted !== undefined) {
			list.add("punctuation", quoted.slice(0, 1));
			list.add("value", quoted.slice(1, -1));
			list.add("punctuation", quoted.slice(-1));
		} else if (word !== undefined) list.add("attribute", word);
		else list.add("punctuation", all);
	}
}
