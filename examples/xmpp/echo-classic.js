// A Jabber bot with the documented class alone, as it could have run in Flash Media Server: new XMLSocket("stream"), SASL
// PLAIN, a resource, presence, and every chat message goes back to its sender. Run it with --help.

import { XMLSocket, xml } from "xmlsocket";
import { child, textContent } from "xmlsocket/xml";
import { end, partsOf, readCommandLine } from "./command-line.js";
import { streamHeader } from "./stream-header.js";

const options = readCommandLine(
	`Logs in at a Jabber server with the class XMLSocket, and sends every chat message back.

The class has no TLS, so the password travels readable: use it on this machine or in a network of your own, with a server
that allows it (Prosody: allow_unencrypted_plain_auth = true, c2s_require_encryption = false). echo-modern.js has TLS.

  node examples/xmpp/echo-classic.js --jid bot@localhost --password secret`,
	{
		jid: [undefined, "the address to log in as *"],
		password: [undefined, "its password *"],
		host: [undefined, "the server, where it is not the address's domain"],
		port: ["5222", "its port for clients"],
	},
);
const { user, domain, resource } = partsOf(options.jid);

const socket = new XMLSocket("stream");
// The 4096 characters of the manual are fewer than many rosters and room lists have.
socket.maxUnprocessedChars = 262_144;
let closing = false;
let authenticated = false;

function openStream() {
	socket.send(streamHeader("jabber:client", { to: domain, version: "1.0" }));
}

function connect() {
	if (closing) return; // a signal came during the wait
	authenticated = false;
	socket.connect(options.host ?? domain, Number(options.port));
}

socket.onConnect = (success) => {
	if (success) openStream();
	else setTimeout(connect, 2000);
};

socket.onClose = () => {
	if (closing) return;
	console.log("connection lost; again in 2 s");
	setTimeout(connect, 2000);
};

socket.onXML = (document) => {
	const stanza = document.firstChild;
	const act = stanza && actions[stanza.nodeName];
	if (act) act(stanza);
};

// Names stand as they are in the stanza's own text: the class knows nothing of the namespaces of the stream's header.
const actions = {
	"stream:features"(features) {
		if (authenticated) {
			socket.send(xml`<iq type="set" id="bind-1"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">
				${resource && xml`<resource>${resource}</resource>`}</bind></iq>`);
			return;
		}
		const mechanisms = child(features, "mechanisms")?.childNodes.map(textContent) ?? [];
		if (!mechanisms.includes("PLAIN")) fail("The server offers no PLAIN without TLS; see --help.");
		const secret = Buffer.from(`\0${user}\0${options.password}`).toString("base64");
		socket.send(xml`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${secret}</auth>`);
	},
	success() {
		authenticated = true;
		openStream();
	},
	failure(failure) {
		fail(`The server refuses: ${failure.firstChild?.nodeName}.`);
	},
	"stream:error"(error) {
		console.error(`The server says: ${error.firstChild?.nodeName}.`);
	},
	iq(iq) {
		const { id, type, from } = iq.attributes;
		if (id === "bind-1") {
			if (type !== "result") fail("The server gives no resource.");
			console.log(`ready: ${textContent(child(child(iq, "bind"), "jid"))}`);
			socket.send(xml`<presence/>`);
		} else if (type === "get" || type === "set") {
			socket.send(xml`<iq type="error" id=${id} to=${from}><error type="cancel">
				<service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`);
		}
	},
	message(message) {
		const body = child(message, "body");
		if (!body || message.attributes.type === "error") return;
		socket.send(xml`<message type="chat" to=${message.attributes.from}><body>${textContent(body)}</body></message>`);
	},
};

function fail(why) {
	closing = true;
	socket.close();
	end(1, why);
}

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		closing = true;
		socket.send("</stream:stream>");
		socket.close();
	});
}
connect();
