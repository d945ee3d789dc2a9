// The documented class at a real Jabber server.

import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { XML, XMLSocket } from "../../src/index.ts";
import { until } from "../client/support.ts";
import { COMPONENT_SECRET, hasProsody, type Prosody, passwordOf, startProsody } from "./prosody.ts";
import { slicingProxy, startPeer, toPeer, toUs } from "./support.ts";

const streams = "xmlns:stream='http://etherx.jabber.org/streams'";
const header = `<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' ${streams}>`;

/** A login with SASL PLAIN by a script as the manual's readers would have written it. */
function loginScript(socket: XMLSocket, user: string, password: string): { log: string[]; bodies: string[] } {
	const log: string[] = [];
	const bodies: string[] = [];
	let authenticated = false;
	socket.maxUnprocessedChars = 65_536;
	socket.onConnect = () => socket.send(header);
	socket.onClose = () => void log.push("close");
	socket.onXML = (document) => {
		const stanza = document.firstChild;
		log.push(`${document.status} ${stanza?.nodeName}`);
		switch (stanza?.nodeName) {
			case "stream:features":
				if (authenticated) {
					socket.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
				} else {
					const secret = Buffer.from(`\0${user}\0${password}`).toString("base64");
					socket.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${secret}</auth>`);
				}
				break;
			case "success":
				authenticated = true;
				socket.send(header);
				break;
			case "iq":
				if (stanza.attributes.id === "b") socket.send("<presence/>");
				break;
			case "message":
				bodies.push(String(stanza.firstChild?.firstChild?.nodeValue));
		}
	};
	return { log, bodies };
}

describe.skipIf(!hasProsody())("XMLSocket(stream) at prosody", () => {
	let prosody: Prosody;
	beforeAll(async () => {
		prosody = await startProsody(["ann"]);
	});
	afterAll(() => prosody?.stop());

	test("logs in with SASL PLAIN, binds, and ends the stream in order", async () => {
		const socket = new XMLSocket("stream");
		const { log } = loginScript(socket, "bob", passwordOf("bob"));
		socket.connect("localhost", prosody.port);
		await until(() => log.some((line) => line.includes("presence")), "the own presence");
		socket.send("</stream:stream>");
		await until(() => log.at(-1) === "close", "the close");
		expect(log).toEqual([
			"-9 stream:stream",
			"0 stream:features",
			"0 success",
			"-9 stream:stream",
			"0 stream:features",
			"0 iq",
			"0 presence",
			"-10 undefined",
			"close",
		]);
	});

	test("does the same when every byte comes by itself, and when it is told a wrong password", async () => {
		const proxy = await slicingProxy(prosody.port);
		const socket = new XMLSocket("stream");
		const { log, bodies } = loginScript(socket, "bob", passwordOf("bob"));
		socket.connect("127.0.0.1", proxy.port);
		await until(() => log.some((line) => line.includes("presence")), "the own presence");
		const peer = await startPeer(prosody.port, "carol");
		const numbers = Array.from({ length: 20 }, (_, at) => at);
		for (const at of numbers) await peer.send("bob@localhost", toUs(at));
		await until(() => bodies.length === numbers.length, "the messages");
		expect(bodies).toEqual(numbers.map(toUs));
		await peer.stop();
		socket.close();
		const refused = new XMLSocket("stream");
		const { log: refusals } = loginScript(refused, "bob", "wrong");
		refused.connect("127.0.0.1", proxy.port);
		await until(() => refusals.includes("0 failure"), "the refusal");
		expect(refusals).toEqual(["-9 stream:stream", "0 stream:features", "0 failure"]);
		refused.close();
		await proxy.close();
	});

	test("exchanges 1,000 messages each way with a client of another make", async () => {
		const socket = new XMLSocket("stream");
		const { log, bodies } = loginScript(socket, "bob", passwordOf("bob"));
		socket.connect("localhost", prosody.port);
		await until(() => log.some((line) => line.includes("presence")), "the own presence");
		const peer = await startPeer(prosody.port, "carol");
		const message = new XML("<message type='chat'><body>text</body></message>");
		message.firstChild!.attributes.to = peer.jid;
		const numbers = Array.from({ length: 1000 }, (_, at) => at);
		for (const at of numbers) {
			message.firstChild!.firstChild!.firstChild!.nodeValue = toPeer(at);
			socket.send(message);
			await peer.send("bob@localhost", toUs(at));
		}
		await until(() => bodies.length === 1000 && peer.received.length === 1000, "all messages");
		expect(bodies).toEqual(numbers.map(toUs));
		expect(peer.received.map(({ body }) => body)).toEqual(numbers.map(toPeer));
		await peer.stop();
		socket.close();
	});

	test("logs in as servers before SASL had it (jabber:iq:auth)", async () => {
		const socket = new XMLSocket("stream");
		const seen: string[] = [];
		socket.onConnect = () => socket.send(`<stream:stream to='localhost' xmlns='jabber:client' ${streams}>`);
		socket.onXML = ({ firstChild: stanza }) => {
			seen.push(`${stanza?.nodeName} ${stanza?.attributes.type ?? ""}`);
			if (stanza?.nodeName !== "stream:stream") return;
			socket.send(
				`<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>bob</username><password>${passwordOf("bob")}</password><resource>old</resource></query></iq>`,
			);
		};
		socket.connect("localhost", prosody.port);
		await until(() => seen.length === 3, "the answer");
		expect(seen).toEqual(["stream:stream ", "stream:features ", "iq result"]);
		socket.close();
	});

	test("closes at a real roster of 100 contacts unless maxUnprocessedChars is raised", async () => {
		const report = vi.spyOn(console, "error").mockImplementation(() => {});
		for (const [limit, outcome] of [
			[undefined, "close"],
			[65_536, "roster"],
		] as const) {
			const socket = new XMLSocket("stream");
			const { log } = loginScript(socket, "ann", passwordOf("ann"));
			socket.maxUnprocessedChars = limit;
			const { onXML } = socket;
			let outcomeSeen = "";
			socket.onClose = () => {
				outcomeSeen ||= "close";
			};
			socket.onXML = (document) => {
				onXML!.call(socket, document);
				const { id } = document.firstChild?.attributes ?? {};
				if (id === "b") socket.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
				if (id === "r") outcomeSeen = document.toString().length > 4096 ? "roster" : "short";
			};
			socket.connect("localhost", prosody.port);
			await until(() => outcomeSeen !== "", `the outcome, after ${log.join()}`);
			expect(outcomeSeen).toBe(outcome);
			socket.close();
		}
		expect(report.mock.calls.map(([error]) => error.code)).toEqual(["XMLSOCKET_DOCUMENT_TOO_LARGE"]);
		report.mockRestore();
	});

	test("authenticates as a component with the id of the stream's header, before any element has come", async () => {
		const socket = new XMLSocket("stream");
		const seen: string[] = [];
		socket.onConnect = () =>
			socket.send(`<stream:stream to='bridge.localhost' xmlns='jabber:component:accept' ${streams}>`);
		socket.onXML = ({ firstChild: stanza }) => {
			seen.push(String(stanza?.nodeName));
			if (stanza?.nodeName !== "stream:stream") return;
			const proof = createHash("sha1").update(`${stanza.attributes.id}${COMPONENT_SECRET}`).digest("hex");
			socket.send(`<handshake>${proof}</handshake>`);
		};
		socket.connect("localhost", prosody.componentPort);
		await until(() => seen.length === 2, "the answer");
		expect(seen).toEqual(["stream:stream", "handshake"]);
		socket.close();
	});
});
