import { describe, expect, it } from "vitest";
import { addressClass, canonicalAddress, isDialable } from "../../src/gateway/address-rules.ts";

const PRIVATE = [
	"127.0.0.1",
	"127.255.255.254",
	"10.0.0.1",
	"172.16.0.1",
	"172.31.255.255",
	"192.168.1.1",
	"100.64.0.1",
	"::1",
	"0:0:0:0:0:0:0:1",
	"fc00::1",
	"fd12:3456:789a::1",
	"::ffff:127.0.0.1",
	"::ffff:7f00:1",
	"0:0:0:0:0:ffff:10.0.0.1",
	"::FFFF:192.168.0.1",
];
const NEVER = [
	// addresses that mean something else than a host
	"0.0.0.0",
	"0.1.2.3",
	"255.255.255.255",
	"224.0.0.1",
	"240.0.0.1",
	"::",
	"ff02::1",
	// link-local, and metadata services
	"169.254.169.254",
	"169.254.0.1",
	"fe80::1",
	"fe80::1%eth0",
	"::ffff:169.254.169.254",
	"::ffff:a9fe:a9fe",
	"fd00:ec2::254",
	"100.100.100.200",
	"168.63.129.16",
	"192.0.0.192",
	// an address inside an address
	"::127.0.0.1",
	"::7f00:1",
	"::ffff:0:127.0.0.1",
	"64:ff9b::127.0.0.1",
	"64:ff9b::a00:1",
	"64:ff9b:1::a00:1",
	"2002:7f00:1::",
	"2002:a00:1::1",
	"2001:0:7f00:1::",
	"2001::1",
	"fec0::1",
	"fec0:0:0:ffff::1",
	"100::1",
	"2001:db8::1",
	"5f00::1",
	"198.18.0.1",
	"192.0.2.1",
	// spellings that systems read in different ways
	"127.1",
	"2130706433",
	"0x7f000001",
	"0x7f.0.0.1",
	"0177.0.0.1",
	"017700000001",
	"127.0.0.01",
	"127.0.0.1.",
	"127.0.0.1\0",
	"127.0.0.1\0.example.com",
	" 127.0.0.1",
	"127.0.0.1%25",
	"[::1]",
	"１２７.0.0.1",
	"localhost",
	"example.com",
	"",
];
const PUBLIC = [
	"93.184.215.14",
	"8.8.8.8",
	"172.32.0.1",
	"100.128.0.1",
	"2606:4700::1111",
	"::ffff:8.8.8.8",
	"2a00::1",
];

describe("the class of an address", () => {
	it.each(PRIVATE)("is private for %s", (address) => expect(addressClass(address)).toBe("private"));
	it.each(NEVER)("is never for %j", (address) => expect(addressClass(address)).toBe("never"));
	it.each(PUBLIC)("is public for %s", (address) => expect(addressClass(address)).toBe("public"));
});

describe("an address", () => {
	it("has one canonical spelling, with IPv4 in IPv6 as IPv4", () => {
		expect(canonicalAddress("::ffff:7f00:1")).toBe("127.0.0.1");
		expect(canonicalAddress("0:0:0:0:0:0:0:1")).toBe("::1");
		expect(canonicalAddress("2606:4700:0:0::1111")).toBe("2606:4700::1111");
		expect(canonicalAddress("010.0.0.1")).toBeUndefined();
		expect(canonicalAddress("10.1")).toBeUndefined();
		expect(canonicalAddress("::ffff:10.0.0.1")).toBe("10.0.0.1");
		expect(canonicalAddress("::ffff:010.0.0.1")).toBeUndefined();
		expect(canonicalAddress("::ffff:10.0.01.1")).toBeUndefined();
		expect(canonicalAddress("example.com")).toBeUndefined();
	});

	it("can be dialled unless it is unspecified, multicast or broadcast", () => {
		expect(["10.0.0.1", "::1", "169.254.1.1"].every(isDialable)).toBe(true);
		expect(["0.0.0.0", "::", "::ffff:0.0.0.0", "224.0.0.1", "ff02::1", "255.255.255.255", "x"].some(isDialable)).toBe(
			false,
		);
	});
});
