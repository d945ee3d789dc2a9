// The parts of the banners: colours, rows, warnings, the last line.

import { painterFor } from "./colour.ts";
import { hasKeys } from "./terminal-keys.ts";

/** What a banner shows. */
export interface BannerParts {
	readonly rows: readonly [string, string][];
	readonly warnings: readonly string[];
	/** Text between the rows and the warnings. */
	readonly further?: string;
	/** Whether the command has the keys of terminal-keys.ts. */
	readonly keys?: boolean;
}

/** Rows and warnings as a banner. */
export function framed(version: string, tookMs: number, { rows, warnings, further = "", keys }: BannerParts): string {
	const { bold, dim, yellow } = styles();
	const lines = rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`);
	const marked = warnings.map((warning) => `  ${yellow("!")} ${warning}`);
	return [
		`\n  ${bold("xmlsocket")} ${version}  ${dim(`ready in ${Math.round(tookMs)} ms`)}\n`,
		`${lines.join("\n")}\n`,
		...(further === "" ? [] : [further]),
		...(marked.length > 0 ? [`${marked.join("\n")}\n`] : []),
		// A daemon without a terminal has nobody who could press a key.
		...(process.stdout.isTTY
			? [`  ${dim(`Press Ctrl+C to stop${keys && hasKeys() ? ", h and Enter to see more keys" : ""}.`)}\n`]
			: []),
		"",
	].join("\n");
}

/** Colours if standard output shows them, otherwise plain text. */
export function styles(): Record<"bold" | "dim" | "cyan" | "yellow", (text: string) => string> {
	const paint = painterFor(process.stdout);
	return {
		bold: (text) => paint("bold", text),
		dim: (text) => paint("dim", text),
		cyan: (text) => paint("cyan", text),
		yellow: (text) => paint("yellow", text),
	};
}

/** How a user of this installation writes the command: after `npm start` or `npx`, through npx. */
export function commandName(): string {
	return process.env.npm_command === undefined ? "xmlsocket" : "npx xmlsocket";
}

/** The host in a URL for an address listened on. */
export function urlHost(host: string): string {
	if (host === "*" || host === "::" || host === "0.0.0.0") return "localhost";
	return host.includes(":") ? `[${host}]` : host;
}

/** Whether other machines can connect. */
export function isPublic(host: string): boolean {
	return host !== "localhost" && host !== "::1" && !host.startsWith("127.");
}
