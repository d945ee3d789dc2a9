import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { dialTarget, type Resolver } from "../../src/gateway/dial-target.ts";
import { parseTarget } from "../../src/gateway/target.ts";
import { closeAll, closedPort, TcpTarget } from "./peers.ts";

afterEach(closeAll);

const never: Resolver = () => Promise.reject(new Error("nothing may be resolved"));
const answers =
	(...addresses: string[]): Resolver =>
	async () =>
		addresses;

describe("dialling a target", () => {
	it("dials an address as it is written, without resolving anything", async () => {
		const target = await TcpTarget.start();
		const dialled = await dialTarget(parseTarget(`127.0.0.1:${target.port}`), { timeoutMs: 1000, resolve: never });
		expect(dialled.address).toBe("127.0.0.1");
		dialled.transport.destroy();
	});

	it("tries both loopback addresses for localhost, without resolving it", async () => {
		const server = createServer().listen({ port: 0, host: "::1" });
		await once(server, "listening");
		const { port } = server.address() as { port: number };
		const dialled = await dialTarget(parseTarget(`localhost:${port}`), { timeoutMs: 1000, resolve: never });
		expect(dialled.address).toBe("::1");
		dialled.transport.destroy();
		server.close();
	});

	it.each([
		[["127.0.0.1"]],
		[["10.0.0.1"]],
		[["::1"]],
		[["::ffff:127.0.0.1"]],
		[["169.254.169.254"]],
		[["8.8.8.8", "127.0.0.1"]],
		[["8.8.8.8", "::ffff:169.254.169.254"]],
		[["2606:4700::1111", "64:ff9b::7f00:1"]],
		[["127.0.0.1\0.example.com"]],
		[["not an address"]],
	])("refuses a name when one of its addresses %j is not public", async (addresses) => {
		await expect(
			dialTarget(parseTarget("chat.example.com:9339"), { timeoutMs: 1000, resolve: answers(...addresses) }),
		).rejects.toMatchObject({ code: "XMLSOCKET_TARGET_ADDRESS_REFUSED" });
	});

	it("follows a name to a private address if the operator allows it, and to no reserved address", async () => {
		const target = await TcpTarget.start();
		const named = parseTarget(`db.internal:${target.port}?private=yes`);
		const dialled = await dialTarget(named, { timeoutMs: 1000, resolve: answers("127.0.0.1") });
		expect(dialled.address).toBe("127.0.0.1");
		dialled.transport.destroy();
		for (const address of [
			"169.254.169.254",
			"0.0.0.0",
			"fe80::1",
			"fd00:ec2::254",
			"100.100.100.200",
			"::127.0.0.1",
		]) {
			await expect(dialTarget(named, { timeoutMs: 1000, resolve: answers(address) })).rejects.toMatchObject({
				code: "XMLSOCKET_TARGET_ADDRESS_REFUSED",
			});
		}
	});

	it("resolves once and dials the checked address: a later DNS answer has no effect", async () => {
		const good = await TcpTarget.start();
		const bad = await TcpTarget.start(() => {}, "127.0.0.2");
		let asked = 0;
		// The first answer passes the check; whoever asked again, to connect, would get another one.
		const flipping: Resolver = async () => [asked++ === 0 ? "127.0.0.1" : "127.0.0.2"];
		const dialled = await dialTarget(parseTarget(`flip.example:${good.port}?private=yes`), {
			timeoutMs: 1000,
			resolve: flipping,
		});
		expect(asked).toBe(1);
		expect(dialled.address).toBe("127.0.0.1");
		await good.first();
		expect(bad.connections.length).toBe(0);
		dialled.transport.destroy();
	});

	it("refuses a name that resolves to a private address, even if it resolved to a public one before", async () => {
		let asked = 0;
		const flipping: Resolver = async () => [asked++ === 0 ? "8.8.8.8" : "127.0.0.1"];
		const target = parseTarget("flip.example:9339");
		const signal = AbortSignal.abort();
		await expect(dialTarget(target, { timeoutMs: 1000, resolve: flipping, signal })).rejects.toMatchObject({
			code: "XMLSOCKET_ABORTED",
		});
		asked = 1;
		await expect(dialTarget(target, { timeoutMs: 1000, resolve: flipping })).rejects.toMatchObject({
			code: "XMLSOCKET_TARGET_ADDRESS_REFUSED",
		});
	});

	it("tries at most eight addresses of a name", async () => {
		const target = await TcpTarget.start(() => {}, "127.0.0.18");
		const named = parseTarget(`many.internal:${target.port}?private=yes`);
		const to = (last: number) => Array.from({ length: last }, (_, at) => `127.0.0.${11 + at}`);
		const eighth = await dialTarget(named, { timeoutMs: 5000, resolve: answers(...to(8)) });
		expect(eighth.address).toBe("127.0.0.18");
		eighth.transport.destroy();
		const ninth = answers("127.0.0.10", ...to(8));
		await expect(dialTarget(named, { timeoutMs: 5000, resolve: ninth })).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_FAILED",
		});
		expect(target.connections).toHaveLength(1);
	});

	it("names the host, the address and a hint in the message", async () => {
		await expect(
			dialTarget(parseTarget("db:5000"), { timeoutMs: 1000, resolve: answers("172.18.0.3") }),
		).rejects.toThrow(/db resolves to 172\.18\.0\.3.*db:5000\?private=yes/);
	});

	it("reports a passed deadline, a refused connection and an unknown name", async () => {
		await expect(
			dialTarget(parseTarget("slow.example:1"), { timeoutMs: 50, resolve: () => new Promise(() => {}) }),
		).rejects.toMatchObject({ code: "XMLSOCKET_CONNECT_TIMEOUT" });
		await expect(
			dialTarget(parseTarget(`127.0.0.1:${await closedPort()}`), { timeoutMs: 1000, resolve: never }),
		).rejects.toMatchObject({ code: "XMLSOCKET_CONNECT_FAILED" });
		await expect(
			dialTarget(parseTarget("none.example:1"), { timeoutMs: 50, resolve: answers() }),
		).rejects.toMatchObject({
			code: "XMLSOCKET_CONNECT_FAILED",
		});
	});
});
