// Which addresses a content security policy allows: https://www.w3.org/TR/CSP3/ section 6.7.2. The rows about WebSockets were measured in Chromium.

import { describe, expect, it } from "vitest";
import { readPolicies, whatRefusesConnection, whatRefusesWasm } from "../../../src/tools/doctor/content-policy.ts";

const HTTP = "http://game.example:8080/play.html";
const HTTPS = "https://game.example/play.html";

describe("a content security policy", () => {
	it.each<[page: string, policy: string, url: string, allowed: boolean]>([
		[HTTP, "", "ws://a.example/", true],
		[HTTP, "img-src 'none'", "ws://a.example/", true],
		[HTTP, "connect-src 'self'", "ws://game.example:8080/gateway", true],
		[HTTP, "connect-src 'self'", "wss://game.example:8080/gateway", true],
		[HTTP, "connect-src 'self'", "ws://game.example:9001/gateway", false],
		[HTTP, "connect-src 'SELF'; connect-src *", "ws://127.0.0.1:8080/", false],
		[HTTP, "connect-src game.example:8080", "ws://game.example:8080/", false],
		[HTTP, "connect-src http://game.example:8080", "ws://game.example:8080/", false],
		[HTTP, "connect-src http:", "ws://game.example:8080/", false],
		[HTTP, "connect-src *:8080", "ws://game.example:8080/", false],
		[HTTP, "connect-src *", "ws://game.example:8080/", true],
		[HTTP, "connect-src ws:", "wss://a.example/", true],
		[HTTP, "connect-src wss:", "ws://a.example/", false],
		[HTTP, "connect-src ws://a.example", "ws://a.example/", true],
		[HTTP, "connect-src ws://a.example", "ws://a.example:9001/", false],
		[HTTP, "connect-src ws://a.example:*", "ws://a.example:9001/", true],
		[HTTP, "connect-src ws://*.a.example", "ws://b.a.example/", true],
		[HTTP, "connect-src ws://*.a.example", "ws://a.example/", false],
		[HTTP, "connect-src ws://a.example/gateway/", "ws://a.example/gateway/x", true],
		[HTTP, "connect-src ws://a.example/other", "ws://a.example/gateway", false],
		[HTTP, "default-src 'none'", "ws://a.example/", false],
		[HTTP, "default-src 'none'; connect-src ws://a.example", "ws://a.example/", true],
		[HTTPS, "connect-src 'self'", "wss://game.example/gateway", true],
		[HTTPS, "connect-src 'self'", "ws://game.example/gateway", false],
		[HTTPS, "connect-src https:", "wss://game.example/", false],
		[HTTPS, "connect-src game.example", "https://game.example/game.swf", true],
		[HTTPS, "connect-src cdn.example", "https://cdn.example/game.swf", true],
		[HTTPS, "connect-src cdn.example", "http://cdn.example/game.swf", false],
		[HTTP, "connect-src http:", "https://cdn.example/game.swf", true],
		[HTTP, "connect-src ws: wss:", "http://game.example:8080/game.swf", false],
	])("of %s, %j, for %s: %s", (page, policy, url, allowed) => {
		const refusal = whatRefusesConnection(readPolicies(policy)[0]!, new URL(url), new URL(page));
		expect(refusal === undefined).toBe(allowed);
	});

	it("must allow it in each of several policies", () => {
		const policies = readPolicies("connect-src *, connect-src 'none'");
		expect(policies.map((policy) => whatRefusesConnection(policy, new URL("ws://a/"), new URL(HTTP)))).toEqual([
			undefined,
			"connect-src 'none'",
		]);
	});

	it.each([
		["", undefined],
		["script-src 'self'", "script-src 'self'"],
		["default-src 'self'", "default-src 'self'"],
		["default-src 'self'; script-src 'self' 'wasm-unsafe-eval'", undefined],
		["script-src 'unsafe-eval'", undefined],
	])("%j refuses WebAssembly by %j", (policy, expected) => {
		expect(whatRefusesWasm(readPolicies(policy)[0]!)).toBe(expected);
	});
});
