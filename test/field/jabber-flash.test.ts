// The Flash dialect of old Jabber servers: the header is an empty element, and a zero byte follows each element.

import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { connect, XMLSocket } from "../../src/index.ts";
import { until } from "../client/support.ts";

const NAMESPACES = "xmlns='jabber:client' xmlns:flash='http://www.jabber.com/streams/flash'";

/** A server that answers the first bytes with these texts, each followed by a zero byte. */
async function jabberd(...texts: string[]): Promise<number> {
	const server = createServer((socket) => {
		socket.on("error", () => {}).once("data", () => socket.write(texts.map((text) => `${text}\0`).join("")));
	});
	onTestFinished(() => void server.close());
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	return (server.address() as { port: number }).port;
}

it.each([
	["of the server's answer", `<?xml version='1.0'?><flash:stream ${NAMESPACES} id='4' from='x'/>`],
	["with another prefix", `<f:stream xmlns:f="http://www.jabber.com/streams/flash" id="4" />`],
	["without its namespace", "<flash:stream id='4'/>"],
])("the empty header %s opens the stream: what follows arrives", async (_situation, header) => {
	const port = await jabberd(header, "<iq type='result' id='a'/>", "<message><body>hi</body></message>");
	const seen: string[] = [];
	const socket = new XMLSocket("stream");
	socket.onData = (text) => void seen.push(text);
	socket.onConnect = () => socket.send(`<flash:stream to='x' ${NAMESPACES} version='1.0'/>`);
	socket.connect("127.0.0.1", port);
	await until(() => seen.length === 3, "the message");
	socket.close();
	expect(seen.slice(1)).toEqual(["<iq type='result' id='a'/>", "<message><body>hi</body></message>"]);

	const modern = await connect(`127.0.0.1:${port}`, { stream: true });
	modern.send(`<flash:stream to='x' ${NAMESPACES}/>`);
	const texts: string[] = [];
	for await (const { text } of modern) if (texts.push(text) === 3) break;
	expect(texts[2]).toBe("<message><body>hi</body></message>");
	await modern.close();
});

it("the empty header of the standard dialect ends the stream, as its XML says", async () => {
	const port = await jabberd("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>");
	const client = await connect(`127.0.0.1:${port}`, { stream: true });
	client.send("<stream:stream>");
	await client.closed;
	expect(client.state).toBe("closed");
});
