// A Jabber bot that uses only the documented class, as in Flash Media Server: new XMLSocket("stream"), SASL PLAIN, a resource,
// presence. It returns every chat message to its sender. --help prints its options.

import { XMLSocket, xml } from "xmlsocket";
import { child, textContent } from "xmlsocket/xml";
import { end, partsOf, readCommandLine } from "./command-line.mjs";
import { streamHeader } from "./stream-header.mjs";

const options = readCommandLine(
	`Logs in to a Jabber server with the class XMLSocket, and returns every chat message to its sender.

The class has no TLS, so the password is sent unencrypted. Use it only on this machine or in your own network, with a server
that allows it (Prosody: allow_unencrypted_plain_auth = true, c2s_require_encryption = false). echo-modern.mjs uses TLS.

  node examples/xmpp/echo-classic.mjs --jid bot@localhost --password secret`,
	{
		jid: [undefined, "the address to log in as *"],
		password: [undefined, "its password *"],
		host: [undefined, "the server, if it is not the address's domain"],
		port: ["5222", "its port for clients"],
	},
);
const { user, domain, resource } = partsOf(options.jid);

const socket = new XMLSocket("stream");
// Many rosters and room lists are longer than the default of 4096 characters.
socket.maxUnprocessedChars = 262_144;
let closing = false;
let authenticated = false;

function openStream() {
	socket.send(streamHeader("jabber:client", { to: domain, version: "1.0" }));
}

function connect() {
	if (closing) return; // a signal arrived during the wait
	authenticated = false;
	socket.connect(options.host ?? domain, Number(options.port));
}

socket.onConnect = (success) => {
	if (success) openStream();
	else setTimeout(connect, 2000);
};

socket.onClose = () => {
	if (closing) return;
	console.log("connection lost; reconnecting in 2 s");
	setTimeout(connect, 2000);
};

socket.onXML = (document) => {
	const stanza = document.firstChild;
	const act = stanza && actions[stanza.nodeName];
	if (act) act(stanza);
};

// Names are those of the stanza's own text: the class does not apply the namespaces of the stream's header.
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
		fail(`The server refused the login: ${failure.firstChild?.nodeName}.`);
	},
	"stream:error"(error) {
		console.error(`The server reported an error: ${error.firstChild?.nodeName}.`);
	},
	iq(iq) {
		const { id, type, from } = iq.attributes;
		if (id === "bind-1") {
			if (type !== "result") fail("The server assigned no resource.");
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
