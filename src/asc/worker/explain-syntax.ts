// Explains syntax that the engine of Flash Media Server accepted and V8 does not: the position, and what to write instead. It rewrites
// nothing.

/** Old syntax: a pattern that matches its line, and what to write instead. */
const OLD: readonly { readonly sign: RegExp; readonly hint: string }[] = [
	{ sign: /\bfor\s+each\b/, hint: "write `for (var key in object) { var value = object[key]; … }` for `for each`" },
	{
		sign: /\bcatch\s*\(\s*[\w$]+\s+if\b/,
		hint: "write one `catch (e)` with `if (…) … else throw e;` for `catch (e if …)`",
	},
	{ sign: /#\d+[=#]/, hint: "write the object first and set its property afterwards for a sharp variable (`#1=`)" },
	{ sign: /^\s*#(?:include|initclip|endinitclip)/, hint: 'write `load("file.asc");` for `#include`' },
	{ sign: /\b(?:getter|setter)\s*=/, hint: "write `object.addProperty(name, getter, setter)` for `getter =`" },
	{
		sign: /\bget\s+[\w$]+\s+function\b|\b[\w$]+\s+(?:getter|setter)\s*:/,
		hint: "write `get name() { … }` within the object",
	},
	{ sign: /[=(,:]\s*<[A-Za-z_>]/, hint: 'write `new XML("<a/>")` for an XML literal' },
	{
		sign: /\b(?:var|const)\s+[\w$]+\s*:|\bfunction\b[^(]*\([^)]*[\w$]\s*:|\bfunction\b[^(]*\([^)]*\)\s*:/,
		hint: "remove the type, `var list = []` for `var list:Array = []`: Server-Side ActionScript has no types",
	},
	{ sign: /^\s*(?:import|export)\b/, hint: 'write `load("file.asc");`: scripts are not modules' },
	{
		sign: /\b(?:class|enum|await|yield|let|static|implements|interface|package|private|protected|public)\b/,
		hint: "choose another name: this word is reserved in today's JavaScript",
	},
];

/** A syntax error with its position, `main.asc:3:5: SyntaxError: …`, and a hint if the line has old syntax. */
export function explainSyntax(error: unknown, text: string, file: string): string {
	const { message, stack } = error as { message: string; stack?: string };
	// Node puts the position, the line and a caret in front of the stack. An error at the end of the file has no caret.
	const line = Number(/^.*:(\d+)\n/.exec(stack ?? "")?.[1] ?? 0);
	const lines = text.split(/\r\n|\r|\n/);
	const mark = /^.*\n.*\n(\s*)\^/.exec(stack ?? "")?.[1]?.length;
	const column = (mark ?? lines[line - 1]?.length ?? 0) + 1;
	const near = [lines[line - 1] ?? "", lines[line - 2] ?? ""];
	let hint = "";
	for (const source of near) {
		hint ||= OLD.find(({ sign }) => sign.test(source))?.hint ?? "";
	}
	return `${file}:${line}:${column}: SyntaxError: ${message}${hint === "" ? "" : `; ${hint}`}.`;
}
