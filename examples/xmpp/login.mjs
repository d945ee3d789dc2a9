// Logs in to a Jabber server: stream, STARTTLS, SASL PLAIN, resource. It uses only methods that a connection and the `rejoin` of
// onReconnected share, so the same function logs in at the start and after each lost connection.

import { randomUUID } from "node:crypto";
import { xml } from "xmlsocket";
import { child, elements, textContent } from "xmlsocket/xml";
import { streamHeader } from "./stream-header.mjs";

const nameOf = (document) => document.xml.firstChild?.localName;

/**
 * @param {Pick<import("xmlsocket").Rejoin, "request" | "startTls">} stream
 * @returns the address that the server assigned.
 */
export async function login(stream, { user, domain, resource, password, tls }) {
	// Resolves with the server's features: the next steps that it offers.
	const open = async () => {
		const features = await stream.request(streamHeader("jabber:client", { to: domain, version: "1.0" }), {
			match: (document) => nameOf(document) === "features" || nameOf(document) === "error",
		});
		if (nameOf(features) === "error") throw new Error(`The server reported an error: ${features.text}`);
		return features.xml.firstChild;
	};

	let features = await open();
	if (tls) {
		if (!child(features, "starttls")) throw new Error("The server offers no STARTTLS.");
		await stream.startTls({ domain });
		features = await open();
	}
	const mechanisms = elements(child(features, "mechanisms") ?? features).map(textContent);
	if (!mechanisms.includes("PLAIN")) throw new Error("The server does not offer SASL PLAIN.");
	const secret = Buffer.from(`\0${user}\0${password}`).toString("base64");
	const verdict = await stream.request(
		xml`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${secret}</auth>`,
		{ match: (document) => nameOf(document) === "success" || nameOf(document) === "failure" },
	);
	if (nameOf(verdict) === "failure")
		throw new Error(`The server refused the login: ${verdict.xml.firstChild.firstChild?.nodeName}.`);
	await open();
	const bound = await stream.request(xml`<iq type="set" id=${randomUUID()}>
		<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">${resource && xml`<resource>${resource}</resource>`}</bind></iq>`);
	const jid = child(child(bound.xml.firstChild, "bind") ?? bound.xml.firstChild, "jid");
	if (!jid) throw new Error(`The server assigned no resource: ${bound.text}`);
	return textContent(jid);
}
