import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { bytes, checkOptions, described, milliseconds } from "../../src/options/index.ts";

const schema = v.strictObject({
	waitMs: v.optional(described(milliseconds(10), "a time"), 20),
	maxBytes: v.optional(described(bytes(64), "a size"), 100),
	ratio: v.optional(v.number(), 1),
	on: v.optional(v.boolean(), false),
	kind: v.optional(v.picklist(["live", "stored", "off"]), "off"),
	name: v.optional(described(v.pipe(v.string(), v.nonEmpty()), "a name"), "x"),
	list: v.optional(described(v.array(v.pipe(v.string(), v.nonEmpty())), "a list"), []),
	pairs: v.optional(v.array(v.pipe(v.string(), v.regex(/=/, "NAME=VALUE"))), []),
	cappedMs: v.optional(described(v.pipe(milliseconds(10), v.maxValue(1000)), "a time with another limit"), 20),
});

const failure = (options: unknown, nameOf?: (key: string) => string): { code: string; message: string } => {
	try {
		checkOptions(schema, options, nameOf);
	} catch (error) {
		return error as { code: string; message: string };
	}
	throw new Error("nothing was thrown");
};

describe("checkOptions", () => {
	it.each([
		[{ waitMs: "x" }, 'The option waitMs must be a whole number of milliseconds from 10 to 2147483647, but is "x".'],
		[{ waitMs: 10.5 }, "The option waitMs must be a whole number of milliseconds from 10 to 2147483647, but is 10.5."],
		[{ maxBytes: -1 }, "The option maxBytes must be a whole number of bytes from 64 to 1073741824, but is -1."],
		[{ ratio: null }, "The option ratio must be a number, but is null."],
		[{ on: "yes" }, 'The option on must be true or false, but is "yes".'],
		[{ kind: {} }, "The option kind must be live, stored or off, but is an object."],
		[{ name: "" }, 'The option name must be a text that is not empty, but is "".'],
		[{ list: "a" }, 'The option list must be a list, but is "a".'],
		[{ list: ["a", ""] }, 'The option list has the entry "", but each entry must be a text that is not empty.'],
		[{ pairs: ["a"] }, 'The option pairs has the entry "a", but each entry must be NAME=VALUE.'],
		[{ name: 5 }, "The option name must be a text that is not empty, but is 5."],
		[{ cappedMs: 5000 }, "The option cappedMs must be a whole number of milliseconds from 10 to 1000, but is 5000."],
		[undefined, "The options must be an object, but are undefined."],
		[5, "The options must be an object, but are 5."],
	])("reports for %j the option, what is allowed, and the value", (options, message) => {
		expect(failure(options)).toMatchObject({ code: "XMLSOCKET_OPTION_INVALID", message });
	});

	it("reports all mistakes at once, each on its own line, with the nearest name for an unknown one", () => {
		expect(failure({ on: 1, waitMS: 5, zzzzzzzz: 1 })).toMatchObject({
			code: "XMLSOCKET_OPTION_INVALID",
			message:
				'The option on must be true or false, but is 1.\nThere is no option "waitMS"; did you mean "waitMs"?\nThere is no option "zzzzzzzz".',
		});
	});

	it("has the code for unknown options when these are the only mistakes", () => {
		expect(failure({ nmae: "x" }).code).toBe("XMLSOCKET_OPTION_UNKNOWN");
	});

	it("names an option as its caller does", () => {
		expect(failure({ on: 1 }, (key) => `--${key}`).message).toBe("--on must be true or false, but is 1.");
	});
});
