// The fields of an XML document: attribute values and texts with their places. A CDATA section that is XML itself is read too, because some
// game servers put their objects there. It is no parser: it checks only what it needs to tell elements apart. docs/guide/replay.md.

import { type FieldForm, FieldList, MOST_LEVELS } from "./field.ts";

interface OpenElement {
	readonly name: string;
	readonly path: string;
	/** What its text is called. */
	readonly label: string;
	texts: number;
	readonly children: Map<string, number>;
}

/** Reads the fields of `text`. Undefined if it is not XML with its elements closed. */
export function xmlFields(text: string): FieldList | undefined {
	const list = new FieldList();
	return readInto(list, text, 0, text.length, { name: "", path: "", label: "", texts: 0, children: new Map() })
		? list
		: undefined;
}

const START = /<([^\s<>/!?"'=]+)/y;
const ATTRIBUTE = /\s*([^\s<>/"'=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;
const END = /<\/([^\s<>/]+)\s*>/y;

function readInto(list: FieldList, text: string, from: number, to: number, parent: OpenElement): boolean {
	const open: OpenElement[] = [parent];
	let at = from;
	while (at < to) {
		const inside = open[open.length - 1]!;
		if (text.charCodeAt(at) !== 60) {
			let end = text.indexOf("<", at);
			if (end < 0 || end > to) end = to;
			const written = text.slice(at, end);
			if (written.trim() !== "") {
				if (inside.path === "" || !addText(list, inside, "text", decoded(written), at, end)) return false;
			}
			at = end;
		} else if (text.startsWith("<![CDATA[", at)) {
			const end = text.indexOf("]]>", at + 9);
			if (end < 0 || end > to || inside.path === "") return false;
			if (!readSection(list, text, at + 9, end, inside)) return false;
			at = end + 3;
		} else if (text.startsWith("<!--", at)) {
			at = behind(text, "-->", at + 4);
			if (at < 0) return false;
		} else if (text.startsWith("<?", at) || text.startsWith("<!", at)) {
			at = behind(text, ">", at + 2);
			if (at < 0) return false;
		} else if (text.startsWith("</", at)) {
			END.lastIndex = at;
			const end = END.exec(text);
			if (!end || open.length === 1 || end[1] !== inside.name) return false;
			open.pop();
			at = END.lastIndex;
		} else {
			const read = readTag(list, text, at, inside);
			if (!read || open.length > MOST_LEVELS) return false;
			at = read.end;
			if (read.element) open.push(read.element);
		}
	}
	return open.length === 1 && at === to;
}

// Objects of some game servers are XML inside a CDATA section; anything else in one is text.
function readSection(list: FieldList, text: string, start: number, end: number, inside: OpenElement): boolean {
	const content = text.slice(start, end);
	if (/^\s*<[^\s<>/!?"'=]/.test(content)) {
		const trial = new FieldList();
		const top: OpenElement = { ...inside, children: new Map(inside.children), texts: 0 };
		if (readInto(trial, text, start, end, top)) {
			for (const [path, field] of trial.paths) {
				if (field ? !list.add(field) : !list.addElement(path)) return false;
			}
			for (const [name, count] of top.children) inside.children.set(name, count);
			return true;
		}
	}
	return content.trim() === "" || addText(list, inside, "cdata", content, start, end);
}

function addText(
	list: FieldList,
	inside: OpenElement,
	form: FieldForm,
	value: string,
	start: number,
	end: number,
): boolean {
	inside.texts++;
	const path = `${inside.path}/text()${inside.texts === 1 ? "" : `[${inside.texts}]`}`;
	return list.add({ path, name: inside.label, value, start, end, form });
}

function readTag(
	list: FieldList,
	text: string,
	at: number,
	parent: OpenElement,
): { end: number; element: OpenElement | undefined } | undefined {
	START.lastIndex = at;
	const name = START.exec(text)?.[1];
	if (name === undefined) return undefined;
	const attributes: { name: string; value: string; start: number; end: number }[] = [];
	let next = START.lastIndex;
	for (;;) {
		ATTRIBUTE.lastIndex = next;
		const match = ATTRIBUTE.exec(text);
		if (!match) break;
		next = ATTRIBUTE.lastIndex;
		const written = match[2] ?? match[3]!;
		attributes.push({
			name: match[1]!,
			value: decoded(written),
			start: next - 1 - written.length,
			end: next - 1,
		});
	}
	TAG_END.lastIndex = next;
	const tagEnd = TAG_END.exec(text);
	if (!tagEnd) return undefined;
	const element = openElement(parent, name, attributes);
	if (!list.addElement(element.path)) return undefined;
	for (const attribute of attributes) {
		const path = `${element.path}/@${attribute.name}`;
		if (!list.add({ ...attribute, path, form: "attribute" })) return undefined;
	}
	return { end: TAG_END.lastIndex, element: tagEnd[1] === "/" ? undefined : element };
}

// Members of an object (`<var n='id'>`, `<obj o='user'>`) are known by that attribute, whatever their order.
const MEMBER_NAMES: Readonly<Record<string, string>> = { var: "n", obj: "o" };

function openElement(
	parent: OpenElement,
	name: string,
	attributes: readonly { name: string; value: string }[],
): OpenElement {
	const key = Object.hasOwn(MEMBER_NAMES, name) ? MEMBER_NAMES[name] : undefined;
	const member = key && attributes.find((attribute) => attribute.name === key)?.value;
	const step = member ? `${name}(${member})` : name;
	const count = (parent.children.get(step) ?? 0) + 1;
	parent.children.set(step, count);
	const place = count === 1 ? step : `${step}[${count}]`;
	return {
		name,
		path: parent.path === "" ? place : `${parent.path}/${place}`,
		label: member || name,
		texts: 0,
		children: new Map(),
	};
}

const REFERENCE = /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi;
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decoded(written: string): string {
	if (!written.includes("&")) return written;
	return written.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
		if (name !== undefined) return NAMED[name.toLowerCase()]!;
		const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
		return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
	});
}

function behind(text: string, mark: string, from: number): number {
	const at = text.indexOf(mark, from);
	return at < 0 ? -1 : at + mark.length;
}
