// What the admin page does without a page: it reads tokens as people paste them, event streams however they are cut, samples of a daemon that
// was restarted, and lines of the log that come twice.

import { describe, expect, it } from "vitest";
import { sanctionClientAction, whoWords } from "../../console/admin/actions.ts";
import { type AdminApi, tokenOf } from "../../console/admin/api.ts";
import type { ClientRow } from "../../console/admin/api-types.ts";
import { EventParser, type StreamEvent } from "../../console/admin/event-stream.ts";
import { SampleHistory } from "../../console/admin/history.ts";
import { LogBuffer } from "../../console/admin/log-buffer.ts";
import { parseRoute, routeHash } from "../../console/admin/route.ts";
import { bytesWords, durationWords, nameWords } from "../../console/admin/words.ts";

describe("the parts of the admin page", () => {
	it("accept a token as people paste it, and no text that a header cannot carry", () => {
		for (const typed of [
			"abcdefghijklmnop",
			" abcdefghijklmnop ann\n",
			"Bearer abcdefghijklmnop",
			"Authorization: bearer abcdefghijklmnop",
		])
			expect(tokenOf(typed)).toBe("abcdefghijklmnop");
		for (const typed of ["", "   ", "зашифрованный", "abc\u0007def", "“abcdefghijklmnop”"])
			expect(tokenOf(typed)).toBeUndefined();
	});

	it("ban by name, client, name with address, or address; where no chat runs, by address alone", async () => {
		const sent: unknown[] = [];
		const api = { post: async (...request: unknown[]) => sent.push(request) } as unknown as AdminApi;
		const client = { id: "local-7", name: "bob", address: "203.0.113.7", rooms: ["lobby"] } as unknown as ClientRow;
		const choicesOf = (row: ClientRow): string[] => {
			const [who] = sanctionClientAction(api, "ban", row, "").fields;
			return who?.kind === "choice" ? who.options.map(({ value }) => value) : [];
		};
		expect(choicesOf(client)).toEqual(["name", "client", "both", "address"]);
		const { name: _, ...nameless } = client;
		expect(choicesOf(nameless as ClientRow)).toEqual(["address"]);
		for (const who of choicesOf(client)) await sanctionClientAction(api, "ban", client, "").run({ who });
		expect(sent.map((request) => JSON.parse(JSON.stringify(request)))).toEqual([
			["ban", { name: "bob" }],
			["ban", { client: "local-7" }],
			["ban", { name: "bob", also: "address" }],
			["ban", { address: "203.0.113.7" }],
		]);
		const row = { id: "1", kind: "ban" as const, by: "ann", at: 0 };
		expect(whoWords({ ...row, who: { name: "bob" }, addresses: ["203.0.113.7"] })).toBe("bob, 203.0.113.7");
	});

	it("read an event stream cut in two at every place as they read it in one piece", () => {
		const stream =
			': hello\r\n\r\nevent: sample\r\ndata: {"at":1}\r\n\r\nevent: log\ndata: one\ndata:two\n\ndata: plain\r\rid: 7\ndata: last\n\nevent: cut\ndata: no';
		const expected: StreamEvent[] = [
			{ name: "sample", data: '{"at":1}' },
			{ name: "log", data: "one\ntwo" },
			{ name: "message", data: "plain" },
			{ name: "message", data: "last" },
		];
		for (let cut = 0; cut <= stream.length; cut++) {
			const parser = new EventParser();
			expect([...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))]).toEqual(expected);
		}
	});

	it("refuse an event without an end", () => {
		const parser = new EventParser();
		const piece = `data: ${"x".repeat(1024 * 1024)}\n`;
		expect(() => {
			for (let count = 0; count < 20; count++) parser.push(piece);
		}).toThrow("too long");
	});

	it("keep what the daemon forgot when it was restarted, with a gap where it was stopped", () => {
		const history = new SampleHistory();
		const sample = (at: number, clients: number): Parameters<SampleHistory["addLive"]>[0] => ({
			at: at * 1000,
			clients,
			connections: clients,
			messagesPerSecond: 0,
			deliveriesPerSecond: 0,
			eventLoopDelayP99Ms: 0,
			rssBytes: 0,
			heldBytes: 0,
			outboxBytes: 0,
		});
		history.add([sample(1000, 1), sample(1010, 2)]);
		history.addLive(sample(1012, 3));
		history.addLive(sample(1013, 4));
		expect(history.columns(["clients"])).toEqual([
			[1000, 1010, 1013],
			[1, 2, 4],
		]);
		history.add([sample(1100, 0), sample(1110, 1)]);
		expect(history.columns(["clients", "commitP99Ms"])).toEqual([
			[1000, 1010, 1020, 1100, 1110],
			[1, 2, null, 0, 1],
			[null, null, null, null, null],
		]);
		// An hour later, what is older than an hour is gone.
		for (let at = 1120; at <= 4720; at += 10) history.addLive(sample(at, 5));
		const [times] = history.columns(["clients"]);
		expect(times[0]).toBe(1120);
		expect(times).toHaveLength(361);
	});

	it("show a line of the log once where the stream begins with it again, and say how many are missing", () => {
		const log = new LogBuffer();
		const line = (msg: string): string => JSON.stringify({ node: "n1", line: { level: 40, time: 5, msg, id: "c7" } });
		log.add(line("one"), true);
		log.add(line("two"), false);
		log.add(line("one"), true);
		log.add(line("two"), false);
		log.add('{"dropped":12}', false);
		expect(log.lines.map(({ level, text, facts }) => `${level} ${text} ${facts}`)).toEqual([
			"warning one id=c7",
			"warning two id=c7",
			"warning two id=c7",
			"warning 12 lines are missing here. ",
		]);
		for (let count = 0; count < 3000; count++) log.add(line(String(count)), false);
		expect(log.lines).toHaveLength(1000);
	});

	it("find a place again by its address, whatever the names in it", () => {
		for (const name of ["lobby", "a/b?c=d#e&f", "100 %", "\u202eevil", "💬"]) {
			const hash = routeHash("traffic", ["room", name], { name });
			expect(parseRoute(hash)).toEqual({ section: "traffic", selected: ["room", name], query: { name } });
		}
		expect(parseRoute("#%E0%A4%A").section).toBe("overview");
	});

	it("write numbers in words", () => {
		expect([0, 1023, 1024, 1536, 10 * 1024 * 1024, 1024 ** 3 - 1].map(bytesWords)).toEqual([
			"0 B",
			"1,023 B",
			"1 KiB",
			"1.5 KiB",
			"10 MiB",
			"1 GiB",
		]);
		expect([-5, 59_000, 61_000, 3_660_000, 90_000_000].map(durationWords)).toEqual([
			"0 s",
			"59 s",
			"1 min",
			"1 h 1 min",
			"1 d 1 h",
		]);
		expect(nameWords("a\u202eb\0")).toBe("a\\u202eb\u2400");
	});
});
