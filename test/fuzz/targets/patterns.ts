// Addresses and names that operators and clients write: origins, hosts, proxies, targets of the gateway. Each is accepted or refused
// with a code, and what is accepted means itself.

import { isIP } from "node:net";
import { addressClass, canonicalAddress, isDialable } from "../../../src/gateway/address-rules.ts";
import { parseTarget, TargetList } from "../../../src/gateway/target.ts";
import { addressKey, isAddressOrRange, isListed } from "../../../src/server/admission.ts";
import { clientAddress, forwardedAddress } from "../../../src/server/client-address.ts";
import { isOriginEntry, OriginRules } from "../../../src/server/origin.ts";
import { parseHostHeader, parsePageOrigin, plainHost } from "../../../src/server/origin-pattern.ts";
import { allow, holds, same, type Target, utf8Of } from "../target.ts";

const PROXIES = ["127.0.0.1", "10.0.0.0/8", "::1"];

function run(input: Uint8Array): void {
	const text = utf8Of(input);
	origins(text);
	addresses(text);
	const target = allow(["XMLSOCKET_TARGET_INVALID"], () => parseTarget(text));
	if (!target) return;
	holds("a port of a target", target.port >= 1 && target.port <= 65_535);
	same("whether a target is an address", target.isAddress, isIP(target.host) > 0);
	const list = allow(["XMLSOCKET_TARGET_INVALID"], () => new TargetList([text, "other=localhost:1"]));
	if (list) same("target by its host", list.at(target.host.toUpperCase(), target.port) !== undefined, true);
}

function origins(text: string): void {
	const isEntry = isOriginEntry(text);
	const rules = new OriginRules(isEntry ? [text] : [], []);
	const isAllowed = rules.allowsOrigin(text, "game.example.com:9000");
	rules.allowsHost(text);
	rules.policyDomains();
	// A list that lets any page in has an entry for any page.
	if (isEntry && !text.includes("*"))
		holds(
			"an unlisted page is let in",
			!rules.allowsOrigin("https://unlisted.invalid", "a:1") || /unlisted|\0/.test(text),
		);
	const own = new OriginRules([], []);
	const page = parsePageOrigin(text);
	if (!isEntry && isAllowed) holds("a page without an origin is let in", page !== undefined);
	if (!page) holds("what is no origin is let in", !own.allowsOrigin(text, text));
	const host = plainHost(text);
	if (host !== undefined) same("host in its plain form", plainHost(host), host);
	parseHostHeader(text);
}

function addresses(text: string): void {
	const address = canonicalAddress(text);
	if (address !== undefined) {
		holds(`an address that is none: ${address}`, isIP(address) > 0);
		holds(`an address that Node reads otherwise: ${text}`, isIP(text) > 0);
		same("address in its canonical form", canonicalAddress(address), address);
	}
	holds("the class of what is no address", address !== undefined || addressClass(text) === "never");
	isDialable(text);
	const client = forwardedAddress(text);
	holds(`a client without an address: ${client}`, client === undefined || isIP(client) > 0);
	for (const name of ["x-forwarded-for", "forwarded", "x-real-ip"]) {
		holds("a client without an address", isIP(clientAddress({ [name]: text }, "127.0.0.1", PROXIES)) > 0);
	}
	if (isAddressOrRange(text)) isListed("10.1.2.3", [text]);
	addressKey(text);
}

/** The target. */
export const open = (): Target => ({
	run,
	maxBytes: 60_500,
	tokens: [
		"http://",
		"https://",
		"wss://",
		"*.",
		"*",
		"example.com",
		"localhost",
		":9000",
		":*",
		"[::1]",
		"::ffff:127.0.0.1",
		"127.0.0.1",
		"10.0.0.0/8",
		"0x7f.1",
		"name=",
		"?encoding=gbk",
		"&private=yes",
		"null",
		"file://",
		",",
		" ",
		"for=",
		'for="[::1]:80";by=x',
		"%25eth0",
		"xn--bcher-kva",
		"\xc3\xbc",
		"/",
		"#",
		"@",
		".",
	],
});
