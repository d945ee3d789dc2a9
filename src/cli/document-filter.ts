// `--filter` of `listen`: the language of filters of traffic, for documents that a server sends.

import { decodeDocument, exactDecode, parseFilter } from "../tools/index.ts";
import { utf8Codec } from "../wire/index.ts";

/** Which documents pass; all where there is no expression. @throws XMLSOCKET_FILTER_INVALID */
export function documentFilter(expression: unknown): (text: string) => boolean {
	if (typeof expression !== "string") return () => true;
	const filter = parseFilter(expression);
	const decode = exactDecode(utf8Codec());
	return (text) => {
		const bytes = Buffer.from(text);
		const event = {
			kind: "document",
			direction: "server",
			connection: 1,
			time: 0,
			bytes,
			ending: "terminated",
		} as const;
		return filter.matches(event, decodeDocument(bytes, decode));
	};
}
