// Policy files read, and whether content may connect by them: the table of docs/guide/policy.md, and properties.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	isAskedForPolicy,
	judgeDelivery,
	MAX_POLICY_BYTES,
	mayConnect,
	type PolicyVerdict,
	policyFile,
	readPolicyFile,
} from "../../src/policy/index.ts";

const file = (inside: string): string => `<cross-domain-policy>${inside}</cross-domain-policy>`;
const grant = (domain: string, ports: string, more = ""): string =>
	`<allow-access-from domain="${domain}" to-ports="${ports}"${more}/>`;
const codes = (text: string): string[] => readPolicyFile(text).findings.map(({ code }) => code);

interface Asked {
	readonly from?: string;
	readonly secure?: boolean;
	readonly to?: number;
	readonly at?: number;
}
function ask(text: string, { from = "example.com", secure = false, to = 9000, at = 9000 }: Asked = {}): PolicyVerdict {
	return mayConnect({ from, secure, to }, undefined, [{ file: readPolicyFile(text), port: at }]);
}

describe("the domain of an entry", () => {
	const TABLE: readonly [domain: string, from: string, allowed: boolean][] = [
		["*", "example.com", true],
		["*", "203.0.113.7", true],
		["*", "localhost", true],
		["example.com", "example.com", true],
		["example.com", "EXAMPLE.com.", true],
		["Example.COM", "example.com", true],
		[" example.com ", "example.com", true],
		["example.com", "www.example.com", false],
		["example.com", "badexample.com", false],
		["example.com", "example.com.evil", false],
		["*.example.com", "example.com", true],
		["*.example.com", "www.example.com", true],
		["*.example.com", "a.b.example.com", true],
		["*.example.com", "badexample.com", false],
		["*.com", "example.com", true],
		["203.0.113.7", "203.0.113.7", true],
		["203.0.113.7", "203.0.113.70", false],
		["localhost", "127.0.0.1", false],
		["127.0.0.1", "localhost", false],
		["::1", "[::1]", true],
		["[::1]", "::1", true],
		["*.1", "127.0.0.1", false],
		["*.0.0.1", "127.0.0.1", false],
		["127.0.0.*", "127.0.0.1", false],
		["*.203.0.113.7", "1.203.0.113.7", false],
		["*example.com", "example.com", false],
		["www.*.com", "www.example.com", false],
		["**", "example.com", false],
		["http://example.com", "example.com", false],
		["example.com/", "example.com", false],
		["example.com:9000", "example.com", false],
		["b\u00fccher.example", "b\u00fccher.example", true],
		["", "", false],
		["*.", "example.com", false],
	];
	for (const [domain, from, allowed] of TABLE) {
		it(`"${domain}" ${allowed ? "means" : "does not mean"} content from "${from}"`, () => {
			expect(ask(file(grant(domain, "9000")), { from }).allowed).toBe(allowed);
		});
	}

	it.each([
		"",
		"*example.com",
		"a b",
		"http://a.example",
		"a.example/x",
		"192.168.*",
		"*.127.0.0.1",
		"a:80",
		"a..b",
		"*.*",
	])("%j can never match, and that is said", (domain) => {
		expect(codes(file(grant(domain, "9000")))).toContain("never-matches");
	});
});

