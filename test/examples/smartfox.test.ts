// examples/smartfox as a plug-in of the daemon, with the dialogues of clients of that kind: a Flash client, bots that search in the text,
// clients that send several documents in one segment or cut them anywhere.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";

const sys = (action: string, room: number, content = ""): string =>
	`<msg t='sys'><body action='${action}' r='${room}'>${content}</body></msg>`;
const login = (nick: string, password = ""): string =>
	sys("login", 0, `<login z='game'><nick><![CDATA[${nick}]]></nick><pword><![CDATA[${password}]]></pword></login>`);
const verChk = (version: string): string => sys("verChk", 0, `<ver v='${version}' />`);

let daemon: Daemon;
const clients: RawClient[] = [];
beforeAll(async () => {
	daemon = await startDaemon(["--app", resolve(import.meta.dirname, "../../examples/smartfox/server.mjs")]);
});
afterAll(async () => {
	for (const { socket } of clients) socket.destroy();
	await daemon?.stop();
});

function open(): RawClient {
	const client = RawClient.tcp(daemon.port);
	clients.push(client);
	return client;
}

/** Sends documents, and waits for what the last one is answered with. @returns the documents received since. */
async function ask(client: RawClient, documents: readonly string[], last: RegExp): Promise<string[]> {
	const before = client.documents.length;
	client.send(documents.map((text) => `${text}\0`).join(""));
	await client.until(() => client.documents.slice(before).some((text) => last.test(text)));
	return client.documents.slice(before);
}

it("answers the policy request, and the login in its order", async () => {
	const policy = open();
	policy.send("<policy-file-request/>\0");
	await policy.closed;
	expect(policy.text).toContain("<cross-domain-policy>");

	const client = open();
	expect(await ask(client, [verChk("165")], /apiOK/)).toEqual([sys("apiOK", 0)]);
	const [key] = await ask(client, [sys("rndK", -1)], /rndK/);
	expect(key).toMatch(/^<msg t='sys'><body action='rndK' r='-1'><k>[\da-f]{16}<\/k><\/body><\/msg>$/);
	const proof = createHash("md5")
		.update(`${/<k>(.*)<\/k>/.exec(key!)![1]}tea`)
		.digest("hex");
	const [answer] = await ask(client, [login("ann", proof)], /log/);
	expect(answer).toMatch(/^<msg t='sys'><body action='logOK' r='0'><login n="ann" id="\d+" mod='0'\/><\/body><\/msg>$/);
	expect(await ask(client, [sys("getRmList", -1)], /rmList/)).toEqual([
		sys(
			"rmList",
			0,
			"<rmList><rm id='1' priv='0' temp='0' game='0' ucnt='0' maxu='50' maxs='0'><n><![CDATA[Lobby]]></n></rm><rm id='2' priv='0' temp='0' game='0' ucnt='0' maxu='10' maxs='0'><n><![CDATA[Arena]]></n></rm></rmList>",
		),
	]);
	expect((await ask(client, [sys("autoJoin", -1)], /join/))[0]).toMatch(
		/^<msg t='sys'><body action='joinOK' r='1'><pid id='0'\/><vars \/><uLs r='1'><u i='\d+' m='0' s='0' p='0'><n><!\[CDATA\[ann\]\]><\/n><vars><\/vars><\/u><\/uLs><\/body><\/msg>$/,
	);
	client.socket.destroy();
});

it("accepts the whole login in one segment, or cut after each byte", async () => {
	const dialogue = [verChk("153"), sys("rndK", -1), login("quick"), sys("autoJoin", -1)];
	const client = open();
	const actions = (await ask(client, dialogue, /joinOK/)).map((text) => /action='(\w+)'/.exec(text)![1]);
	expect(actions).toEqual(["apiOK", "rndK", "logOK", "joinOK"]);
	const slow = open();
	slow.socket.setNoDelay(true);
	for (const byte of Buffer.from(`${verChk("158")}\0${login("żółw")}\0`)) {
		slow.socket.write(Buffer.of(byte));
		await new Promise((done) => setImmediate(done));
	}
	await slow.until((text) => text.includes('n="żółw"'));
	for (const { socket } of [client, slow]) socket.destroy();
});

