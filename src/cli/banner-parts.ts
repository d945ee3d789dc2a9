// The parts of the banners: colours, rows, warnings.

import { styleText } from "node:util";

/** Rows and warnings as a banner. */
export function framed(
	version: string,
	tookMs: number,
	rows: readonly [string, string][],
	warnings: readonly string[],
	further = "",
): string {
	const { bold, dim, yellow } = styles();
	const lines = rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`);
	const marked = warnings.map((warning) => `  ${yellow("!")} ${warning}`);
	return [
		`\n  ${bold("xmlsocket")} ${version}  ${dim(`ready in ${Math.round(tookMs)} ms`)}\n`,
		`${lines.join("\n")}\n`,
		...(further === "" ? [] : [further]),
		...(marked.length > 0 ? [`${marked.join("\n")}\n`] : []),
		"",
	].join("\n");
}

/** Colours if standard output is a terminal, otherwise plain text. */
export function styles(): Record<"bold" | "dim" | "cyan" | "yellow", (text: string) => string> {
	const colour = process.stdout.isTTY && !process.env.NO_COLOR;
	const style = (name: "bold" | "dim" | "cyan" | "yellow") => (text: string) => (colour ? styleText(name, text) : text);
	return { bold: style("bold"), dim: style("dim"), cyan: style("cyan"), yellow: style("yellow") };
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
