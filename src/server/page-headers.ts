// The security headers of pages: nothing inline, nothing from other hosts. A page that plays Flash content may also compile
// Ruffle's WebAssembly, and Ruffle styles its elements inline.

const PAGE_POLICY: Readonly<Record<string, string>> = {
	"default-src": "'none'",
	"script-src": "'self'",
	"style-src": "'self'",
	"img-src": "'self' data:",
	"connect-src": "'self'",
	"manifest-src": "'self'",
	"base-uri": "'none'",
	"form-action": "'none'",
	"frame-ancestors": "'none'",
};
const RUFFLE_POLICY: Readonly<Record<string, string>> = {
	...PAGE_POLICY,
	"script-src": "'self' 'wasm-unsafe-eval'",
	"style-src": "'self' 'unsafe-inline'",
	"img-src": "'self' data: blob:",
	"font-src": "data:",
	// Ruffle keeps a movie in a background tab running with a worker that it starts from a blob.
	"worker-src": "blob:",
};

/** An entry of the option `embed`. Nothing else can get into the header. */
export const EMBEDDER: RegExp = /^(?:\*|(?:https?:\/\/)?(?:\*\.)?[a-z\d](?:[a-z\d.-]*[a-z\d])?(?::(?:\d{1,5}|\*))?)$/i;

/**
 * The headers of a page and its files.
 *
 * @param ruffle whether it plays Flash content with the Ruffle of this server.
 * @param embedders the sites whose pages may show it in a frame. Default: none.
 */
export function pageHeaders(ruffle: boolean, embedders: readonly string[] = []): Readonly<Record<string, string>> {
	const policy = Object.entries({
		...(ruffle ? RUFFLE_POLICY : PAGE_POLICY),
		...(embedders.length > 0 ? { "frame-ancestors": embedders.join(" ") } : {}),
	});
	return {
		"content-security-policy": policy.map(([name, value]) => `${name} ${value}`).join("; "),
		"x-content-type-options": "nosniff",
		"referrer-policy": "no-referrer",
		"cross-origin-opener-policy": "same-origin",
	};
}
