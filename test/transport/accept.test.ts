// The first moments of accepted connections on real sockets: recognised in every segmentation, and nothing lost for the
// next owner.

import { createServer } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate as nextTick, setTimeout as wait } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type AcceptedKind, type AcceptOptions, accept, listen } from "../../src/transport/index.ts";
import { latin1, segmentations } from "../wire/segments.ts";
import { certificate, rawClient, secureContext, until } from "./connections.ts";

interface Outcome {
	kind: AcceptedKind | "failed";
	secure: boolean;
	error: Error | undefined;
	socket: Socket | undefined;
	/** What the next owner reads. */
	text: string;
	ended: boolean;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Accepts connections; each ends as one outcome. */
async function serve(options: Partial<AcceptOptions> = {}): Promise<{ port: number; outcomes: Outcome[] }> {
	const outcomes: Outcome[] = [];
	const listener = await listen({ port: 0, host: "127.0.0.1" }, (socket) => {
		cleanups.push(() => socket.destroy());
		accept(socket, {
			firstBytesTimeoutMs: 5000,
			begunTimeoutMs: 5000,
			tlsTimeoutMs: 5000,
			accepted: (accepted, kind, secure) => {
				const outcome = { kind, secure, error: undefined, socket: accepted, text: "", ended: false };
				outcomes.push(outcome);
				accepted.on("error", () => {});
				accepted.on("end", () => {
					outcome.ended = true;
				});
				// The next owner may come a little later: nothing may be lost until then.
				setImmediate(() => {
					accepted.on("data", (chunk) => {
						outcome.text += chunk.toString("latin1");
					});
					accepted.resume();
				});
			},
			failed: (error) => {
				outcomes.push({ kind: "failed", secure: false, error, socket: undefined, text: "", ended: false });
			},
			...options,
		});
	});
	cleanups.push(() => listener.close());
	return { port: listener.port, outcomes };
}

async function client(port: number): ReturnType<typeof rawClient> {
	const socket = await rawClient(port);
	socket.on("error", () => {});
	cleanups.push(() => socket.destroy());
	return socket;
}

const SPOKEN: readonly [string, AcceptedKind][] = [
	["<policy-file-request/>\0", "policy"],
	["<cross-domain-request/>\0", "policy"],
	["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http"],
	["\x16\x03\x01\x00\x05hello", "tls"],
	["<\0a\0", "utf16"],
	["<msg t='sys'/>\0<next/>\0", "document"],
	["\0<a/>\0", "document"],
	["%xt%s%m#sm%\0", "document"],
	["HCabcdef\0", "document"],
];

describe("accept", () => {
	for (const [text, kind] of SPOKEN) {
		it(`takes ${JSON.stringify(text)} for ${kind} in every segmentation, and leaves its bytes to the next owner`, async () => {
			const { port, outcomes } = await serve();
			const all = [...segmentations(latin1(text))];
			for (const [i, { how, segments }] of all.entries()) {
				const socket = await client(port);
				await socket.send(segments);
				await until(
					() => outcomes.length === i + 1,
					() => how,
				);
				const outcome = outcomes[i]!;
				expect(outcome.kind, how).toBe(kind);
				expect(outcome.secure).toBe(false);
				// The rest may still be on its way; a policy request is not needed any more.
				if (kind !== "policy") {
					await until(
						() => outcome.text.length === text.length,
						() => [how, outcome.text],
					);
					expect(outcome.text, how).toBe(text);
				}
				socket.destroy();
			}
		});
	}

	it("calls a client silent that sends nothing, and receives what it sends later", async () => {
		const { port, outcomes } = await serve({ firstBytesTimeoutMs: 20 });
		const socket = await client(port);
		await until(() => outcomes.length === 1);
		expect(outcomes[0]).toMatchObject({ kind: "silent", secure: false });
		await socket.send([latin1("<late/>\0")]);
		await until(() => outcomes[0]!.text === "<late/>\0");
	});

	it("reads what waits in the kernel before a deadline decides, where this process was stalled", async () => {
		for (const [text, kind] of SPOKEN.filter(([, expected]) => expected !== "tls")) {
			const { port, outcomes } = await serve({ firstBytesTimeoutMs: 40, begunTimeoutMs: 40 });
			const socket = await client(port);
			await wait(10);
			socket.write(latin1(text));
			const untilMs = performance.now() + 200;
			while (performance.now() < untilMs); // the stall
			await until(() => outcomes.length === 1);
			expect(outcomes[0]!.kind, text).toBe(kind);
		}
	});

	it("reads a proxy's header that waits in the kernel before a deadline decides", async () => {
		const addresses: string[] = [];
		const { port, outcomes } = await serve({
			firstBytesTimeoutMs: 40,
			proxyHeader: true,
			proxied: (address) => addresses.push(address) > 0,
		});
		const socket = await client(port);
		await wait(10);
		socket.write(latin1("PROXY TCP4 203.0.113.7 127.0.0.1 51234 9000\r\n<a/>\0"));
		const untilMs = performance.now() + 200;
		while (performance.now() < untilMs); // the stall
		await until(() => outcomes.length === 1);
		expect(addresses).toEqual(["203.0.113.7"]);
		expect(outcomes[0]!.kind).toBe("document");
	});

	it("calls a client silent that sends too little to recognise for too long, and keeps what it sent", async () => {
		const { port, outcomes } = await serve({ firstBytesTimeoutMs: 20, begunTimeoutMs: 30 });
		const socket = await client(port);
		await socket.send([latin1("<pol")]);
		await until(() => outcomes.length === 1);
		expect(outcomes[0]!.kind).toBe("silent");
		await socket.send([latin1("l/>\0")]);
		await until(() => outcomes[0]!.text === "<poll/>\0");
	});

	for (const [text, kind] of SPOKEN.filter(([said]) => "<GH\x16".includes(said[0]!))) {
		it(`waits for the rest of ${JSON.stringify(text)} where it is slow, and takes it for ${kind}`, async () => {
			const { port, outcomes } = await serve({ firstBytesTimeoutMs: 20 });
			const socket = await client(port);
			await socket.send([latin1(text.slice(0, 1))]);
			await wait(60);
			expect(outcomes).toEqual([]);
			await socket.send([latin1(text.slice(1))]);
			await until(() => outcomes.length === 1);
			expect(outcomes[0]!.kind).toBe(kind);
		});
	}

	it("does not wait for more after white space or a zero byte: old players send it and wait", async () => {
		for (const said of ["\0", " \r\n"]) {
			const { port, outcomes } = await serve({ firstBytesTimeoutMs: 20 });
			const socket = await client(port);
			await socket.send([latin1(said)]);
			await until(() => outcomes.length === 1);
			expect(outcomes[0]!.kind).toBe("silent");
		}
	});

	it("leaves the bytes of a policy request in the socket too, for a server without a policy", async () => {
		const { port, outcomes } = await serve();
		const socket = await client(port);
		await socket.send([latin1("<policy-file-request/>\0<a/>\0")]);
		await until(() => outcomes[0]?.text === "<policy-file-request/>\0<a/>\0");
		expect(outcomes[0]!.kind).toBe("policy");
	});

	it("takes a policy request without its zero byte for one after the wait, or at the client's end", async () => {
		for (const end of [false, true]) {
			const { port, outcomes } = await serve({ firstBytesTimeoutMs: end ? 5000 : 50 });
			const socket = await client(port);
			await socket.send([latin1("<policy-file-request/>")]);
			if (end) socket.end();
			await until(() => outcomes.length === 1);
			expect(outcomes[0]!.kind).toBe("policy");
			// The answer still reaches a client that has sent its end.
			let answer = "";
			socket.on("data", (chunk) => {
				answer += chunk;
			});
			outcomes[0]!.socket!.end("<cross-domain-policy/>\0");
			await until(() => answer === "<cross-domain-policy/>\0");
		}
	});

	it("reports when the client began, and white space behind a policy request does not prolong the wait", async () => {
		const begun: (number | undefined)[] = [];
		const kinds: string[] = [];
		const { port } = await serve({
			firstBytesTimeoutMs: 300,
			accepted: (_, kind, _secure, begunMs) => {
				kinds.push(kind);
				begun.push(begunMs);
			},
		});
		const socket = await client(port);
		await wait(20);
		const fromMs = performance.now();
		await socket.send([latin1("<policy-file-request")]);
		await wait(20);
		await socket.send([latin1("/>")]);
		let spaces = 0;
		for (; kinds.length === 0 && spaces < 40; spaces++) {
			await socket.send([latin1(" ")]);
			await wait(30);
		}
		expect(kinds).toEqual(["policy"]);
		expect(spaces).toBeLessThan(40);
		expect(begun[0]).toBeGreaterThanOrEqual(fromMs - 1);
		await client(port);
		await until(() => kinds.length === 2);
		expect([kinds[1], begun[1]]).toEqual(["silent", undefined]);
	});

	it("fails without an error where the client leaves before its protocol is known", async () => {
		for (const said of ["", "<", "GE"]) {
			const { port, outcomes } = await serve();
			const socket = await client(port);
			await socket.send([latin1(said)]);
			socket.end();
			await until(() => outcomes.length === 1);
			expect(outcomes[0]).toMatchObject({ kind: "failed", error: undefined });
			let closed = false;
			socket.on("end", () => {
				closed = true;
			});
			socket.resume();
			await until(() => closed || socket.destroyed);
		}
	});

	it("fails once where the client breaks off", async () => {
		const { port, outcomes } = await serve({ firstBytesTimeoutMs: 60 });
		const socket = await client(port);
		await socket.send([latin1("<")]);
		socket.resetAndDestroy();
		await until(() => outcomes.length === 1);
		await wait(100);
		expect(outcomes.length).toBe(1);
		expect(outcomes[0]).toMatchObject({ kind: "failed", error: { code: "ECONNRESET" } });
	});

	it("leaves the end of a client that sent all it had to the next owner", async () => {
		const { port, outcomes } = await serve();
		const socket = await client(port);
		socket.end("<only/>\0");
		await until(() => outcomes[0]?.ended === true);
		expect(outcomes[0]).toMatchObject({ kind: "document", text: "<only/>\0" });
		let answer = "";
		socket.on("data", (chunk) => {
			answer += chunk;
		});
		outcomes[0]!.socket!.end("answer\0");
		await until(() => answer === "answer\0");
	});
});

/** Passes everything on, what it writes one byte at a time. */
function dribbling(socket: Socket): Duplex {
	const duplex = new Duplex({
		read: () => socket.resume(),
		write(chunk: Buffer, _, done) {
			void (async () => {
				for (const byte of chunk) {
					socket.write(Uint8Array.of(byte));
					await nextTick();
				}
				done();
			})();
		},
		final(done) {
			socket.end(done);
		},
	});
	socket.on("data", (chunk) => {
		if (!duplex.push(chunk)) socket.pause();
	});
	socket.on("end", () => duplex.push(null));
	socket.on("close", () => duplex.destroy());
	return duplex;
}

describe("accept with a certificate", () => {
	const secureClient = async (
		port: number,
		through: (socket: Socket) => Duplex = (socket) => socket,
	): Promise<TLSSocket> => {
		const socket = await client(port);
		const secured = connectTls({ socket: through(socket), ca: certificate, servername: "localhost" });
		secured.on("error", () => {});
		cleanups.push(() => secured.destroy());
		return secured;
	};

	for (const [how, through] of [
		["in ordinary segments", undefined],
		["one byte at a time", dribbling],
	] as const) {
		for (const [text, kind] of SPOKEN.filter(([, expected]) => expected !== "tls")) {
			it(`looks into TLS ${how} and finds ${kind}: ${JSON.stringify(text)}`, async () => {
				const { port, outcomes } = await serve({ secureContext });
				const socket = await secureClient(port, through);
				socket.write(Buffer.from(text, "latin1"));
				await until(() => outcomes.length === 1);
				expect(outcomes[0]).toMatchObject({ kind, secure: true });
				if (kind !== "policy") await until(() => outcomes[0]!.text === text);
				let answer = "";
				socket.on("data", (chunk) => {
					answer += chunk;
				});
				outcomes[0]!.socket!.end("answer\0");
				await until(() => answer === "answer\0");
			});
		}
	}

	it("finds a silent client inside TLS, and plain clients beside it", async () => {
		const { port, outcomes } = await serve({ secureContext, firstBytesTimeoutMs: 200 });
		const plain = await client(port);
		plain.write("<plain/>\0");
		await until(() => outcomes.length === 1);
		expect(outcomes[0]).toMatchObject({ kind: "document", secure: false });
		const socket = await secureClient(port);
		await until(() => outcomes.length === 2);
		expect(outcomes[1]).toMatchObject({ kind: "silent", secure: true });
		socket.write("<late/>\0");
		await until(() => outcomes[1]!.text === "<late/>\0");
	});

	it("does not look into TLS within TLS", async () => {
		const { port, outcomes } = await serve({ secureContext });
		const socket = await secureClient(port);
		socket.write(Buffer.from("\x16\x03\x01\x00\x05hello", "latin1"));
		await until(() => outcomes.length === 1);
		expect(outcomes[0]).toMatchObject({ kind: "tls", secure: true });
	});

	it("serves an HTTP request that came inside TLS through Node's own server", async () => {
		const server = createServer((request, response) => response.end(`you asked for ${request.url}`));
		const { port } = await serve({
			secureContext,
			accepted: (socket, kind) => {
				expect(kind).toBe("http");
				server.emit("connection", socket);
				socket.resume();
			},
		});
		const socket = await secureClient(port);
		let answer = "";
		socket.on("data", (chunk) => {
			answer += chunk;
		});
		socket.write("GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		await until(() => answer.includes("you asked for /page"));
		expect(answer).toMatch(/^HTTP\/1\.1 200 /);
	});

	it("finishes a handshake whose time was up while this process was stalled", async () => {
		const { port, outcomes } = await serve({ secureContext, tlsTimeoutMs: 150 });
		const socket = await client(port);
		const secured = connectTls({ socket, ca: certificate, servername: "localhost" });
		secured.on("error", () => {});
		cleanups.push(() => secured.destroy());
		await wait(1);
		const untilMs = performance.now() + 400;
		while (performance.now() < untilMs); // the stall
		secured.write("<a/>\0");
		await until(() => outcomes.length === 1);
		expect(outcomes[0]).toMatchObject({ kind: "document", secure: true });
	});

	it("fails once where a handshake is not finished in time", async () => {
		const { port, outcomes } = await serve({ secureContext, tlsTimeoutMs: 50 });
		const socket = await client(port);
		await socket.send([latin1("\x16\x03\x01\x02\x00\x01")]);
		socket.resume();
		await until(() => outcomes.length === 1 && (socket.readableEnded || socket.destroyed));
		expect(outcomes).toMatchObject([{ kind: "failed", error: { message: expect.stringContaining("50 ms") } }]);
	});

	it("fails once where a handshake is none, or breaks off", async () => {
		for (const leave of [
			(socket: Socket) => socket.write(latin1("\x16\x03\x01\x00\x05hello, this is no TLS")),
			(socket: Socket) => socket.end(latin1("\x16\x03\x01\x02\x00\x01")),
			(socket: Socket) => {
				socket.write(latin1("\x16\x03\x01\x02\x00\x01"));
				setTimeout(() => socket.resetAndDestroy(), 20);
			},
		]) {
			const { port, outcomes } = await serve({ secureContext });
			const socket = await client(port);
			leave(socket);
			await until(() => outcomes.length === 1);
			await wait(50);
			expect(outcomes.map(({ kind }) => kind)).toEqual(["failed"]);
			socket.destroy();
		}
	});

	it("fails where there is no certificate at the moment", async () => {
		const { port, outcomes } = await serve({ secureContext: () => undefined });
		const socket = await client(port);
		socket.write(latin1("\x16\x03\x01\x02\x00\x01"));
		await until(() => outcomes.length === 1);
		expect(outcomes[0]).toMatchObject({ kind: "failed", error: { message: "no certificate" } });
	});
});
