// Situations of Jabber clients: who may answer an iq. RFC 6120, 8.1.2.1, 8.1.3 and 10.

import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/index.ts";

/** Sends an iq to a server that answers with the given stanzas. @returns the text of the one that was taken, or the error's code */
async function ask(to: string | undefined, answers: readonly string[]): Promise<string> {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", () => socket.write(answers.join("")));
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as { port: number };
	const connection = await connect(`127.0.0.1:${port}`, { stream: true });
	onTestFinished(async () => {
		await connection.close();
		server.close();
	});
	const address = to === undefined ? "" : ` to='${to}'`;
	return await connection.request(`<iq type='get' id='1'${address}><q/></iq>`, { timeoutMs: 300 }).then(
		({ text }) => text,
		(error) => String(error.code),
	);
}

const from = (address: string, to = ""): string =>
	`<iq type='result' id='1' from='${address}'${to === "" ? "" : ` to='${to}'`}/>`;
const withoutFrom = "<iq type='result' id='1'/>";
const NONE = "XMLSOCKET_REQUEST_TIMEOUT";

describe("an iq to the own account's address", () => {
	test("is answered by the server without `from`", async () => {
		expect(await ask("ann@host", [withoutFrom])).toBe(withoutFrom);
		expect(await ask("Ann@Host", ["<iq type='error' id='1' to='ann@host/desk'/>"])).toMatch("error");
	});

	test("is answered by the account with `from`, in any case of the letters", async () => {
		expect(await ask("ann@host", [from("Ann@Host")])).toMatch("Ann@Host");
	});

	test("is not answered by a stranger with the same id, nor by a resource of the account", async () => {
		expect(await ask("ann@host", [from("eve@host/x"), from("ann@host/phone")])).toBe(NONE);
	});
});

describe("an iq to another address", () => {
	test("is not answered by what the own account sends without `from`", async () => {
		expect(await ask("host", [withoutFrom])).toBe(NONE);
		expect(await ask("bob@host", ["<iq type='result' id='1' to='ann@host/desk'/>"])).toBe(NONE);
		expect(await ask("bob@host/desk", [withoutFrom])).toBe(NONE);
	});
});

describe("an iq without `to`", () => {
	test.each([
		["nobody, before there is an address", withoutFrom],
		["the server, before there is an address", from("host")],
		["the account", from("ann@host", "ann@host/desk")],
		["the client's own address", from("ann@host/desk", "ann@host/desk")],
		["the account's server", from("host", "ann@host/desk")],
	])("is answered from %s", async (_, answer) => {
		expect(await ask(undefined, [answer])).toBe(answer);
	});

	test("is not answered by a stranger who guesses the id, nor by another server", async () => {
		expect(await ask(undefined, [from("eve@host/x", "ann@host/desk"), from("evil.example", "ann@host/desk")])).toBe(
			NONE,
		);
		expect(await ask(undefined, [from("eve@host/x")])).toBe(NONE);
	});
});
