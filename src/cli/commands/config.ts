// `xmlsocket config`: every option of the daemon, its value, and the source of the value: flag, environment, file or default.

import { serveSchema } from "../serve-schema.ts";
import { optionsOf, resolveSettings } from "../settings.ts";

/** Prints the options. */
export function config(flags: Record<string, unknown>): void {
	const { sources, file } = resolveSettings(serveSchema, flags, process.env, flags.config as string | undefined);
	const rows = optionsOf(serveSchema).map((info) => {
		const { value, source } = sources.get(info.key)!;
		return {
			option: info.key,
			value,
			source: source === "file" ? `file ${file}` : source === "environment" ? `environment ${info.variable}` : source,
			flag: `--${info.name}`,
			variable: info.variable,
			about: info.about,
		};
	});
	if (flags.json) {
		for (const row of rows) process.stdout.write(`${JSON.stringify({ ...row, value: row.value ?? null })}\n`);
		return;
	}
	const width = (key: "option" | "flag"): number => Math.max(...rows.map((row) => row[key].length));
	for (const row of rows) {
		const value =
			row.value === undefined || (Array.isArray(row.value) && row.value.length === 0) ? "-" : String(row.value);
		process.stdout.write(
			`${row.option.padEnd(width("option"))}  ${value.padEnd(12)}  ${row.source.padEnd(9)}  ${row.flag.padEnd(width("flag"))}  ${row.about}\n`,
		);
	}
}
