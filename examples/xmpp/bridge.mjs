// Connects a room of this package's daemon with a Jabber multi-user room, in both directions. On one side it is an external component
// (XEP-0114, whose handshake is the SHA-1 of the stream's id and a secret), on the other a chat client. --help prints its options.

import { createHash, randomUUID } from "node:crypto";
import { connect, xml } from "xmlsocket";
import { attribute, child, find, textContent } from "xmlsocket/xml";
import { end, readCommandLine } from "./command-line.mjs";
import { streamHeader } from "./stream-header.mjs";

const options = readCommandLine(
	`Forwards messages between a room of the chat daemon and a Jabber multi-user room, in both directions.

The Jabber server must know the component; in Prosody: Component "bridge.localhost" with component_secret = "secret".

  xmlsocket serve &
  node examples/xmpp/bridge.mjs --component bridge.localhost --secret secret --muc tea@rooms.localhost`,
	{
		component: [undefined, "the component's domain in the Jabber server's configuration *"],
		secret: [undefined, "the component's secret *"],
		muc: [undefined, "the Jabber room, for example tea@rooms.localhost *"],
		host: ["localhost", "the Jabber server"],
		port: ["5347", "its port for components"],
		chat: ["localhost:9000", "the chat daemon"],
		room: ["lobby", "the chat room"],
		name: ["jabber", "the bridge's name in both rooms"],
	},
);
const self = `bridge@${options.component}`;
const occupant = `${options.muc}/${options.name}`;

/** Opens the component's stream and enters the Jabber room, at the start and after each lost connection. */
async function enterJabber(stream) {
	const answer = await stream.request(streamHeader("jabber:component:accept", { to: options.component }), {
		match: ({ xml: document }) => document.firstChild?.localName === "stream",
	});
	const id = attribute(answer.xml.firstChild, "id");
	const proof = createHash("sha1").update(`${id}${options.secret}`).digest("hex");
	const verdict = await stream.request(xml`<handshake>${proof}</handshake>`, {
		match: ({ xml: document }) => ["handshake", "error"].includes(document.firstChild?.localName),
	});
	if (verdict.xml.firstChild.localName === "error")
		throw new Error(`The Jabber server refused the component: ${verdict.text}`);
	stream.send(xml`<presence from=${self} to=${occupant}><x xmlns="http://jabber.org/protocol/muc">
		<history maxstanzas="0"/></x></presence>`);
}

/** Claims the bridge's name and enters the chat room, without earlier messages. */
function enterChat(stream) {
	stream.send(xml`<hello name=${options.name}/>`);
	stream.send(xml`<join room=${options.room} after="-1"/>`);
}

let jabber;
let chat;
try {
	jabber = await connect(`${options.host}:${options.port}`, {
		stream: true,
		reconnect: true,
		onReconnected: enterJabber,
	});
	await enterJabber(jabber);
	chat = await connect(options.chat, { reconnect: true, onReconnected: enterChat });
	enterChat(chat);
} catch (error) {
	await jabber?.close();
	end(1, error.message);
}

jabber.on("document", ({ xml: document }) => {
	const stanza = document.firstChild;
	const from = stanza ? attribute(stanza, "from") : undefined;
	if (!from?.startsWith(`${options.muc}/`)) return;
	const type = attribute(stanza, "type");
	if (stanza.localName === "presence" && from === occupant) {
		if (type === "error") console.error(`The Jabber room reported an error: ${stanza}`);
		else if (type !== "unavailable") {
			// A new room is locked until its owner, the bridge, accepts the server's settings (XEP-0045, 10.1.2).
			if (find(stanza, "x/status[@code='201']")) {
				jabber.send(xml`<iq type="set" id=${randomUUID()} from=${self} to=${options.muc}>
					<query xmlns="http://jabber.org/protocol/muc#owner"><x xmlns="jabber:x:data" type="submit"/></query></iq>`);
			}
			console.log(`in ${options.muc}`);
		}
	}
	const body = child(stanza, "body");
	// The room also sends the bridge's own messages, and earlier ones.
	if (stanza.localName !== "message" || type !== "groupchat" || !body || from === occupant) return;
	if (child(stanza, "delay")) return;
	chat.send(xml`<say room=${options.room}>${`${from.slice(options.muc.length + 1)}: ${textContent(body)}`}</say>`);
});

chat.on("document", ({ xml: document }) => {
	const root = document.firstChild;
	if (root?.nodeName === "joined") console.log(`in ${options.room}`);
	else if (root?.nodeName === "error") console.error(`The chat reported an error: ${root}`);
	else if (root?.nodeName === "ping") chat.send(xml`<pong id=${attribute(root, "id")}/>`);
	if (root?.nodeName !== "said" || attribute(root, "from") === options.name) return;
	const said = `${attribute(root, "from")}: ${textContent(root)}`;
	jabber.send(xml`<message from=${self} to=${options.muc} type="groupchat"><body>${said}</body></message>`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		if (jabber.status.type === "connected") jabber.send("</stream:stream>");
		void jabber.close();
		void chat.close();
	});
}
