// The mistakes with which home-made servers send a policy file that no player takes: each has a name of its own, because the parser's words
// about them ("text outside the root element") do not say what to change.

const MISTAKES: readonly { readonly code: string; readonly found: RegExp; readonly text: string }[] = [
	{
		code: "http",
		found: /^HTTP\/\d/,
		text: "The answer is that of a web server. Players expect the file alone, without HTTP headers: the port must lead to a policy server, and an HTTP proxy cannot pass the request on.",
	},
	{
		code: "utf-16",
		// Of UTF-16, only the part up to the first zero byte counts: at most the byte order mark and one character.
		found: /^(?:\ufffd{2}<?|<)$/,
		text: "The file is in UTF-16. Send it in UTF-8.",
	},
	{
		code: "written-zero",
		found: /\\(?:0|u0000|x00)\s*$/,
		text: "The file ends with a backslash and a digit instead of a zero byte: the server writes the escape as text. In PHP and shells, that happens in single quotes.",
	},
	{
		code: "escaped-quotes",
		found: /=\s*\\["']/,
		text: "There are backslashes before the quotes: the server sends its escapes as text.",
	},
	{
		code: "escaped-markup",
		found: /^\s*&lt;/,
		text: "The markup is escaped: the file must begin with <, not with &lt;.",
	},
	{
		code: "silverlight",
		found: /^\s*(?:<\?[^>]*>\s*)?<access-policy[\s>]/,
		text: "This is a policy file of Silverlight. Flash Player needs <cross-domain-policy>.",
	},
];

/** What is wrong with a text that no player takes; undefined if it is none of the known mistakes. */
export function whyRefused(text: string): { readonly code: string; readonly text: string } | undefined {
	return MISTAKES.find(({ found }) => found.test(text));
}
