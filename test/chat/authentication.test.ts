// The hook `authenticate`: what it decides, what it sees, and what a slow or broken one costs others: nothing.

import { describe, expect, it } from "vitest";
import type { Authenticate } from "../../src/chat/index.ts";
import { XMLSocketError } from "../../src/errors/index.ts";
import { ChatHarness } from "./harness.ts";

const codes = (documents: readonly string[]): string[] =>
	documents.flatMap((text) => /^<error code="([^"]*)"/.exec(text)?.[1] ?? []);
const names = (documents: readonly string[]): string[] =>
	documents.flatMap((text) => /^<welcome name="([^"]*)"/.exec(text)?.[1] ?? []);

describe("the program's own check", () => {
	it("grants a name, refuses in words, or leaves a guest", async () => {
		const seen: unknown[] = [];
		const authenticate: Authenticate = ({ name, token, remoteAddress }) => {
			seen.push([name, token, remoteAddress]);
			if (token === "t") return { name: "Ann", operator: true };
			if (token === "banned") return { refuse: "Your account is closed.\u0000\n<b>" };
			return undefined;
		};
		const harness = ChatHarness.chat({ authenticate });
		expect(names(await harness.connect().ask('<hello token="t" />')).at(-1)).toBe("Ann");
		expect(await harness.connect().ask('<hello token="banned" name="Bob" />')).toContain(
			'<error code="login-refused">Your account is closed.  &lt;b&gt;</error>',
		);
		expect(names(await harness.connect().ask('<hello name="Carol" />')).at(-1)).toBe("Carol");
		expect(codes(await harness.connect().ask('<hello token="unknown" />'))).toEqual(["token-invalid"]);
		expect(seen[0]).toEqual([undefined, "t", "memory"]);
	});

	it("gets its ticket back when the session reconnects", async () => {
		const tickets: unknown[] = [];
		const authenticate: Authenticate = ({ token, ticket, session }) => {
			tickets.push(ticket);
			if (ticket === `for-${session.slice(0, 16)}`) return { name: "Ann", ticket };
			return token === "t" ? { name: "Ann", ticket: `for-${session.slice(0, 16)}` } : undefined;
		};
		const harness = ChatHarness.chat({ authenticate, guests: false });
		const welcome = (await harness.connect().ask('<hello token="t" />')).at(-1)!;
		const session = /session="([^"]+)"/.exec(welcome)![1]!;
		harness.die();
		const back = await harness.connect().ask(`<hello name="Ann" session="${session}" />`, '<join room="lobby" />');
		expect([names(back).at(-1), back.some((text) => text.startsWith("<joined"))]).toEqual(["Ann", true]);
		expect(tickets).toEqual([undefined, `for-${session.slice(0, 16)}`]);
	});

	it("passes on an error that a client can get, and reports every other", async () => {
		const authenticate: Authenticate = async ({ token }) => {
			if (token === "1") throw new XMLSocketError("XMLSOCKET_TOKEN_EXPIRED", "It is over.");
			if (token === "2") throw new XMLSocketError("XMLSOCKET_PORT_IN_USE", "Not for clients.");
			if (token === "3") throw new Error("password of the database");
			return "Ann" as never;
		};
		const harness = ChatHarness.chat({ authenticate });
		const client = harness.connect();
		expect(await client.ask('<hello token="1" />')).toContain('<error code="token-expired">It is over.</error>');
		for (const token of ["2", "3", "4"]) {
			expect(await client.ask(`<hello token="${token}" />`)).toEqual([
				'<error code="login-unavailable">The check of the login failed; the failure was logged.</error>',
			]);
		}
		expect(harness.reported).toHaveLength(3);
		expect(await client.ask('<ping id="1" />')).toEqual(['<pong id="1" />']);
	});
});

