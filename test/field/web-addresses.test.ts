// Situations from the field: addresses of pages, hosts and clients in the spellings that people, browsers and proxies write.

import { hostname } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { forwardedAddress } from "../../src/server/client-address.ts";
import { createServer } from "../../src/server/index.ts";
import { askUpgrade, closeServers, refusals, startChat } from "./web-server.ts";

afterEach(closeServers);

describe("the page of the server's own address", () => {
	it.each([
		[
			"a Host header with the default port, which the browser leaves out of the origin",
			"localhost:80",
			"http://localhost",
		],
		["an origin with the default port", "localhost", "http://localhost:80"],
		["a page over HTTPS, and a proxy that writes port 443", "localhost:443", "https://localhost"],
		["capital letters in the Host header", "LOCALHOST:8080", "http://localhost:8080"],
		["a Host header with the dot of a full name", "localhost.:8080", "http://localhost:8080"],
		["an IPv6 address in another spelling", "[0:0::1]:8080", "http://[::1]:8080"],
	])("may connect: %s", async (_situation, host, origin) => {
		const { port } = await startChat();
		expect((await askUpgrade(port, "/socket", { Host: host, Origin: origin })).status).toBe(101);
	});

	it.each([
		["another port", "localhost:8080", "http://localhost:8081"],
		["HTTPS on the port of HTTP", "localhost:80", "https://localhost"],
		["a name below the own one", "localhost:8080", "http://evil.localhost:8080"],
		["a longer name", "localhost:8080", "http://localhost.evil.example:8080"],
		["a file, or a sandboxed frame", "localhost:8080", "null"],
		["no address at all", "localhost:8080", "localhost:8080"],
	])("is not the page of %s", async (_situation, host, origin) => {
		const { port } = await startChat();
		expect((await askUpgrade(port, "/socket", { Host: host, Origin: origin })).status).toBe(403);
	});
});

describe("a request by a name of this machine", () => {
	it.each([
		["its own name", hostname()],
		["the name that a local network uses", hostname().includes(".") ? hostname() : `${hostname()}.local`],
		["a name below localhost", "chat.localhost"],
		["an address of its network", "192.168.1.20"],
	])("is answered: %s", async (_situation, name) => {
		const { port } = await startChat();
		const answer = await askUpgrade(port, "/socket", { Host: `${name}:8080`, Origin: `http://${name}:8080` });
		expect(answer.status).toBe(101);
	});

	it("is refused by a name that an attacker can point at this machine", async () => {
		const { port } = await startChat();
		for (const name of ["evil.local", "localhost.evil.example", "192.168.1.20.evil.example"])
			expect(
				(await askUpgrade(port, "/socket", { Host: `${name}:8080`, Origin: `http://${name}:8080` })).status,
				name,
			).toBe(421);
	});
});