it("refuses old clients, wrong passwords and taken names, and gives a name to who has none", async () => {
	const old = open();
	old.send(`${verChk("100")}\0`);
	await old.closed;
	expect(old.documents).toEqual([sys("apiKO", 0)]);

	const [one, other] = [open(), open()];
	expect(await ask(one, [login("BOB", "tea")], /log/)).toEqual([
		sys("logKO", 0, '<login e="The password is wrong." />'),
	]);
	expect((await ask(one, [login("bob", "coffee")], /log/))[0]).toContain("logOK");
	expect(await ask(other, [login("Bob", "coffee")], /log/)).toEqual([
		sys("logKO", 0, '<login e="The name is taken." />'),
	]);
	expect((await ask(other, [login("")], /log/))[0]).toMatch(/<login n="Guest_\d+" id="\d+"/);
	for (const { socket } of [one, other]) socket.destroy();
});

it("carries messages and moves between those in a room, and nothing from others", async () => {
	const [one, two, outside] = [open(), open(), open()];
	await ask(one, [verChk("165"), login("one"), sys("autoJoin", -1)], /joinOK/);
	const id = Number(/<login n="one" id="(\d+)"/.exec(one.text)![1]);
	await ask(two, [verChk("165"), login("two <&> ]]>"), sys("autoJoin", -1)], /joinOK/);
	const otherId = Number(/id="(\d+)" mod/.exec(two.text)![1]);
	expect(two.text).toContain(`<u i='${id}' m='0' s='0' p='0'><n><![CDATA[one]]></n>`);
	await one.until((text) => text.includes(`<body action='uER' r='1'><u i='${otherId}'`));
	expect(one.text).toContain("<n><![CDATA[two <&> ]]]]><![CDATA[>]]></n>");

	// What is not logged in, or in no room, reaches nobody.
	outside.send(`%xt%game%mv%1%9%9%\0${sys("pubMsg", 1, "<txt><![CDATA[no]]></txt>")}\0{"t":"xt"}\0not a document\0`);
	expect(await ask(outside, [sys("roundTrip", 1), sys("rndK", -1)], /rndK/)).toHaveLength(1);

	// The client writes entities within CDATA, and reads them again at the other end.
	const said = sys("pubMsg", 1, `<user id='${id}' /><txt><![CDATA[2 &lt; 3]]></txt>`);
	expect(await ask(one, [sys("pubMsg", 1, "<txt><![CDATA[2 &lt; 3]]></txt>")], /pubMsg/)).toEqual([said]);
	expect(await ask(one, ["%xt%game%mv%1%120%80%", "%xt%game%mv%1%x%80%", "%xt%game%h%1%"], /%h%/)).toEqual([
		"%xt%h%1%",
	]);
	await two.until((text) => text.includes("%mv%"));
	expect(two.documents.slice(-2)).toEqual([said, `%xt%mv%1%${id}%120%80%`]);

	expect(
		(await ask(two, [sys("joinRoom", 1, "<room id='2' pwd='' spec='0' leave='1' old='1' />")], /join/))[0],
	).toContain("<body action='joinOK' r='2'>");
	await one.until((text) => text.includes(sys("userGone", 1, `<user id='${otherId}' />`)));
	expect(await ask(two, [sys("joinRoom", 2, "<room id='7' />")], /join/)).toEqual([
		sys("joinKO", 2, '<error msg="There is no such room." />'),
	]);
	one.socket.destroy();
	await expect
		.poll(async () => (await ask(two, [sys("getRmList", -1)], /rmList/)).at(-1))
		.toContain("id='1' priv='0' temp='0' game='0' ucnt='0'");
	for (const { socket } of [two, outside]) socket.destroy();
});
