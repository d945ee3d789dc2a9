// Filters of traffic: `msg/body[@action='verChk'] and not server`. This is the language as a user sees it; `filter-reader.ts` reads it and
// `element-path.ts` walks through documents. A filter looks at one event alone and never throws.

import { XMLSocketError } from "../../errors/index.ts";
import type { Decoded } from "./decoded.ts";
import type { TrafficEvent } from "./event.ts";
import { FilterMistake, FilterReader, type Matcher } from "./filter-reader.ts";
import { columnsOf, visible } from "./visible.ts";

/** A filter that was read, see {@link parseFilter}. */
export interface Filter {
	/** The text that it was read from. */
	readonly text: string;
	/**
	 * Whether an event passes. A test that does not fit the event is false: an element path of JSON, a direction of an `open`.
	 *
	 * @param decoded the event's document; undefined for events without one.
	 */
	matches(event: TrafficEvent, decoded: Decoded | undefined): boolean;
}

const LONGEST_FILTER = 4096;

/**
 * Reads a filter. Tests are joined by `and`, `or`, `not` and parentheses. A test is one of:
 *
 * - an element path: `msg/body[@action='verChk']`. The first name is the root element, `//name` an element anywhere, `*` any name; behind a name any
 *   number of `[@a]`, `[@a='x']`, `[@a!='x']`, `[@a~=/re/]`, and the same with `text()`. A name in quotes is never a word of this list: `'error'`;
 * - `/re/`, `/re/i`: an expression found in the text. It is matched in linear time, in the first 65,536 characters, and has no lookaround and no references;
 * - `client` or `server`: who sent it;
 * - `document`, `policy`, `open`, `close` or `error`: what it is;
 * - `xml`, `xt`, `json`, `text`, `binary` or `empty`: the document's form;
 * - `xt:NAME`: a `%xt%` document with this command, also without the part before its `#`;
 * - `connection=3`, `bytes>1000`, with `=`, `!=`, `<`, `<=`, `>`, `>=`.
 *
 * @throws XMLSOCKET_FILTER_INVALID, whose message shows the place; `details.column` counts from 1.
 *
 * @example
 * ```ts
 * parseFilter("client and (//nick or xt:sm)").matches(event, decoded);
 * ```
 */
export function parseFilter(text: string): Filter {
	if (text.length > LONGEST_FILTER)
		throw new XMLSocketError(
			"XMLSOCKET_FILTER_INVALID",
			`The filter has ${text.length} characters; at most ${LONGEST_FILTER} are allowed.`,
			{ details: { column: LONGEST_FILTER + 1 } },
		);
	let matches: Matcher;
	try {
		matches = new FilterReader(text).read();
	} catch (error) {
		throw error instanceof FilterMistake ? shown(text, error) : error;
	}
	return { text, matches };
}

function shown(text: string, { expected, offset }: FilterMistake): XMLSocketError {
	const column = offset + 1;
	const caret = `${" ".repeat(columnsOf(visible(text.slice(0, offset))))}^`;
	return new XMLSocketError(
		"XMLSOCKET_FILTER_INVALID",
		`The filter needs ${expected} at column ${column}:\n  ${visible(text)}\n  ${caret}`,
		{ details: { column } },
	);
}
