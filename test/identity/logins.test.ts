// Users of a web site who log in to the chat with tokens that the site signs, and what others try with such tokens.

import { createHmac } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { createLogins, type LoginOptions } from "../../src/identity/index.ts";
import { AT, ChatHarness, type Client } from "../chat/harness.ts";
import { keyFile, keyPairSite, type Site, secretSite } from "./site.ts";

const START = Date.parse(AT);

/** A chat whose users log in at a site, and the time that both see. */
function chatOf(sites: readonly Site[], options: Partial<LoginOptions> & { readonly tokens?: string } = {}) {
	const { tokens = "", ...own } = options;
	const clock = { ms: START };
	const logins = createLogins({ keys: keyFile(...sites), now: () => clock.ms, ...own });
	const harness = ChatHarness.chat({ authenticate: logins.authenticate, tokens });
	return { harness, logins, clock };
}

const siteNow = (): number => START;
/** The last document, in short: a welcome's name, or an error's code. */
const outcome = (documents: readonly string[]): string => {
	const last = documents.filter((text) => /^<(?:welcome|error)/.test(text)).at(-1) ?? "";
	return /^<welcome name="([^"]*)"/.exec(last)?.[1] ?? /^<error code="([^"]*)"/.exec(last)?.[1] ?? last;
};
const sessionOf = (documents: readonly string[]): string =>
	/session="([^"]*)"/.exec(documents.findLast((text) => text.startsWith("<welcome"))!)![1]!;
let pings = 0;
/** What a client gets for what it sends. Signatures are checked in other threads, so that the answer comes when it is ready. */
async function ask(client: Client, ...texts: string[]): Promise<string[]> {
	const pong = `<pong id="${++pings}" />`;
	client.send(...texts, `<ping id="${pings}" />`);
	await vi.waitUntil(() => client.inbox.includes(pong), { timeout: 10_000, interval: 1 });
	return client.take().filter((text) => text !== pong);
}
const login = async (client: Client, token: string, rest = ""): Promise<string> =>
	outcome(await ask(client, `<hello token="${token}" ${rest}/>`));

describe.each([
	["a shared secret", secretSite],
	["a key pair", keyPairSite],
])("a site with %s", (_, makeSite) => {
	it("gives its user the name, once for each token", async () => {
		const site = makeSite("k", siteNow);
		const { harness } = chatOf([site]);
		const token = await site.token("Ann");
		const ann = harness.connect();
		expect(await login(ann, token)).toBe("Ann");
		expect(outcome(await ask(ann, '<kick room="lobby" name="Ann" />'))).toBe("not-operator");
		expect(await login(harness.connect(), token)).toBe("token-used");
		expect(harness.reported).toEqual([]);
	});

	it("lets its user reconnect without a new token, also with the old one and after a restart", async () => {
		const site = makeSite("k", siteNow);
		// The daemons' own secret, which no site has.
		const own = secretSite("own", siteNow);
		const first = chatOf([site, own]);
		const token = await site.token("Ann", { operator: true, rooms: ["lobby"] });
		const ann = first.harness.connect();
		const session = sessionOf(await ask(ann, `<hello token="${token}" />`));
		first.harness.die();
		const second = first.harness.connect();
		expect(await login(second, token, `session="${session}" `)).toBe("Ann");
		second.link.destroy();
		const restarted = chatOf([site, own]);
		restarted.clock.ms += 11 * 60 * 60 * 1000;
		const third = restarted.harness.connect();
		const documents = await ask(third, `<hello session="${session}" name="ann" />`);
		expect([outcome(documents), sessionOf(documents)]).toEqual(["ann", session]);
		expect(outcome(await ask(third, '<join room="elsewhere" />'))).toBe("room-not-allowed");
		third.send('<join room="lobby" />', '<topic room="lobby">tea</topic>');
		await restarted.harness.settle();
		expect(third.take()).toContainEqual(expect.stringContaining('<topic room="lobby" by="ann">tea'));
		restarted.clock.ms += 2 * 60 * 60 * 1000;
		expect(outcome(await ask(restarted.harness.connect(), `<hello session="${session}" name="ann" />`))).toBe(
			"token-expired",
		);
	});
});

