// Escapes text and attribute values for printing: `& < > " '`, all five in both places, as the player does. No-break
// spaces and control characters are written as they are.
// Implements docs/xml.md, "Serializer".

// Up to this many units a look at each is faster than five searches.
const SHORT = 24;

/** `text` with the five markup characters written as references. */
export function escapeText(text: string): string {
	if (text.length > SHORT) return escapeLong(text);
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		if (unit <= 62 && (unit === 38 || unit === 60 || unit === 62 || unit === 34 || unit === 39))
			return escapeFrom(text, at);
	}
	return text;
}

/** Whether a text of a source, references and all, is written as a printer would write it. */
export function isPrinted(source: string): boolean {
	if (source.includes(">") || source.includes('"') || source.includes("'")) return false;
	for (let at = source.indexOf("&"); at !== -1; at = source.indexOf("&", at + 4)) {
		const known =
			source.startsWith("amp;", at + 1) ||
			source.startsWith("lt;", at + 1) ||
			source.startsWith("gt;", at + 1) ||
			source.startsWith("quot;", at + 1) ||
			source.startsWith("apos;", at + 1);
		if (!known) return false;
	}
	return true;
}

function escapeFrom(text: string, at: number): string {
	let out = "";
	let copied = 0;
	for (; at < text.length; at++) {
		const written = reference(text.charCodeAt(at));
		if (written === undefined) continue;
		out += text.slice(copied, at) + written;
		copied = at + 1;
	}
	return out + text.slice(copied);
}

// Searches for each of the characters by itself, and takes the nearest of the five places until there are none left.
function escapeLong(text: string): string {
	let amp = text.indexOf("&");
	let lt = text.indexOf("<");
	let gt = text.indexOf(">");
	let quot = text.indexOf('"');
	let apos = text.indexOf("'");
	if ((amp & lt & gt & quot & apos) === -1) return text;
	const none = text.length;
	if (amp === -1) amp = none;
	if (lt === -1) lt = none;
	if (gt === -1) gt = none;
	if (quot === -1) quot = none;
	if (apos === -1) apos = none;
	let out = "";
	let copied = 0;
	for (;;) {
		const at = Math.min(amp, lt, gt, quot, apos);
		out += text.slice(copied, at);
		if (at === none) return out;
		copied = at + 1;
		if (at === amp) {
			out += "&amp;";
			amp = placeOf("&", text, copied);
		} else if (at === lt) {
			out += "&lt;";
			lt = placeOf("<", text, copied);
		} else if (at === gt) {
			out += "&gt;";
			gt = placeOf(">", text, copied);
		} else if (at === quot) {
			out += "&quot;";
			quot = placeOf('"', text, copied);
		} else {
			out += "&apos;";
			apos = placeOf("'", text, copied);
		}
	}
}

function placeOf(character: string, text: string, from: number): number {
	const at = text.indexOf(character, from);
	return at === -1 ? text.length : at;
}

function reference(unit: number): string | undefined {
	switch (unit) {
		case 34:
			return "&quot;";
		case 38:
			return "&amp;";
		case 39:
			return "&apos;";
		case 60:
			return "&lt;";
		case 62:
			return "&gt;";
		default:
			return undefined;
	}
}
