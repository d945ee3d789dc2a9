// Where the user is, in the part of the address behind `#`, so that back, forward, reload and links work: a section, what is selected in it,
// and its filters. `#clients/n1-7?name=ann`.

export const SECTIONS = ["overview", "rooms", "clients", "traffic", "sanctions", "log"] as const;
export type Section = (typeof SECTIONS)[number];

export interface Route {
	readonly section: Section;
	/** What is selected; empty: nothing. */
	readonly selected: readonly string[];
	readonly query: Readonly<Record<string, string>>;
}

/** Reads the address. Anything that is no section is the overview. */
export function parseRoute(hash: string): Route {
	const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
	const [section = "", ...selected] = path.split("/").map(decoded);
	return {
		section: SECTIONS.find((one) => one === section) ?? "overview",
		selected: selected.filter((part) => part !== ""),
		query: Object.fromEntries(new URLSearchParams(query)),
	};
}

/** The address of a place. Empty values are left out. */
export function routeHash(
	section: Section,
	selected: readonly string[] = [],
	query: Record<string, string> = {},
): string {
	const path = [section, ...selected.map(encodeURIComponent)].join("/");
	const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
	return parameters.size === 0 ? `#${path}` : `#${path}?${parameters}`;
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return "";
	}
}
