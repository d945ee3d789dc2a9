// Reads the declaration files of the package and lists what each entry point exports: the text of docs/api.md. It also finds members
// that are not meant for users. It reads text, not types: every declaration that it needs begins a line with `export`.

import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Where an entry point is explained, and what it is for. */
const ENTRIES = {
	".": ["guide/chat-client.md", "the client in Node: `XMLSocket`, `connect`, `openChat`"],
	"./xml": ["guide/xml.md", "ActionScript's `XML` and `XMLNode`, and functions over them"],
	"./wire": ["guide/xmlstreams.md", "bytes to documents and back, without a network"],
	"./client": ["guide/chat-client.md", "the client over a way to connect of your own"],
	"./browser": ["guide/browser.md", "the client in a page, and a server inside a page"],
	"./policy": ["guide/policy.md", "socket policy files"],
	"./rooms": ["chat.md", "rooms and their members"],
	"./application": ["operating.md", "what a server runs"],
	"./message-log": ["reliability.md", "the messages of stored rooms"],
	"./server": ["operating.md", "the daemon as a library"],
	"./tools": ["guide/doctor.md", "what the tools of the command line do, as functions"],
	"./gateway": ["guide/gateway.md", "WebSocket to TCP for Flash content in pages"],
	"./identity": ["guide/identity.md", "names that a web site's login gives"],
	"./asc": ["guide/asc.md", "Server-Side ActionScript applications"],
};

const DECLARATION = /^export (?:declare )?(?:abstract )?(class|function|const|interface|type|enum) ([\w$]+)/;

/** The exports of one declaration file by name: where each is declared, and under which name there. */
function exportsOf(file, seen = new Map()) {
	const known = seen.get(file);
	if (known) return known;
	const found = new Map();
	seen.set(file, found);
	const text = readFileSync(file, "utf8");
	for (const line of text.split("\n")) {
		const own = DECLARATION.exec(line);
		// An interface or type beside a class or constant of the same name adds to it.
		if (own && !found.has(own[2])) found.set(own[2], { file, name: own[2] });
	}
	for (const [, list, from] of text.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm)) {
		const source = exportsOf(resolve(dirname(file), from.replace(/\.ts$/, ".d.ts")), seen);
		for (const item of list.split(",").map((part) => part.trim().replace(/^type /, ""))) {
			if (item === "") continue;
			const [name, alias = name] = item.split(" as ");
			const target = source.get(name);
			if (!target) throw new Error(`${file} exports ${name}, which ${from} does not have.`);
			found.set(alias, target);
		}
	}
	return found;
}

/** The kind of a declaration, and the first sentence of its comment. */
function described({ file, name }) {
	const text = readFileSync(file, "utf8");
	const all = [...text.matchAll(new RegExp(DECLARATION, "gm"))].filter((match) => match[2] === name);
	const at = all[0];
	const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, at.index))?.[1] ?? "";
	const plain = comment
		.replace(/^\s*\* ?/gm, "")
		.replace(/\{@link ([^}|]*?)(?:\s*\|\s*([^}]*))?\}/g, (_, target, label) => `\`${(label ?? target).trim()}\``)
		.split(/\n\s*\n|^@/m)[0]
		.replace(/\s+/g, " ")
		.trim();
	const sentence = /^(.*?[.:])(?= [A-Z`]|$)/.exec(plain)?.[1] ?? plain;
	// A class that is declared as a constant has a type of the same name.
	const kind = all.some((match) => match[1] === "const") && all.length > 1 ? "class" : at[1];
	return { kind, sentence: sentence.replace(/:$/, ".") };
}

/** All entry points with their exports, sorted by name. */
export function entryPoints(root) {
	const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	return Object.entries(exports)
		.filter(([, target]) => typeof target === "object")
		.map(([entry, { types }]) => {
			const guide = ENTRIES[entry];
			if (!guide) throw new Error(`The entry point ${entry} has no guide in scripts/api-reference.js.`);
			const found = exportsOf(join(root, types));
			const names = [...found.keys()].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
			return {
				entry: entry === "." ? "xmlsocket" : `xmlsocket${entry.slice(1)}`,
				guide: guide[0],
				about: guide[1],
				exports: names.map((name) => ({ name, file: found.get(name).file, ...described(found.get(name)) })),
			};
		});
}

/** The text of docs/api.md. */
export function apiReference(root) {
	const parts = entryPoints(root).map(({ entry, guide, about, exports }) => {
		const rows = exports.map(
			({ name, kind, sentence }) => `| \`${name}\` | ${kind} | ${sentence.replaceAll("|", "\\|")} |`,
		);
		return `## ${entry}\n\n${about[0].toUpperCase()}${about.slice(1)}. Guide: [${guide}](${guide}).\n\n| export | kind | |\n|---|---|---|\n${rows.join("\n")}\n`;
	});
	return `# Exports

Every export of every entry point, in one line each. Your editor shows the rest: parameters, defaults, errors by code, examples.
This page is made from the declaration files by \`npm run docs\`.

${parts.join("\n")}`;
}

/** Declarations that tell users of members that are not for them, as \`file: line\`. */
export function internalMembers(root) {
	const files = new Set(entryPoints(root).flatMap(({ exports }) => exports.map(({ file }) => file)));
	return [...files].flatMap((file) =>
		readFileSync(file, "utf8")
			.split("\n")
			.filter((line) =>
				/@internal|^\s+(?:(?:readonly|static|get|set|private|protected) )*_\w|^\s+(?:private|protected) /.test(line),
			)
			.filter((line) => !/^\s+private constructor/.test(line))
			.map((line) => `${file.slice(root.length + 1)}: ${line.trim()}`),
	);
}
