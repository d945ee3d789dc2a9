// The words beside a movie, from what its WebSockets, the server's feed and Ruffle's console say in turn.

import { describe, expect, it } from "vitest";
import { Sockets } from "../../console/play-sockets.ts";

const ENTRY = { host: "localhost", port: 9339, proxyUrl: "ws://localhost:9001/gateway/localhost:9339#0" };

function begin(isServerThere = true): { sockets: Sockets; heard: string[]; changes: () => number } {
	const heard: string[] = [];
	let changes = 0;
	const sockets = new Sockets({
		entries: [ENTRY],
		commandWith: (target) => `xmlsocket play a.swf --allow ${target}`,
		changed: () => changes++,
		announce: (words) => heard.push(words),
		isServerThere: async () => isServerThere,
	});
	return { sockets, heard, changes: () => changes };
}

describe("the sockets of a movie", () => {
	it("are connecting until the server reports the target, or the target sends data", () => {
		const { sockets } = begin();
		const a = sockets.asked(ENTRY.proxyUrl, "p-1")!;
		const b = sockets.asked(ENTRY.proxyUrl, "p-2")!;
		a.opened();
		a.sent(5);
		expect(sockets.lines.map((line) => line.state)).toEqual(["dialling", "dialling"]);
		sockets.told({ watch: "p-1", words: "connected" });
		b.opened();
		b.received(3);
		expect(sockets.lines).toMatchObject([
			{ host: "localhost", port: 9339, state: "open", sent: 5, received: 0 },
			{ state: "open", received: 3 },
		]);
	});

	it("show who closed them", () => {
		const { sockets, heard } = begin();
		sockets.asked(ENTRY.proxyUrl, "p-1")!.closed(1005, "", true);
		const b = sockets.asked(ENTRY.proxyUrl, "p-2")!;
		b.opened();
		b.closed(1000, "", false);
		sockets.told({ watch: "p-2", cause: "target-closed", words: "the target closed" });
		expect(sockets.lines.map((line) => [line.state, line.words])).toEqual([
			["closed", "The movie closed it."],
			["closed", "The target closed it."],
		]);
		expect(heard).toEqual([]);
	});

	it.each([["before"], ["after"]])("show why one failed, when the server reports it %s the WebSocket's end", (when) => {
		const { sockets, heard } = begin();
		const a = sockets.asked(ENTRY.proxyUrl, "p-1")!;
		const told = { watch: "p-1", cause: "target-refused", words: "the target refused the connection: ECONNREFUSED" };
		if (when === "before") sockets.told(told);
		a.opened();
		a.closed(1011, "the target refused the connection", false);
		if (when === "after") sockets.told(told);
		expect(sockets.lines[0]).toMatchObject({
			state: "failed",
			words:
				"The target refused the connection: ECONNREFUSED. Nothing listens there: start the server, or check the port.",
		});
		expect(heard.at(-1)).toContain("localhost:9339: The target refused");
	});

	it("show the command that maps an unknown name to another address, or allows a private address", () => {
		const { sockets } = begin();
		sockets.asked(ENTRY.proxyUrl, "p-1");
		sockets.told({ watch: "p-1", cause: "target-unresolved", words: "the target's name could not be resolved" });
		expect(sockets.lines[0]!.command).toBe("xmlsocket play a.swf --allow localhost=localhost:9339");
		sockets.asked(ENTRY.proxyUrl, "p-2");
		sockets.told({ watch: "p-2", cause: "address-refused", words: "the target's name leads where it may not" });
		expect(sockets.lines[1]!.command).toBe("xmlsocket play a.swf --allow localhost:9339?private=yes");
	});

	it.each([
		[true, /gateway refused the connection.*--origin/],
		[false, /gateway does not answer/],
	])("distinguish a refusal from a stopped gateway (it answers: %s)", async (isServerThere, words) => {
		const { sockets } = begin(isServerThere);
		sockets.asked(ENTRY.proxyUrl, "p-1")!.closed(1006, "", false);
		await expect.poll(() => sockets.lines[0]!.state).toBe("failed");
		expect(sockets.lines[0]!.words).toMatch(words);
	});

	it("show each refused target once, with the number of requests", () => {
		const { sockets, heard } = begin();
		sockets.missing("::1", 7);
		sockets.missing("::1", 7);
		expect(sockets.lines).toMatchObject([
			{ state: "refused", times: 2, command: "xmlsocket play a.swf --allow [::1]:7" },
		]);
		expect(heard).toHaveLength(1);
	});

	it("are at most a hundred, without those of the page itself", () => {
		const { sockets } = begin();
		expect(sockets.asked("ws://localhost:9001/gateway?host=a&port=1", "p-0")).toBeUndefined();
		for (let at = 1; at <= 150; at++) sockets.asked(ENTRY.proxyUrl, `p-${at}`);
		expect(sockets.lines).toHaveLength(100);
		sockets.told({ watch: "p-1", cause: "page-closed" });
		expect(sockets.lines.every((line) => line.state === "dialling")).toBe(true);
	});
});
