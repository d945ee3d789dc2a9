// Diagnosis of a page with Flash content in Ruffle: the way to the page, its files and configuration, then the way from the page through each
// proxy to the game server. The page's scripts are read, not run.

import { readPolicies } from "./content-policy.ts";
import { type Checks, hostPort } from "./diagnosis.ts";
import { checkMovie, checkRuffle } from "./page-content.ts";
import { checkEntries, judgeConfig } from "./page-entries.ts";
import { fetchFile, isPage, type PageFile } from "./page-file.ts";
import { checkProxyUrl, isLoopback, judgeContentPolicy, type PagePlace } from "./page-proxy.ts";
import { MAX_PAGE_BYTES, readFrame, readPage } from "./page-scripts.ts";
import { type Endpoint, reach } from "./reach.ts";
import type { RuffleConfig } from "./ruffle-config.ts";
import type { Settings } from "./settings.ts";
import { hostsInSwf, hostsInText } from "./swf-hosts.ts";
import { checkTls } from "./tls.ts";
import { bareHost } from "./upgrade.ts";
import { diagnoseWebSocket } from "./web-socket-server.ts";

const MAX_PROXIES = 4;
const PAGE_HOPS = ["ruffle", "movie", "config", "entry"];
/** Hops that the page and its proxies both have. */
const SHARED_HOPS = new Set(["port", "name", "ipv4", "ipv6", "tls", "certificate"]);

/** Checks all hops of a page. */
export async function diagnosePage(address: URL, settings: Settings, checks: Checks): Promise<void> {
	const file = await fetchFile(address, settings, MAX_PAGE_BYTES);
	const endpoint = await reachPage(file.url, settings, checks);
	if (!endpoint) return checks.skipAll(["page", ...PAGE_HOPS], "The page's server cannot be reached.");
	if (!judgePage(file, address, checks)) return checks.skipAll(PAGE_HOPS, "There is no page.");
	const outer = await readPage(file, settings);
	const frame = await readFrame(outer, settings);
	if (frame)
		checks.pass("frame", `The page shows ${frame.file.url.href} in a frame; that page is checked from here on.`);
	const { html, base, scripts, config, file: shown } = frame ?? outer;
	const page = shown.url;
	const wasm = await checkRuffle(html.scripts, scripts, base, folderOf(config, page), page, settings, checks);
	const movie = await checkMovie(html.movies, scripts, base, page, settings, checks);
	checks.add("config", judgeConfig(config));
	const known = config.entries.map(({ host }) => host);
	const hosts = movie && [...(hostsInSwf(movie.swf, known) ?? []), ...hostsInText(movie.variables, known)];
	const entries = checkEntries(config, settings.targets, hosts ?? [], checks);
	const header = shown.header("content-security-policy");
	const policies = [...(header === undefined ? [] : readPolicies(header)), ...html.policies.flatMap(readPolicies)];
	const isLocal = !settings.hosts.has(endpoint.host) && isLoopback(endpoint.address);
	const place: PagePlace = { url: page, policies, files: [...wasm, ...(movie ? [movie.url] : [])], isLocal };
	for (const [at, { proxyUrl }] of entries.slice(0, MAX_PROXIES).entries()) {
		const ending = at === 0 ? "" : `-${at + 1}`;
		checks.idOf = (id) => (SHARED_HOPS.has(id) ? `proxy-${id}${ending}` : `${id}${ending}`);
		await checkProxy(proxyUrl, place, endpoint, settings, checks);
	}
	checks.idOf = (id) => id;
	if (entries.length > MAX_PROXIES)
		checks.skip(
			"proxies",
			`${entries.length - MAX_PROXIES} more proxies of the page were not checked: --target HOST:PORT selects one.`,
		);
	if (entries.length === 0)
		checks.skipAll(
			["proxy-url", "websocket", "origin", "stays-open"],
			"There is no entry whose proxy could be checked.",
		);
}

async function reachPage(url: URL, settings: Settings, checks: Checks): Promise<Endpoint | undefined> {
	const isSecure = url.protocol === "https:";
	const endpoint = await reach(bareHost(url), portOf(url), settings, checks);
	if (!endpoint) {
		if (isSecure) checks.skipAll(["tls", "certificate"], "Nothing accepts a connection.");
		return undefined;
	}
	if (isSecure && !(await checkTls(endpoint, "http://", settings, checks))) return undefined;
	return endpoint;
}

function portOf(url: URL): number {
	if (url.port !== "") return Number(url.port);
	return /^(?:https|wss):$/.test(url.protocol) ? 443 : 80;
}

function judgePage(file: PageFile, address: URL, checks: Checks): file is Extract<PageFile, { ok: true }> {
	const bad = (text: string, hint: string): false => {
		checks.fail("page", text, hint);
		return false;
	};
	if (!file.ok)
		return bad(
			`The page ${file.url.href} does not load: ${file.problem}.`,
			"Check the address, and that the port belongs to a web server.",
		);
	if (file.status !== 200)
		return bad(`The page ${file.url.href} does not load: the server answers ${file.status}.`, "Check the address.");
	if (/^[FCZ]WS/.test(file.body.toString("latin1", 0, 3)))
		return bad(
			`${file.url.href} is a SWF, not a page.`,
			"Give the address of the page that shows it, or play it: `xmlsocket play` with this address.",
		);
	if (!isPage(file) && !/xml|^$/i.test(file.type))
		return bad(
			`${file.url.href} is not a page, but ${file.type}.`,
			"Give the address of the page that shows the movie.",
		);
	checks.pass(
		"page",
		file.url.href === address.href
			? `The page ${file.url.href} loads.`
			: `The page loads; ${address.href} redirects to ${file.url.href}.`,
	);
	return true;
}

function folderOf({ publicPath }: RuffleConfig, page: URL): URL | undefined {
	if (publicPath === undefined || !URL.canParse(publicPath, page.href)) return undefined;
	return new URL(publicPath.endsWith("/") ? publicPath : `${publicPath}/`, page);
}

async function checkProxy(
	proxyUrl: string,
	page: PagePlace,
	endpoint: Endpoint,
	settings: Settings,
	checks: Checks,
): Promise<void> {
	const url = checkProxyUrl(proxyUrl, page, checks);
	if (!url) return checks.skipAll(["csp", "websocket", "origin", "stays-open"], "The browser opens no WebSocket.");
	checks.add("csp", judgeContentPolicy(url, page));
	const isSamePlace =
		hostPort(bareHost(url), portOf(url)) === hostPort(endpoint.host, endpoint.port) &&
		(url.protocol === "wss:") === (page.url.protocol === "https:");
	await diagnoseWebSocket(url, page.url.origin, settings, checks, isSamePlace ? endpoint : undefined);
}
