// Attacks in the chat's own words: rooms, names, messages, requests, and readers who do not read what they ask for.

import { withShortPackets } from "./variants.js";

const AMPERSANDS = 250_000;
const OWN_IDS = 70_000;
/** What is left for the last question of an attack. */
const LAST_MS = 3000;
const LONG_NAME = "&amp;".repeat(64);

/** Members of these rooms who then flood. @param {readonly string[]} rooms @param {Parameters<import("./toolkit.js").Line["flood"]>[0]} bytes @param {{ size?: number, everyMs?: number, deaf?: boolean }} [options] */
function members(rooms, bytes, { size = 8, everyMs = 0, deaf = false } = {}) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(
			size,
			async (line) => {
				// A first document is shorter than later ones.
				await line.send("<ping/>");
				if (deaf) for (const room of rooms) await line.send(`<join room="${room}" after="-1"/>`);
				else if (rooms.length > 0) await line.enter(rooms);
				await line.flood(bytes, everyMs);
			},
			{ again: true, deaf, paceMs: 20 },
		);
}

/** Enters as many rooms of its own as a client may. @param {import("./toolkit.js").Line} line @param {number} number */
async function takeRooms(line, number) {
	for (let room = 0; room < 64; room++) await line.send(`<join room="t-${number}-${room}"/>`);
	await line.hold();
}

/** A name that no other member of the attack has. @param {import("./toolkit.js").Attacker} a */
function anyName(a) {
	return `x${a.random.between(1, 1e9)}`;
}

