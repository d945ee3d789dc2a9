// The options of connect(): defaults, checks, and messages that tell every mistake at once.

import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../src/client/options.ts";

function mistake(options: unknown): { code: string; message: string } {
	try {
		resolveOptions(options as never);
	} catch (error) {
		return error as { code: string; message: string };
	}
	throw new Error("the options were accepted");
}

describe("the options of connect()", () => {
	test("have the documented defaults", () => {
		expect(resolveOptions()).toEqual({
			connectTimeoutMs: 20_000,
			reconnect: undefined,
			maxDocumentBytes: 16_777_216,
			maxOutboxBytes: 16_777_216,
			maxInboxDocuments: 256,
			maxInboxChars: 16_777_216,
			keepEmpty: false,
			idleTimeoutMs: 0,
			pingIntervalMs: 30_000,
			unreadOutputTimeoutMs: 60_000,
			lingerMs: 5000,
			terminator: undefined,
			tls: {},
		});
	});

	test("reconnect: true means its defaults, false none, an object what it says", () => {
		const defaults = {
			minDelayMs: 500,
			maxDelayMs: 30_000,
			maxAttempts: Number.POSITIVE_INFINITY,
			retryFirst: false,
		};
		expect(resolveOptions({ reconnect: true }).reconnect).toEqual(defaults);
		expect(resolveOptions({ reconnect: false }).reconnect).toBeUndefined();
		expect(resolveOptions({ reconnect: {} }).reconnect).toEqual(defaults);
		expect(resolveOptions({ reconnect: { maxAttempts: 3 } }).reconnect).toEqual({ ...defaults, maxAttempts: 3 });
	});

	test("an unknown one is refused with the nearest name", () => {
		expect(mistake({ maxDocumentByte: 5 })).toMatchObject({
			code: "XMLSOCKET_OPTION_UNKNOWN",
			message: "There is no option maxDocumentByte; did you mean maxDocumentBytes?",
		});
		expect(mistake({ reconnect: { maxDelay: 5 } }).message).toBe(
			"There is no option reconnect.maxDelay; did you mean maxDelayMs?",
		);
		expect(mistake({ zzz: 5 }).message).toBe("There is no option zzz.");
	});

	test("all mistakes are told at once, with the name, the value and what is allowed", () => {
		expect(mistake({ connectTimeoutMs: 0, keepEmpty: "yes", color: 1, tls: { ca: 5 } })).toMatchObject({
			code: "XMLSOCKET_OPTION_INVALID",
			message: [
				"The option connectTimeoutMs must be a whole number of milliseconds from 1 to 2147483647, but is 0.",
				'The option keepEmpty must be true or false, but is "yes".',
				"The option tls.ca must be a string, but is 5.",
				"There is no option color.",
			].join(" "),
		});
	});

	test.each([
		[{ maxDocumentBytes: 0 }],
		[{ maxDocumentBytes: -1 }],
		[{ maxDocumentBytes: 1.5 }],
		[{ maxDocumentBytes: Number.NaN }],
		[{ maxDocumentBytes: 2 ** 31 }],
		[{ maxDocumentBytes: "5" }],
		[{ reconnect: 5 }],
		[{ reconnect: { maxAttempts: 0 } }],
		[{ reconnect: { minDelayMs: 10, maxDelayMs: 5 } }],
		[{ onReconnected: {} }],
		[{ signal: {} }],
		[{ codec: "utf-8" }],
		[{ terminator: "zero" }],
		[{ tls: true }],
		[null],
		[5],
	])("%j is refused", (options) => {
		expect(mistake(options).code).toBe("XMLSOCKET_OPTION_INVALID");
	});

	test("0 is allowed only where it means never", () => {
		expect(resolveOptions({ idleTimeoutMs: 0, pingIntervalMs: 0, unreadOutputTimeoutMs: 0 })).toMatchObject({
			idleTimeoutMs: 0,
			pingIntervalMs: 0,
			unreadOutputTimeoutMs: 0,
		});
	});

	test("takes headers of a WebSocket, except those that the handshake itself sends, and none that end a line", () => {
		expect(resolveOptions({ headers: { Authorization: "Bearer x", "x-a": "é" } }).headers).toEqual({
			Authorization: "Bearer x",
			"x-a": "é",
		});
		const wrong = [{ Host: "a" }, { "sec-websocket-key": "a" }, { "a b": "c" }, { a: "b\r\nc: d" }, { a: 1 as never }];
		for (const headers of wrong) {
			expect(() => resolveOptions({ headers })).toThrow("The option headers must be an object of names and texts");
		}
	});
});
