// An entry of the option `origin`, parsed: which pages it means. Entries, Origin headers and Host headers are compared as parsed addresses,
// never as text: default ports, letter case, a path and the two spellings of an internationalized name make no difference.

/** Which hosts a pattern means. */
type Hosts =
	| { readonly kind: "any" }
	| { readonly kind: "exact"; readonly name: string }
	/** The domain and everything below it, as `*.example.com` in a policy file. */
	| { readonly kind: "below"; readonly name: string };

/** A parsed entry. */
export interface OriginPattern {
	/** `http`, `https` or a scheme of an application; undefined: both `http` and `https`. */
	readonly scheme: string | undefined;
	readonly hosts: Hosts;
	/** Undefined: any port. */
	readonly port: number | undefined;
}

/** The origin of a page, from its Origin header. */
export interface PageOrigin {
	readonly scheme: string;
	readonly host: string;
	readonly port: number | undefined;
}

/** Pages without an address: files of a disk, sandboxed frames. */
export const OPAQUE = "null";

// Maps, because an origin of any scheme is looked up: an object also has properties of its own language, such as `constructor`.
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
	["http", 80],
	["https", 443],
]);
/** The schemes of a WebSocket, which authors also write, and those of their pages. */
const PAGE_SCHEMES: ReadonlyMap<string, string> = new Map([
	["ws", "http"],
	["wss", "https"],
]);
const ENTRY =
	/^(?:(?<scheme>[a-z][a-z\d+.-]*):\/\/)?(?<host>\[[^\]]*\]|[^/:?#@\s]+)(?::(?<port>\d{1,5}|\*))?(?<rest>[/?#].*)?$/i;

/** Splits a list with commas or white space: what an environment variable and many people write in one entry. */
export function listed(text: string): string[] {
	return text.split(/[\s,]+/).filter((entry) => entry !== "");
}

/** Parses an entry. Undefined for a text that means no pages, or whose meaning is a guess. */
export function parseOriginPattern(text: string): OriginPattern | undefined {
	const { scheme: written, host = "", port, rest = "" } = ENTRY.exec(text)?.groups ?? {};
	const scheme = written === undefined ? undefined : (PAGE_SCHEMES.get(written.toLowerCase()) ?? written.toLowerCase());
	// Pages of files have the origin null. Two slashes follow a scheme without its colon.
	if (host === "" || scheme === "file" || rest.startsWith("//")) return undefined;
	const hosts = hostsOf(host);
	if (!hosts || (isNetwork(hosts, rest) && written === undefined)) return undefined;
	const number = port === undefined || port === "*" ? undefined : Number(port);
	if (number !== undefined && (number < 1 || number > 65535)) return undefined;
	const fallback = scheme === undefined || port === "*" ? undefined : DEFAULT_PORTS.get(scheme);
	return { scheme, hosts, port: number ?? fallback };
}

/** The origin that a page's header names; undefined where the header is no origin. */
export function parsePageOrigin(header: string): PageOrigin | undefined {
	if (!URL.canParse(header)) return undefined;
	const url = new URL(header);
	const scheme = url.protocol.slice(0, -1);
	const host = withoutBrackets(url.hostname.toLowerCase());
	if (host === "") return undefined;
	return { scheme, host, port: url.port === "" ? DEFAULT_PORTS.get(scheme) : Number(url.port) };
}

/** The name and the port of a Host header; undefined where it is not one. The port is undefined where the header has none. */
export function parseHostHeader(header: string): { name: string; port: number | undefined } | undefined {
	const port = /:(\d{1,5})$/.exec(header)?.[1];
	const name = plainHost(port === undefined ? header : header.slice(0, -port.length - 1));
	return name === undefined ? undefined : { name, port: port === undefined ? undefined : Number(port) };
}

/** Whether an origin is one of the pages that a pattern means. */
export function matchesOrigin(pattern: OriginPattern, origin: PageOrigin): boolean {
	const { scheme, port } = pattern;
	if (scheme === undefined ? !DEFAULT_PORTS.has(origin.scheme) : scheme !== origin.scheme) return false;
	return (port === undefined || port === origin.port) && meansHost(pattern, origin.host);
}

/** Whether a host is one of those that a pattern means. */
export function meansHost({ hosts }: OriginPattern, host: string): boolean {
	if (hosts.kind === "any") return true;
	return host === hosts.name || (hosts.kind === "below" && host.endsWith(`.${hosts.name}`));
}

/** Whether a page's address is that of the server which got the request with this Host header. */
export function isSameOrigin(
	origin: PageOrigin,
	host: { readonly name: string; readonly port: number | undefined },
): boolean {
	const fallback = DEFAULT_PORTS.get(origin.scheme);
	return fallback !== undefined && origin.host === host.name && origin.port === (host.port ?? fallback);
}

/** A pattern's hosts as the domain of a policy file; undefined for pages of applications, which have no domain. */
export function policyDomain({ scheme, hosts }: OriginPattern): string | undefined {
	if (scheme !== undefined && !DEFAULT_PORTS.has(scheme)) return undefined;
	return hosts.kind === "any" ? "*" : hosts.kind === "below" ? `*.${hosts.name}` : hosts.name;
}

/** A host as it is compared: in lower case, in ASCII, an address in its usual spelling and without brackets. Undefined for none. */
export function plainHost(text: string): string | undefined {
	const bare = withoutBrackets(text);
	const url = `http://${bare.includes(":") ? `[${bare}]` : bare}`;
	// The URL parser drops control characters and spaces, so that another host would be read than was written.
	if (bare === "" || /[/?#@\\%\p{Cc}\s]/u.test(bare) || !URL.canParse(url)) return undefined;
	const { hostname } = new URL(url);
	// Without its last dots such a name would be another host: `1...` is not 0.0.0.1.
	if (hostname.includes("..")) return undefined;
	const name = withoutBrackets(hostname);
	return /^[a-z\d._:-]+$/.test(name) ? name : undefined;
}

function hostsOf(written: string): Hosts | undefined {
	if (written === "*") return { kind: "any" };
	const below = written.startsWith("*.");
	const name = plainHost(below ? written.slice(2) : written);
	if (name === undefined) return undefined;
	return below ? { kind: "below", name } : { kind: "exact", name };
}

// `10.0.0.0/8` looks like a host with a path. Pages are listed by their addresses, not by networks.
function isNetwork(hosts: Hosts, rest: string): boolean {
	return hosts.kind === "exact" && /^[\d.]+$|:/.test(hosts.name) && /^\/\d+$/.test(rest);
}

function withoutBrackets(host: string): string {
	return host.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
