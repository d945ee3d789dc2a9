// Attacks that try to leave something behind: what is kept of clients must be bounded, and go with them.

import { OPEN_TOPICS_DAEMON, SMALL_DAEMON } from "./targets.js";

/** @type {readonly import("./attacks.js").Written[]} */
export const MEMORY = [
	{
		name: "sessions-left-behind",
		what: "thousands of names and sessions that are left at once",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.send(`<hello name="m${a.random.between(1, 1e9)}"/>`);
					await line.until(/<welcome name="m/, 500);
				},
				{ again: true },
			),
	},
	{
		name: "ids-of-many-sessions",
		what: "thousands of sessions that leave an id each in the lobby",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.write(
						`<hello name="i${a.random.between(1, 1e9)}"/>\0<join room="lobby" after="-1"/>\0<say room="lobby" id="${"i".repeat(60)}">x</say>\0`,
					);
					await line.until(/<ack/, 1000);
				},
				{ again: true },
			),
	},
	{
		name: "tell-ids",
		what: "private messages with ids of 64 characters to oneself",
		run: (a) =>
			a.crowd(8, async (line) => {
				const name = `t${a.random.between(1, 1e9)}`;
				await line.send(`<hello name="${name}"/>`);
				await line.flood((turn) => `<tell to="${name}" id="${String(turn).padStart(64, "0")}">x</tell>\0`);
			}),
	},
	{
		name: "rooms-left-behind",
		what: "rooms with long names that are created and left",
		run: (a) =>
			a.crowd(16, (line, number) =>
				line.flood((turn) => {
					const room = `${"\u00e9".repeat(50)}${number}-${turn}`;
					return `<join room="${room}"/>\0<leave room="${room}"/>\0`;
				}),
			),
	},
	{
		name: "one-byte-of-each",
		what: "500 members who hold what they may: 64 rooms, a document that is almost whole, a name",
		run: (a) =>
			a.crowd(500, async (line, number) => {
				await line.send(`<hello name="hold-${number}"/>`);
				for (let room = 0; room < 64; room++) await line.send(`<join room="hold-${room}"/>`);
				await line.write("h".repeat(30_000));
				await line.hold();
			}),
	},
	{
		name: "large-pieces-kept",
		what: "300 members who keep 64 KiB of a document waiting, sent in pieces of 11 bytes",
		run: (a) =>
			a.crowd(300, async (line) => {
				await line.send("<ping/>");
				for (let at = 0; at < 6000 && line.open && !a.over; at++) {
					await line.write("aaaaaaaaaaa");
					if (at % 100 === 99) await a.sleep(20);
				}
				await line.hold();
			}),
	},
	{
		name: "acks-deaf",
		what: "members who ask for the whole lobby, send messages with ids, and read neither",
		run: (a) =>
			a.crowd(
				64,
				async (line, number) => {
					await line.send('<join room="lobby" after="0"/>');
					await line.flood((turn) => `<say room="lobby" id="${number}-${turn}-${"i".repeat(40)}">x</say>\0`, 1);
				},
				{ deaf: true },
			),
	},
	{
		name: "log-queue",
		what: "messages at the limit to the lobby from eight members at once: others' messages must still be stored",
		run: (a) =>
			a.crowd(
				8,
				async (line) => {
					await line.enter(["lobby"]);
					await line.flood(`<say room="lobby">${"q".repeat(262_000)}</say>\0`);
				},
				{ again: true, paceMs: 20 },
			),
	},
	{
		name: "large-topics",
		what: "topics of 200,000 characters in 64 rooms where everyone may set them",
		target: OPEN_TOPICS_DAEMON,
		run: (a) =>
			a.crowd(32, async (line, number) => {
				await line.send("<ping/>");
				await line.flood((turn) => {
					const room = `topic-${number}-${turn % 64}`;
					return `<join room="${room}"/>\0<topic room="${room}">${"t".repeat(200_000)}</topic>\0`;
				}, 5);
			}),
	},
	{
		name: "at-the-connection-limit",
		what: "more connections than the daemon takes in all: its health and its metrics still answer",
		from: "many",
		target: SMALL_DAEMON,
		closedToStrangers: true,
		traced: true,
		async run(a) {
			const crowd = a.crowd(400, (line) => line.hold(), { again: true, paceMs: 50 });
			await a.sleep(a.leftMs / 2);
			for (const path of ["/healthz", "/metrics"]) {
				const line = await a.line({ from: "loopback" });
				await line?.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
				if (!(await line?.until(/^HTTP\/1.1 200/))) a.finding(`${path} did not answer at the limit of connections`);
			}
			await crowd;
		},
	},
];
