// The configuration with which Ruffle opens sockets in a page: a WebSocket address for each host and port that a SWF may request. Ruffle
// compares hosts as strings, so each spelling needs its own entry. The script merges the entries into the page's configuration whenever
// the page or ruffle.js writes it; it never replaces an entry of the page.

import type { Target } from "../target.ts";

/** One target: the hosts and port that a SWF may request, and the path of its WebSocket. */
export interface ReachableTarget {
	/** The spellings of the host. */
	readonly hosts: readonly string[];
	/** Whether the host of the page's own address is also a spelling. */
	readonly pageHost: boolean;
	readonly port: number;
	/** The WebSocket's address, relative to the script: `gateway?host=localhost&port=9339`. */
	readonly path: string;
}

/** An entry of Ruffle's `socketProxy`. */
export interface SocketProxyEntry {
	readonly host: string;
	readonly port: number;
	readonly proxyUrl: string;
}

const LOCAL = ["localhost", "127.0.0.1"];

/** A target for the page. A local target has both spellings of this machine, and the page's own host. */
export function reachable(target: {
	readonly host: string;
	readonly port: number;
	readonly path: string;
}): ReachableTarget {
	const { host, port, path } = target;
	const isLocal = [...LOCAL, "::1", "[::1]"].includes(host.toLowerCase());
	return { hosts: isLocal ? [...new Set([host, ...LOCAL])] : [host], pageHost: isLocal, port, path };
}

/**
 * A gateway's targets. The host has the operator's spelling. If a target has a name, the name is also a host, so that content that requests
 * a server that no longer exists reaches a new one; its port is the one behind the name, or that of the target.
 */
export function reachableTargets(targets: readonly Target[], texts: readonly string[]): ReachableTarget[] {
	return targets.flatMap((target, at) => {
		const { alias } = target;
		const path = target.path.slice(1);
		const written =
			/^(?:[^?=]*=)?(?:[a-z]+:\/\/)?\[?([^?\]]*?)\]?:\d+\/?(?:\?|$)/.exec(texts[at] ?? "")?.[1] || target.host;
		const { hosts, ...rest } = reachable({ host: written, port: target.port, path });
		const own = { hosts: [...new Set([...hosts, target.host])], ...rest };
		if (!alias) return [own];
		if (alias.port === target.port) return [{ ...own, hosts: [...new Set([...own.hosts, alias.host])] }];
		return [reachable({ host: alias.host, port: alias.port, path }), own];
	});
}

/** The daemon's own port: under every name of this machine, a SWF reaches the daemon itself. */
export function ownPort(port: number, host: string): ReachableTarget {
	const isName = host !== "*" && host !== "::" && host !== "0.0.0.0";
	return { hosts: [...new Set([...LOCAL, ...(isName ? [host] : [])])], pageHost: true, port, path: "socket" };
}

/**
 * The script of `/ruffle-config.js`: one function, and data.
 *
 * @param reports whether the page reports to the gateway each host and port that a SWF requests and no entry has, so that the gateway
 * can log and record it. Ruffle itself sends no request for it.
 */
export function socketProxyScript(targets: readonly ReachableTarget[], reports: boolean): string {
	const data = JSON.stringify(targets).replaceAll("<", "\\u003c");
	return `(${String(mergeSocketProxy)})(window, ${data}, ${reports});\n`;
}

/**
 * Reads a script of `socketProxyScript` without running it: the entries that it adds in a page.
 *
 * @param script its address, to which the paths of WebSockets are relative.
 * @param pageHost the host of the page's address.
 * @returns undefined if the text is another script.
 */
export function readSocketProxyScript(text: string, script: URL, pageHost: string): SocketProxyEntry[] | undefined {
	const begun = /^\(function \w+\(page, targets, reports\) \{/.test(text) ? text.lastIndexOf("})(window, ") : -1;
	const data = begun < 0 ? undefined : /^\}\)\(window, (\[.*\]), (?:true|false)\);\s*$/.exec(text.slice(begun))?.[1];
	if (data === undefined) return undefined;
	let targets: ReachableTarget[];
	try {
		targets = JSON.parse(data) as ReachableTarget[];
	} catch {
		return undefined;
	}
	return targets.flatMap(({ hosts, pageHost: isPageHost, port, path }) => {
		const url = new URL(path, script);
		url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
		const all = isPageHost ? [...new Set([...hosts, pageHost])] : hosts;
		return all.map((host) => ({ host, port, proxyUrl: url.href }));
	});
}

/** The parts of its page that the script uses. */
interface PageWindow {
	readonly location: { readonly hostname: string; readonly origin: string };
	readonly document: { readonly currentScript: { readonly src?: string } | null };
	readonly console: Record<string, (...words: unknown[]) => void>;
	readonly WebSocket: new (url: string) => unknown;
	RufflePlayer?: unknown;
}

// Runs in the page, as text, so it must not use anything outside itself. Pages assign `window.RufflePlayer`, `.config` and
// `.config.socketProxy` before and after this script, and ruffle.js assigns the first again. So each of the three is a property with a
// setter that adds the entries to the assigned value.
function mergeSocketProxy(page: PageWindow, targets: readonly ReachableTarget[], reports: boolean): void {
	const base = page.document.currentScript?.src || `${page.location.origin}/`;
	const entries: SocketProxyEntry[] = [];
	const add = (list: SocketProxyEntry[], entry: SocketProxyEntry): void => {
		const known = list.some((other) => other && other.host === entry.host && Number(other.port) === entry.port);
		if (!known) list.push(entry);
	};
	const webSocketUrl = (path: string): string => {
		const url = new URL(path, base);
		url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
		return url.href;
	};
	for (const { hosts, pageHost, port, path } of targets) {
		for (const host of pageHost && page.location.hostname ? hosts.concat(page.location.hostname) : hosts)
			add(entries, { host, port, proxyUrl: webSocketUrl(path) });
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
			const config = object(configured) as { logLevel?: string };
			if (reports) config.logLevel ??= "warn";
			keep(config, "socketProxy", (list) => {
				const merged: SocketProxyEntry[] = Array.isArray(list) ? list.slice() : [];
				for (const entry of entries) add(merged, entry);
				return merged;
			});
			return config;
		});
		return player;
	});
	if (!reports) return;
	// Ruffle's warning on the console is the only sign of a pair without an entry. The report is a request to the gateway, which refuses it
	// with a log line, and records it with --learn.
	const reported = new Set<string>();
	for (const level of ["debug", "log", "info", "warn", "error"]) {
		const log = page.console[level]!;
		page.console[level] = (...words) => {
			log.apply(page.console, words);
			const [, host, port] = /Missing WebSocket proxy for host ([^\s,]+), port (\d+)/.exec(words.join(" ")) ?? [];
			if (host === undefined || reported.has(`${host} ${port}`) || reported.size >= 50) return;
			reported.add(`${host} ${port}`);
			new page.WebSocket(webSocketUrl(`gateway?host=${encodeURIComponent(host)}&port=${port}`));
		};
	}
}