/** @type {readonly import("./attacks.js").Written[]} */
export const CHAT = [
	{
		name: "say-flood-live",
		what: "short messages in the honest members' live room, as fast as they are read",
		run: members(["arena"], '<say room="arena">flood</say>\0'),
	},
	{
		name: "say-flood-stored",
		what: "short messages in the lobby, as fast as they are read",
		run: members(["lobby"], '<say room="lobby">flood</say>\0'),
	},
	{
		name: "say-flood-with-ids",
		what: "messages with ids of their own in the lobby, as fast as they are read",
		async run(a) {
			let id = 0;
			await members(["lobby"], () => `<say room="lobby" id="${id++}">flood</say>\0`)(a);
		},
	},
	{
		name: "say-large-live",
		what: "messages of 16 KiB in the honest members' live room",
		run: members(["arena"], `<say room="arena">${"f".repeat(16_384)}</say>\0`, { size: 4 }),
	},
	{
		name: "say-large-stored",
		what: "messages of 16 KiB in the lobby",
		run: members(["lobby"], `<say room="lobby">${"f".repeat(16_384)}</say>\0`, { size: 4 }),
	},
	{
		name: "say-3-megabytes-a-second",
		what: "3 MB/s to a room in which a member reads 1 MB/s",
		run: members(["arena"], `<say room="arena">${"f".repeat(30_000)}</say>\0`, { size: 1, everyMs: 10 }),
	},
	{
		name: "say-at-the-limit",
		what: "messages at the limit of a document, in the lobby",
		run: members(["lobby"], `<say room="lobby">${"f".repeat(262_000)}</say>\0`, { size: 2, everyMs: 200 }),
	},
	{
		name: "say-ampersands",
		what: "a message of 250,000 &: longer when it is escaped than what may wait for a member",
		run: members(["lobby"], `<say room="lobby"><![CDATA[${"&".repeat(AMPERSANDS)}]]></say>\0`, {
			size: 1,
			everyMs: 200,
		}),
	},
	{
		name: "say-ampersands-live",
		what: "the same in the live room",
		run: members(["arena"], `<say room="arena"><![CDATA[${"&".repeat(AMPERSANDS)}]]></say>\0`, {
			size: 1,
			everyMs: 200,
		}),
	},
	{
		name: "say-not-joined",
		what: "messages to rooms that the sender is not in",
		run: members([], '<say room="lobby" id="1">x</say>\0<say room="none">y</say>\0'),
	},
	{
		name: "send-flood",
		what: "documents of an application in the live room, as fast as they are read",
		run: members(["arena"], '<send room="arena"><move x="1" y="2"/></send>\0'),
	},
	{
		name: "tell-flood",
		what: "private messages to the honest members, as fast as they are read",
		run: members([], (turn) => `<tell to="honest-${turn % 20}">psst</tell>\0`),
	},
	{
		name: "tell-slow-reader",
		what: "3 MB/s of private messages to the member who reads 1 MB/s",
		weakened: true,
		run: members([], `<tell to="honest-4">${"p".repeat(30_000)}</tell>\0`, { size: 1, everyMs: 10 }),
	},
	{
		name: "tell-nobody",
		what: "private messages to names that do not exist",
		run: members([], (turn) => `<tell to="nobody-${turn}" id="${turn}">x</tell>\0`),
	},
	{
		name: "tell-deaf-readers",
		what: "private messages to 50 of one's own who do not read: they are cut alone",
		weakened: true,
		async run(a) {
			const names = Array.from({ length: 50 }, (_, at) => `deaf-${at}`);
			const deaf = a.crowd(
				names.length,
				async (line, number) => {
					await line.send(`<hello name="${names[number]}"/>`);
					await line.hold();
				},
				{ deaf: true },
			);
			await a.sleep(300);
			const tellers = a.crowd(
				8,
				async (line) => {
					await line.send("<ping/>");
					await line.flood((turn) => `<tell to="${names[turn % names.length]}">${"p".repeat(50_000)}</tell>\0`);
				},
				{ again: true, paceMs: 20 },
			);
			await Promise.all([deaf, tellers]);
		},
	},
	{
		name: "room-flood",
		what: "members who enter 64 rooms of their own each, 300 at a time",
		run: (a) => a.crowd(300, (line, number) => line.flood((turn) => `<join room="r-${number}-${turn % 64}"/>\0`, 5)),
	},
	{
		name: "room-flood-from-three-addresses",
		what: "three addresses that take as many rooms as they may: others must still get one",
		from: "many",
		atLeastSeconds: 12,
		async run(a) {
			const taken = a.crowd(192, (line, number) => takeRooms(line, number), {
				again: true,
				addresses: 3,
				paceMs: 1000,
			});
			await a.sleep(a.leftMs - LAST_MS);
			const other = await a.line({ address: 9 });
			await other?.send('<join room="of-another-address"/>');
			if (!(await other?.until(/<joined room="of-another/))) a.finding("another address could not create a room");
			await taken;
		},
	},
	{
		name: "room-past-the-limit",
		what: "one member who enters room after room beyond the limit",
		run: members([], (turn) => `<join room="p-${turn}"/>\0`, { size: 4 }),
	},
	{
		name: "join-leave-churn",
		what: "members who enter and leave the live room all the time",
		run: members([], '<join room="arena"/>\0<leave room="arena"/>\0', { size: 16 }),
	},
	{
		name: "join-leave-churn-stored",
		what: "members who enter the lobby, with its replay, and leave it",
		run: members([], '<join room="lobby"/>\0<leave room="lobby"/>\0', { size: 16 }),
	},
	{
		name: "join-churn-by-connection",
		what: "members who connect, enter both rooms, and leave",
		run: (a) => a.crowd(100, (line) => line.enter(["lobby", "arena"]), { again: true }),
	},
	{
		name: "crowd-in-the-room",
		what: "400 more members in the honest members' live room",
		run: (a) =>
			a.crowd(400, async (line) => {
				await line.enter(["arena"]);
				await line.hold();
			}),
	},
	{
		name: "rename-churn",
		what: "members who take name after name",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					await line.enter(["arena"]);
					await line.flood(() => `<hello name="${anyName(a)}"/>\0`);
				},
				{ again: true },
			),
	},
	{
		name: "name-of-another",
		what: "members who ask for the honest members' names",
		run: members([], (turn) => `<hello name="honest-${turn % 20}"/>\0<hello name="HONEST-${turn % 20}"/>\0`),
	},
	{
		name: "name-flood",
		what: "400 members with the longest names",
		run: (a) =>
			a.crowd(400, async (line, number) => {
				await line.enter(["arena"], `${"\u{1f600}".repeat(24)}${number}`);
				await line.hold();
			}),
	},
	{
		name: "session-guesses",
		what: "resumptions of sessions that do not exist",
		run: members([], (turn) => `<hello name="honest-${turn % 20}" session="${turn}${"0".repeat(30)}"/>\0`),
	},
	{
		name: "session-storm",
		what: "one session that is resumed by connection after connection",
		run: (a) =>
			a.crowd(
				50,
				async (line, number) => {
					await line.send(`<hello name="s-${number}-${a.random.between(1, 1e6)}"/>`);
					await line.until(/<welcome name="s-/, 500);
					const [, name, session] = /<welcome name="(s-[^"]+)" session="([^"]+)"/.exec(line.text) ?? [];
					if (!name) return;
					for (let turn = 0; turn < 20 && !a.over; turn++) {
						const next = await a.line();
						await next?.send(`<hello name="${name}" session="${session}"/>`);
						await next?.until(/<welcome name="s-/, 500);
						next?.reset();
					}
				},
				{ again: true },
			),
	},
	...["who", "rooms", "history"].flatMap((request) => {
		const document = request === "rooms" ? "<rooms/>\0" : `<${request} room="lobby"/>\0`;
		/** @param {import("./toolkit.js").Attacker} a */
		async function fill(a) {
			// Long names that grow when they are escaped, and messages of some size, so that answers are large.
			const line = await a.line();
			await line?.enter(
				["lobby", ...Array.from({ length: 60 }, (_, at) => `${LONG_NAME.slice(0, 300)}${at}`)],
				anyName(a),
			);
			for (let at = 0; at < 100; at++) await line?.send(`<say room="lobby">${"&amp;".repeat(2000)}</say>`);
		}
		return [
			{
				name: `${request}-flood`,
				what: `<${request}/> by members who read the answers, as fast as they are answered`,
				run: async (/** @type {import("./toolkit.js").Attacker} */ a) => {
					await fill(a);
					await members(["lobby"], document.repeat(20), { size: 16 })(a);
				},
			},
			{
				name: `${request}-flood-deaf`,
				what: `<${request}/> by 64 members who read nothing`,
				run: async (/** @type {import("./toolkit.js").Attacker} */ a) => {
					await fill(a);
					await members(["lobby"], document.repeat(100), { size: 64, deaf: true })(a);
				},
			},
		];
	}),
	{
		name: "history-any-number",
		what: "<history/> with numbers that are none, and out of reach",
		run: members(
			["lobby"],
			'<history room="lobby" before="-5" limit="1000000"/>\0<history room="lobby" before="99999999999999999999"/>\0<history room="lobby" before="x" limit="0"/>\0',
		),
	},
	{
		name: "replay-deaf",
		what: "members who ask for the whole lobby again and again and read nothing",
		run: members([], '<join room="lobby" after="0"/>\0<leave room="lobby"/>\0', { size: 64, deaf: true }),
	},
	{
		name: "topic-flood",
		what: "topics of 200,000 characters by those who may not set them",
		run: members(["arena"], `<topic room="arena">${"t".repeat(200_000)}</topic>\0`, { everyMs: 5 }),
	},
	{
		name: "kick-by-strangers",
		what: "kick, ban and mute by members who are no operators",
		run: members(
			["lobby"],
			(turn) =>
				`<kick room="lobby" name="honest-${turn % 20}"/>\0<ban room="lobby" name="honest-${turn % 20}" for="600"/>\0<mute room="lobby" name="honest-${turn % 20}" for="600"/>\0`,
		),
	},
	{ name: "ping-flood", what: "pings whose answers are read", run: members([], '<ping id="1"/>\0'.repeat(100)) },
	{
		name: "ping-flood-deaf",
		what: "pings whose answers are not read",
		run: members([], '<ping id="1"/>\0'.repeat(100), { size: 64, deaf: true }),
	},
	{
		name: "pong-flood",
		what: "answers to pings that nobody asked for",
		run: members([], '<pong id="1"/>\0'.repeat(100)),
	},
	{
		name: "unknown-elements",
		what: "elements that the chat does not know",
		run: members([], '<nothing a="1"><b/></nothing>\0'.repeat(50)),
	},
	...withShortPackets({
		name: "own-ids",
		what: "70,000 ids of four members: the resend of another must still be known",
		atLeastSeconds: 12,
		async run(a) {
			const other = await a.line();
			await other?.enter(["lobby"], anyName(a));
			const document = '<say room="lobby" id="kept">once</say>';
			await other?.send(document);
			if (!(await other?.until(/<ack id="kept"/))) return a.finding("a message was not acknowledged");
			let id = 0;
			await a.crowd(4, async (line) => {
				await line.enter(["lobby"]);
				while (a.leftMs > LAST_MS && id < OWN_IDS) {
					const many = Array.from({ length: 50 }, () => `<say room="lobby" id="${id++}">x</say>\0`);
					if (!(await line.write(many.join("")))) return;
				}
			});
			a.counts.ids = id;
			await other?.send(document);
			if (!(await other?.until(/<ack id="kept"[^>]*duplicate="true"/))) a.finding("a resend was not recognised");
			return undefined;
		},
	}),
];
