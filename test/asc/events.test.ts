// The clients of the script `scripts/application`, which makes its own assertions about what it sees of them.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, XML, XMLSocket } from "../../src/index.ts";
import { type Running, scripts, startScripts, stopAll } from "./support.ts";

let running: Running;
beforeEach(async () => {
	running = await startScripts([`${scripts}/application`]);
});
afterEach(async () => {
	const failed = running.traces.filter(({ text }) => text.startsWith("not ok"));
	await stopAll();
	expect(failed).toEqual([]);
});

const hello = (kind: string): string => `<connect><string>${kind}</string></connect>`;
const SUCCESS = '<status level="status" code="NetConnection.Connect.Success" description="Connection succeeded."/>';

describe("application.onConnect", () => {
	it("receives the arguments of connect, and true accepts the client", async () => {
		const client = running.client(
			"<connect><string>values</string> <number>1.5</number><true/><false/><null/><undefined/>" +
				'<array><property id="0"><string>a</string></property><property id="1"><string>b</string></property></array>' +
				'<object><property id="name"><string>&lt;&amp;&apos;&quot;&gt;</string></property><property id="inner"><object>' +
				'<property id="when"><date>86400000</date></property><property id="node"><xml><x/></xml></property></object></property></object></connect>',
		);
		await client.until((text) => text.includes("Success"));
		expect(client.documents).toEqual([SUCCESS]);
		await running.traced("ok the arguments of connect");
	});

	it("receives the client's address and the attributes of its connect document", async () => {
		running.client(
			'<connect app="application/room" agent="WIN 10,0,0,0" referrer="http://example.com/a.swf"><string>facts</string></connect>',
		);
		await running.traced("ok a client knows");
	});

	it("leaves a client pending unless it returns a Boolean, and delivers its documents after it is accepted", async () => {
		const late = running.client(hello("late"), "<echo><a/></echo>");
		const other = running.client(hello("other"));
		await other.until((text) => text.includes("Success"));
		expect(late.documents).toEqual([]);
		other.send("<accept/>\0");
		await late.until((text) => text.includes("<echo>"));
		expect(late.documents).toEqual([SUCCESS, "<echo><a /></echo>"]);
		await running.traced("accepted true");
	});

	it("leaves a client pending when it returns 1", async () => {
		const one = running.client(hello("one"));
		const other = running.client(hello("other"), "<count/>");
		await running.traced("clients other");
		// A trace goes out at once, documents when the turn ends.
		await other.until((text) => text.includes("Success"));
		expect(one.documents).toEqual([]);
		expect(other.documents).toEqual([SUCCESS]);
	});

	it("may accept or reject the client while it runs", async () => {
		const client = running.client(hello("inside"));
		await client.until((text) => text.includes("Success"));
		await running.traced("ok acceptConnection within");
	});

	it("rejects the client with false, sends a status and closes the connection", async () => {
		const client = running.client(hello("refused"));
		await client.closed;
		expect(client.documents).toEqual([
			'<status level="error" code="NetConnection.Connect.Rejected" description="Connection failed."/>',
		]);
	});

	it("rejects with an object, which the client receives as the application of the status", async () => {
		const client = running.client(hello("rejected"));
		await client.closed;
		expect(client.documents).toEqual([
			'<status level="error" code="NetConnection.Connect.Rejected" description="Connection failed."><application><object>' +
				'<property id="reason"><string>full</string></property><property id="limit"><number>3</number></property></object></application></status>',
		]);
	});

	it("rejects the client when it throws, so that no client waits without end", async () => {
		const client = running.client(hello("throws"));
		await client.closed;
		expect(client.text).toContain("NetConnection.Connect.Rejected");
		await running.traced("status error Application.Script.Error main.asc:64");
	});

	it("is called for a silent client after the wait for connect", async () => {
		const silent = running.client();
		const other = running.client(hello("other"), "<say>hi</say>");
		await other.until((text) => text.includes("<say>"));
		for (let tries = 0; tries < 100 && silent.documents.length === 0; tries++) {
			await new Promise((resolve) => setTimeout(resolve, 50));
			other.send("<say>hi</say>\0");
		}
		expect(silent.documents[0]).toBe("<say>hi</say>");
		silent.send(`${hello("late")}\0`);
		await silent.until((text) => text.includes("The client is already connected"));
	});
});

