// All targets by name.

import type { OpenTarget } from "../target.ts";
import { open as argumentsTarget } from "./arguments.ts";
import { open as chat } from "./chat.ts";
import { open as codec } from "./codec.ts";
import { open as config } from "./config.ts";
import { open as entries } from "./entries.ts";
import { open as filter } from "./filter.ts";
import { open as framer } from "./framer.ts";
import { open as http } from "./http.ts";
import { open as patterns } from "./patterns.ts";
import { open as policy } from "./policy.ts";
import { open as proxyHeader } from "./proxy-header.ts";
import { open as recognise } from "./recognise.ts";
import { open as recording } from "./recording.ts";
import { open as replay } from "./replay.ts";
import { open as stream } from "./stream.ts";
import { open as traffic } from "./traffic.ts";
import { open as wellFormed } from "./well-formed.ts";
import { openParser, open as xml } from "./xml.ts";

/** The names are those of `--only` and of the corpus's files. */
export const TARGETS: Readonly<Record<string, OpenTarget>> = {
	framer,
	stream,
	parser: openParser,
	xml,
	"well-formed": wellFormed,
	recognise,
	"proxy-header": proxyHeader,
	policy,
	codec,
	entries,
	patterns,
	config,
	arguments: argumentsTarget,
	chat,
	http,
	replay,
	traffic,
	filter,
	recording,
};