describe("a token that is not right", () => {
	const site = secretSite("k", siteNow);
	const pair = keyPairSite("pair", siteNow);
	const stranger = secretSite("k", siteNow);
	const S = Math.floor(START / 1000);
	const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
	const payload = base64({ sub: "Ann", aud: "xmlsocket", jti: "1", exp: S + 60 });
	const signed = (header: object, key: string | Buffer): string => {
		const text = `${base64(header)}.${payload}`;
		return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
	};
	const { x } = pair.entry as { x: string };

	it.each<[string, () => string | Promise<string>, string]>([
		["has no signature (alg none)", () => `${base64({ alg: "none", kid: "k" })}.${payload}.`, "token-invalid"],
		["has alg None in other letters", () => `${base64({ alg: "nOnE", kid: "k" })}.${payload}.`, "token-invalid"],
		["is signed with the public key as a secret", () => signed({ alg: "HS256", kid: "pair" }, x), "token-invalid"],
		[
			"is signed with the bytes of the public key as a secret",
			() => signed({ alg: "HS256", kid: "pair" }, Buffer.from(x, "base64url")),
			"token-invalid",
		],
		[
			"is signed with an empty secret",
			() => signed({ alg: "HS256", kid: "../../../../dev/null" }, ""),
			"token-invalid",
		],
		["names a property of objects as its key", () => signed({ alg: "HS256", kid: "__proto__" }, ""), "token-invalid"],
		["brings its own key", () => signed({ alg: "HS256", jwk: { kty: "oct", k: "" } }, ""), "token-invalid"],
		["names no key", () => site.token("Ann", {}, { kid: undefined }), "token-invalid"],
		["is signed by another site under the same key id", () => stranger.token("Ann"), "token-invalid"],
		["is for another service of the site", () => site.token("Ann", { aud: "shop" }), "token-invalid"],
		["is for no service", () => site.token("Ann", { aud: undefined }), "token-invalid"],
		["has no end", () => site.token("Ann", { exp: undefined }), "token-invalid"],
		["ends in a year", () => site.token("Ann", { exp: S + 31_536_000 }), "token-invalid"],
		["ends in milliseconds", () => site.token("Ann", { exp: (S + 60) * 1000 }), "token-invalid"],
		["ends at infinity", () => site.token("Ann", { exp: "1e400" }), "token-invalid"],
		["has no id", () => site.token("Ann", { jti: undefined }), "token-invalid"],
		["has no user", () => site.token("Ann", { sub: undefined }), "token-invalid"],
		["has a user who is a number", () => site.token("Ann", { sub: 7 }), "token-invalid"],
		["has an operator who is a word", () => site.token("Ann", { operator: "no" }), "token-invalid"],
		["has a name with a line end", () => site.token("Ann\nroot"), "name-invalid"],
		["has a guest's name", () => site.token("guest-1"), "name-invalid"],
		["ended 31 s ago", () => site.token("Ann", { exp: S - 31 }), "token-expired"],
		["begins in 31 s", () => site.token("Ann", { nbf: S + 31 }), "token-too-early"],
		["was issued in 31 s", () => site.token("Ann", { iat: S + 31 }), "token-too-early"],
		["has 8,000 characters", () => site.token("Ann", { more: "x".repeat(6000) }), "token-invalid"],
		["is no token", () => "sesame", "token-invalid"],
		["consists of dots", () => "..", "token-invalid"],
		["is cut off", async () => (await site.token("Ann")).slice(0, -1), "token-invalid"],
	])("%s: it is refused, and others chat on", async (_, make, code) => {
		const { harness } = chatOf([site, pair]);
		const bob = harness.connect();
		await ask(bob, `<hello token="${await site.token("Bob")}" />`, '<join room="lobby" />');
		const client = harness.connect();
		expect(await login(client, await make())).toBe(code);
		bob.send('<say room="lobby" id="1">hi</say>');
		await vi.waitUntil(() => bob.inbox.some((text) => text.startsWith("<ack")), { timeout: 10_000, interval: 1 });
		// The same client can do better.
		expect(await login(client, await site.token("Ann"))).toBe("Ann");
		expect(harness.reported).toEqual([]);
	});

	it("clocks that differ by 30 s make no difference", async () => {
		const { harness } = chatOf([site]);
		expect(await login(harness.connect(), await site.token("Ann", { exp: S - 29 }))).toBe("Ann");
		expect(await login(harness.connect(), await site.token("Bob", { iat: S + 29, nbf: S + 29 }))).toBe("Bob");
	});

	it("a wrong signature counts as a guess, an expired or used token does not", async () => {
		const { harness } = chatOf([site]);
		const late = await site.token("Ann", { exp: S - 60 });
		const honest = harness.connect();
		for (let i = 0; i < 8; i++) expect(await login(honest, late)).toBe("token-expired");
		expect(await login(honest, await site.token("Ann"))).toBe("Ann");
		const guesser = harness.connect();
		for (let i = 0; i < 5; i++) await login(guesser, await stranger.token("Bob"));
		guesser.send(`<hello token="${await site.token("Bob")}" />`);
		await harness.settle();
		expect(outcome(guesser.take())).toBe("");
		harness.advance(1000);
		await vi.waitUntil(() => guesser.inbox.length > 0, { timeout: 10_000, interval: 1 });
		expect(outcome(guesser.take())).toBe("Bob");
	});
});

