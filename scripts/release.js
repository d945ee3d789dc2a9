// `npm run release -- …`: what a publisher needs besides npm. CONTRIBUTING.md, "Releasing", has the steps.
//   owner NAME        puts the owner of the repository into the files that have a placeholder for it
//   check [VERSION]   fails where something is missing for a release; also before each `npm publish`
//   notes [VERSION]   prints the section of CHANGELOG.md

import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

/** The files with the placeholder OWNER. */
const FILES = ["package.json", ".github/CODEOWNERS", ".github/ISSUE_TEMPLATE/config.yml"];
const PLACEHOLDER = /\bOWNER\b/;
const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** The text below the heading of a version. */
function notesOf(wanted) {
	const sections = readFileSync("CHANGELOG.md", "utf8").split(/^## /m);
	const section = sections.find((text) => text.startsWith(`${wanted} `) || text.startsWith(`${wanted}\n`));
	if (section === undefined) return undefined;
	const [heading, ...lines] = section.split("\n");
	return { heading, text: lines.join("\n").trim() };
}

function problems(wanted) {
	const found = [];
	const open = FILES.filter((file) => PLACEHOLDER.test(readFileSync(file, "utf8")));
	if (open.length > 0)
		found.push(`${open.join(", ")}: the owner of the repository is missing. Run: npm run release -- owner NAME`);
	if (wanted !== version) found.push(`The version of package.json is ${version}, not ${wanted}.`);
	const notes = notesOf(version);
	if (!notes?.text) found.push(`CHANGELOG.md has no section for ${version}.`);
	else if (notes.heading.includes("unreleased"))
		found.push(`CHANGELOG.md: write the date instead of "(unreleased)" after ${version}.`);
	return found;
}

const [command, word = version] = process.argv.slice(2);
const wanted = word.replace(/^v/, "");
if (command === "owner" && process.argv.length === 4) {
	if (!/^[A-Za-z\d](?:[A-Za-z\d-]{0,37}[A-Za-z\d])?$/.test(word)) {
		console.error(`"${word}" is not a name of a user or an organisation on GitHub.`);
		process.exit(2);
	}
	for (const file of FILES) {
		writeFileSync(file, readFileSync(file, "utf8").replace(new RegExp(PLACEHOLDER, "g"), word));
		console.log(`${file}: ${word}`);
	}
} else if (command === "check") {
	const found = problems(wanted);
	if (found.length > 0) {
		console.error(`Not ready to publish ${wanted}:\n${found.map((problem) => `- ${problem}`).join("\n")}`);
		process.exit(1);
	}
} else if (command === "notes") {
	const notes = notesOf(wanted);
	if (!notes) {
		console.error(`CHANGELOG.md has no section for ${wanted}.`);
		process.exit(1);
	}
	console.log(notes.text);
} else {
	console.error("Usage: npm run release -- owner NAME | check [VERSION] | notes [VERSION]");
	process.exit(2);
}
