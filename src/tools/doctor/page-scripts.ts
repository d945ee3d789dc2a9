// Reads a page with its scripts, and finds the frame that has the movie if the page itself has none.

import { type HtmlFacts, type PageScript, readHtml } from "./html-reader.ts";
import { RUFFLE } from "./page-content.ts";
import { fetchFile, isPage, type PageFile } from "./page-file.ts";
import { type ReadScript, type RuffleConfig, readRuffleConfig } from "./ruffle-config.ts";
import type { Settings } from "./settings.ts";

/** A page that loaded. */
export type LoadedPage = Extract<PageFile, { ok: true }>;

/** A page, and what its texts say. */
export interface ReadPage {
	readonly file: LoadedPage;
	readonly html: HtmlFacts;
	/** To which addresses in the page are relative. */
	readonly base: URL;
	readonly scripts: readonly ReadScript[];
	readonly config: RuffleConfig;
}

/** The longest page that is read. */
export const MAX_PAGE_BYTES: number = 4 * 1024 * 1024;
const MAX_SCRIPT_BYTES = 2 * 1024 * 1024;
const MAX_SCRIPTS = 30;
const MAX_NAMED_SCRIPTS = 10;
const MAX_FRAMES = 3;

/** Reads a page. */
export async function readPage(file: LoadedPage, settings: Settings): Promise<ReadPage> {
	const html = readHtml(file.body.toString("utf8"));
	const page = file.url;
	const base = html.base !== undefined && URL.canParse(html.base, page.href) ? new URL(html.base, page) : page;
	const own = html.scripts.filter(({ src }) => !RUFFLE.test(src ?? "")).slice(0, MAX_SCRIPTS);
	const read = await Promise.all(own.map((script) => readScript(script, page, base, settings)));
	const texts = html.attributes.map((text) => ({ text, url: page }));
	const scripts = [...read.filter((script) => script !== undefined), ...texts];
	const config = readRuffleConfig(scripts, page);
	if (config.isPresent || config.misspelled.length > 0) return { file, html, base, scripts, config };
	const more = await readNamedScripts(scripts, own, page, base, settings);
	const all = [...scripts, ...more];
	return { file, html, base, scripts: all, config: more.length === 0 ? config : readRuffleConfig(all, page) };
}

/** The first frame of a page that has a movie or a configuration; undefined if the page has its own, or no frame has one. */
export async function readFrame(
	{ file, html, base, config }: ReadPage,
	settings: Settings,
): Promise<ReadPage | undefined> {
	if (html.movies.length > 0 || config.isPresent) return undefined;
	for (const src of html.frames.slice(0, MAX_FRAMES)) {
		const url = httpUrl(src, base);
		if (!url || url.href === file.url.href) continue;
		const frame = await fetchFile(url, settings, MAX_PAGE_BYTES);
		if (!frame.ok || frame.status !== 200 || !isPage(frame)) continue;
		const read = await readPage(frame, settings);
		if (read.html.movies.length > 0 || read.config.isPresent) return read;
	}
	return undefined;
}

// A script may load another one while it runs: those of the same site that it names are read too.
async function readNamedScripts(
	scripts: readonly ReadScript[],
	known: readonly PageScript[],
	page: URL,
	base: URL,
	settings: Settings,
): Promise<readonly ReadScript[]> {
	const named = scripts.flatMap(({ text }) =>
		[...text.matchAll(/["'`]([^"'`\s<>${}]{1,300}\.js)(?:\?[^"'`\s<>${}]{0,300})?["'`]/g)].map(([, src]) => src!),
	);
	const seen = new Set(known.map(({ src }) => (src === undefined ? undefined : httpUrl(src, base)?.href)));
	const urls: URL[] = [];
	for (const src of named) {
		const url = httpUrl(src, base);
		if (
			!url ||
			url.origin !== page.origin ||
			seen.has(url.href) ||
			RUFFLE.test(url.href) ||
			urls.length >= MAX_NAMED_SCRIPTS
		)
			continue;
		seen.add(url.href);
		urls.push(url);
	}
	const read = await Promise.all(urls.map((url) => readScript({ src: url.href, text: "" }, page, base, settings)));
	return read.filter((script) => script !== undefined);
}

async function readScript(
	{ src, text }: PageScript,
	page: URL,
	base: URL,
	settings: Settings,
): Promise<ReadScript | undefined> {
	if (src === undefined) return { text, url: page };
	const url = httpUrl(src, base);
	if (!url) return undefined;
	const file = await fetchFile(url, settings, MAX_SCRIPT_BYTES);
	return file.ok && file.status === 200 && !isPage(file) ? { text: file.body.toString("utf8"), url } : undefined;
}

function httpUrl(src: string, base: URL): URL | undefined {
	const url = URL.canParse(src, base.href) ? new URL(src, base) : undefined;
	return url && /^https?:$/.test(url.protocol) ? url : undefined;
}
