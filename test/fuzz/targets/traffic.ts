// Bytes that others sent, as the tools show them: nothing is lost when they are cut, nothing controls a terminal, and no secret passes a mask.

import {
	createMask,
	DocumentCutter,
	decodeDocument,
	exactDecode,
	formatDocument,
	TrafficStatistics,
} from "../../../src/tools/traffic/index.ts";
import { utf8Codec } from "../../../src/wire/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { bytesOf, holds, latin1Of, same, type Target } from "../target.ts";

const TERMINATORS = [[0], [10], [13, 10], [0, 0], [10, 0, 10]];
const decode = exactDecode(utf8Codec());
const mask = createMask(["password", "pw", "xt:login:2"]);
const CONTROLS = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u200e\u200f]|\p{Cs}/u;
// Each has the secret where it belongs to a name, in a document that is otherwise anything.
const SECRETS = [
	" password='SECRET'",
	' password="SECRET"',
	"<pw>SECRET</pw>",
	"<pw a='SECRET'/>",
	'"password":"SECRET"',
	'{"password":{"a":"SECRET"}}',
	"&password=SECRET&",
];

function run(input: Uint8Array, random: Random): void {
	cuts(input, random);
	const document = decodeDocument(input, decode);
	const options = [{}, { indent: "" }, { indent: "", width: 40 }, { maxCharacters: 100 }, { width: 30 }][
		random.below(5)
	];
	const shown = formatDocument(document, options)
		.map(({ text }) => text)
		.join("");
	holds(`a control character in ${JSON.stringify(shown)}`, !CONTROLS.test(shown));
	const statistics = new TrafficStatistics({ maxNames: 2 });
	statistics.add(
		{ kind: "document", connection: 1, time: 0, direction: "client", ending: "terminated", bytes: input },
		document,
	);
	same("bytes that were counted", statistics.summary().client.bytes, input.length);
	secrets(input, random);
}

function cuts(input: Uint8Array, random: Random): void {
	const terminator = Uint8Array.from(TERMINATORS[random.below(TERMINATORS.length)] as number[]);
	const cutter = new DocumentCutter({ terminator, maxDocumentBytes: 1 + random.below(50) });
	let together = "";
	for (let at = 0; at < input.length; ) {
		const end = at + 1 + random.below(40);
		for (const { bytes, ending } of cutter.push(input.subarray(at, end)))
			together += latin1Of(bytes) + (ending === "terminated" ? latin1Of(terminator) : "");
		at = end;
	}
	const last = cutter.end();
	same("the bytes of all units", together + (last ? latin1Of(last.bytes) : ""), latin1Of(input));
}

function secrets(input: Uint8Array, random: Random): void {
	const text = latin1Of(input).replaceAll("SECRET", "");
	const at = random.below(text.length + 1);
	const secret = SECRETS[random.below(SECRETS.length)] as string;
	// A name that continues the text before is another name, and so is one in a comment's or section's mark.
	const whole = `${text.slice(0, at)} ${secret} ${text.slice(at)}`;
	const masked = latin1Of(mask.applyToBytes(bytesOf(whole)));
	holds(`a secret in ${JSON.stringify(masked)}, of ${JSON.stringify(whole)}`, !masked.includes("SECRET"));
	same("what is masked twice", latin1Of(mask.applyToBytes(bytesOf(masked))).includes("SECRET"), false);
}

function product(input: Uint8Array): void {
	formatDocument(decodeDocument(input, decode));
	mask.applyToBytes(input);
}

/** The target. */
export const open = (): Target => ({
	run,
	product,
	maxBytes: 60_000,
	tokens: [
		"<a>",
		"</a>",
		"<pw>",
		"</pw>",
		"<pw ",
		"<b n='pw'>",
		"<!--",
		"-->",
		"<![CDATA[",
		"]]>",
		"<?x",
		"?>",
		"<!DOCTYPE",
		"password",
		'"password"',
		"password=",
		"password='",
		'password="',
		'"password":',
		'\\"password\\":\\"',
		"&quot;password&quot;:&quot;",
		"%22password%22%3A",
		'{"name":"password","value":',
		"[",
		"]",
		"{",
		"}",
		"'",
		'"',
		"\\",
		"%xt%s%login%1%2%",
		"\xe2\x80\xae",
		"\x1b[2J",
		"\xff",
		"\0",
		"\r\n",
	],
});
