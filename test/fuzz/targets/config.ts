// Configuration files: any text of a file is accepted or refused with a code, and never ends the command otherwise.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverKeys, serveSchema } from "../../../src/cli/serve-schema.ts";
import { optionsOf, resolveSettings } from "../../../src/cli/settings.ts";
import { serverSettings } from "../../../src/server/options.ts";
import type { Random } from "../../xml/random-documents.ts";
import { allow, type Target } from "../target.ts";

const CODES = [
	"XMLSOCKET_CONFIG_UNREADABLE",
	"XMLSOCKET_OPTION_UNKNOWN",
	"XMLSOCKET_OPTION_INVALID",
	"XMLSOCKET_PORT_RESERVED",
	"XMLSOCKET_TARGET_INVALID",
];
const VALUES = [
	0,
	-1,
	1.5,
	1e300,
	true,
	false,
	null,
	"",
	"off",
	"auto",
	"*",
	"x",
	[],
	{},
	["*"],
	["a:stored"],
	[""],
	[null],
	"__proto__",
	65_536,
];

/** The target. */
export function open(): Target {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-fuzz-"));
	const file = join(folder, "xmlsocket.config.json");
	const keys = optionsOf(serveSchema).map(({ key }) => key);
	return {
		run(input) {
			writeFileSync(file, input);
			const resolved = allow(CODES, () => resolveSettings(serveSchema, {}, {}, file));
			if (!resolved) return;
			const own = Object.fromEntries(Object.entries(resolved.values).filter(([key]) => serverKeys.includes(key)));
			allow(CODES, () => serverSettings(own));
		},
		generate(random: Random) {
			const config: Record<string, unknown> = {};
			for (let count = random.below(5); count > 0; count--)
				config[random.pick([...keys, "prot", "__proto__", "room"])] = random.pick(VALUES);
			return new TextEncoder().encode(JSON.stringify(config));
		},
		finish: () => rmSync(folder, { recursive: true }),
		tokens: [
			...keys.map((key) => `"${key}":`),
			"{",
			"}",
			"[",
			"]",
			",",
			"null",
			"true",
			"1e999",
			'"__proto__":',
			"\xef\xbb\xbf",
			"//",
			'""',
		],
	};
}
