// The codes that a client accepts from a server, compared with the table of all codes.

import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode } from "../../src/errors/codes.ts";
import { codeOfWire, wireCode } from "../../src/errors/index.ts";

// Of the other classes, a daemon sends these alone.
const OTHERS: readonly string[] = ["XMLSOCKET_FILTER_FAILED", "XMLSOCKET_INTERNAL", "XMLSOCKET_UNAVAILABLE"];

describe("codeOfWire", () => {
	it("knows every code that a daemon can send, and no other", () => {
		for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
			const sent = ["peer", "limit"].includes(ERROR_CODES[code].class) || OTHERS.includes(code);
			expect(codeOfWire(wireCode(code)), code).toBe(sent ? code : undefined);
		}
	});

	it.each(["full-moon", "", " ", "name-taken banned", "NAME-TAKEN", "name_taken", "__proto__"])(
		"does not know %j",
		(code) => {
			expect(codeOfWire(code)).toBeUndefined();
		},
	);
});
