// A session in the dialect of old game servers: a version check, a random key, a login with a hash of that key, and `%xt%` messages. The
// server of this test chooses the key and the user's number again in each session, and refuses a wrong hash.

import { createHash } from "node:crypto";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	createReplayServer,
	type LoadedRecording,
	type ReplayRule,
	replayAsClient,
	type TrafficEvent,
} from "../../../src/tools/index.ts";
import { Client, document, recordingWith } from "./recordings.ts";

const SECRET = "only the server and the movie know this";
const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const sys = (action: string, inner = "", room = "0"): string =>
	`<msg t='sys'><body action='${action}' r='${room}'>${inner}</body></msg>`;

let server: Server;
let port: number;
let sessions = 0;
const keys: string[] = [];

beforeAll(async () => {
	server = createServer((socket) => {
		const number = 16 + ++sessions;
		const key = md5(`key ${number}`).slice(0, 8);
		keys.push(key);
		let name = "";
		let text = "";
		const send = (line: string): void => void socket.write(`${line}\0`);
		socket.on("error", () => {});
		socket.on("data", (chunk) => {
			text += chunk.toString();
			const documents = text.split("\0");
			text = documents.pop()!;
			for (const each of documents) {
				const nick = /<nick><!\[CDATA\[(.*?)\]\]>/.exec(each)?.[1];
				const message = /^%xt%s%m#sm%(\d+)%(.*)%$/.exec(each);
				if (each.includes("'verChk'")) send(sys("apiOK"));
				else if (each.includes("'rndK'")) send(sys("rndK", `<k>${key}</k>`, "-1"));
				else if (nick !== undefined) {
					name = nick;
					const isRight = each.includes(`<pword><![CDATA[${md5(key + SECRET)}]]></pword>`);
					if (isRight) send(sys("logOK", `<login n='${name}' id='${number}' mod='0'/>`));
					else send(sys("logKO", "<login e='wrong password'/>"));
					if (isRight) send(`%xt%jr%1%${number}|${name}|0%`);
				} else if (message) send(`%xt%sm%${message[1]}%${number}|${name}|${message[2]}%`);
			}
		});
	}).listen(0, "localhost");
	await new Promise((resolve) => server.once("listening", resolve));
	port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

/** Plays the movie's part, and returns what both sides sent. */
async function play(target: number, name: string, message: string): Promise<TrafficEvent[]> {
	const client = new Client(target);
	const events: TrafficEvent[] = [];
	const note = (direction: "client" | "server", text: string): void =>
		void events.push(document(direction, text, 1, events.length * 1000));
	const ask = async (text: string, answers = 1): Promise<string> => {
		note("client", text);
		client.send(text);
		let last = "";
		for (let count = 0; count < answers; count++) {
			last = (await client.next())!;
			note("server", last);
		}
		return last;
	};
	await ask("<msg t='sys'><body action='verChk' r='0'><ver v='153' /></body></msg>");
	const key = /<k>(.*?)<\/k>/.exec(await ask(sys("rndK", "", "-1")))![1]!;
	const hash = md5(key + SECRET);
	await ask(
		sys("login", `<login z='w1'><nick><![CDATA[${name}]]></nick><pword><![CDATA[${hash}]]></pword></login>`),
		2,
	);
	await ask(`%xt%s%m#sm%1%${message}%`);
	client.close();
	return events;
}

const texts = (events: readonly TrafficEvent[], direction: string): string[] =>
	events.flatMap((event) =>
		event.kind === "document" && event.direction === direction ? [new TextDecoder().decode(event.bytes)] : [],
	);

describe("a recorded game session with a login", () => {
	let recording: LoadedRecording;
	beforeAll(async () => {
		recording = recordingWith({}, await play(port, "anna", "hello"));
		expect(texts(recording.events as TrafficEvent[], "server").at(-1)).toBe("%xt%sm%1%17|anna|hello%");
	});

	it("is played as the server to another user, who sends another message", async () => {
		await using mock = await createReplayServer(recording, { port: 0, speed: 0 }).listen();
		expect(texts(await play(mock.port, "bert", "good day"), "server").slice(2)).toEqual([
			"<msg t='sys'><body action='logOK' r='0'><login n='bert' id='17' mod='0'/></body></msg>",
			"%xt%jr%1%17|bert|0%",
			"%xt%sm%1%17|bert|good day%",
		]);
		expect(mock.report().problems).toEqual([]);
	});

	it("is played as the server with a new key, to which the movie answers with a new hash", async () => {
		const rules: ReplayRule[] = [{ match: "//body[@action='rndK']", set: { k: "{{random(8)}}" } }];
		await using mock = await createReplayServer(recording, { port: 0, speed: 0, rules }).listen();
		const events = await play(mock.port, "anna", "hello");
		const [, key] = texts(events, "server");
		expect(key).toMatch(/^<msg t='sys'><body action='rndK' r='-1'><k>[\w-]{8}<\/k><\/body><\/msg>$/);
		expect(key).not.toContain(keys[0]);
		expect(texts(events, "server").at(-1)).toBe("%xt%sm%1%17|anna|hello%");
		expect(mock.report().problems).toEqual([]);
	});

	it("is played as the client against the server, which has a new key and a new number", async () => {
		const rules: ReplayRule[] = [{ match: "//login", set: { pword: `{{md5(k, "${SECRET}")}}` } }];
		const report = await replayAsClient(recording, `localhost:${port}`, { rules, ignore: ["id"] });
		expect(report.differences).toEqual([]);
		expect(report).toMatchObject({ ok: true, sent: 4, received: 5 });
	});

	it("shows that the server refuses the recorded hash", async () => {
		const report = await replayAsClient(recording, `localhost:${port}`, { ignore: ["k"], timeoutMs: 100 });
		expect(report.ok).toBe(false);
		expect(report.differences[0]).toMatchObject({
			kind: "different",
			after: 3,
			fields: expect.arrayContaining([{ path: "msg/body/@action", recorded: "logOK", live: "logKO" }]),
		});
	});
});
