// What Ruffle must know to open a socket in a page: for each host and port that a SWF may ask for, a WebSocket address. Ruffle
// compares hosts as strings, so each spelling is an entry of its own. The script made here merges them into the page's
// configuration, whenever the page or ruffle.js writes it; it never replaces an entry of the page's own.

/** One target: what a SWF may ask for, and where its WebSocket goes. */
export interface Reachable {
	/** The spellings of the host. */
	readonly hosts: readonly string[];
	/** Whether the host under which the page was loaded is a spelling as well. */
	readonly pageHost: boolean;
	readonly port: number;
	/** Address of the WebSocket, relative to the script: `gateway?host=localhost&port=9339`. */
	readonly path: string;
}

/** An entry of Ruffle's `socketProxy`. */
export interface SocketProxyEntry {
	readonly host: string;
	readonly port: number;
	readonly proxyUrl: string;
}

const LOCAL = ["localhost", "127.0.0.1"];

/** A target as the page sees it: both spellings of this machine and the page's own host where the target is local. */
export function reachable(target: { readonly host: string; readonly port: number; readonly path: string }): Reachable {
	const { host, port, path } = target;
	const isLocal = [...LOCAL, "::1", "[::1]"].includes(host.toLowerCase());
	return { hosts: isLocal ? [...new Set([host, ...LOCAL])] : [host], pageHost: isLocal, port, path };
}

/** The daemon's own port: under every name that means this machine, a SWF reaches the daemon itself. */
export function ownPort(port: number, host: string): Reachable {
	const isName = host !== "*" && host !== "::" && host !== "0.0.0.0";
	return { hosts: [...new Set([...LOCAL, ...(isName ? [host] : [])])], pageHost: true, port, path: "socket" };
}

/** The script of `/ruffle-config.js`: one function, and data. */
export function socketProxyScript(targets: readonly Reachable[]): string {
	return `(${String(mergeSocketProxy)})(window, ${JSON.stringify(targets).replaceAll("<", "\\u003c")});\n`;
}

/** What the script needs of its page. */
interface PageWindow {
	readonly location: { readonly hostname: string; readonly origin: string };
	readonly document: { readonly currentScript: { readonly src?: string } | null };
	RufflePlayer?: unknown;
}

// Runs in the page, as text: it may use nothing from outside itself. Pages write `window.RufflePlayer = …`, `.config = …` and
// `.config.socketProxy = …` before and after this script, and ruffle.js writes the first again; each of the three is therefore
// a property that takes what is written to it and adds the entries.
function mergeSocketProxy(page: PageWindow, targets: readonly Reachable[]): void {
	const base = page.document.currentScript?.src || `${page.location.origin}/`;
	const entries: SocketProxyEntry[] = [];
	const add = (list: SocketProxyEntry[], entry: SocketProxyEntry): void => {
		const known = list.some((other) => other && other.host === entry.host && Number(other.port) === entry.port);
		if (!known) list.push(entry);
	};
	for (const { hosts, pageHost, port, path } of targets) {
		const url = new URL(path, base);
		url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
		for (const host of pageHost && page.location.hostname ? hosts.concat(page.location.hostname) : hosts)
			add(entries, { host, port, proxyUrl: url.href });
	}
	const keep = (holder: object, name: string, adopt: (value: unknown) => unknown): void => {
		let value = adopt((holder as Record<string, unknown>)[name]);
		Object.defineProperty(holder, name, {
			configurable: true,
			enumerable: true,
			get: () => value,
			set: (written: unknown) => {
				value = adopt(written);
			},
		});
	};
	const object = (value: unknown): object =>
		typeof value !== "object" || value === null ? {} : Object.isExtensible(value) ? value : { ...value };
	keep(page, "RufflePlayer", (written) => {
		const player = object(written);
		keep(player, "config", (configured) => {
			const config = object(configured);
			keep(config, "socketProxy", (list) => {
				const merged: SocketProxyEntry[] = Array.isArray(list) ? list.slice() : [];
				for (const entry of entries) add(merged, entry);
				return merged;
			});
			return config;
		});
		return player;
	});
}