describe("the ports of an entry", () => {
	const TABLE: readonly [toPorts: string, to: number, servedFrom: number, allowed: boolean][] = [
		["9000", 9000, 9000, true],
		["9000", 9001, 9000, false],
		["9000,9001", 9001, 9000, true],
		[" 9000 , 9001 ", 9001, 9000, true],
		["9000-9010", 9000, 9000, true],
		["9000-9010", 9010, 9000, true],
		["9000-9010", 9011, 9000, false],
		["5222,9000-9010,1", 9005, 9000, true],
		["*", 9000, 9000, true],
		["*", 65535, 9000, true],
		["*", 80, 9000, false],
		["*", 80, 843, true],
		["80", 80, 9000, false],
		["80", 80, 843, true],
		["80", 80, 1023, true],
		["80", 80, 1024, false],
		["1-65535", 1023, 1024, false],
		["1-65535", 1024, 1024, true],
		["1000-1100", 1050, 9000, true],
		["9010-9000", 9005, 9000, false],
		["9000-", 9000, 9000, false],
		["0", 0, 843, false],
		["65536", 65536, 843, false],
		["90o0", 9000, 9000, false],
		["9000 9001", 9000, 9000, false],
		["", 9000, 9000, false],
		["9000,", 9000, 9000, true],
		["x,9000", 9000, 9000, true],
	];
	for (const [toPorts, to, servedFrom, allowed] of TABLE) {
		it(`"${toPorts}" from port ${servedFrom} ${allowed ? "grants" : "does not grant"} port ${to}`, () => {
			expect(ask(file(grant("*", toPorts)), { to, at: servedFrom }).allowed).toBe(allowed);
		});
	}

	it("are granted by no entry without to-ports, which would do over HTTP", () => {
		const text = file('<allow-access-from domain="*"/>');
		expect(ask(text).allowed).toBe(false);
		expect(codes(text)).toContain("no-ports");
	});

	it("are 1 to 65535, and the others are named", () => {
		const found = readPolicyFile(file(grant("a.example", "0,9000,70000-70001,9-8,z")));
		expect(found.grants[0]!.ports).toEqual([{ first: 9000, last: 9000 }]);
		expect(found.findings[0]).toMatchObject({
			code: "bad-ports",
			text: expect.stringContaining(
				'"0" is no port from 1 to 65535, "70000-70001" is no port from 1 to 65535, "9-8" is no range',
			),
		});
	});
});

describe("the rest of an entry", () => {
	it('secure="true" lets only content in that came by HTTPS', () => {
		const text = file(grant("example.com", "9000", ' secure="true"'));
		expect(ask(text, { secure: true }).allowed).toBe(true);
		expect(ask(text, { secure: false })).toMatchObject({ allowed: false, reason: expect.stringContaining("HTTPS") });
		expect(ask(file(grant("example.com", "9000", ' secure="false"'))).allowed).toBe(true);
		expect(ask(file(grant("example.com", "9000"))).allowed).toBe(true);
	});
});

describe("a master file", () => {
	const open = { file: readPolicyFile(file(grant("*", "9000"))), port: 9000 };
	const master = (inside: string) => ({ file: readPolicyFile(file(inside)), port: 843 });
	const control = (value: string): string => `<site-control permitted-cross-domain-policies="${value}"/>`;
	const question = { from: "example.com", secure: false, to: 9000 };

	it.each([
		["that grants is enough", master(grant("*", "9000")), undefined, true, 843],
		["that says nothing leaves it to the port", master(grant("other.example", "9000")), open, true, 9000],
		["of all leaves it to the port", master(control("all")), open, true, 9000],
		["of master-only does not", master(control("master-only")), open, false, undefined],
		["of master-only grants what it names", master(control("master-only") + grant("*", "9000")), open, true, 843],
		["of none allows nothing, itself included", master(control("none") + grant("*", "9000")), open, false, undefined],
		["of an HTTP-only kind has no effect", master(control("by-content-type")), open, true, 9000],
		["that is broken leaves it to the port", { file: readPolicyFile("<oops"), port: 843 }, open, true, 9000],
		["may be missing", undefined, open, true, 9000],
		["and the port's may both be missing", undefined, undefined, false, undefined],
	] as const)("%s", (_, first, other, allowed, servedFrom) => {
		const verdict = mayConnect(question, first, other ? [other] : []);
		expect(verdict.allowed).toBe(allowed);
		expect(verdict.servedFrom).toBe(servedFrom);
		expect(verdict.reason).toMatch(/^[A-Z].*\.$/);
	});

	it("elsewhere than on port 843 controls nothing, and that is said", () => {
		const text = file(control("none") + grant("*", "9000"));
		expect(ask(text).allowed).toBe(true);
		const delivery = { port: 9000, bytes: text.length, terminated: true, extraBytes: 0 };
		expect(judgeDelivery(readPolicyFile(text), delivery).map(({ code }) => code)).toEqual(["site-control-elsewhere"]);
	});
});

