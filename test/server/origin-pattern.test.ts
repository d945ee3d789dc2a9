// Hosts as they are compared: two spellings of a host are one, and two hosts are two.

import { expect, it } from "vitest";
import { plainHost } from "../../src/server/origin-pattern.ts";

it.each([
	["Example.COM", "example.com"],
	["example.com.", "example.com"],
	["b\u00fccher.example", "xn--bcher-kva.example"],
	["[::1]", "::1"],
	["0:0:0:0:0:0:0:1", "::1"],
	["1", "0.0.0.1"],
])("compares the host %j as %s", (written, host) => {
	expect(plainHost(written)).toBe(host);
	expect(plainHost(host)).toBe(host);
});

// The URL parser would drop the control character, and a second dot at the end.
it.each(["1..\u0001", "a\tb", "example.com ", "1...", "1\u3002\u3002\u3002", "a..b", "a/b", "a%2eb", ""])(
	"takes %j for no host",
	(written) => expect(plainHost(written)).toBeUndefined(),
);
