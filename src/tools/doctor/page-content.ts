// The hops `ruffle` and `movie` of a page: whether Ruffle's files and the SWF load.

import type { Checks, Finding } from "./diagnosis.ts";
import type { PageMovie, PageScript } from "./html-reader.ts";
import { fetchFile, isPage, type PageFile } from "./page-file.ts";
import type { ReadScript } from "./ruffle-config.ts";
import type { Settings } from "./settings.ts";

/** The address of a script that is Ruffle itself. */
export const RUFFLE: RegExp = /(?:^|\/)ruffle(?:\.min)?\.js(?:[?#]|$)|\/@ruffle-rs\/ruffle(?:[@/?#]|$)/i;

const MAX_SCRIPT_BYTES = 4 * 1024 * 1024;
const MAX_MOVIE_BYTES = 16 * 1024 * 1024;
const MAX_CHUNKS = 4;

/** Checks `ruffle`. @param folder of Ruffle's files if the page configures `publicPath`. @returns its WebAssembly, as far as it is known */
export async function checkRuffle(
	scripts: readonly PageScript[],
	read: readonly ReadScript[],
	base: URL,
	folder: URL | undefined,
	page: URL,
	settings: Settings,
	checks: Checks,
): Promise<readonly URL[]> {
	const src = scripts.find((script) => RUFFLE.test(script.src ?? ""))?.src;
	const texts = read.map(({ text }) => text);
	if (src === undefined) {
		if (texts.some((text) => /createPlayer|ruffle(?:\.min)?\.js|@ruffle-rs\/ruffle|RufflePlayer\.newest/.test(text)))
			checks.skip("ruffle", "A script of the page loads Ruffle, which is known only when the page runs.");
		else
			checks.fail(
				"ruffle",
				"The page does not load ruffle.js, so only players with Ruffle's browser extension see the movie.",
				'Add <script src="ruffle/ruffle.js"></script> to the page, and put the files of the package @ruffle-rs/ruffle into that folder. `xmlsocket gateway --web FOLDER` does both.',
			);
		return [];
	}
	if (!URL.canParse(src, base.href)) {
		checks.fail("ruffle", `The address of Ruffle, ${src}, is not valid.`, "Correct the src of the script.");
		return [];
	}
	const fetched: URL[] = [];
	checks.add("ruffle", await ruffleFiles(new URL(src, base), folder, page, settings, fetched));
	return fetched;
}

/** @param fetched gets the addresses of the WebAssembly */
async function ruffleFiles(
	url: URL,
	folder: URL | undefined,
	page: URL,
	settings: Settings,
	fetched: URL[],
): Promise<Finding> {
	const script = await fetchFile(url, settings, MAX_SCRIPT_BYTES);
	const hint =
		"Put all files of the package @ruffle-rs/ruffle into that folder, the .wasm files too, or load Ruffle from a CDN.";
	const missing = whyMissing(script);
	if (missing !== undefined)
		return {
			ok: false,
			text: `Ruffle does not load: ${url.href} ${missing}.`,
			hint:
				url.host === page.host
					? hint
					: `Check that ${url.host} can be reached from here, or put the files of the package @ruffle-rs/ruffle on the page's own site.`,
		};
	const text = (script as LoadedFile).body.toString("utf8");
	const names = [
		...(/"core\.ruffle\."\s*\+\s*\{([^}]*)\}/.exec(text)?.[1]?.matchAll(/["']([\da-f]{8,40})["']/g) ?? []),
	];
	const from = folder ?? (script as LoadedFile).url;
	let note = "";
	for (const [, hash] of names.slice(0, MAX_CHUNKS)) {
		const part = new URL(`core.ruffle.${hash}.js`, from);
		const core = await fetchFile(part, settings, MAX_SCRIPT_BYTES);
		const why = whyMissing(core);
		const where = folder === undefined ? "" : ` The page sets publicPath to ${folder.href}.`;
		if (why !== undefined)
			return { ok: false, text: `ruffle.js loads, but not its part ${part.href}: it ${why}.${where}`, hint };
		const wasm = /([\da-f]{16,40})\.wasm/.exec((core as LoadedFile).body.toString("latin1"))?.[0];
		if (wasm === undefined) continue;
		const address = new URL(wasm, from);
		const file = await fetchFile(address, settings, 64);
		const whyNot = whyMissing(file);
		if (whyNot !== undefined)
			return {
				ok: false,
				text: `ruffle.js loads, but not its WebAssembly ${address.href}: it ${whyNot}.${where}`,
				hint,
			};
		const { type, header, url: at } = file as LoadedFile;
		fetched.push(address);
		if (at.origin !== page.origin && !allowsOrigin(header("access-control-allow-origin"), page.origin))
			return {
				ok: false,
				text: `Ruffle's WebAssembly is on another site, ${at.origin}, which does not let this page read it (CORS).`,
				hint: `Put Ruffle's files on the page's own site, with the same http or https, or let ${at.host} send the header Access-Control-Allow-Origin: ${page.origin}.`,
			};
		if (!/^application\/wasm/i.test(type))
			note = `The server sends the .wasm files as ${type || "no type"}, so Ruffle starts more slowly: configure application/wasm.`;
	}
	return { ok: true, text: `Ruffle loads from ${url.href}.`, hint: note };
}

type LoadedFile = Extract<PageFile, { ok: true }>;

function whyMissing(file: PageFile): string | undefined {
	if (!file.ok) return `does not load (${file.problem})`;
	if (file.status !== 200) return `answers ${file.status}`;
	return isPage(file) ? "is a page instead of the file" : undefined;
}

/** Checks `movie`. @returns the SWF, with the texts that the page gives it; undefined if it does not load */
export async function checkMovie(
	movies: readonly PageMovie[],
	read: readonly ReadScript[],
	base: URL,
	page: URL,
	settings: Settings,
	checks: Checks,
): Promise<{ readonly url: URL; readonly swf: Buffer; readonly variables: string } | undefined> {
	const named = read.flatMap(({ text }) =>
		[...text.matchAll(/["'`]([^"'`\s<>${}]{1,500}\.swf(?:\?[^"'`\s<>${}]{0,500})?)["'`]/gi)].map(([, src]) => src!),
	);
	const movie =
		movies[0] ?? (named[0] === undefined ? undefined : { src: named[0], allowNetworking: "", variables: "" });
	if (!movie || !URL.canParse(movie.src, base.href)) {
		checks.skip("movie", "No address of a SWF was found in the page; a script may choose it when the page runs.");
		return undefined;
	}
	const url = new URL(movie.src, base);
	if (!/^https?:$/.test(url.protocol)) {
		checks.skip("movie", `The SWF ${movie.src} is not at an http address.`);
		return undefined;
	}
	const file = await fetchFile(url, settings, MAX_MOVIE_BYTES);
	const finding = judgeMovie(file, url, movie, page, movies.length > 0);
	checks.add("movie", finding);
	return finding.ok && file.ok ? { url, swf: file.body, variables: `${url.search} ${movie.variables}` } : undefined;
}

function judgeMovie(file: PageFile, url: URL, movie: PageMovie, page: URL, isCertain: boolean): Finding {
	// An address in a script may be that of another page's movie, or a part of one.
	const bad = (text: string, hint: string): Finding =>
		isCertain ? { ok: false, text, hint } : { ok: null, text: `A script names ${url.href}: ${text}` };
	if (!file.ok) return bad(`The SWF ${url.href} does not load (${file.problem}).`, "Check its address in the page.");
	if (file.status !== 200)
		return bad(
			`The SWF ${url.href} does not load: the server answers ${file.status}.`,
			"Check its address in the page, also upper and lower case letters.",
		);
	const start = file.body.toString("latin1", 0, 3);
	if (!/^[FCZ]WS$/.test(start))
		return bad(`${url.href} is not a SWF${isPage(file) ? ", but a page" : ""}.`, "Check the address in the page.");
	if (file.url.origin !== page.origin && !allowsOrigin(file.header("access-control-allow-origin"), page.origin))
		return bad(
			`The SWF is on another site, ${file.url.origin}, which does not let this page read it (CORS).`,
			`Put the SWF on the page's own site, or let ${file.url.host} send the header Access-Control-Allow-Origin: ${page.origin}.`,
		);
	return {
		ok: true,
		text: `The SWF ${url.href} loads.`,
		hint: /^none$/i.test(movie.allowNetworking)
			? 'The page has allowNetworking="none": Flash Player opens no socket then. Ruffle 0.6 ignores it. Remove it.'
			: "",
	};
}

function allowsOrigin(header: string | undefined, origin: string): boolean {
	return header === "*" || header === origin;
}