describe("a slow check", () => {
	const slow = () => {
		const waiting: ((value: undefined) => void)[] = [];
		const signals: AbortSignal[] = [];
		const authenticate: Authenticate = (_hello, _handshake, { signal }) => {
			signals.push(signal as AbortSignal);
			return new Promise<undefined>((resolve) => waiting.push(resolve));
		};
		return { waiting, signals, authenticate };
	};

	it("delays its own client alone, whose documents keep their order", async () => {
		const { waiting, authenticate } = slow();
		const harness = ChatHarness.chat({ authenticate });
		const ann = harness.connect();
		const bob = harness.connect();
		ann.send('<hello name="Ann" />', '<join room="x" />');
		await harness.settle();
		expect(await bob.ask('<join room="x" />', '<ping id="1" />')).toContain('<pong id="1" />');
		ann.take();
		waiting[0]!(undefined);
		await harness.settle();
		expect(ann.take().map((text) => /^<(\w+)/.exec(text)![1])).toEqual(["welcome", "joined"]);
		expect(bob.take()).toContainEqual(expect.stringContaining('name="Ann"'));
	});

	it("ends after 10 s, and its signal aborts then and when the client leaves", async () => {
		const { signals, authenticate } = slow();
		const harness = ChatHarness.chat({ authenticate });
		const [ann, bob] = [harness.connect(), harness.connect()];
		ann.send('<hello name="Ann" />');
		await harness.settle();
		bob.send('<hello name="Bob" />');
		await harness.settle();
		bob.link.destroy();
		await harness.settle();
		expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
		ann.take();
		harness.advance(10_000);
		await harness.settle();
		expect(ann.take()).toEqual([
			'<error code="login-unavailable">The check of the login had no answer within 10 s.</error>',
		]);
		expect(signals[0]!.aborted).toBe(true);
		expect(harness.reported).toEqual([]);
	});

	it("runs 256 times at once, 32 times for one address; one more is refused, and a check that never ends keeps its place", async () => {
		const { waiting, authenticate } = slow();
		const harness = ChatHarness.chat({ authenticate });
		const crowd = Array.from({ length: 33 }, () => harness.connect({ addressKey: "a" }));
		for (const client of crowd) client.send("<hello />");
		await harness.settle();
		expect(crowd.map((client) => codes(client.take()).length).reduce((sum, count) => sum + count)).toBe(1);
		const others = Array.from({ length: 225 }, () => harness.connect());
		for (const client of others) client.send("<hello />");
		await harness.settle();
		expect(waiting).toHaveLength(256);
		expect(others.flatMap((client) => codes(client.take()))).toEqual(["login-unavailable"]);
		harness.advance(10_000);
		await harness.settle();
		expect(codes(await harness.connect().ask("<hello />"))).toEqual(["login-unavailable"]);
		waiting[0]!(undefined);
		await harness.settle();
		await harness.connect().ask("<hello />");
		expect(waiting).toHaveLength(257);
	});
});

describe("a token file that changes", () => {
	const welcome = '<error code="token-invalid">The server&apos;s operator has withdrawn your token.</error>';

	it("makes guests of those whose line is gone, and operators of those who are named so now", async () => {
		const harness = ChatHarness.chat({ tokens: "a Ann operator\nb Bob\nc Carol" });
		const chat = harness.application as unknown as { setTokens(text: string): void };
		const [ann, bob, carol] = [harness.connect(), harness.connect(), harness.connect()];
		await ann.ask('<hello token="a" />', '<join room="x" />');
		await bob.ask('<hello token="b" />', '<join room="x" />');
		await carol.ask('<hello token="c" />', '<join room="x" />');
		const dan = await harness.client("Dan", "x");
		expect(() => chat.setTokens("only")).toThrow(expect.objectContaining({ code: "XMLSOCKET_OPTION_INVALID" }));
		for (const client of [ann, bob, carol]) client.take();
		chat.setTokens("b Bob operator\nc Caroline\nd Dan");
		await harness.settle();
		expect(ann.take()).toContain(welcome);
		expect(carol.take()).toContain(welcome);
		expect(dan.take()).toContain('<error code="token-invalid">The name &quot;Dan&quot; requires a token now.</error>');
		expect(await ann.ask('<topic room="x">t</topic>')).toContainEqual(expect.stringContaining("not-operator"));
		expect(codes(await bob.ask('<topic room="x">t</topic>'))).toEqual([]);
		expect(names(await harness.connect().ask('<hello name="Ann" />')).at(-1)).toBe("Ann");
	});

	it("disconnects them where there are no guests", async () => {
		const harness = ChatHarness.chat({ tokens: "a Ann\nb Bob", guests: false });
		const [ann, bob] = [harness.connect(), harness.connect()];
		await ann.ask('<hello token="a" />', '<join room="x" />');
		await bob.ask('<hello token="b" />', '<join room="x" />');
		(harness.application as unknown as { setTokens(text: string): void }).setTokens("b Bob");
		await harness.settle();
		expect(ann.take().at(-1)).toBe(welcome);
		expect(ann.close).toBeDefined();
		expect(await bob.ask('<ping id="1" />')).toContain('<pong id="1" />');
	});
});
