// What a page's HTML says about its Flash content: scripts, policies, movies. It reads tags as a browser does, as far as that matters here,
// and never runs a script.

/** A start tag. */
interface Tag {
	readonly name: string;
	readonly attributes: ReadonlyMap<string, string>;
	/** The position after its ">". */
	readonly end: number;
}

/** A script of a page. */
export interface PageScript {
	/** The address as written; undefined for a script in the page. */
	readonly src: string | undefined;
	readonly text: string;
}

/** A movie that a page shows. */
export interface PageMovie {
	/** The address as written. */
	readonly src: string;
	/** `allowNetworking` as written; "" if the page does not set it. */
	readonly allowNetworking: string;
	/** FlashVars as written; "" if there are none. */
	readonly variables: string;
}

/** The facts of a page. */
export interface HtmlFacts {
	readonly scripts: readonly PageScript[];
	readonly movies: readonly PageMovie[];
	/** Addresses of frames, as written. */
	readonly frames: readonly string[];
	/** Content security policies of <meta> tags. */
	readonly policies: readonly string[];
	/** The address of <base>; undefined: there is none. */
	readonly base: string | undefined;
	/** Values of other attributes that mention `socketProxy`. */
	readonly attributes: readonly string[];
}

const RAW_TEXT = new Set(["script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes"]);
const JAVASCRIPT = /^(?:|module|text\/(?:javascript|ecmascript)|application\/(?:x-)?javascript)$/i;
const MAX_SCRIPTS = 100;

/** Reads a page. */
export function readHtml(html: string): HtmlFacts {
	const scripts: PageScript[] = [];
	const movies: { -readonly [K in keyof PageMovie]: PageMovie[K] }[] = [];
	const policies: string[] = [];
	const frames: string[] = [];
	const attributes: string[] = [];
	let base: string | undefined;
	let object: (typeof movies)[number] | undefined;
	for (const { tag, text } of tagsOf(html)) {
		const get = (name: string): string => tag.attributes.get(name) ?? "";
		for (const value of tag.attributes.values()) if (/socketproxy/i.test(value)) attributes.push(value);
		switch (tag.name) {
			case "script":
				if (scripts.length < MAX_SCRIPTS && JAVASCRIPT.test(get("type").trim()))
					scripts.push({ src: tag.attributes.get("src"), text });
				else if (/json/i.test(get("type"))) attributes.push(text);
				break;
			case "meta":
				if (/^content-security-policy$/i.test(get("http-equiv"))) policies.push(get("content"));
				break;
			case "base":
				base ??= tag.attributes.get("href");
				break;
			case "object":
			case "ruffle-object":
				// The address can follow in a <param>.
				object = movieOf(isMovie(get("data"), get("type")) ? get("data") : "", get);
				movies.push(object);
				break;
			case "param":
				if (!object) break;
				if (/^(?:movie|src)$/i.test(get("name"))) object.src ||= get("value");
				if (/^allownetworking$/i.test(get("name"))) object.allowNetworking = get("value");
				if (/^flashvars$/i.test(get("name"))) object.variables = get("value");
				break;
			case "frame":
			case "iframe":
				if (get("src") !== "") frames.push(get("src"));
				break;
			case "embed":
			case "ruffle-embed":
				if (isMovie(get("src"), get("type"))) movies.push(movieOf(get("src"), get));
				break;
		}
	}
	return { scripts, movies: movies.filter(({ src }) => src !== ""), frames, policies, base, attributes };
}

function movieOf(
	src: string,
	get: (name: string) => string,
): { src: string; allowNetworking: string; variables: string } {
	return { src, allowNetworking: get("allownetworking"), variables: get("flashvars") };
}

function isMovie(src: string, type: string): boolean {
	return /shockwave-flash|futuresplash/i.test(type) || /\.(?:swf|spl)(?:[?#]|$)/i.test(src);
}

function* tagsOf(html: string): Generator<{ tag: Tag; text: string }> {
	let at = 0;
	while (at < html.length) {
		const open = html.indexOf("<", at);
		if (open < 0) return;
		const next = html[open + 1] ?? "";
		if (html.startsWith("<!--", open)) {
			const end = html.indexOf("-->", open + 2);
			at = end < 0 ? html.length : end + 3;
		} else if (/[a-z]/i.test(next)) {
			const tag = readTag(html, open);
			at = tag.end;
			let text = "";
			if (RAW_TEXT.has(tag.name)) {
				const end = endOfRawText(html, tag.name, at);
				text = html.slice(at, end);
				at = end;
			}
			yield { tag, text };
		} else {
			const end = next === "!" || next === "?" || next === "/" ? html.indexOf(">", open) : open;
			at = end < 0 ? html.length : end + 1;
		}
	}
}

function readTag(html: string, open: number): Tag {
	const name = /[^\t\n\f\r />]*/y;
	name.lastIndex = open + 1;
	const tagName = name.exec(html)![0].toLowerCase();
	const attributes = new Map<string, string>();
	const attribute =
		/[\t\n\f\r /]*(?:(>)|([^\t\n\f\r />=]+|=)(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >"'][^\t\n\f\r >]*)))?)/y;
	attribute.lastIndex = name.lastIndex;
	for (let match = attribute.exec(html); match; match = attribute.exec(html)) {
		if (match[1] !== undefined) return { name: tagName, attributes, end: attribute.lastIndex };
		const key = match[2]!.toLowerCase();
		if (!attributes.has(key)) attributes.set(key, decoded(match[3] ?? match[4] ?? match[5] ?? ""));
	}
	return { name: tagName, attributes, end: html.length };
}

function endOfRawText(html: string, name: string, from: number): number {
	const end = new RegExp(`</${name}[\\t\\n\\f\\r />]`, "gi");
	end.lastIndex = from;
	return end.exec(html)?.index ?? html.length;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", quot: '"', apos: "'", lt: "<", gt: ">" };

function decoded(text: string): string {
	return text.replace(
		/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|quot|apos|lt|gt));/gi,
		(whole, decimal?: string, hex?: string, name?: string) => {
			if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
			const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
			return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
		},
	);
}