describe("a refusal", () => {
	it.each<[string, Asked, RegExp]>([
		[file(grant("other.example", "9000")), {}, /No entry names example\.com/],
		[file(grant("example.com", "9001")), {}, /No entry that is meant for example\.com names port 9000/],
		[file(grant("*", "80")), { to: 80 }, /below 1024.*port 9000 cannot grant it.*843 could/],
		[file(grant("*", "9000", ' secure="true"')), {}, /came by HTTPS alone/],
		["<html/>", {}, /No policy file came/],
	])("by %s names the nearest miss", (text, asked, reason) => {
		expect(ask(text, asked)).toMatchObject({ allowed: false, reason: expect.stringMatching(reason) });
	});

	it("by a master file says that the other would have granted it", () => {
		const verdict = mayConnect(
			{ from: "example.com", secure: false, to: 9000 },
			{ file: readPolicyFile(file('<site-control permitted-cross-domain-policies="master-only"/>')), port: 843 },
			[{ file: readPolicyFile(file(grant("*", "9000"))), port: 9000 }],
		);
		expect(verdict.reason).toMatch(/of port 9000 would grant it, but that of port 843.*master-only/);
	});
});

describe("what is to be said of a file", () => {
	const declared = '<?xml version="1.0"?>\n';
	const doctype = (rest: string): string => `${declared}<!DOCTYPE ${rest}>\n${file(grant("a.example", "9000"))}`;
	it.each([
		["one entry is good", file(grant("a.example", "9000")), []],
		[
			"a declaration and the known type are good",
			doctype('cross-domain-policy SYSTEM "/xml/dtds/cross-domain-policy.dtd"'),
			[],
		],
		[
			"so is the type by its address",
			doctype('cross-domain-policy SYSTEM "http://www.adobe.com/xml/dtds/cross-domain-policy.dtd"'),
			[],
		],
		[
			"so is the old one",
			doctype("cross-domain-policy SYSTEM 'http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd'"),
			[],
		],
		["another type is odd", doctype("html"), ["unusual-doctype"]],
		["so is one with declarations of its own", doctype('cross-domain-policy [<!ENTITY a "b">]'), ["unusual-doctype"]],
		["everything for everyone is dangerous", file(grant("*", "*")), ["any-domain-any-port"]],
		["also where it is written as a range", file(grant("*", "1024-65535")), ["any-domain-any-port"]],
		["one port for everyone is worth a note", file(grant("*", "9000")), ["any-domain"]],
		["every port for one domain is more than meant", file(grant("a.example", "*")), ["any-port"]],
		["secure in the clear protects no one on the way", file(grant("a.example", "9000", ' secure="true"')), ["secure"]],
		["secure is true or false", file(grant("a.example", "9000", ' secure="yes"')), ["bad-secure"]],
		["headers are for HTTP", file(grant("a.example", "9000", ' headers="X"')), ["http-only"]],
		[
			"an attribute with another spelling is lost",
			file(grant("a.example", "9000", ' toports="1"')),
			["unknown-attribute"],
		],
		[
			"elements for HTTP are lost",
			file(`${grant("a.example", "9000")}<allow-http-request-headers-from domain="*" headers="*"/>`),
			["http-only"],
		],
		[
			"other elements are lost",
			file(`${grant("a.example", "9000")}<Allow-Access-From domain="*"/>`),
			["unknown-element"],
		],
		["an entry may be there twice", file(grant("a.example", "9000") + grant("A.example", "9000")), ["double"]],
		["an entry needs a domain", file('<allow-access-from to-ports="9000"/>'), ["no-domain", "no-grant"]],
		["a file may let nobody in", file(""), ["no-grant"]],
		["a site control needs its value", file(`<site-control/>${grant("a.example", "9000")}`), ["bad-site-control"]],
		["a byte order mark is worth a note", `\ufeff${file(grant("a.example", "9000"))}`, ["byte-order-mark"]],
		["nothing is no file", " \r\n", ["empty"]],
		["a web page is none", "<html><body></body></html>", ["other-root"]],
		["an answer in HTTP is none", "HTTP/1.1 400 Bad Request\r\n\r\n", ["http"]],
		["nor is a chat's welcome", '<welcome server="x"/>', ["other-root"]],
		["what is not closed is none", "<cross-domain-policy>", ["not-well-formed"]],
		["nor is what has two roots", `${file("")}${file("")}`, ["not-well-formed"]],
		["nor what begins with a space before its declaration", ` ${declared}${file("")}`, ["not-well-formed"]],
	])("%s", (_, text, expected) => {
		expect(codes(text)).toEqual(expected);
	});

	it("that players refuse grants nothing", () => {
		const broken = `${file(grant("*", "9000"))}<`;
		expect(readPolicyFile(broken)).toMatchObject({ valid: false, grants: [] });
		expect(ask(broken).allowed).toBe(false);
	});

	it("and how it came", () => {
		const good = readPolicyFile(file(grant("a.example", "9000")));
		const came = (port: number, bytes: number, terminated = true, extraBytes = 0, read = good): string[] =>
			judgeDelivery(read, { port, bytes, terminated, extraBytes }).map(({ code }) => code);
		expect(came(9000, 100)).toEqual([]);
		expect(came(9000, MAX_POLICY_BYTES)).toEqual([]);
		expect(came(9000, MAX_POLICY_BYTES + 1)).toEqual(["too-large"]);
		expect(came(9000, 100, false)).toEqual(["no-zero-byte"]);
		expect(came(9000, 100, true, 3)).toEqual(["extra-bytes"]);
		expect(came(25, 100)).toEqual(["never-asked"]);
		const low = readPolicyFile(file(grant("a.example", "80,9000")));
		expect(came(9000, 100, true, 0, low)).toEqual(["port-not-grantable"]);
		expect(came(843, 100, true, 0, low)).toEqual([]);
		expect(came(9000, 100, true, 0, readPolicyFile(file(grant("a.example", "*"))))).toEqual([]);
		expect([24, 25, 137, 138, 139, 749, 754, 755, 843].map(isAskedForPolicy)).toEqual([
			true,
			false,
			false,
			false,
			false,
			false,
			false,
			true,
			true,
		]);
	});
});

