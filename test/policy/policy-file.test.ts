// The text of a policy file, and what cannot stand in one.

import { describe, expect, it } from "vitest";
import { type PolicyOptions, policyFile } from "../../src/policy/index.ts";

describe("policyFile", () => {
	it("grants one port to one domain", () => {
		expect(policyFile({ ports: [9000], domains: ["localhost"] })).toBe(
			'<cross-domain-policy><allow-access-from domain="localhost" to-ports="9000" /></cross-domain-policy>',
		);
	});

	it("names every domain and each port once, in the order given", () => {
		expect(policyFile({ ports: [9001, 9000, 9001], domains: ["*.example.com", "203.0.113.7", "*"] })).toBe(
			"<cross-domain-policy>" +
				'<allow-access-from domain="*.example.com" to-ports="9001,9000" />' +
				'<allow-access-from domain="203.0.113.7" to-ports="9001,9000" />' +
				'<allow-access-from domain="*" to-ports="9001,9000" />' +
				"</cross-domain-policy>",
		);
	});

	it("writes the site control of a master file first", () => {
		expect(policyFile({ ports: [1, 65535], domains: ["bücher.example"], siteControl: "master-only" })).toBe(
			"<cross-domain-policy>" +
				'<site-control permitted-cross-domain-policies="master-only" />' +
				'<allow-access-from domain="bücher.example" to-ports="1,65535" />' +
				"</cross-domain-policy>",
		);
	});

	it("grants nothing to nobody where no domain is given", () => {
		expect(policyFile({ ports: [9000], domains: [] })).toBe("<cross-domain-policy></cross-domain-policy>");
	});

	const refused: readonly [string, PolicyOptions][] = [
		["no port", { ports: [], domains: ["*"] }],
		["port 0", { ports: [0], domains: ["*"] }],
		["port 65536", { ports: [9000, 65536], domains: ["*"] }],
		["port 9000.5", { ports: [9000.5], domains: ["*"] }],
		["port NaN", { ports: [Number.NaN], domains: ["*"] }],
		["an empty domain", { ports: [9000], domains: [""] }],
		["a quotation mark", { ports: [9000], domains: ['a" to-ports="*'] }],
		["markup", { ports: [9000], domains: ["<b>"] }],
		["an entity", { ports: [9000], domains: ["a&amp;b"] }],
		["a space", { ports: [9000], domains: ["a b"] }],
		["a line end after the name", { ports: [9000], domains: ["example.com\n"] }],
		["a zero byte", { ports: [9000], domains: ["a\0b"] }],
		["a star inside a name", { ports: [9000], domains: ["a.*.example.com"] }],
		["two stars", { ports: [9000], domains: ["**"] }],
		["a URL", { ports: [9000], domains: ["http://example.com"] }],
	];
	for (const [what, options] of refused) {
		it(`refuses ${what}`, () => {
			expect(() => policyFile(options)).toThrow(expect.objectContaining({ code: "XMLSOCKET_OPTION_INVALID" }));
		});
	}
});
