// Policy files, domains and ports.

import { mayConnect, policyFile, readPolicyFile } from "../../../src/policy/index.ts";
import { readDomain } from "../../../src/policy/policy-domain.ts";
import { readPorts } from "../../../src/policy/policy-ports.ts";
import { allow, holds, same, type Target, utf8Of } from "../target.ts";

const HOSTS = ["example.com", "a.example.com", "127.0.0.1", "::1", "localhost", "bücher.example"];

function run(input: Uint8Array): void {
	const text = utf8Of(input);
	const file = readPolicyFile(text);
	holds("an invalid file grants something", file.valid || file.grants.length === 0);
	holds("an invalid file has no error", file.valid || file.findings.some(({ level }) => level === "error"));
	for (const { domain, ports } of file.grants) {
		for (const { first, last } of ports) holds("a range of ports", first >= 1 && first <= last && last <= 65_535);
		for (const host of HOSTS) readDomain(domain).matches(host);
	}
	const served = { file, port: 9000 };
	const allowed = HOSTS.map((from) => mayConnect({ from, secure: true, to: 9000 }, undefined, [served]).allowed);
	holds("an invalid file lets content connect", file.valid || !allowed.includes(true));
	const word = text.slice(0, 200);
	const domain = readDomain(word);
	for (const host of HOSTS) holds("a domain that matches nothing", domain.never === undefined || !domain.matches(host));
	if (domain.never === undefined) domain.matches(word);
	readPorts(word);
	const written = allow(["XMLSOCKET_OPTION_INVALID"], () => policyFile({ ports: [9000], domains: [word] }));
	if (written !== undefined) {
		const again = readPolicyFile(written);
		same(
			"errors of a file that the daemon writes",
			again.findings.filter(({ level }) => level === "error"),
			[],
		);
	}
}

/** The target. */
export const open = (): Target => ({
	run,
	maxBytes: 60_500,
	tokens: [
		"<cross-domain-policy>",
		"</cross-domain-policy>",
		'<allow-access-from domain="*" to-ports="*"/>',
		'<site-control permitted-cross-domain-policies="all"/>',
		" secure='false'",
		"to-ports='1-65535,9000'",
		"*.example.com",
		"127.0.0.1",
		"[::1]",
		"<!DOCTYPE cross-domain-policy SYSTEM '/xml/dtds/cross-domain-policy.dtd'>",
		"<!--",
		"-->",
		"\xc3\xbc",
		",",
		"-",
		".",
	],
});
