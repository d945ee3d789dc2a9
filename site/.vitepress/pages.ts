// Which files of the repository are pages of the site, and at which address.

/** The page of a Markdown file, as paths below the repository and below the site. A file that is not a page keeps its path. */
export function pageOf(file: string): string {
	if (file === "site/index.md") return "index.md";
	if (file === "docs/README.md") return "contents.md";
	if (file === "examples/README.md") return "examples/index.md";
	const example = /^(examples\/.+)\/README\.md$/.exec(file)?.[1];
	if (example !== undefined) return `${example}.md`;
	if (file.startsWith("docs/")) return file.slice("docs/".length);
	return /^[A-Z]+\.md$/.test(file) ? file.toLowerCase() : file;
}