describe("a document", () => {
	it("calls the method with its root's name with the parsed document, and returned XML is the answer", async () => {
		const client = running.client('<echo to="x">a &amp; b</echo>');
		await client.until((text) => text.includes("echo"));
		expect(client.documents).toEqual(['<echo to="x">a &amp; b</echo>']);
	});

	it("of the form <call> passes values, and with an id returns the result", async () => {
		const client = running.client(
			'<call name="tell" id="a&quot;7"><string>x &lt;</string><number>-0.5</number></call>',
		);
		await client.until((text) => text.includes("</result>"));
		expect(client.documents).toEqual([
			'<call name="told"><string>x &lt;</string><number>-0.5</number></call>',
			'<result id="a&quot;7"><array><property id="0"><string>x &lt;</string></property><property id="1"><object>' +
				'<property id="b"><number>-0.5</number></property></object></property></array></result>',
		]);
	});

	it.each([
		["an unknown method", "<nothing/>", "Method not found (nothing)."],
		["a method of Object", "<hasOwnProperty/>", "Method not found (hasOwnProperty)."],
		["a method of the class itself", "<getStats/>", "Method not found (getStats)."],
		["the class's own call", '<call name="call"/>', "Method not found (call)."],
		["a constructor", "<constructor/>", "Method not found (constructor)."],
		["__proto__", "<__proto__/>", "Method not found (__proto__)."],
		["malformed XML", "<a>", "The document is not well-formed XML (status -9)."],
		["a text", "hello", "The document is not well-formed XML (status 0)."],
		[
			"no value",
			'<call name="tell"><b/></call>',
			"<b> is not a value: write <string>, <number>, <true/>, <false/>, <null/>, <undefined/>, <date>, <array>, <object> or <xml>.",
		],
	])("that requests %s gets a status as answer", async (_what, document, words) => {
		const client = running.client(document);
		await client.until((text) => text.includes("\0"));
		const status = new XML(client.documents[0]).firstChild!;
		expect(status.attributes).toMatchObject({ level: "error", code: "NetConnection.Call.Failed", description: words });
	});

	it("calls __resolve if there is no such method", async () => {
		running.client("<resolved/>");
		await running.traced("resolved resolved");
	});

	it("with a registered class creates an instance, and returns one", async () => {
		const point =
			'<object class="Point"><property id="x"><number>1</number></property><property id="y"><number>2</number></property></object>';
		const client = running.client(`<call name="point" id="1">${point}</call>`);
		await client.until((text) => text.includes("</result>"));
		await running.traced("initialised 1");
		await running.traced("sum 3 true true");
		expect(client.text).toContain('<object class="Point">');
	});
});

describe("Client", () => {
	it("call() delivers the answer, or the failure, to the result object", async () => {
		const client = running.client("<ask/>", "<ask/>");
		await client.until((text) => text.includes('id="2"'));
		expect(client.documents[0]).toBe('<call name="question" id="1"><string>how</string><number>2</number></call>');
		client.send('<result id="1"><string>so</string></result>\0');
		await running.traced("answer so");
		client.send('<status id="2" level="error" code="NetConnection.Call.Failed"/>\0');
		await running.traced("no answer NetConnection.Call.Failed");
	});

	it("is in application.clients until it disconnects, then onDisconnect runs", async () => {
		const first = running.client(hello("first"));
		await first.until((text) => text.includes("Success"));
		const second = running.client(hello("second"), "<count/>");
		await running.traced("clients first,second");
		first.send("<leave/>\0");
		await first.closed;
		await running.traced("disconnect true false");
		await running.traced("gone first");
		second.socket.destroy();
		await running.traced("gone second");
	});

	it("getStats counts documents and bytes", async () => {
		running.client("<stats/>");
		await running.traced("stats 1 9 1");
	});
});

describe("a failure", () => {
	it("is logged and passed to application.onStatus with its position, and the application continues", async () => {
		const client = running.client("<fails/>", "<echo/>");
		await client.until((text) => text.includes("echo"));
		await running.traced("status error Application.Script.Error main.asc:99");
		const line = await running.logged("undefined_function is not defined");
		expect(line).toMatchObject({ level: "error", facts: { application: "application", at: "main.asc:99:2" } });
		await running.logged("onStatus itself");
	});
});

describe("the lifecycle of an application", () => {
	it("calls onAppStop and disconnects its clients on shutdown(); the next client starts it again", async () => {
		const client = running.client(hello("x"), "<end/>");
		await client.closed;
		expect(client.documents.at(-1)).toContain("NetConnection.Connect.AppShutdown");
		await running.traced("stopped Application.Shutdown");
		const next = running.client(hello("y"));
		await next.until((text) => text.includes("Success"));
		expect(running.traces.filter(({ text }) => text.startsWith("ok onAppStart")).length).toBe(2);
	});

	it("ends with the server: onAppStop, then onDisconnect for each client", async () => {
		const client = running.client(hello("x"));
		await client.until((text) => text.includes("Success"));
		await running.server.close();
		const ends = running.traces.map(({ text }) => text).filter((text) => /^(?:gone|stopped)/.test(text));
		expect(ends).toEqual(["stopped Application.Shutdown", "gone x"]);
	});
});

describe("the same application", () => {
	it("answers the documented class", async () => {
		const socket = new XMLSocket();
		const answer = new Promise<string>((resolve) => {
			socket.onXML = (document) => {
				if (document.firstChild!.nodeName === "echo") resolve(String(document));
			};
		});
		socket.onConnect = () => {
			socket.send(new XML(hello("classic")));
			socket.send(new XML("<echo>x</echo>"));
		};
		socket.connect("127.0.0.1", running.port);
		expect(await answer).toBe("<echo>x</echo>");
		socket.close();
		await running.traced("gone classic");
	});

	it("answers a WebSocket", async () => {
		const client = await connect(`ws://127.0.0.1:${running.port}/socket`);
		client.send(hello("page"));
		const reply = await client.request('<call name="tell" id="1"><true/><null/></call>', {
			match: (document) => document.text.startsWith("<result"),
			timeoutMs: 5000,
		});
		expect(reply.text).toContain('<property id="0"><true/></property>');
		await client.close();
		await running.traced("gone page");
	});
});
