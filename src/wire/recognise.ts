// Which protocol speaks on a connection, told from its first bytes: a policy request, TLS, HTTP, RTMP, or XMLSocket documents.
// It reads bytes only; how long to wait for more of them is the caller's affair.

/** What the first bytes are: `more` when they could still become something other than a document. */
export type Recognised = "policy" | "tls" | "http" | "rtmp" | "utf16" | "document" | "more";

/** The requests for a policy file as players send them, without the terminating zero byte. Older manuals name the second. */
export const POLICY_REQUESTS: readonly string[] = ["<policy-file-request/>", "<cross-domain-request/>"];

const POLICY_ROOTS: readonly string[] = POLICY_REQUESTS.map((request) => request.slice(1, -2));

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
	// The preface of HTTP/2 without TLS, which is refused as HTTP.
	"PRI",
];
const SPACE = 0x20;
const bytesOf = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
/** 1 for each byte that a method consists of (RFC 9110, 5.6.2). */
const IS_TOKEN: Uint8Array = new Uint8Array(256);
for (const byte of bytesOf("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	IS_TOKEN[byte] = 1;
const ADDRESS_STARTS: readonly number[] = bytesOf("/*h");
const VERSION: readonly number[] = bytesOf(" HTTP/");
const MAX_REQUEST_LINE_BYTES = 4096;
const UTF16_SIGNS: readonly (readonly number[])[] = [
	[0xff, 0xfe],
	[0xfe, 0xff],
	[0x3c, 0],
	[0, 0x3c, 0],
];
const MAX_LOOK_BYTES = 128;
const RTMP_VERSION = 3;
const RTMP_LOOK_BYTES = 9;
/** What may come before the element: empty documents, white space, a byte order mark (as UTF-8, or decoded), an XML declaration. */
const BEFORE_REQUEST = /^[\0\s]*(?:\xef\xbb\xbf|\ufeff)?\s*(?:<\?xml\s[^<>]*\?>\s*)?/;
/** The same, where the text ends within it. */
const BEFORE_UNFINISHED =
	/^[\0\s]*(?:\xef(?:\xbb)?|(?:\xef\xbb\xbf|\ufeff)?\s*<(?:\?(?:x(?:m(?:l(?:\s[^<>]*)?)?)?)?)?)$/;

/**
 * Recognises a protocol by its first bytes.
 *
 * - TLS: a handshake record (`16 03`).
 * - HTTP: a usual method, a space, and `/`, `*` or `h` (of an absolute URL); any other word, the same, and ` HTTP/` behind it.
 * - policy: a policy request up to its zero byte, in every spelling that an XML writer gives it: with white space, a declaration, a
 *   byte order mark, as an empty element or as two tags. Empty documents may come before it.
 * - utf16: a UTF-16 byte order mark, `<` followed by a zero byte, or `<` between two. A zero byte before `<` alone is an
 *   empty document, as old players send, before an ordinary one.
 * - rtmp: the first packet of an RTMP client: the byte 3, four bytes of time, then four zero bytes or the player's version.
 * - document: anything else.
 */
export function recognise(bytes: Uint8Array): Recognised {
	if (bytes.length === 0) return "more";
	const first = bytes[0]!;
	if (first === 0x16) return bytes.length < 2 ? "more" : bytes[1] === 3 ? "tls" : "document";
	if (first === RTMP_VERSION) return recogniseRtmp(bytes);
	const utf16 = recogniseUtf16(bytes);
	if (utf16) return utf16;
	const text = asciiPrefix(bytes);
	const known = first >= 0x41 && first <= 0x5a ? recogniseHttp(text) : recognisePolicy(text);
	return known === "document" ? recogniseRequestLine(bytes) : known;
}

/**
 * As `recognise`, but HTTP only by a whole request line: for ports where a document may begin with a method and a path.
 */
export function recogniseWithoutHttp(bytes: Uint8Array): Recognised {
	const known = recognise(bytes);
	return known === "http" ? recogniseRequestLine(bytes) : known;
}

/**
 * Whether the text of a document, without its terminator, is a request for a policy file.
 */
export function isPolicyRequest(text: string): boolean {
	return text.length <= MAX_LOOK_BYTES && matchPolicy(text) === "complete";
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

// A page may invent a method, as long as it likes. With a usual one alone recognised, it could send documents in the body of such a request,
// past the checks of Host and Origin.
function recogniseRequestLine(bytes: Uint8Array): Recognised {
	const end = Math.min(bytes.length, MAX_REQUEST_LINE_BYTES);
	// The answer where the word or the address does not end in what was seen. Up to the limit, a document that begins so waits for its rest.
	const unfinished = bytes.length < MAX_REQUEST_LINE_BYTES ? "more" : "http";
	let at = 0;
	while (at < end && IS_TOKEN[bytes[at]!] === 1) at++;
	if (at === end) return unfinished;
	if (at === 0 || bytes[at] !== SPACE) return "document";
	at++;
	if (at === end) return unfinished;
	if (!ADDRESS_STARTS.includes(bytes[at]!)) return "document";
	while (at < end && bytes[at]! > SPACE) at++;
	for (const byte of VERSION) {
		if (at === end) return unfinished;
		if (bytes[at++] !== byte) return "document";
	}
	return "http";
}

// Versions of players and encoders: 9.0 and later as `major minor …`, or with the highest bit in front. Text has letters there.
function recogniseRtmp(bytes: Uint8Array): Recognised {
	if (bytes.length < RTMP_LOOK_BYTES) return "more";
	const [major, minor, third, last] = bytes.subarray(5, RTMP_LOOK_BYTES) as unknown as [number, number, number, number];
	const isZero = (major | minor | third | last) === 0;
	return isZero || major === 0x80 || (major >= 9 && major < 0x40 && minor < 9) ? "rtmp" : "document";
}

function recognisePolicy(text: string): Recognised {
	const begun = text.search(/[^\0\s]/);
	const end = begun < 0 ? -1 : text.indexOf("\0", begun);
	const match = matchPolicy(end < 0 ? text : text.slice(0, end));
	if (end >= 0) return match === "complete" ? "policy" : "document";
	return match === "none" || text.length >= MAX_LOOK_BYTES ? "document" : "more";
}

/** Whether a text is a request, could become one, or is something else. */
function matchPolicy(text: string): "complete" | "unfinished" | "none" {
	const rest = text.slice(BEFORE_REQUEST.exec(text)![0].length);
	if (rest === "" || BEFORE_UNFINISHED.test(text)) return "unfinished";
	let matched: "unfinished" | "none" = "none";
	for (const root of POLICY_ROOTS) {
		const open = `<${root}`;
		if (!rest.startsWith(open)) {
			if (open.startsWith(rest)) matched = "unfinished";
			continue;
		}
		const tail = rest.slice(open.length).replace(/\s+/g, "");
		// White space within the name of the closing tag is not worth a refusal.
		// Shells that do not know `\\0` in a text send its two characters; a person is testing then.
		const endings = ["/>", `></${root}>`, "/>\\0"];
		if (endings.includes(tail)) return "complete";
		if (endings.some((ending) => ending.startsWith(tail))) matched = "unfinished";
	}
	return matched;
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
