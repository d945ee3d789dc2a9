import { describe, expect, it } from "vitest";
import { parseTarget, TargetList } from "../../src/gateway/target.ts";

describe("a target", () => {
	it("is a host and a port, with a name or without", () => {
		expect(parseTarget("chat=Game.Example.com:9339")).toEqual({
			name: "chat",
			alias: { host: "chat", port: 9339 },
			host: "game.example.com",
			port: 9339,
			path: "/gateway/chat",
			isAddress: false,
			allowsPrivate: false,
			encoding: undefined,
		});
		expect(parseTarget("localhost:9339")).toMatchObject({ name: "localhost:9339", path: "/gateway/localhost:9339" });
		expect(parseTarget(":9339")).toMatchObject({ name: "localhost:9339", alias: undefined });
		expect(parseTarget("tcp://localhost:9339")).toMatchObject({ name: "localhost:9339" });
		expect(parseTarget("old.example:443=localhost:6112")).toMatchObject({
			name: "old.example:443",
			alias: { host: "old.example", port: 443 },
			port: 6112,
		});
		expect(parseTarget("v6=[::1]:80")).toMatchObject({ host: "::1", port: 80, isAddress: true });
		expect(parseTarget("[0:0::1]:80")).toMatchObject({ host: "::1", name: "[::1]:80" });
		expect(parseTarget("[::ffff:10.0.0.1]:80")).toMatchObject({ host: "10.0.0.1", isAddress: true });
	});

	it("can have an encoding, and allow its name to resolve to a private address", () => {
		expect(parseTarget("a=db:5000?encoding=gbk&private=yes")).toMatchObject({ encoding: "gbk", allowsPrivate: true });
	});

	it.each([
		"",
		"chat",
		"chat=",
		"chat=host",
		"host:0",
		"host:65536",
		"host:123456",
		"host:",
		"chat:0=host:1",
		"chat:=host:1",
		"chat:x=host:1",
		"http://host:80",
		"host:9339/",
		"=host:9339",
		"a b=host:9339",
		"a/b=host:9339",
		"-a=host:9339",
		"a=b=host:9339",
		"::1:80",
		"[::1]",
		"[::1%lo]:80",
		"[127.0.0.1]:80",
		"[localhost]:80",
		"127.1:80",
		"2130706433:80",
		"0x7f000001:80",
		"0x7f.0.0.1:80",
		"0177.0.0.1:80",
		"127.0.0.1.:80",
		"127.0.0.256:80",
		"0.0.0.0:80",
		"[::]:80",
		"224.0.0.1:80",
		"localhost.:80",
		"host..example:80",
		"-host:80",
		"h\0st:80",
		"h%6fst:80",
		"hoſt:80",
		"user@host:80",
		"*.example.com:80",
		"host:80?encoding=",
		"host:80?private=no",
		"host:80?other=1",
	])("refuses %j", (text) => {
		expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: "XMLSOCKET_TARGET_INVALID" }));
	});
});

describe("a list of targets", () => {
	const list = new TargetList([
		"chat=localhost:9339",
		"127.0.0.1:9339",
		"[::1]:9339",
		"old=localhost:9339?encoding=gbk",
	]);

	it("finds exactly what is on it, by name or by host and port", () => {
		expect(list.named("chat")?.host).toBe("localhost");
		expect(list.named("127.0.0.1:9339")?.host).toBe("127.0.0.1");
		expect(list.named("[::1]:9339")?.host).toBe("::1");
		expect(list.at("LOCALHOST", 9339)?.name).toBe("chat");
		expect(list.at("127.0.0.1", 9339)?.name).toBe("127.0.0.1:9339");
	});

	it.each([
		["localhost", 9338],
		["localhost.", 9339],
		["localhost\0", 9339],
		["127.1", 9339],
		["2130706433", 9339],
		["::ffff:127.0.0.1", 9339],
		["127.0.0.1 9339", Number.NaN],
		["", 9339],
		["constructor", 9339],
	])("finds nothing at %j port %d", (host, port) => expect(list.at(host, port)).toBeUndefined());

	it("has several ports of one name, each selected by the name and the port", () => {
		const old = new TargetList(["old=localhost:6112", "old=localhost:9875", "old:443=localhost:6113"]);
		expect(old.all.map(({ path }) => path)).toEqual(["/gateway/old", "/gateway/old:9875", "/gateway/old:443"]);
		expect(old.named("old")?.port).toBe(6112);
		expect(old.named("old:6112")?.port).toBe(6112);
		expect(old.at("OLD", 9875)?.port).toBe(9875);
		expect(old.at("old", 443)?.port).toBe(6113);
		expect(old.at("old", 6113)).toBeUndefined();
		expect(old.at("localhost", 6113)?.name).toBe("old:443");
	});

	it("refuses two targets of one name and port, and one target twice", () => {
		expect(() => new TargetList(["a:5=x:1", "a=y:5"])).toThrow(/two targets/);
		expect(() => new TargetList(["a=x:1", "a=y:1"])).toThrow(/two targets/);
		expect(() => new TargetList(["x:1", "x:1"])).toThrow(/two targets|twice/);
	});
});
