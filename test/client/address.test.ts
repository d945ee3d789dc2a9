// Addresses as people write them: docs/guide/clients.md.

import { describe, expect, test } from "vitest";
import { parseAddress, targetUrl } from "../../src/client/index.ts";

const READ: [string, string, string, number, string, boolean][] = [
	["localhost:9000", "xmlsocket", "localhost", 9000, "", false],
	[":9000", "xmlsocket", "localhost", 9000, "", false],
	["9000", "xmlsocket", "localhost", 9000, "", false],
	["[::1]:9000", "xmlsocket", "::1", 9000, "", false],
	["[fe80::1%eth0]:9000", "xmlsocket", "fe80::1%eth0", 9000, "", false],
	["127.0.0.1:65535", "xmlsocket", "127.0.0.1", 65535, "", false],
	["chat.example:1024", "xmlsocket", "chat.example", 1024, "", false],
	["xmlsocket://chat.example:9000", "xmlsocket", "chat.example", 9000, "", false],
	["xmlsocket://chat.example:9000/", "xmlsocket", "chat.example", 9000, "", false],
	["xmlsocket://:9000", "xmlsocket", "localhost", 9000, "", false],
	["XMLSOCKETS://Chat.Example:9443", "xmlsockets", "Chat.Example", 9443, "", true],
	["ws://chat.example", "ws", "chat.example", 80, "/socket", false],
	["ws://chat.example:80", "ws", "chat.example", 80, "/socket", false],
	["wss://chat.example", "wss", "chat.example", 443, "/socket", true],
	["ws://[::1]:9000/", "ws", "::1", 9000, "/", false],
	["ws://h:1/gateway/x?a=1&b=/", "ws", "h", 1, "/gateway/x?a=1&b=/", false],
	["ws://h:9000?token=a", "ws", "h", 9000, "/socket?token=a", false],
];

describe("parseAddress", () => {
	test.each(READ)("reads %s", (address, protocol, host, port, path, secure) => {
		expect(parseAddress(address)).toEqual({ protocol, host, port, path, secure });
	});

	test.each([
		["", /none of the known forms/],
		["localhost", /the port is missing/],
		["localhost:", /the port is missing/],
		["xmlsocket://localhost", /the port is missing/],
		["localhost:0", /ports are 1 to 65535/],
		["localhost:65536", /ports are 1 to 65535/],
		["99999999999999999999", /ports are 1 to 65535/],
		["localhost:-1", /none of the known forms/],
		["localhost:9x", /none of the known forms/],
		["::1:9000", /none of the known forms/],
		["[localhost]:9000", /not an IPv6 address/],
		["[]:9000", /none of the known forms/],
		["a b:9000", /none of the known forms/],
		["user@host:9000", /none of the known forms/],
		["http://localhost:9000", /must be xmlsocket:\/\/.*, not http/],
		["localhost:9000/path", /only WebSockets have a path/],
		["xmlsocket://localhost:9000/path", /only WebSockets have a path/],
		["ws://localhost:9000/#x", /no fragment/],
	])("refuses %j as no address", (address, message) => {
		expect(() => parseAddress(address)).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_ADDRESS_INVALID", message: expect.stringMatching(message) }),
		);
	});

	test("refuses what is no string", () => {
		expect(() => parseAddress(9000 as never)).toThrow(expect.objectContaining({ code: "XMLSOCKET_ADDRESS_INVALID" }));
	});

	test.each(["localhost:1023", "80", "xmlsockets://localhost:443"])("refuses the reserved port of %s", (address) => {
		expect(() => parseAddress(address)).toThrow(expect.objectContaining({ code: "XMLSOCKET_PORT_RESERVED" }));
	});

	test.each(["xmlsocket://localhost:9000", "xmlsockets://[::1]:9000", "ws://h:80/socket", "wss://h:443/a?b"])(
		"writes %s as it was read",
		(address) => {
			expect(targetUrl(parseAddress(address))).toBe(address);
		},
	);
});
