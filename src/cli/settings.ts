// Resolves the options of a command: flag, environment variable, configuration file, default, in this order. It knows the schemas and no
// command.

import { existsSync, readFileSync } from "node:fs";
import type { Command, Option } from "commander";
import * as v from "valibot";
import { XMLSocketError } from "../errors/index.ts";
import { checkOptions, type OptionsSchema } from "../options/index.ts";
import { OPTION_GROUPS, OTHER_OPTIONS } from "./option-groups.ts";

/** One option of a schema, for the command line. */
export interface OptionInfo {
	/** Its name in the configuration file and in the library. */
	readonly key: string;
	/** Its flags in `--help`, for example `-p, --port <n>`. */
	readonly flags: string;
	/** Its long flag without dashes, for example `max-document`. */
	readonly name: string;
	/** Its environment variable. */
	readonly variable: string;
	readonly about: string;
	readonly kind: "string" | "number" | "boolean" | "array" | "union";
	/** The words that it can be, where there are no other values. */
	readonly choices: readonly string[];
	/** A flag `--no-…`, whose presence means false. */
	readonly negated: boolean;
	readonly default: unknown;
}

/** A value and where it came from. */
export interface Sourced {
	readonly value: unknown;
	readonly source: "flag" | "environment" | "file" | "default";
}

/** The options from the command line, the environment and the file. */
export interface ResolvedSettings {
	/** The values from all sources, checked against the schema. */
	readonly values: Record<string, unknown>;
	/** Every option with its source. */
	readonly sources: Map<string, Sourced>;
	/** The configuration file that was read. */
	readonly file: string | undefined;
}

/** The configuration file that is found automatically. */
export const CONFIG_FILE = "xmlsocket.config.json";

interface InnerSchema extends v.GenericSchema {
	readonly options?: readonly unknown[];
}

/** What follows the flag of an option whose schema names none. */
function placeholder({ type }: InnerSchema): string {
	if (type === "boolean") return "";
	return type === "array" ? " <value...>" : ` <${type === "number" ? "n" : "value"}>`;
}

/** The options of a schema, in its order. */
export function optionsOf(schema: OptionsSchema): OptionInfo[] {
	return Object.entries(schema.entries).map(([key, entry]) => {
		const optional = entry as v.OptionalSchema<v.GenericSchema, unknown>;
		const inner = optional.wrapped as InnerSchema;
		const metadata = v.getMetadata(inner) as { about?: string; flag?: string };
		const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
		const kind = inner.type as OptionInfo["kind"];
		const flags = metadata.flag ?? `--${kebab}${placeholder(inner)}`;
		const name = /--([a-z0-9-]+)/.exec(flags)?.[1] ?? kebab;
		return {
			key,
			flags,
			name,
			variable: `XMLSOCKET_${name.replace(/^no-/, "").replaceAll("-", "_").toUpperCase()}`,
			about: metadata.about ?? "",
			kind,
			choices: (inner.options ?? []).filter((option) => typeof option === "string"),
			negated: name.startsWith("no-"),
			default: optional.default,
		};
	});
}

/** Adds the flags of a schema to a command, in groups; --help lists those that OPTION_GROUPS calls usual. */
export function addFlags(schema: OptionsSchema, command: Command): void {
	const infos = new Map(optionsOf(schema).map((info) => [info.key, info]));
	const add = (key: string, heading: string, isRare: boolean): void => {
		const info = infos.get(key);
		if (!info) return;
		infos.delete(key);
		const shown =
			info.default === undefined || info.negated || (Array.isArray(info.default) && info.default.length === 0);
		const about = shown ? info.about : `${info.about} (default: ${String(info.default)})`;
		const option = command.createOption(info.flags, about).helpGroup(heading);
		// For the help and completion; the schema checks the value.
		if (info.choices.length > 0 && !info.flags.includes("|")) option.argChoices = [...info.choices];
		if (isRare) option.hideHelp();
		command.addOption(option);
	};
	// Commander's list of options is the order of the groups: those of the command itself are last.
	const own = (command.options as Option[]).splice(0);
	for (const { heading, usual, rare } of OPTION_GROUPS) {
		for (const key of usual) add(key, heading, false);
		for (const key of rare) add(key, heading, true);
	}
	for (const key of infos.keys()) add(key, OTHER_OPTIONS, true);
	(command.options as Option[]).push(...own);
}

