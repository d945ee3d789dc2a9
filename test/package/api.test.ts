// The published types: every export is explained in a sentence, and no member is there that is not for users.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { entryPoints, internalMembers } from "../../scripts/api-reference.js";

const root = resolve(import.meta.dirname, "../..");

describe("the published types", () => {
	it.each(entryPoints(root).map((point) => [point.entry, point] as const))(
		"%s: each export has a sentence",
		(_, point) => {
			expect(point.exports.length).toBeGreaterThan(0);
			expect(point.exports.filter(({ sentence }) => sentence === "").map(({ name }) => name)).toEqual([]);
		},
	);

	it("have no internal, private or underscored member", () => {
		expect(internalMembers(root)).toEqual([]);
	});

	it("declare functions as functions, whose signature an editor shows", () => {
		const files = new Set(entryPoints(root).flatMap(({ exports }) => exports.map(({ file }) => file)));
		const constants = [...files].flatMap((file) =>
			[...readFileSync(file, "utf8").matchAll(/^export declare const (\w+): (?:\(|<|Connect;|OpenChat;|Dial;)/gm)].map(
				([line]) => `${file}: ${line}`,
			),
		);
		expect(constants).toEqual([]);
	});
});