describe("for any file", () => {
	const port = fc.integer({ min: 1, max: 65535 });
	const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z]$/);
	const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
	const domain = fc.oneof(
		host,
		host.map((name) => `*.${name}`),
		fc.constant("*"),
		fc.ipV4(),
	);

	it("what policyFile writes is read back as what was meant, with nothing wrong", () => {
		fc.assert(
			fc.property(
				fc.array(port, { minLength: 1, maxLength: 5 }),
				fc.array(domain, { maxLength: 5 }),
				(ports, domains) => {
					const read = readPolicyFile(policyFile({ ports, domains }));
					expect(read.valid).toBe(true);
					expect(read.grants.map((entry) => entry.domain)).toEqual(domains);
					for (const { level, code } of read.findings) expect(`${level} ${code}`).toMatch(/^note|no-grant/);
					for (const to of ports) {
						for (const entry of domains) {
							const from = entry.replace(/^\*\./, "sub.").replace(/^\*$/, "any.example");
							const verdict = mayConnect({ from, secure: false, to }, undefined, [{ file: read, port: 9000 }]);
							expect(verdict.allowed).toBe(to >= 1024);
							expect(mayConnect({ from, secure: false, to }, { file: read, port: 843 }, []).allowed).toBe(true);
						}
					}
				},
			),
		);
	});

	it("nothing is granted that no entry names", () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(domain, port, port)), host, port, (entries, from, to) => {
				const text = file(entries.map(([name, a, b]) => grant(name, `${Math.min(a, b)}-${Math.max(a, b)}`)).join(""));
				const meant = entries.some(([name, a, b]) => {
					const inside = Math.min(a, b) <= to && to <= Math.max(a, b);
					const suffix = name.startsWith("*.") ? name.slice(2) : undefined;
					return inside && (name === "*" || name === from || from === suffix || from.endsWith(`.${suffix}`));
				});
				expect(ask(text, { from, to, at: 843 }).allowed).toBe(meant);
			}),
		);
	});

	it("reading never throws, and every finding is a sentence", () => {
		const piece = fc.constantFrom(
			"<",
			">",
			"/",
			'"',
			"cross-domain-policy",
			"allow-access-from",
			" domain=",
			"*",
			"&",
			"\0",
			"]]>",
			"<!--",
			"<!DOCTYPE ",
		);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string({ unit: "binary" }),
					fc.array(piece).map((pieces) => pieces.join("")),
				),
				(text) => {
					for (const read of [readPolicyFile(text), readPolicyFile(file(text))]) {
						if (!read.valid) expect(read.grants).toEqual([]);
						for (const { text: words } of read.findings) expect(words).toMatch(/[.!]$/);
					}
				},
			),
			{ numRuns: 500 },
		);
	});
});
