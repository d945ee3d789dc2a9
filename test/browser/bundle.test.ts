// What a page carries: only what it imports.

import { describe, expect, it } from "vitest";
import { bundle } from "./bundle.ts";

const CLIENT = 'import { connect } from "xmlsocket/browser";\nglobalThis.connect = connect;\n';
const CHAT_SIGNS = ["<welcome", "broker-lost", "unknown room", "createRooms"];
const SERVER_SIGNS = ["xmlsocket.invalid", "InvalidAccessError", "maxConnections", "NotSupportedError"];
const POLICY_SIGNS = ["cross-domain-policy", "allow-access-from"];
const STREAM_SIGNS = ["urn:ietf:params:xml:ns:xmpp-tls", "urn:ietf:params:xml:ns:xmpp-framing"];

describe("a page's bundle", () => {
	it("carries neither the chat nor the server nor policy files where it imports connect alone", async () => {
		const code = await bundle(CLIENT, false);
		expect(code).toContain("XMLSOCKET_CONNECT_FAILED");
		for (const sign of [...CHAT_SIGNS, ...SERVER_SIGNS, ...POLICY_SIGNS]) expect(code).not.toContain(sign);
	});

	it("carries neither a server nor XML streams where it opens a chat", async () => {
		const open = 'import { openChat } from "xmlsocket/browser";\nglobalThis.openChat = openChat;\n';
		const code = await bundle(open, false);
		expect(code).toContain("XMLSOCKET_OUTCOME_UNKNOWN");
		for (const sign of [...SERVER_SIGNS, ...POLICY_SIGNS, ...STREAM_SIGNS, "createRooms"])
			expect(code).not.toContain(sign);
		const streams = await bundle(CLIENT, false);
		for (const sign of STREAM_SIGNS) expect(streams).toContain(sign);
	});

	it("carries no chat where a server runs something else", async () => {
		const code = await bundle(
			'import { createPageServer, createRelay } from "xmlsocket/browser";\nglobalThis.server = createPageServer({ application: createRelay() });\n',
			false,
		);
		expect(code).toContain("xmlsocket.invalid");
		for (const sign of CHAT_SIGNS) expect(code).not.toContain(sign);
	});

	it("carries the chat where it is imported: the signs above are real ones", async () => {
		const code = await bundle(
			'import { createChat, createPageServer } from "xmlsocket/browser";\nglobalThis.server = createPageServer({ application: createChat() });\n',
			false,
		);
		for (const sign of [CHAT_SIGNS[3]!, ...SERVER_SIGNS]) expect(code).toContain(sign);
		expect(CHAT_SIGNS.filter((sign) => code.includes(sign)).length).toBeGreaterThan(1);
	});

	it.each([
		["connect", 127_500],
		["openChat", 154_000],
		["XMLSocket", 81_500],
	])("with %s alone has at most %d characters when it is minified", async (name, limit) => {
		const code = await bundle(`import { ${name} } from "xmlsocket/browser";\nglobalThis.it = ${name};\n`, true);
		expect(code.length).toBeLessThanOrEqual(limit);
	});

	it("needs nothing of Node", async () => {
		const code = await bundle('import * as all from "xmlsocket/browser";\nglobalThis.all = all;\n', true);
		expect(code).not.toMatch(/["']node:|\bprocess\.|\bBuffer\b|\bsetImmediate\b|__vite-browser-external/);
	});
});
