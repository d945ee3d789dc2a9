// Attacks on the web server: requests without end, without a reader, without sense.

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const HEAD_LIMIT_MS = 13_000;

/** Connections that make these requests. @param {string | ((turn: number) => string)} request @param {{ size?: number, everyMs?: number, deaf?: boolean }} [options] */
function requests(request, { size = 32, everyMs = 0, deaf = false } = {}) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(size, (line) => line.flood(request, everyMs), { again: true, deaf, paceMs: 10 });
}

/** One request a connection, with the answer that it must have. @param {string} request @param {RegExp} right */
function answered(request, right) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(
			16,
			async (line) => {
				await line.write(request);
				const good = await line.until(right, 3000);
				if (!good && !a.over) a.finding(`answered with "${line.text.slice(0, 40).replaceAll(/\s+/g, " ")}"`);
			},
			{ again: true, paceMs: 20 },
		);
}

/** @type {readonly import("./attacks.js").Written[]} */
export const HTTP = [
	{ name: "http-get-flood", what: "GET / on connections that stay", run: requests(GET, { everyMs: 1 }) },
	{
		name: "http-get-connections",
		what: "GET / on a connection each",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.write(GET);
					await line.until(/^HTTP/, 1000);
				},
				{ again: true },
			),
	},
	{
		name: "http-pipelined",
		what: "thousands of GET / at once, answers read",
		run: (a) => a.crowd(8, (line) => line.flood(GET.repeat(1000), 20), { again: true, paceMs: 10 }),
	},
	{
		name: "http-pipelined-deaf",
		what: "10,000 GET / on each of 64 connections, nothing read",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.write(GET.repeat(10_000));
					await line.hold();
				},
				{ again: true, deaf: true },
			),
	},
	{
		name: "http-abort-after-head",
		what: "200 connections at a time that reset once the answer begins",
		run: (a) =>
			a.crowd(
				200,
				async (line) => {
					await line.write(GET.repeat(20));
					await line.until(/^HTTP/, 1000);
					line.reset();
				},
				{ again: true },
			),
	},
	{
		name: "http-deaf-readers",
		what: "400 readers of a page who never read it",
		run: (a) =>
			a.crowd(
				400,
				async (line) => {
					await line.write("GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50));
					await line.hold();
				},
				{ deaf: true },
			),
	},
	{
		name: "http-bad-range",
		traced: true,
		what: "ranges that end before they begin",
		run: answered(
			"GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=5-2\r\nConnection: close\r\n\r\n",
			/^HTTP\/1.1 (200|416)/,
		),
	},
	{
		name: "http-many-ranges",
		what: "a thousand ranges in a request",
		run: answered(
			`GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=${Array.from({ length: 1000 }, (_, at) => `${at}-${at}`).join(",")}\r\nConnection: close\r\n\r\n`,
			/^HTTP\/1.1 (200|206|416|431)/,
		),
	},
	{
		name: "http-odd-ranges",
		what: "ranges of all kinds",
		run: requests(
			(turn) =>
				`GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=${["-0", "-1", "0-", "999999999999-", "100-1", "-99999999999", "a-b", "0-0,1-1", "--5"][turn % 9]}\r\n\r\n`,
			{ everyMs: 1 },
		),
	},
	{
		name: "http-not-found",
		traced: true,
		what: "paths that do not exist",
		run: requests((turn) => `GET /no/${turn} HTTP/1.1\r\nHost: localhost\r\n\r\n`, { everyMs: 1 }),
	},
	{
		name: "http-paths-out",
		traced: true,
		what: "paths that lead out of the folder, or are no paths",
		run: requests(
			(turn) =>
				`GET ${["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/%ff", "//etc", "/a%5c..%5c..", `/${"a/".repeat(2000)}`, "http://localhost/", "*"][turn % 9]} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
			{ everyMs: 2 },
		),
	},
	{
		name: "http-unknown-methods",
		traced: true,
		what: "methods that are not offered",
		run: requests(
			(turn) =>
				`${["DELETE", "PUT", "PATCH", "TRACE", "OPTIONS", "PROPFIND"][turn % 6]} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`,
			{ everyMs: 1 },
		),
	},
	{
		name: "http-connect-method",
		what: "CONNECT, which asks for a tunnel",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.write("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n");
					await line.endsWithin(200);
				},
				{ again: true },
			),
	},
	{
		name: "http-wrong-host",
		traced: true,
		what: "requests for hosts that the daemon is not",
		run: requests("GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n", { everyMs: 1 }),
	},
	{
		name: "http-slow-head",
		traced: true,
		what: "400 heads a byte at a time; each is ended in time",
		atLeastSeconds: 14,
		run: (a) =>
			a.crowd(400, async (line) => {
				line.dribble(`GET / HTTP/1.1\r\nHost: ${"a".repeat(100)}`, 400);
				if (!(await line.endsWithin(HEAD_LIMIT_MS))) a.finding("an unfinished head kept a connection open for 13 s");
			}),
	},
	{
		name: "http-slow-headers",
		what: "400 requests with a header each second; each is ended in time",
		atLeastSeconds: 14,
		run: (a) =>
			a.crowd(400, async (line) => {
				await line.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
				line.flood("X-More: 1\r\n", 1000);
				if (!(await line.endsWithin(HEAD_LIMIT_MS)))
					a.finding("headers without an end kept a connection open for 13 s");
			}),
	},
	{
		name: "http-slow-body",
		what: "400 bodies a byte at a time",
		run: (a) =>
			a.crowd(
				400,
				async (line) => {
					await line.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
					await line.flood("x", 100);
				},
				{ again: true, paceMs: 20 },
			),
	},
	{
		name: "http-large-body",
		what: "bodies of any size that nobody asked for",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					await line.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n");
					await line.flood("x".repeat(65_536));
				},
				{ again: true, paceMs: 10 },
			),
	},
	{
		name: "http-chunked-body",
		what: "bodies of endless one-byte chunks",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					await line.write("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
					await line.flood("1\r\nx\r\n".repeat(2000));
				},
				{ again: true, paceMs: 10 },
			),
	},
	{
		name: "http-header-flood",
		traced: true,
		what: "heads without an end, as fast as they are read",
		run: (a) =>
			a.crowd(
				32,
				async (line) => {
					await line.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
					await line.flood(`X-${"y".repeat(100)}: ${"z".repeat(1000)}\r\n`.repeat(20));
				},
				{ again: true, paceMs: 10 },
			),
	},
	{
		name: "http-many-headers",
		what: "2,500 headers, as with an upgrade that once ended ws",
		run: (a) =>
			a.crowd(
				32,
				async (line) => {
					await line.write(
						`GET /socket HTTP/1.1\r\nHost: localhost\r\n${Array.from({ length: 2500 }, (_, at) => `a${at}: 1`).join("\r\n")}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
					);
					await line.until(/^HTTP/, 500);
				},
				{ again: true, paceMs: 10 },
			),
	},
	{
		name: "http-smuggling",
		traced: true,
		what: "requests with two lengths, a length and chunks, and bad line ends",
		run: requests(
			(turn) =>
				[
					`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${GET}`,
					"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
					"GET / HTTP/1.1\nHost: localhost\n\n",
					"GET / HTTP/9.9\r\n\r\n",
				][turn % 4] ?? "",
			{ everyMs: 5 },
		),
	},
	{
		name: "http-no-host",
		what: "requests without a host, and of HTTP/1.0",
		run: requests((turn) => ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"][turn % 2] ?? "", { everyMs: 5 }),
	},
	{
		name: "http-expect",
		what: "requests that wait for leave to send a body",
		run: (a) =>
			a.crowd(
				300,
				async (line) => {
					await line.write("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
					await line.hold();
				},
				{ again: true, paceMs: 50 },
			),
	},
	{
		name: "http-upgrade-others",
		what: "upgrades to other protocols",
		run: requests(
			"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
			{ everyMs: 5 },
		),
	},
	{
		name: "http2-preface",
		what: "HTTP/2 without being asked",
		run: requests("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", { everyMs: 5 }),
	},
	{
		name: "http-metrics-flood",
		what: "requests for metrics, from this machine",
		run: requests("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", { size: 4, everyMs: 5 }),
	},
	{
		name: "http-idle-after-answer",
		what: "400 connections that stay after their answer",
		run: (a) =>
			a.crowd(400, async (line) => {
				await line.write(GET);
				await line.hold();
			}),
	},
];
