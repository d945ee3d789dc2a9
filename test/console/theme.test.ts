// The colours of console/theme.css: text can be read on each background that it is used on, in both palettes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Rgb = readonly [number, number, number];

const css = readFileSync(join(import.meta.dirname, "../../console/theme.css"), "utf8");
const dark = /@media \(prefers-color-scheme: dark\) \{([\s\S]*?)\n\}/.exec(css)![1]!;
const TINTS = Array.from({ length: 8 }, (_, at) => `t${at}`);

/** The colours of a palette by name. */
function palette(text: string): Record<string, Rgb> {
	const found = [...text.matchAll(/--([\w-]+): #([\da-f]{6});/g)];
	return Object.fromEntries(
		found.map(([, name, hex]) => [name, [0, 2, 4].map((at) => Number.parseInt(hex!.slice(at, at + 2), 16)) as never]),
	);
}

const mix = (a: Rgb, b: Rgb, share: number): Rgb => a.map((part, at) => part * share + b[at]! * (1 - share)) as never;

function luminance(colour: Rgb): number {
	const [r, g, b] = colour.map((part) => {
		const value = part / 255;
		return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: Rgb, b: Rgb): number {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (high! + 0.05) / (low! + 0.05);
}

const light = palette(css.replace(dark, ""));

describe.each([
	["light", light],
	["dark", { ...light, ...palette(dark) }],
])("the %s palette", (_, colours) => {
	const pairs = [
		...["paper", "side", "raised", "own", "accent-soft", "notice-soft", "warn-soft"].map((on) => ["ink", on]),
		...["paper", "side", "raised", "own", "notice-soft", "accent-soft"].map((on) => ["muted", on]),
		...["paper", "side", "raised", "own", "notice-soft", "accent-soft"].map((on) => ["accent", on]),
		...["paper", "side", "raised", "own", "warn-soft", "notice-soft"].map((on) => ["warn", on]),
		...TINTS.flatMap((tint) => ["paper", "side", "raised", "accent-soft"].map((on) => [tint, on])),
		["accent-ink", "accent"],
		["raised", "warn"],
	];

	it("has text with a contrast of at least 4.5 to 1", () => {
		const weak = pairs.filter(([text, on]) => contrast(colours[text!]!, colours[on!]!) < 4.5);
		expect(weak).toEqual([]);
	});

	it("has frames of controls with at least 3 to 1", () => {
		const weak = ["paper", "side", "raised"].filter((on) => contrast(colours["line-strong"]!, colours[on]!) < 3);
		expect(weak).toEqual([]);
	});

	it("has letters in the pictures of names with at least 4.5 to 1", () => {
		const weak = TINTS.filter((tint) => contrast(colours[tint]!, mix(colours[tint]!, colours.raised!, 0.14)) < 4.5);
		expect(weak).toEqual([]);
	});
});
