// The chat: documents of a client over a memory transport. Nothing is thrown, every answer is well-formed, and nothing remains when
// the clients have left.

import { checkWellFormed } from "../../../src/xml/index.ts";
import { ChatHarness } from "../../chat/harness.ts";
import type { Random } from "../../xml/random-documents.ts";
import { bytesOf, holds, same, type Target, utf8Of } from "../target.ts";

const OPTIONS = { topics: "everyone", maxBadDocumentsPerMinute: 1_000_000, createRooms: "live" } as const;
const PIECES = [
	'<hello name="ann"/>',
	'<hello name="bob" session="x"/>',
	'<join room="lobby"/>',
	'<join room="game" after="-1"/>',
	'<join room="lobby" after="9007199254740993" log="x"/>',
	'<say room="lobby" id="c1">hi</say>',
	'<say room="game">hi &amp; <![CDATA[<b>]]></say>',
	'<send room="game" id="c2"><move x="1"/></send>',
	'<tell to="guest-1" id="c3">psst</tell>',
	'<leave room="game"/>',
	'<who room="lobby" offset="0" limit="2"/>',
	"<rooms/>",
	'<history room="lobby" before="17" limit="50"/>',
	'<topic room="game">t</topic>',
	'<kick room="game" name="ann"/>',
	'<ban room="game" name="ann" for="600"/>',
	'<mute room="game" name="ann" for="1e9"/>',
	'<ban address="2001:db8::/48" for="forever" reason="r"/>',
	'<unban ban="0"/>',
	'<bans room="game" offset="0" limit="2"/>',
	'<settings room="game" slow="5" private="true" key="k"/>',
	'<invite room="game" name="ann" remove="true"/>',
	'<join room="game" key="k"/>',
	'<ping id="7"/>',
	"<pong/>",
	"<policy-file-request/>",
];

/** The target. */
export function open(): Target {
	const harness = ChatHarness.chat(OPTIONS);
	const names = Object.keys(harness.application.stats?.() ?? {});
	const remaining = (): Record<string, number> => {
		const stats = harness.application.stats?.() ?? {};
		return { clients: stats.chat_clients ?? 0, rooms: stats.chat_rooms ?? 0 };
	};
	holds("the chat counts its clients and rooms", names.includes("chat_clients") && names.includes("chat_rooms"));
	const before = remaining();
	return {
		async run(input) {
			const client = harness.connect();
			const witness = harness.connect();
			witness.send('<hello name="witness"/>', '<join room="lobby"/>', '<join room="game"/>');
			for (const document of utf8Of(input).split("\0").slice(0, 40)) client.send(document);
			await harness.settle();
			for (const one of [client, witness]) {
				for (const answer of one.take()) {
					const flaw = checkWellFormed(answer);
					if (flaw) throw new Error(`an answer is not well-formed: ${flaw.message} in ${answer}`);
				}
				one.link.destroy();
			}
			await harness.settle();
			harness.clients.length = 0;
			if (harness.reported.length > 0) throw harness.reported.splice(0)[0];
			same("what remains of the clients", remaining(), before);
			harness.sweep();
		},
		generate(random: Random) {
			let text = "";
			for (let count = 1 + random.below(8); count > 0; count--) text += `${random.pick(PIECES)}\0`;
			return bytesOf(text);
		},
		tokens: [
			...PIECES,
			"\0",
			' room="',
			' name="',
			' id="',
			'"',
			"&#0;",
			"&#xfffe;",
			"\xed\xa0\x80",
			"\xe2\x80\xae",
			"<",
			"/>",
			"guest-1",
			"witness",
		],
	};
}