describe("names of a site's users", () => {
	it("are not for guests, who keep those that the server gives", async () => {
		const site = secretSite("k", siteNow);
		const { harness } = chatOf([site]);
		const guest = harness.connect();
		expect(outcome(await ask(guest, '<hello name="Ann" />'))).toBe("token-invalid");
		expect(outcome(await ask(guest, '<hello name="guest-1" />', '<join room="lobby" />'))).toBe("guest-1");
		expect(outcome(await ask(guest, '<hello name="guest-9" />'))).toBe("name-invalid");
	});

	it("can be neither changed with the token of another user, nor taken from a line of the token file", async () => {
		const site = secretSite("k", siteNow);
		const { harness } = chatOf([site], { tokens: "sesame root operator" });
		const ann = harness.connect();
		expect(await login(ann, await site.token("Ann"), 'name="Bob" ')).toBe("token-invalid");
		expect(await login(ann, await site.token("rοot"))).toBe("token-invalid");
		expect(await login(harness.connect(), "sesame")).toBe("root");
	});

	it("stay with the session: a ticket in another session, or a changed one, proves nothing", async () => {
		const site = secretSite("k", siteNow);
		const { harness } = chatOf([site]);
		const ann = harness.connect();
		const [id, secret, ...ticket] = sessionOf(await ask(ann, `<hello token="${await site.token("Ann")}" />`)).split(
			"-",
		);
		ann.link.destroy();
		await harness.settle();
		const text = ticket.join("-");
		const other = `${"0".repeat(16)}-${secret}-${text}`;
		const [keyId, , mac] = text.split(".");
		const forged = Buffer.from(JSON.stringify([START / 1000 + 9999, "root", 1, 0])).toString("base64url");
		for (const session of [other, `${id}-${"0".repeat(32)}-${text}`, `${id}-${secret}-${keyId}.${forged}.${mac}`]) {
			const name = session.includes(forged) ? "root" : "Ann";
			expect(outcome(await ask(harness.connect(), `<hello name="${name}" session="${session}" />`))).toBe(
				"token-invalid",
			);
		}
		const back = harness.connect();
		expect(outcome(await ask(back, `<hello name="Ann" session="${id}-${secret}-${text}" />`))).toBe("Ann");
	});
});

describe("a key file", () => {
	it("rotates: a new key is added, then the old one is removed, with the logins that it began", async () => {
		const [old, next] = [secretSite("old", siteNow), secretSite("next", siteNow)];
		const { harness, logins } = chatOf([old]);
		const session = sessionOf(await ask(harness.connect(), `<hello token="${await old.token("Ann")}" />`));
		logins.setKeys(keyFile(old, next));
		expect(await login(harness.connect(), await next.token("Bob"))).toBe("Bob");
		expect(await login(harness.connect(), await old.token("Carol"))).toBe("Carol");
		logins.setKeys(keyFile(next));
		expect(await login(harness.connect(), await old.token("Dan"))).toBe("token-invalid");
		harness.die();
		await harness.settle();
		expect(outcome(await ask(harness.connect(), `<hello name="Ann" session="${session}" />`))).toBe("token-invalid");
		expect(() => logins.setKeys("{}")).toThrow(expect.objectContaining({ code: "XMLSOCKET_LOGIN_KEYS_INVALID" }));
		expect(await login(harness.connect(), await next.token("Eve"))).toBe("Eve");
	});

	const { entry } = secretSite();
	const pair = keyPairSite().entry;
	it.each<[string, unknown, RegExp]>([
		["is not JSON, and its text stays secret", '{"keys":[{"k":"topsecret"', /^The file is not JSON\.$/],
		["has no keys", { keys: [] }, /1 to 100 keys/],
		["has a key without an id", { keys: [{ ...entry, kid: undefined }] }, /Key 1 needs a "kid"/],
		["has two keys of one id", { keys: [entry, { ...pair, kid: entry.kid }] }, /Two keys have the kid "site-1"/],
		["has a short secret", { keys: [{ ...entry, k: "c2VjcmV0" }] }, /a secret of 6 bytes; it needs at least 32/],
		["has a secret that is a sentence", { keys: [{ ...entry, k: "open sesame, please" }] }, /in base64url/],
		["has a private key", { keys: [{ ...pair, d: "x" }] }, /contains its private part "d"/],
		["has a key for RSA", { keys: [{ kid: "a", kty: "RSA", n: "x", e: "AQAB" }] }, /must have the "kty" oct/],
		["has a secret for another algorithm", { keys: [{ ...entry, alg: "HS512" }] }, /"alg" must be HS256/],
		["has half a public key", { keys: [{ ...pair, x: "AAAA" }] }, /32 bytes in base64url/],
	])("that %s is refused with a reason", (_, value, words) => {
		const keys = typeof value === "string" ? value : JSON.stringify(value);
		expect(() => createLogins({ keys })).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_LOGIN_KEYS_INVALID", message: expect.stringMatching(words) }),
		);
	});
});
