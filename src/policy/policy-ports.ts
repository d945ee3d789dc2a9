// The attribute to-ports of a policy file: `*`, ports, ranges, and lists of them. docs/guide/policy.md.

/** Ports from `first` to `last`, both of them included. */
export interface PortRange {
	readonly first: number;
	readonly last: number;
}

const HIGHEST_PORT = 65535;
/** A policy file from a port below this one may grant any port; one from a higher port only this and higher ones. */
export const FIRST_UNPRIVILEGED_PORT = 1024;

/**
 * Reads a list of ports.
 *
 * @returns the ranges in the order of the list, and the parts that are none.
 */
export function readPorts(text: string): { readonly ranges: PortRange[]; readonly wrong: string[] } {
	const ranges: PortRange[] = [];
	const wrong: string[] = [];
	if (text.trim() === "") return { ranges, wrong };
	for (const part of text.split(",").map((piece) => piece.trim())) {
		const found = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(part);
		const first = part === "*" ? 1 : Number(found?.[1]);
		const last = part === "*" ? HIGHEST_PORT : Number(found?.[2] ?? found?.[1]);
		if (first >= 1 && first <= last && last <= HIGHEST_PORT) ranges.push({ first, last });
		else wrong.push(part);
	}
	return { ranges, wrong };
}

/** Why a part of a list is no port, as the end of a sentence. */
export function whyNoPort(part: string): string {
	if (/^(?:all|any)$/i.test(part)) return "is no port (all ports are *)";
	if (/^\d+(?:[;|/ ]+\d+)+$/.test(part)) return "is no port (commas separate ports)";
	if (/^\d+(?:\.\.|:|–)\d+$/.test(part)) return "is no range (a range is FIRST-LAST)";
	const [first, last] = part.split("-").map(Number);
	if (first! > last!) return "is no range (the lower port comes first)";
	return "is no port from 1 to 65535";
}

/** Whether a port is among them. */
export function hasPort(ranges: readonly PortRange[], port: number): boolean {
	return ranges.some(({ first, last }) => first <= port && port <= last);
}

/** The ports of `ranges` that a file from the port `servedFrom` can allow. */
export function grantable(ranges: readonly PortRange[], servedFrom: number): PortRange[] {
	if (servedFrom < FIRST_UNPRIVILEGED_PORT) return [...ranges];
	return ranges
		.filter(({ last }) => last >= FIRST_UNPRIVILEGED_PORT)
		.map(({ first, last }) => ({ first: Math.max(first, FIRST_UNPRIVILEGED_PORT), last }));
}

/** The address ranges, as texts. */
export function showPorts(ranges: readonly PortRange[]): string {
	return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}