/**
 * Merges the sources and checks the result.
 *
 * @param flags commander's result, by its own names.
 * @param configFile the file's path; undefined: the path in XMLSOCKET_CONFIG, or the file that is found automatically; false: none.
 * @param others keys of other commands, which the same file may contain.
 * @throws XMLSOCKET_CONFIG_UNREADABLE, XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID
 */
export function resolveSettings(
	schema: OptionsSchema,
	flags: Record<string, unknown>,
	environment: Record<string, string | undefined>,
	configFile: string | undefined | false,
	others: readonly string[] = [],
): ResolvedSettings {
	const file =
		configFile === false
			? undefined
			: (configFile ?? environment.XMLSOCKET_CONFIG ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined));
	const fromFile = file === undefined ? {} : readConfig(file);
	for (const key of others) if (!(key in schema.entries)) delete fromFile[key];
	const sources = new Map<string, Sourced>();
	const values: Record<string, unknown> = { ...fromFile };
	for (const info of optionsOf(schema)) {
		const flag = flags[camel(info.name.replace(/^no-/, ""))];
		const variable = environment[info.variable];
		if (flag !== undefined && !(info.negated && flag === true)) put(info, convert(info, flag), "flag");
		else if (variable !== undefined && variable !== "") put(info, convert(info, variable), "environment");
		else if (Object.hasOwn(fromFile, info.key)) sources.set(info.key, { value: fromFile[info.key], source: "file" });
		else sources.set(info.key, { value: info.default, source: "default" });
	}
	function put(info: OptionInfo, value: unknown, source: "flag" | "environment"): void {
		values[info.key] = value;
		sources.set(info.key, { value, source });
	}
	const names = new Map(optionsOf(schema).map((info) => [info.key, info]));
	const nameOf = (key: string): string => {
		const source = sources.get(key)?.source;
		if (source === "flag") return `--${names.get(key)?.name}`;
		return source === "environment" ? String(names.get(key)?.variable) : `The option ${key} in ${file}`;
	};
	return { values: checkOptions(schema, values, nameOf) as Record<string, unknown>, sources, file };
}

function readConfig(file: string): Record<string, unknown> {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_CONFIG_UNREADABLE",
			`The configuration file ${file} cannot be read: ${(cause as Error).message}.`,
			{ cause },
		);
	}
	try {
		const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
		if (typeof value === "object" && value !== null && !Array.isArray(value)) {
			const { $schema: _, ...options } = value as Record<string, unknown>;
			return options;
		}
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_CONFIG_UNREADABLE",
			`The configuration file ${file} is not JSON: ${(cause as Error).message}.`,
			{ cause },
		);
	}
	throw new XMLSocketError(
		"XMLSOCKET_CONFIG_UNREADABLE",
		`The configuration file ${file} must contain one object with options.`,
	);
}

// What cannot be converted stays as it is, and the schema says what is wrong with it.
function convert(info: OptionInfo, value: unknown): unknown {
	if (info.kind === "array")
		return Array.isArray(value)
			? value
			: String(value)
					.split(",")
					.map((entry) => entry.trim())
					.filter(Boolean);
	if (info.kind === "string" && value === true) return ""; // a flag whose value is optional
	if (typeof value !== "string") return value;
	if (info.kind === "number") return /^[+-]?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
	// A whole number or a word.
	if (info.kind === "union") return /^\d+$/.test(value.trim()) ? Number(value) : value;
	if (info.kind === "boolean")
		return /^(?:1|true|yes|on)$/i.test(value) ? true : /^(?:0|false|no|off)$/i.test(value) ? false : value;
	return value;
}

function camel(name: string): string {
	return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
