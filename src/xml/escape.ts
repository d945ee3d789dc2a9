// Escapes text and attribute values for printing: `& < > " '`, all five in both places, as the player does. No-break
// spaces and control characters are written as they are.
// Implements docs/xml.md, "Serializer".

/** `text` with the five markup characters written as references. */
export function escapeText(text: string): string {
	for (let at = 0; at < text.length; at++) {
		if (reference(text.charCodeAt(at)) !== undefined) return escapeFrom(text, at);
	}
	return text;
}

function escapeFrom(text: string, at: number): string {
	let result = "";
	let copied = 0;
	for (; at < text.length; at++) {
		const written = reference(text.charCodeAt(at));
		if (written === undefined) continue;
		result += text.slice(copied, at) + written;
		copied = at + 1;
	}
	return result + text.slice(copied);
}

function reference(unit: number): string | undefined {
	if (unit > 62) return undefined;
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
