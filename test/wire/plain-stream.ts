// XML streams read slowly and plainly: the whole stream at hand, one pattern for each kind of markup, limits looked for at
// every prefix. It is what the decoder is compared with; it shares no code with it.

/** What came of a stream. */
export interface PlainReading {
	readonly fragments: string[];
	readonly discarded: number;
	readonly code: string | undefined;
	readonly ended: boolean;
}

export interface PlainLimits {
	readonly maxChars: number;
	readonly maxBytes: number;
	readonly discard: boolean;
}

class Stop extends Error {}

/** @param stream one character for each byte. */
export function readPlainly(stream: string, limits: PlainLimits): PlainReading {
	const fragments: string[] = [];
	let discarded = 0;
	let code: string | undefined;
	let ended = false;
	let kind = "";
	let depth = 0;
	let start = 0;
	let at = 0;

	const match = (pattern: RegExp): string | undefined => {
		pattern.lastIndex = at;
		return pattern.exec(stream)?.[0];
	};
	const stop = (reason: string): never => {
		code = reason;
		throw new Stop();
	};
	// Every prefix of an unfinished fragment has been there at some time.
	const measure = (end: number, complete: boolean): boolean => {
		let chars = 0;
		let over = false;
		for (let i = start; i < end; i++) {
			const bytes = i - start + 1;
			const unit = stream.charCodeAt(i);
			const last = complete && i === end - 1;
			if (bytes > limits.maxBytes) stop("XMLSOCKET_DOCUMENT_TOO_LARGE");
			const second = unit >= 0x80 && unit < 0xc0;
			if (!second || (i > start && stream.charCodeAt(i - 1) >= 0xf0)) chars++;
			if (over || (last ? chars <= limits.maxChars : chars < limits.maxChars)) continue;
			if (!limits.discard) stop("XMLSOCKET_DOCUMENT_TOO_LARGE");
			over = true;
			discarded++;
		}
		return over;
	};
	const complete = (): void => {
		if (!measure(at, true)) fragments.push(Buffer.from(stream.slice(start, at), "latin1").toString("utf8"));
	};

	try {
		const bom = "\u00ef\u00bb\u00bf";
		while (at < stream.length && !ended) {
			if (depth === 0) {
				const gap = match(/[ \t\r\n\0]*/y)!;
				at += gap.length;
				if (at === stream.length) break;
				if (kind === "" && stream[at] !== "<") {
					const rest = stream.slice(at, at + 3);
					if (rest === bom) {
						at += 3;
						continue;
					}
					if (at + rest.length === stream.length && bom.startsWith(rest)) break;
				}
				if (stream[at] !== "<") stop("XMLSOCKET_NOT_WELL_FORMED");
				start = at;
			} else {
				const text = match(/[^<]*/y)!;
				at += text.length;
				if (at === stream.length) break;
			}
			const aside = match(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>/y);
			if (aside !== undefined) {
				at += aside.length;
				continue;
			}
			const cdata = depth > 0 ? match(/<!\[cdata\[[\s\S]*?\]\]>/iy) : undefined;
			if (cdata !== undefined) {
				at += cdata.length;
				continue;
			}
			const tag = match(/<\/[^>]*>|<[a-z_:\x80-\xff](?:"[^"]*"|'[^']*'|[^"'>])*>/iy);
			if (tag === undefined) {
				unfinished();
				break;
			}
			const name = /^<\/?([^\0- "'/>]*)/.exec(tag)![1]!;
			const isStream = name.split(":").at(-1) === "stream";
			at += tag.length;
			if (tag.startsWith("</")) {
				if (depth > 0) {
					if (--depth === 0) complete();
				} else if (kind === "stream" && isStream) {
					complete();
					ended = true;
				} else {
					measure(at - 1, false);
					stop("XMLSOCKET_NOT_WELL_FORMED");
				}
			} else {
				if (depth === 0 && kind === "") kind = isStream ? "stream" : "elements";
				const header = depth === 0 && kind === "stream" && isStream;
				const empty = tag.endsWith("/>");
				if (depth === 0 && (header || empty)) complete();
				else if (!empty) depth++;
				if (header && empty) ended = true;
			}
		}
		if (depth > 0 && at === stream.length) measure(at, false);
	} catch (error) {
		if (!(error instanceof Stop)) throw error;
	}
	return { fragments, discarded, code, ended };

	function unfinished(): void {
		const rest = stream.slice(at);
		let mistake = -1;
		let reason = "XMLSOCKET_NOT_WELL_FORMED";
		if (/^<!d/i.test(rest)) {
			mistake = 2;
			reason = "XMLSOCKET_DOCTYPE_REFUSED";
		} else if (rest.startsWith("<!")) {
			for (let i = 2; i < Math.min(rest.length, 9) && mistake < 0; i++) {
				const opening = rest[2] === "[" ? "<![cdata[" : "<!--";
				if (i < opening.length && rest[i]!.toLowerCase() !== opening[i]) mistake = i;
				else if (opening.length === 9 && i === 8 && depth === 0) mistake = i;
			}
		} else if (rest.length > 1 && !/^<[a-z_:\x80-\xff/?]/i.test(rest)) mistake = 1;
		if (mistake >= 0) {
			if (depth > 0) measure(at + mistake, false);
			stop(reason);
		}
		const undecided = rest.length === 1 || (rest.startsWith("<!") && !rest.startsWith("<!--"));
		if (depth > 0 || !(undecided || /^<(?:!--|\?)/.test(rest))) measure(stream.length, false);
	}
}
