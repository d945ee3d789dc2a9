// Situations from the field: how programs and people ask for a policy file, and what they get.

import { afterEach, describe, expect, it } from "vitest";
import { readPolicyFile } from "../../src/policy/index.ts";
import { createServer } from "../../src/server/index.ts";
import { checkPolicy, parsePolicySource } from "../../src/tools/index.ts";
import { XML } from "../../src/xml/index.ts";
import { RawClient } from "../server/peers.ts";
import { ask, closeServers, startChat } from "./web-server.ts";

afterEach(closeServers);

const REQUEST = "<policy-file-request/>\0";

async function answerTo(port: number, bytes: string | Buffer, end = false): Promise<string> {
	const client = RawClient.tcp(port);
	client.socket.write(bytes);
	if (end) client.socket.end();
	await client.closed;
	return client.text;
}

describe("a request for the policy file is answered", () => {
	it.each([
		["as Flash Player sends it", REQUEST],
		["with a space, as an XML writer prints it", `${new XML("<policy-file-request/>").toString()}\0`],
		["with a line break in the tag", "<policy-file-request\r\n/>\0"],
		["as two tags", "<policy-file-request></policy-file-request>\0"],
		["after an XML declaration", '<?xml version="1.0" encoding="UTF-8"?>\n<policy-file-request/>\0'],
		["after a byte order mark", "\ufeff<policy-file-request/>\0"],
		["after a zero byte", `\0${REQUEST}`],
		["after empty documents and a line break", `\0\0\n${REQUEST}`],
		["with the older element", "<cross-domain-request />\0"],
		["with more zero bytes than one", `${REQUEST}\0\0`],
		["without a zero byte", "<policy-file-request/>"],
		["by a person with telnet", "<policy-file-request/>\r\n"],
		["by a shell that does not know the escape of a zero byte", "<policy-file-request/>\\0\n"],
	])("%s", async (_situation, request) => {
		const { server, port } = await startChat({ policyPort: 0, firstBytesTimeoutMs: 50 });
		for (const each of [port, server.policyPort!])
			expect(await answerTo(each, request), `${each}`).toBe(`${server.policyText}\0`);
	});

	it("by a pipe that ends at once", async () => {
		const { server, port } = await startChat();
		expect(await answerTo(port, "<policy-file-request/>\n", true)).toBe(`${server.policyText}\0`);
	});

	it("in single bytes", async () => {
		const { server, port } = await startChat();
		const client = RawClient.tcp(port);
		client.socket.setNoDelay(true);
		for (const byte of '\ufeff<?xml version="1.0"?><policy-file-request />\0') client.send(byte);
		await client.closed;
		expect(client.text).toBe(`${server.policyText}\0`);
	});

	it("by a client that waited for the greeting before it asked", async () => {
		const { server, port } = await startChat({ firstBytesTimeoutMs: 50 });
		const client = RawClient.tcp(port);
		await client.until((text) => text.includes("<welcome "));
		client.send("<policy-file-request />\0");
		await client.closed;
		expect(client.text).toContain(`${server.policyText}\0`);
	});

	it("also on the port of the policy file where the client sends nothing", async () => {
		const { server } = await startChat({ policyPort: 0, firstBytesTimeoutMs: 50 });
		expect(await answerTo(server.policyPort!, "")).toBe(`${server.policyText}\0`);
	});
});

describe("a document is no request for the policy file", () => {
	it.each([
		["an XML declaration alone", '<?xml version="1.0"?>\0<ping/>\0'],
		["another element after a declaration", '<?xml version="1.0"?><ping/>\0'],
		["a zero byte before it", "\0<ping/>\0"],
		["an attribute", '<policy-file-request x="1"/>\0<ping/>\0'],
		["a longer name", "<policy-file-requests/>\0<ping/>\0"],
	])("%s", async (_situation, documents) => {
		const { port } = await startChat();
		const client = RawClient.tcp(port);
		client.send(documents);
		await client.until((text) => text.includes("<pong"));
		expect(client.text).not.toContain("cross-domain-policy");
		client.socket.destroy();
	});
});

describe("questions about policy files", () => {
	it("the page of an internationalized name is the one that the file names in ASCII, and the other way round", async () => {
		const { port } = await startChat({ origin: ["https://bücher.example"] });
		for (const from of ["https://bücher.example", "xn--bcher-kva.example", "BÜCHER.example"]) {
			const question = { ...parsePolicySource(from), to: port };
			expect((await checkPolicy({ host: "localhost", port, question })).verdict?.allowed, from).toBe(true);
		}
	});

	it("a policy port that is the port itself is refused with a word about it", () => {
		expect(() => createServer({ port: 9000, policyPort: 9000 })).toThrow(/answers policy requests anyway/);
	});

	it("the file that HTTP clients load is the same, also with a query against caches", async () => {
		const { server, port } = await startChat();
		const answer = await ask(port, "/crossdomain.xml?cache=1");
		expect(answer.body).toBe(server.policyText);
		expect(readPolicyFile(answer.body).findings).toEqual([]);
	});

	it("a browser that is pointed at the policy port gets no file and fails at once, and the log says why", async () => {
		const { server, log } = await startChat({ policyPort: 0 });
		expect(await answerTo(server.policyPort!, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")).toBe("");
		expect(log.lines.map(({ facts }) => facts.reason)).toContain("not-a-policy-request");
	});
});