describe("an entry of --origin means what its author meant", () => {
	it.each([
		["the default port, written out", "https://g.example:443", ["https://g.example"], ["https://g.example:444"]],
		["the address of the page, copied", "https://g.example/flash/index.html?x=1#top", ["https://g.example"], []],
		["a slash at the end", "https://g.example/", ["https://g.example"], ["http://g.example"]],
		[
			"a host alone",
			"games.example.com",
			["https://games.example.com", "http://games.example.com:8080"],
			["https://example.com"],
		],
		["a host and a port", "localhost:8080", ["http://localhost:8080"], ["http://localhost:8081"]],
		[
			"a host with all below it",
			"*.example.com",
			["https://a.b.example.com", "https://example.com"],
			["https://notexample.com"],
		],
		[
			"any port of this machine",
			"http://localhost:*",
			["http://localhost:3000", "http://localhost"],
			["https://localhost:3000"],
		],
		["capital letters", "HTTPS://G.Example", ["https://g.example"], []],
		["an internationalized name", "https://bücher.example", ["https://xn--bcher-kva.example"], []],
		["the address of the WebSocket", "wss://g.example/socket", ["https://g.example"], ["http://g.example"]],
		[
			"a list with commas",
			"https://a.example,https://b.example",
			["https://a.example", "https://b.example"],
			["https://c.example"],
		],
		["a list with spaces", "https://a.example https://b.example", ["https://b.example"], []],
		["an IPv6 address", "http://[0:0::1]:8080", ["http://[::1]:8080"], ["http://[::1]:8081"]],
		["pages of files", "null", ["null", "file://"], ["https://g.example"]],
		["a program with a built-in browser", "capacitor://localhost", ["capacitor://localhost"], ["http://localhost:1"]],
		["every page", "*", ["https://g.example", "null"], []],
	])("%s", async (_situation, entry, allowed, refused) => {
		const { port } = await startChat({ origin: [entry] });
		for (const origin of allowed)
			expect((await askUpgrade(port, "/socket", { Origin: origin })).status, origin).toBe(101);
		for (const origin of refused)
			expect((await askUpgrade(port, "/socket", { Origin: origin })).status, origin).toBe(403);
	});

	it.each([
		"",
		" , ",
		"https://",
		"http//g.example",
		"https:/g.example",
		"https://g.example:99999",
		"https://user@g.example",
		"192.168.0.0/16",
		"192.168.1.*",
		"ex*mple.com",
		"https://a.example,https://",
	])("or is refused at the start with its value: %j", (entry) => {
		const words = `has the entry ${JSON.stringify(entry)}, but each entry must be the address of pages`;
		expect(() => createServer({ origin: [entry] })).toThrow(words);
	});

	it("and the policy file names the same hosts", async () => {
		const origin = [
			"https://g.example:443/flash/",
			"*.Example.com",
			"bücher.example",
			"http://[::1]:8000",
			"capacitor://app",
		];
		const { server, port } = await startChat({ origin });
		const domains = [...server.policyText!.matchAll(/domain="([^"]*)"/g)].map(([, domain]) => domain);
		expect(domains).toEqual(expect.arrayContaining(["g.example", "*.example.com", "xn--bcher-kva.example", "::1"]));
		expect(server.policyText).not.toMatch(/capacitor|app"|flash/);
		for (const host of ["g.example", "a.example.com", "example.com", "xn--bcher-kva.example"]) {
			const answer = await askUpgrade(port, "/socket", { Host: host, Origin: `https://${host}` });
			expect(answer.status, host).toBe(101);
		}
	});
});

describe("the address of a client behind a listed proxy", () => {
	it.each([
		["203.0.113.9:50001", "203.0.113.9"],
		["203.0.113.9", "203.0.113.9"],
		["[2001:db8::1]:50001", "2001:db8::1"],
		["[2001:db8::1]", "2001:db8::1"],
		["2001:DB8:0::1", "2001:db8::1"],
		["::ffff:203.0.113.9", "203.0.113.9"],
		['"[2001:db8::1]:4711"', "2001:db8::1"],
		["fe80::1%eth0", "fe80::1"],
		["unknown", undefined],
		["_hidden", undefined],
		["", undefined],
		["203.0.113", undefined],
		["203.0.113.9:50001:1", undefined],
	])("%j is %j", (entry, address) => expect(forwardedAddress(entry)).toBe(address));

	it.each([
		["its port changes with each connection", (n: number) => ({ "X-Forwarded-For": `203.0.113.9:${50_000 + n}` })],
		["IPv6 with a port", (n: number) => ({ "X-Forwarded-For": `[2001:db8::1]:${50_000 + n}` })],
		["the standard header Forwarded", (n: number) => ({ Forwarded: `for="[2001:db8::1]:${50_000 + n}";proto=https` })],
		["X-Real-IP alone", () => ({ "X-Real-IP": "203.0.113.9" })],
		[
			"what the client wrote itself comes first",
			(n: number) => ({ "X-Forwarded-For": `198.51.100.${n}, 203.0.113.9` }),
		],
		["a chain of two proxies", (n: number) => ({ "X-Forwarded-For": `198.51.100.${n}, 203.0.113.9, 10.1.2.3` })],
	])("is one client for the limits: %s", async (_situation, headers) => {
		const { port, log } = await startChat({
			trustProxy: ["127.0.0.1", "10.0.0.0/8"],
			maxConnectionsPerAddress: 100,
			connectsPerSecondPerAddress: 1,
		});
		// Twice the number a second may connect at once.
		const statuses: number[] = [];
		for (let n = 1; n <= 3; n++) statuses.push((await askUpgrade(port, "/socket", headers(n))).status);
		expect(statuses).toEqual([101, 101, 429]);
		expect(refusals(log)[0]).toMatchObject({ reason: "connecting-too-fast", path: "/socket" });
		expect(refusals(log)[0]?.remote).toMatch(/^(?:203\.0\.113\.9|2001:db8::1)$/);
	});

	it("counts as the proxy's own where the proxy names none", async () => {
		const { port, log } = await startChat({ trustProxy: ["127.0.0.1"] });
		for (const entry of ["unknown", "198.51.100.1, unknown", "<script>"]) {
			const answer = await askUpgrade(port, "/nowhere", { "X-Forwarded-For": entry });
			expect(answer.status).toBe(404);
		}
		expect(refusals(log).map(({ remote }) => remote)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
	});

	it("may be several proxies in one entry of --trust-proxy, and is refused at the start where it is no address", async () => {
		const { server } = await startChat({ trustProxy: ["127.0.0.1,::1"] });
		expect(server.settings.trustProxy).toEqual(["127.0.0.1", "::1"]);
		expect(() => createServer({ trustProxy: ["127.0.0.1,nginx"] })).toThrow(/has the entry "127.0.0.1,nginx"/);
	});
});

describe("a refused WebSocket", () => {
	it.each([
		[
			"a name that the server does not have",
			{ Host: "games.example" },
			"/socket",
			421,
			"foreign-host",
			/--origin games\.example/,
		],
		[
			"a foreign page",
			{ Origin: "https://g.example" },
			"/socket",
			403,
			"foreign-origin",
			/--origin https:\/\/g\.example/,
		],
		["a path without a WebSocket", {}, "/chat", 404, "not-found", /\/socket/],
		["an invalid handshake", { "Sec-WebSocket-Key": "short" }, "/socket", 400, "bad-request", undefined],
	])("leaves one warning that says what to do: %s", async (_situation, headers, path, status, reason, hint) => {
		const { port, log } = await startChat();
		const answer = await askUpgrade(port, path, { Host: "localhost", ...headers });
		expect(answer.status).toBe(status);
		const [line, ...others] = refusals(log);
		expect(others).toEqual([]);
		expect(line).toMatchObject({ reason, path, remote: "127.0.0.1", hostHeader: expect.any(String) });
		if (hint) {
			expect(line?.hint).toMatch(hint);
			expect(answer.body).toMatch(hint);
		}
	});

	it("writes a few lines of a flood, and then their number", async () => {
		const { server, port, log } = await startChat();
		for (let n = 0; n < 20; n++) await askUpgrade(port, "/socket", { Origin: "https://g.example" });
		expect(refusals(log)).toHaveLength(5);
		await server.close();
		expect(refusals(log).at(-1)).toMatchObject({ reason: "foreign-origin", count: 15 });
	});

	it("is none where a client is configured with a host and a port alone", async () => {
		const { port } = await startChat();
		expect((await askUpgrade(port, "/")).status).toBe(101);
	});
});
