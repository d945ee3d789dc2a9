// The client's side of a recording against servers that answer as recorded, or differently.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
	createReplayServer,
	type ReplayClientOptions,
	type ReplayClientReport,
	replayAsClient,
} from "../../../src/tools/index.ts";
import { document, eventsOf, type Line, recordingOf, recordingWith } from "./recordings.ts";

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

/** A server that answers a document with the documents that `answer` returns, or ends the connection. */
async function serverThat(
	answer: (text: string, socket: Socket) => readonly string[] | "close",
	greeting: readonly string[] = [],
): Promise<string> {
	const server = createServer((socket) => {
		let text = "";
		const send = (documents: readonly string[]): void => {
			for (const each of documents) socket.write(`${each}\0`);
		};
		send(greeting);
		socket.on("error", () => {});
		socket.on("data", (chunk) => {
			text += chunk.toString("latin1");
			const documents = text.split("\0");
			text = documents.pop()!;
			for (const each of documents) {
				const answers = answer(each, socket);
				if (answers === "close") socket.end();
				else send(answers);
			}
		});
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
	return `localhost:${(server.address() as AddressInfo).port}`;
}

async function replay(
	lines: readonly Line[],
	answer: (text: string, socket: Socket) => readonly string[] | "close",
	options: ReplayClientOptions = {},
	greeting?: readonly string[],
): Promise<ReplayClientReport> {
	return await replayAsClient(recordingOf(lines), await serverThat(answer, greeting), { timeoutMs: 300, ...options });
}

describe("a replayed client", () => {
	it("finds no difference in a server that answers as recorded", async () => {
		const lines: Line[] = ["< <hello/>", "> <a/>", "< <b x='1' y='2'/>", "< <c/>", "> <d/>", "< <e/>"];
		const answers: Record<string, string[]> = { "<a/>": ['<b  y="2" x="1"/>', "<c/>"], "<d/>": ["<e/>"] };
		expect(await replay(lines, (text) => answers[text]!, {}, ["<hello/>"])).toEqual({
			ok: true,
			connections: 1,
			sent: 2,
			received: 4,
			expected: 4,
			differing: 0,
			differences: [],
			maskedSent: 0,
		});
	});

	it("finds no difference in the same recording that is played as the server", async () => {
		const recording = recordingOf(
			["< <hi/>", "> <a id='1'/>", "< <b re='1'/>", "close server"],
			["> %xt%s%x%1%", "< %xt%y%2%"],
		);
		await using server = await createReplayServer(recording, { port: 0, speed: 0 }).listen();
		expect((await replayAsClient(recording, `localhost:${server.port}`)).differences).toEqual([]);
	});

	it("names the field of another value, once", async () => {
		const report = await replay(["> <a/>", "< <b><c d='1'>x</c></b>"], () => ["<b><c d='2'>x</c></b>"]);
		expect(report.differences).toEqual([
			{
				kind: "different",
				connection: 1,
				after: 1,
				recorded: "<b><c d='1'>x</c></b>",
				live: "<b><c d='2'>x</c></b>",
				fields: [{ path: "b/c/@d", recorded: "1", live: "2" }],
			},
		]);
	});

	it("names fields that are new or gone", async () => {
		const { differences } = await replay(["> <a/>", '< {"a":1,"b":{"c":2,"d":3}}'], () => [
			'{"a":1,"b":{"c":2,"e":4}}',
		]);
		expect(differences[0]).toMatchObject({
			kind: "different",
			fields: [
				{ path: "$.b.d", recorded: "3", live: undefined },
				{ path: "$.b.e", recorded: undefined, live: "4" },
			],
		});
	});

	it("reports what does not come and what comes in addition, and goes on", async () => {
		const { differences, sent } = await replay(["> <a/>", "< <b/>", "> <c/>", "< <d/>"], (text) =>
			text === "<a/>" ? [] : ["<d/>", "<surprise/>"],
		);
		expect(sent).toBe(2);
		expect(differences).toMatchObject([
			{ kind: "missing", after: 1, recorded: "<b/>" },
			{ kind: "extra", after: 2, live: "<surprise/>" },
		]);
	});

	it("reports a server that ends the connection too early, and one that keeps it", async () => {
		const early = await replay(["> <a/>", "< <b/>", "> <c/>", "< <d/>"], () => "close");
		expect(early.differences.map(({ kind }) => kind)).toEqual(["closed", "missing", "missing"]);
		const kept = await replay(["> <a/>", "< <b/>", "close server"], () => ["<b/>"]);
		expect(kept.differences.map(({ kind }) => kind)).toEqual(["open"]);
	});

	it("sends the session key of this session, and does not report it", async () => {
		const lines: Line[] = [
			"> <login/>",
			"< <ok key='k-1111' user='3'/>",
			"> <get key='k-1111'/>",
			"< <for key='k-1111'/>",
			"> <me user='3'/>",
			"< <you user='3'/>",
		];
		const seen: string[] = [];
		const report = await replay(lines, (text) => {
			seen.push(text);
			if (text === "<login/>") return ["<ok key='k-2222' user='9'/>"];
			return text.includes("key") ? ["<for key='k-2222'/>"] : ["<you user='9'/>"];
		});
		expect(seen).toEqual(["<login/>", "<get key='k-2222'/>", "<me user='9'/>"]);
		expect(report.differences).toEqual([]);
	});

	it("reports a value that the client had chosen", async () => {
		const { differences } = await replay(
			["> <login name='anna'/>", "< <ok name='anna'/>", "> <x name='anna'/>", "< <y/>"],
			(text) => (text.startsWith("<login") ? ["<ok name='bert'/>"] : ["<y/>"]),
		);
		expect(differences).toMatchObject([{ fields: [{ path: "ok/@name", recorded: "anna", live: "bert" }] }]);
	});

	it("reports no times, and no ignored fields", async () => {
		const recorded = String(Date.UTC(2026, 0, 1) + 5000);
		const lines: Line[] = ["> <a/>", `< <b at='${recorded}' load='0.3'/>`];
		const answer = (): string[] => [`<b at='${Date.now()}' load='0.7'/>`];
		expect((await replay(lines, answer, { ignore: ["load"] })).differences).toEqual([]);
		expect((await replay(lines, answer)).differences).toMatchObject([{ fields: [{ path: "b/@load" }] }]);
	});

	it("awaits what one client makes another one receive", async () => {
		const sockets: Socket[] = [];
		const recording = recordingWith({}, [
			...eventsOf(["> <join n='1'/>", "< <ok/>"], 1, 0),
			...eventsOf(["> <join n='2'/>", "< <ok/>"], 2, 10_000),
			document("client", "<say>hi</say>", 2, 20_000),
			document("server", "<said>hi</said>", 1, 21_000),
			document("client", "<heard/>", 1, 22_000),
			document("server", "<fine/>", 2, 23_000),
		]);
		const order: string[] = [];
		const address = await serverThat((text, socket) => {
			order.push(text);
			if (text.startsWith("<join")) sockets.push(socket);
			if (text.startsWith("<say")) sockets[0]!.write("<said>hi</said>\0");
			if (text === "<heard/>") sockets[1]!.write("<fine/>\0");
			return text.startsWith("<join") ? ["<ok/>"] : [];
		});
		const report = await replayAsClient(recording, address);
		expect(order).toEqual(["<join n='1'/>", "<join n='2'/>", "<say>hi</say>", "<heard/>"]);
		expect(report.differences).toEqual([]);
	});

	it("sets values by rules, from what the server sent", async () => {
		const seen: string[] = [];
		await replay(
			["> <key/>", "< <k>abc</k>", "> <login name='anna' hash='old'/>", "< <ok/>", "> <stats/>"],
			(text) => {
				seen.push(text);
				return text === "<key/>" ? ["<k>xyz</k>"] : ["<ok/>"];
			},
			{
				rules: [
					{ match: "login", set: { hash: '{{md5(k, "secret")}}', name: "B {{upper(name)}}" } },
					{ match: "stats", skip: true },
				],
			},
		);
		expect(seen).toEqual(["<key/>", "<login name='B ANNA' hash='eee7494ce3981c97898444444ff18515'/>"]);
	});

	it("rejects where the server cannot be reached, and when it is aborted", async () => {
		const recording = recordingOf(["> <a/>", "< <b/>"]);
		await expect(replayAsClient(recording, "localhost:1")).rejects.toMatchObject({ code: "XMLSOCKET_PORT_RESERVED" });
		const address = await serverThat(() => []);
		const aborted = replayAsClient(recording, address, { signal: AbortSignal.timeout(50), timeoutMs: 60_000 });
		await expect(aborted).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
	});
});
