// Reads the Application.xml of an application's folder: the few settings that have a meaning here. It ignores the many others of Flash
// Media Server. Implements docs/guide/asc.md, "Application.xml".

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { XMLSocketError } from "../errors/index.ts";
import { child, elements, textContent, XML, type XMLNode } from "../xml/index.ts";

/** The settings of an Application.xml; undefined: not set. */
export interface ApplicationXml {
	/** `RuntimeSize`, in KiB. */
	readonly runtimeSizeKiB: number | undefined;
	/** `MaxTimeOut`, in seconds; 0: no limit. */
	readonly maxTimeOutSeconds: number | undefined;
	/** `ScriptLibPath`: folders, as written in the file. */
	readonly libraryPath: readonly string[];
	/** `XMLSocket/MaxUnprocessedChars`. */
	readonly maxUnprocessedChars: number | undefined;
	/** `ApplicationObject/config`. */
	readonly config: Readonly<Record<string, string>>;
}

const MAX_BYTES = 1024 * 1024;

/**
 * Reads the file of a folder; without one nothing is set.
 *
 * @throws XMLSOCKET_APPLICATION_XML_INVALID
 */
export function readApplicationXml(folder: string): ApplicationXml {
	const file = join(folder, "Application.xml");
	return parseApplicationXml(existsSync(file) ? readFileSync(file).subarray(0, MAX_BYTES).toString("utf8") : "", file);
}

/** Parses the file's text. @param file its name, for messages */
export function parseApplicationXml(text: string, file: string): ApplicationXml {
	const document = new XML();
	document.ignoreWhite = true;
	document.parseXML(text.replace(/^\ufeff/, ""));
	const invalid = (words: string): XMLSocketError =>
		new XMLSocketError("XMLSOCKET_APPLICATION_XML_INVALID", `${file}: ${words}`);
	if (document.status !== 0) throw invalid(`the file is not well-formed (status ${document.status}).`);
	const root = below(document, "Application");
	const engine = below(root, "ScriptEngine") ?? below(root, "JSEngine");
	const number = (name: string, node: XMLNode | undefined, least: number, most: number): number | undefined => {
		if (node === undefined) return undefined;
		const value = textContent(node).trim();
		if (value === "") return undefined;
		if (!/^-?\d+$/.test(value) || Number(value) > most)
			throw invalid(`${name} is "${value}"; write a whole number up to ${most}.`);
		// Flash Media Server uses -1 for "no limit" in several places.
		return Math.max(least, Number(value));
	};
	const config: Record<string, string> = Object.create(null) as Record<string, string>;
	for (const entry of elements(below(below(engine, "ApplicationObject"), "config") ?? document.createElement("none")))
		config[entry.nodeName as string] = textContent(entry).trim();
	const library = below(engine, "ScriptLibPath");
	const socket = below(root, "XMLSocket") ?? below(engine, "XMLSocket");
	return {
		runtimeSizeKiB: number("RuntimeSize", below(engine, "RuntimeSize"), 0, 4 * 1024 * 1024),
		maxTimeOutSeconds: number("MaxTimeOut", below(engine, "MaxTimeOut"), 0, 2_000_000),
		libraryPath:
			library === undefined
				? []
				: textContent(library)
						.split(";")
						.map((entry) => entry.trim())
						.filter((entry) => entry !== ""),
		maxUnprocessedChars: number("MaxUnprocessedChars", below(socket, "MaxUnprocessedChars"), 1, 16 * 1024 * 1024),
		config,
	};
}

function below(node: XMLNode | undefined, name: string): XMLNode | undefined {
	return node === undefined ? undefined : child(node, name);
}
