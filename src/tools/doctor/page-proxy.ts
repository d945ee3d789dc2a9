// The hops between a page and its proxy that the browser decides alone: the proxy's address, mixed content, and the page's content security
// policy.

import { type ContentPolicy, upgradesRequests, whatRefusesConnection, whatRefusesWasm } from "./content-policy.ts";
import type { Checks, Finding } from "./diagnosis.ts";

/** The page that opens the WebSocket. */
export interface PagePlace {
	/** After redirects. */
	readonly url: URL;
	readonly policies: readonly ContentPolicy[];
	/** What Ruffle fetches in it: its WebAssembly, the SWF. */
	readonly files: readonly URL[];
	/** Whether its server is on this computer, so that players are here too. */
	readonly isLocal: boolean;
}

/**
 * Checks `proxy-url` and `mixed-content`.
 *
 * @returns the address that the browser connects to; undefined: it connects to none.
 */
export function checkProxyUrl(proxyUrl: string, page: PagePlace, checks: Checks): URL | undefined {
	const bad = (text: string, hint: string): undefined => {
		checks.fail("proxy-url", text, hint);
		checks.skip("mixed-content", "The address of the proxy is not valid.");
	};
	const scheme = page.url.protocol === "https:" ? "wss://" : "ws://";
	if (/^[\w.-]+:\d{1,5}(?:\/|$)/.test(proxyUrl) || /^(?:www\.|\d+\.\d+\.\d+\.\d+)/.test(proxyUrl))
		return bad(
			`The proxyUrl ${proxyUrl} has no scheme, so the browser does not take ${proxyUrl} for a host.`,
			`Write ${scheme}${proxyUrl}.`,
		);
	if (!URL.canParse(proxyUrl, page.url.href))
		return bad(`The proxyUrl ${proxyUrl} is not a valid address.`, `Write it as ${scheme}HOST/PATH.`);
	const written = new URL(proxyUrl, page.url);
	if (!/^(?:wss?|https?):$/.test(written.protocol))
		return bad(`The proxyUrl ${proxyUrl} is not an address of a WebSocket.`, `Write it as ${scheme}HOST/PATH.`);
	if (written.href.includes("#"))
		return bad(
			`The proxyUrl ${proxyUrl} has a fragment (#), which browsers refuse in addresses of WebSockets.`,
			"Remove the # and what follows it.",
		);
	const url = new URL(written.href.replace(/^http/, "ws"));
	if (isLoopback(url.hostname) && !isLoopback(page.url.hostname) && !page.isLocal)
		return bad(
			`The proxyUrl ${proxyUrl} leads each player to the player's own computer, not to your server.`,
			`Write the name under which players reach the gateway, for example ${scheme}${page.url.host}/gateway/….`,
		);
	const isPlain = /^wss?:/i.test(proxyUrl);
	checks.pass(
		"proxy-url",
		`The browser connects to ${url.href}.`,
		isPlain ? "" : `Only browsers since 2024 accept an address such as ${proxyUrl} for a WebSocket: write ${url.href}.`,
	);
	if (page.url.protocol !== "https:" || url.protocol === "wss:")
		checks.pass("mixed-content", `A page over ${page.url.protocol}// may open ${url.protocol}//.`);
	else if (isLoopback(url.hostname))
		checks.pass(
			"mixed-content",
			`The page is over https:// and the proxy over ws://, which browsers allow for ${url.hostname}.`,
			"Safari does not.",
		);
	else if (upgradesRequests(page.policies)) {
		checks.pass(
			"mixed-content",
			"The page's policy has upgrade-insecure-requests, so the browser uses wss:// instead of ws://.",
			`Write wss:// in the proxyUrl.`,
		);
		return new URL(url.href.replace(/^ws:/, "wss:"));
	} else
		checks.fail(
			"mixed-content",
			`The page is over https://, but the proxy is ${url.href} without TLS: browsers refuse that (mixed content).`,
			"Write wss:// in the proxyUrl, and give the gateway TLS, for example behind the web server that serves the page.",
		);
	return url;
}

/** Judges `csp`. */
export function judgeContentPolicy(url: URL, { url: page, policies, files }: PagePlace): Finding {
	const wasm = policies.map(whatRefusesWasm).find((directive) => directive !== undefined);
	if (wasm !== undefined)
		return {
			ok: false,
			text: `The page's content security policy (${wasm}) does not let Ruffle's WebAssembly run.`,
			hint: "Add 'wasm-unsafe-eval' to its script-src.",
		};
	const socket = policies
		.map((policy) => whatRefusesConnection(policy, url, page))
		.find((directive) => directive !== undefined);
	if (socket !== undefined)
		return {
			ok: false,
			text: `The page's content security policy (${socket}) refuses ${url.protocol}//${url.host}.`,
			hint: `Add ${url.protocol}//${url.host} to its connect-src. A host without a scheme does not include WebSockets.`,
		};
	for (const file of files) {
		const refusal = policies
			.map((policy) => whatRefusesConnection(policy, file, page))
			.find((directive) => directive !== undefined);
		if (refusal !== undefined)
			return {
				ok: false,
				text: `The page's content security policy (${refusal}) does not let Ruffle load ${file.href}.`,
				hint: `Add ${file.origin === page.origin ? "'self'" : file.origin} to its connect-src.`,
			};
	}
	return {
		ok: true,
		text:
			policies.length === 0
				? "The page has no content security policy."
				: "The page's content security policy allows the WebSocket.",
	};
}

/** Whether a host is this computer. */
export function isLoopback(host: string): boolean {
	return (
		host === "localhost" || host.endsWith(".localhost") || host === "::1" || host === "[::1]" || /^127\./.test(host)
	);
}
