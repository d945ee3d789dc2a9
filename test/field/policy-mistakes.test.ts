// Policy files as home-made servers send them, with a mistake: `policy` names the mistake, and what to write instead.

import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPolicyFile } from "../../src/policy/index.ts";
import { checkPolicy } from "../../src/tools/index.ts";
import { showPolicyReport } from "../../src/tools/policy-report.ts";

const GRANT = '<allow-access-from domain="*" to-ports="*"/>';
const FILE = `<cross-domain-policy>${GRANT}</cross-domain-policy>`;
const entry = (attributes: string): string =>
	`<cross-domain-policy><allow-access-from ${attributes}/></cross-domain-policy>`;

let server: Server;
let port = 0;
let answer: Buffer;

beforeAll(async () => {
	server = createServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", () => socket.end(answer));
	});
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	({ port } = server.address() as { port: number });
});
afterAll(() => void server.close());

async function reportOf(bytes: string | Buffer): Promise<string> {
	answer = Buffer.from(bytes as string);
	return showPolicyReport(await checkPolicy({ host: "127.0.0.1", masterPort: port }));
}

describe("a server", () => {
	it.each([
		[
			"puts the length in front of the file",
			Buffer.concat([Buffer.from([0, FILE.length]), Buffer.from(FILE)]),
			/zero byte, which ends it: .*length in front/,
		],
		["sends a zero byte before the file too", `\0${FILE}\0`, /begins with a zero byte/],
		[
			"is a web server, or behind a proxy for HTTP",
			`HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n${FILE}\0`,
			/that of a web server.*without HTTP headers/,
		],
		["is a web server that knows no such request", "HTTP/1.1 400 Bad Request\r\n\r\n<html>", /that of a web server/],
		["sends UTF-16 with a byte order mark", Buffer.from(`\ufeff${FILE}\0`, "utf16le"), /UTF-16\. Send it in UTF-8/],
		["sends UTF-16", Buffer.from(`${FILE}\0`, "utf16le"), /UTF-16/],
		["writes the zero byte as a backslash and a zero", `${FILE}\\0`, /backslash and a digit instead of a zero byte/],
		["sends the backslashes of its quotes", `${FILE.replaceAll('"', '\\"')}\0`, /backslashes before the quotes/],
		["escapes the markup for a page", `${FILE.replaceAll("<", "&lt;")}\0`, /must begin with </],
		[
			"sends the file that Silverlight needs",
			"<access-policy><cross-domain-access/></access-policy>\0",
			/policy file of Silverlight/,
		],
	])("%s", async (_situation, bytes, words) => {
		expect(await reportOf(bytes)).toMatch(words);
	});

	it("may have such texts in a comment of a file that is right", async () => {
		const report = await reportOf(`<!-- domain=\\"*\\" --><cross-domain-policy>${GRANT}</cross-domain-policy>\0`);
		expect(report).toContain("content of every site may connect");
	});

	it("has an entry that can never match: the list of who may connect leaves it out", async () => {
		const report = await reportOf(`${entry('domain="http://www.example.com" to-ports="9000"')}\0`);
		expect(report).toContain("never matches");
		expect(report).not.toContain("may connect to port");
	});
});

describe("an entry", () => {
	it.each([
		["separates ports with semicolons", 'domain="*" to-ports="80;443"', '"80;443" is no port (commas separate ports)'],
		["separates ports with blanks", 'domain="*" to-ports="80 443"', "commas separate ports"],
		["says all", 'domain="*" to-ports="all"', '"all" is no port (all ports are *)'],
		["has a range with two dots", 'domain="*" to-ports="9000..9010"', "a range is FIRST-LAST"],
		["has a range from the top down", 'domain="*" to-ports="9010-9000"', "the lower port comes first"],
		["has a range beyond the highest port", 'domain="*" to-ports="1024-99999"', "is no port from 1 to 65535"],
		["spells the attribute in one word", 'domain="*" toPorts="9000"', "toPorts is not known; the name is to-ports"],
		["leaves out the s", 'domain="*" to-port="9000"', "to-port is not known; the name is to-ports"],
		["names a range of addresses", 'domain="192.168.0.0/24" to-ports="9000"', "name each address"],
		["lists domains with commas", 'domain="a.example,b.example" to-ports="9000"', "write an entry for each"],
	])("%s", (_situation, attributes, words) => {
		expect(
			readPolicyFile(entry(attributes))
				.findings.map(({ text }) => text)
				.join("\n"),
		).toContain(words);
	});
});
