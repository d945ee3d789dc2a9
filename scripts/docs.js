// Writes the reference pages that are made from the code: docs/errors.md from the table of codes, docs/options.md and
// docs/xmlsocket.config.schema.json from the schemas, docs/api.md from the declaration files, the commands in docs/cli.md from the tables of the
// program, the comparison in docs/performance.md from the results of the benchmark. With --check it writes nothing and fails where a page is out of date.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { toJsonSchema } from "@valibot/to-json-schema";
import { ascSchema } from "../dist/asc/index.js";
import { gatewayCommandSchema } from "../dist/cli/gateway-schema.js";
import { serveSchema } from "../dist/cli/serve-schema.js";
import { optionsOf } from "../dist/cli/settings.js";
import { ERROR_CODES } from "../dist/errors/codes.js";
import { wireCode } from "../dist/errors/index.js";
import { apiReference } from "./api-reference.js";
import { cliPage } from "./cli-reference.js";
import { currentPages } from "./performance-page.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const docs = join(root, "docs");
/** A text as a cell of a table: an element that it names is not markup. */
const cell = (text) =>
	text
		.replaceAll("|", "\\|")
		.split("`")
		.map((part, at) => (at % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
		.join("`");
const shown = (value) =>
	value === undefined || (Array.isArray(value) && value.length === 0) ? "–" : `\`${value === "" ? '""' : value}\``;

const errors = `# Error codes

Every error of this package is an \`XMLSocketError\` with one of these codes. Documents contain the code in the form of the second column.
\`xmlsocket explain CODE\` accepts both forms. The class is the cause: the calling program or operator (usage), the other end (peer), a
limit (limit), the connection (network), or this package (internal).

| code | in documents | class | what happened | what to do |
|---|---|---|---|---|
${Object.entries(ERROR_CODES)
	.map(
		([code, entry]) =>
			`| \`${code}\` | \`${wireCode(code)}\` | ${entry.class} | ${cell(entry.text)} | ${cell(entry.hint ?? "")} |`,
	)
	.join("\n")}
`;

const options = `# Options of the daemon

You can set each option with a flag of \`xmlsocket serve\`, an environment variable, or a key of \`xmlsocket.config.json\`. The flag overrides the
variable, and the variable overrides the file. Sizes are in bytes, times in milliseconds. \`xmlsocket config\` prints every value and its source.
If the file contains \`"$schema": "./node_modules/xmlsocket/docs/xmlsocket.config.schema.json"\`, your editor completes its keys.

| key | flag | variable | default | |
|---|---|---|---|---|
${optionsOf(serveSchema)
	.map(
		(info) =>
			`| \`${info.key}\` | \`${cell(info.flags)}\` | \`${info.variable}\` | ${shown(info.default)} | ${cell(/^--no-/.test(info.flags) ? `false: ${info.about}` : info.about)} |`,
	)
	.join("\n")}

\`xmlsocket gateway\` accepts the following options and ignores others in the file. Its default port is 9001, and \`encoding\` is the
encoding of its targets: ${Object.keys(gatewayCommandSchema.entries)
	.map((key) => `\`${key}\``)
	.join(", ")}.

\`xmlsocket run\` accepts the options of the port, \`logLevel\`, and ${Object.keys(ascSchema.entries)
	.map((key) => `\`${key}\``)
	.join(", ")}. Its arguments are the applications.
`;

const jsonSchema = toJsonSchema(serveSchema, { errorMode: "ignore", typeMode: "input" });
for (const info of optionsOf(serveSchema)) jsonSchema.properties[info.key].description = info.about;
jsonSchema.properties.$schema = { type: "string" };

const pages = {
	"api.md": apiReference(root),
	"cli.md": await cliPage(readFileSync(join(docs, "cli.md"), "utf8")),
	"errors.md": errors,
	"options.md": options,
	...currentPages(),
	"xmlsocket.config.schema.json": `${JSON.stringify(jsonSchema, null, "\t")}\n`,
};

const stale = [];
for (const [name, text] of Object.entries(pages)) {
	const file = join(docs, name);
	let before = "";
	try {
		before = readFileSync(file, "utf8");
	} catch {
		// Not written yet.
	}
	if (before === text) continue;
	stale.push(name);
	if (!process.argv.includes("--check")) writeFileSync(file, text);
}
if (stale.length > 0) {
	console.log(
		process.argv.includes("--check")
			? `Out of date: ${stale.join(", ")}. Run \`npm run docs\`.`
			: `Wrote ${stale.join(", ")}.`,
	);
	process.exitCode = process.argv.includes("--check") ? 1 : 0;
}
