// Attacks on TLS, on the same port: handshakes that are nonsense, unfinished, many; and data that is not what it seems.

import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { noCertificate } from "./certificate.js";
import { TLS_DAEMON } from "./targets.js";

/** The first 43 bytes of a ClientHello of TLS 1.2 that claims 512. */
const HELLO = Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), Buffer.alloc(32, 7)]);
const LIMIT_MS = 13_000;

/** A hello that a server answers. @returns {Promise<Buffer>} */
function wholeHello() {
	return new Promise((done) => {
		const socket = new Duplex({
			read() {},
			write(bytes, _encoding, taken) {
				done(Buffer.from(bytes));
				taken();
			},
		});
		connect({ socket, rejectUnauthorized: false }).on("error", () => {});
	});
}

/** @type {import("./attacks.js").Written[]} */
const WRITTEN = [
	{
		name: "tls-silent-hello",
		traced: true,
		what: "400 handshakes that stop after the first bytes; each is ended in time",
		atLeastSeconds: 14,
		run: (a) =>
			a.crowd(400, async (line) => {
				await line.write(HELLO);
				if (!(await line.endsWithin(LIMIT_MS))) a.finding("an unfinished TLS hello kept a connection open for 13 s");
			}),
	},
	{
		name: "tls-slow-hello",
		what: "400 handshakes a byte at a time; each is ended in time",
		atLeastSeconds: 14,
		run: (a) =>
			a.crowd(400, async (line) => {
				line.dribble(HELLO.toString("latin1"), 300);
				if (!(await line.endsWithin(LIMIT_MS))) a.finding("a slow TLS hello kept a connection open for 13 s");
			}),
	},
	{
		name: "tls-garbage",
		traced: true,
		what: "handshakes whose hello is nonsense",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.write(
						Buffer.concat([Buffer.from([0x16, 3, 1, 0, 200]), Buffer.alloc(200, a.random.between(0, 255))]),
					);
					await line.endsWithin(500);
				},
				{ again: true },
			),
	},
	{
		name: "tls-large-records",
		traced: true,
		what: "handshake records of the greatest length, as fast as they are read",
		run: (a) =>
			a.crowd(
				16,
				(line) =>
					line.flood(Buffer.concat([Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff]), Buffer.alloc(16_379, 3)])),
				{ again: true },
			),
	},
	{
		name: "tls-handshake-flood",
		what: "whole handshakes, as many as there can be",
		run: (a) => a.crowd(32, (line) => a.tls(line), { again: true }),
	},
	{
		name: "tls-handshake-flood-one-address",
		what: "whole handshakes from one address: its limit holds",
		from: "one",
		run: (a) => a.crowd(32, (line) => a.tls(line), { again: true }),
	},
	{
		name: "tls-half-handshake",
		what: "300 handshakes whose client never answers the server; each is ended in time",
		atLeastSeconds: 14,
		async run(a) {
			const hello = await wholeHello();
			await a.crowd(300, async (line) => {
				await line.write(hello);
				if (!(await line.until(/^./s))) a.count("not answered");
				if (!(await line.endsWithin(LIMIT_MS))) a.finding("half a TLS handshake kept a connection open for 13 s");
			});
		},
	},
	{
		name: "tls-resumption-flood",
		what: "handshakes that resume one session",
		async run(a) {
			/** @type {Buffer | undefined} */
			let session;
			await a.crowd(
				32,
				async (line) => {
					const secure = await a.tls(line, { ...(session ? { session } : {}), maxVersion: "TLSv1.2" });
					session ??= secure?.getSession();
				},
				{ again: true },
			);
		},
	},
	{
		name: "tls-renegotiation",
		what: "clients of TLS 1.2 that ask for one handshake after the other",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					const secure = await a.tls(line, { maxVersion: "TLSv1.2" });
					for (let turn = 0; secure && turn < 50 && line.open && !a.over; turn++) {
						const again = await new Promise((done) => {
							secure.renegotiate({ rejectUnauthorized: false }, (error) => done(!error));
							a.sleep(300).then(() => done(false));
						});
						if (!again) break;
						a.count("renegotiated");
					}
				},
				{ again: true, paceMs: 20 },
			),
	},
	{
		name: "tls-old-versions",
		traced: true,
		what: "clients of TLS 1.0 and of SSL 3",
		run: (a) =>
			a.crowd(
				50,
				async (line, number) => {
					const hello = Buffer.from(HELLO);
					hello[2] = number % 2;
					hello[10] = number % 2;
					hello.writeUInt16BE(38, 3);
					hello.writeUIntBE(34, 6, 3);
					await line.write(hello);
					await line.endsWithin(300);
				},
				{ again: true },
			),
	},
	{
		name: "tls-plain-inside",
		what: "documents, pages and floods inside TLS",
		run: (a) =>
			a.crowd(
				16,
				async (line, number) => {
					const secure = await a.tls(line);
					if (!secure) return;
					const bytes = ['<ping id="1"/>\0', "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\0\0\0\0"][number % 3] ?? "";
					while (line.open && !a.over) {
						a.spend(bytes.length * 100);
						if (!secure.write(bytes.repeat(100))) {
							await Promise.race([new Promise((done) => secure.once("drain", done)), line.closed, a.ended]);
						}
					}
				},
				{ again: true },
			),
	},
	{
		name: "tls-in-tls",
		what: "a second hello inside TLS",
		run: (a) =>
			a.crowd(
				32,
				async (line) => {
					const secure = await a.tls(line);
					secure?.write(HELLO);
					await line.endsWithin(300);
				},
				{ again: true },
			),
	},
	{
		name: "tls-plain-after-hello",
		traced: true,
		what: "plain documents after a TLS hello",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.write(Buffer.concat([HELLO, Buffer.from("<ping/>\0".repeat(100))]));
					await line.endsWithin(300);
				},
				{ again: true },
			),
	},
];

export const TLS = WRITTEN.map((attack) => ({ ...attack, target: TLS_DAEMON, absent: noCertificate }));
