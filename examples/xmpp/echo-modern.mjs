// The bot of echo-classic.mjs with connect(): STARTTLS with a checked certificate, or a WebSocket. It reconnects when the server
// restarts. --help prints its options.

import { readFileSync } from "node:fs";
import { connect, xml } from "xmlsocket";
import { attribute, child, textContent } from "xmlsocket/xml";
import { end, partsOf, readCommandLine } from "./command-line.mjs";
import { login } from "./login.mjs";

const options = readCommandLine(
	`Logs in to a Jabber server with connect() over STARTTLS, and returns every chat message to its sender.

  node examples/xmpp/echo-modern.mjs --jid bot@localhost --password secret --ca /etc/prosody/certs/localhost.crt`,
	{
		jid: [undefined, "the address to log in as *"],
		password: [undefined, "its password *"],
		host: [undefined, "the server, if it is not the address's domain"],
		port: ["5222", "its port for clients"],
		ca: [undefined, "trust the certificate authority in this PEM file"],
		websocket: [undefined, "use a WebSocket with this URL instead, for example wss://example.org:5281/xmpp-websocket"],
		plain: [false, "without TLS: the password is sent unencrypted"],
	},
);
const { user, domain, resource } = partsOf(options.jid);
const account = { user, domain, resource, password: options.password, tls: !options.plain && !options.websocket };

async function start(stream) {
	console.log(`ready: ${await login(stream, account)}`);
	stream.send(xml`<presence/>`);
}

let connection;
try {
	connection = await connect(options.websocket ?? `${options.host ?? domain}:${options.port}`, {
		stream: { keepAliveIntervalMs: 60_000 },
		reconnect: true,
		onReconnected: start,
		...(options.ca ? { tls: { ca: readFileSync(options.ca, "utf8") } } : {}),
	});
	await start(connection);
} catch (error) {
	await connection?.close();
	end(1, error.message);
}
connection.on("status", ({ type }) => type === "disconnected" && console.log("connection lost"));

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		if (connection.status.type === "connected") connection.send("</stream:stream>");
		void connection.close();
	});
}

for await (const document of connection) {
	const stanza = document.xml.firstChild;
	if (stanza?.localName !== "message" || attribute(stanza, "type") === "error") continue;
	const body = child(stanza, "body");
	if (body && connection.status.type === "connected") {
		connection.send(
			xml`<message type="chat" to=${attribute(stanza, "from")}><body>${textContent(body)}</body></message>`,
		);
	}
}
