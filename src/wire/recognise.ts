// Which protocol speaks on a connection, told from its first bytes: a policy request, TLS, HTTP, or XMLSocket documents.
// It reads bytes only; how long to wait for more of them is the caller's affair.

/** What the first bytes are: `more` when they could still become something other than a document. */
export type Recognised = "policy" | "tls" | "http" | "utf16" | "document" | "more";

/** The requests for a policy file, as text without the terminating zero byte. Older manuals name the second. */
export const POLICY_REQUESTS: readonly string[] = ["<policy-file-request/>", "<cross-domain-request/>"];

const HTTP_METHODS: readonly string[] = [
	"GET",
	"HEAD",
	"POST",
	"PUT",
	"DELETE",
	"OPTIONS",
	"PATCH",
	"CONNECT",
	"TRACE",
];
const UTF16_SIGNS: readonly (readonly number[])[] = [
	[0xff, 0xfe],
	[0xfe, 0xff],
	[0x3c, 0],
	[0, 0x3c, 0],
];
const MAX_LOOK_BYTES = 64;

/**
 * Recognises a protocol by its first bytes.
 *
 * - TLS: a handshake record (`16 03`).
 * - HTTP: a method, a space, and `/`, `*` or `h` (of an absolute URL).
 * - policy: exactly a policy request, white space around it allowed, up to its zero byte.
 * - utf16: a UTF-16 byte order mark, `<` followed by a zero byte, or `<` between two. A zero byte before `<` alone is an
 *   empty document, as old players send, before an ordinary one.
 * - document: anything else.
 */
export function recognise(bytes: Uint8Array): Recognised {
	if (bytes.length === 0) return "more";
	const first = bytes[0]!;
	if (first === 0x16) return bytes.length < 2 ? "more" : bytes[1] === 3 ? "tls" : "document";
	const utf16 = recogniseUtf16(bytes);
	if (utf16) return utf16;
	const text = asciiPrefix(bytes);
	if (first >= 0x41 && first <= 0x5a) return recogniseHttp(text);
	return recognisePolicy(text);
}

/**
 * Whether the text of a document, without its terminator, is a request for a policy file.
 */
export function isPolicyRequest(text: string): boolean {
	return text.length <= MAX_LOOK_BYTES && POLICY_REQUESTS.includes(text.trim());
}

function recogniseHttp(text: string): Recognised {
	for (const method of HTTP_METHODS) {
		const line = `${method} `;
		if (text.length <= line.length) {
			if (line.startsWith(text)) return "more";
		} else if (text.startsWith(line) && "/*h".includes(text[line.length]!)) return "http";
	}
	return "document";
}

function recognisePolicy(text: string): Recognised {
	const end = text.indexOf("\0");
	if (end >= 0) return POLICY_REQUESTS.includes(text.slice(0, end).trim()) ? "policy" : "document";
	if (text.length >= MAX_LOOK_BYTES) return "document";
	const begun = text.trimStart();
	return begun === "" || POLICY_REQUESTS.some((request) => request.startsWith(begun) || begun.trimEnd() === request)
		? "more"
		: "document";
}

function recogniseUtf16(bytes: Uint8Array): "utf16" | "more" | undefined {
	for (const sign of UTF16_SIGNS) {
		let same = 0;
		while (same < sign.length && bytes[same] === sign[same]) same++;
		if (same === sign.length) return "utf16";
		if (same === bytes.length) return "more";
	}
	return undefined;
}

function asciiPrefix(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length && i < MAX_LOOK_BYTES; i++) text += String.fromCharCode(bytes[i]!);
	return text;
}
