// Content security policies (CSP), as far as they decide about sockets of Flash content: whether a page may open a WebSocket, and whether
// Ruffle's WebAssembly may run. https://www.w3.org/TR/CSP3/ section 6.7.

/** One policy: its directives, by their names in small letters. */
export type ContentPolicy = ReadonlyMap<string, readonly string[]>;

/** Reads a header, which may hold several policies, or the content of a <meta> tag. */
export function readPolicies(text: string): ContentPolicy[] {
	return text.split(",").map((policy) => {
		const directives = new Map<string, readonly string[]>();
		for (const part of policy.split(";")) {
			const [name = "", ...sources] = part.trim().split(/\s+/);
			const key = name.toLowerCase();
			if (key !== "" && !directives.has(key)) directives.set(key, sources);
		}
		return directives;
	});
}

/** The directive with which a policy refuses a WebSocket or a fetch, such as `connect-src 'self'`; undefined if it allows it. */
export function whatRefusesConnection(policy: ContentPolicy, url: URL, page: URL): string | undefined {
	const name = policy.has("connect-src") ? "connect-src" : "default-src";
	const sources = policy.get(name);
	if (!sources || sources.some((source) => matches(source, url, page))) return undefined;
	return `${name} ${sources.join(" ") || "(empty)"}`;
}

/** The directive with which a policy refuses WebAssembly; undefined if it allows it. */
export function whatRefusesWasm(policy: ContentPolicy): string | undefined {
	const name = policy.has("script-src") ? "script-src" : "default-src";
	const sources = policy.get(name);
	if (!sources || sources.some((source) => /^'(?:wasm-)?unsafe-eval'$/i.test(source))) return undefined;
	return `${name} ${sources.join(" ") || "(empty)"}`;
}

/** Whether a page's requests to http:// and ws:// become https:// and wss://. */
export function upgradesRequests(policies: readonly ContentPolicy[]): boolean {
	return policies.some((policy) => policy.has("upgrade-insecure-requests"));
}

const HOST_SOURCE = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[^\s:/*]+|\[[^\]]+\])(?::(\d+|\*))?(\/.*)?$/i;

function matches(source: string, url: URL, page: URL): boolean {
	const scheme = url.protocol.slice(0, -1);
	if (source === "*") return true;
	if (/^'self'$/i.test(source))
		return url.hostname === page.hostname && portOf(url) === portOf(page) && isSameSecurity(url, page);
	if (source.startsWith("'")) return false;
	const only = /^([a-z][a-z0-9+.-]*):$/i.exec(source)?.[1];
	if (only !== undefined) return fitsScheme(only.toLowerCase(), scheme);
	const [, wanted, host, port, path] = HOST_SOURCE.exec(source) ?? [];
	if (host === undefined) return false;
	// A host without a scheme means the page's own, http: or https:, and no WebSocket (measured in Chromium).
	if (
		wanted === undefined
			? scheme.startsWith("ws") || !isSameSecurity(url, page)
			: !fitsScheme(wanted.toLowerCase(), scheme)
	)
		return false;
	const name = url.hostname.toLowerCase();
	const pattern = host.toLowerCase();
	if (pattern.startsWith("*.") ? !name.endsWith(pattern.slice(1)) : pattern !== "*" && pattern !== name) return false;
	if (port === undefined ? !isDefaultPort(url) : port !== "*" && Number(port) !== portOf(url)) return false;
	if (path === undefined || path === "/") return true;
	return path.endsWith("/") ? url.pathname.startsWith(path) : url.pathname === path;
}

/** Whether a source's scheme allows a URL's: a source for plain connections also allows secure ones. */
function fitsScheme(source: string, scheme: string): boolean {
	return source === scheme || (source === "ws" && scheme === "wss") || (source === "http" && scheme === "https");
}

/** A page over https:// gets no ws:// or http:// with it; one over http:// gets both. */
function isSameSecurity(url: URL, page: URL): boolean {
	return url.protocol === "wss:" || url.protocol === "https:" || page.protocol === "http:";
}

function portOf(url: URL): number {
	if (url.port !== "") return Number(url.port);
	return url.protocol === "https:" || url.protocol === "wss:" ? 443 : 80;
}

function isDefaultPort(url: URL): boolean {
	return url.port === "";
}
