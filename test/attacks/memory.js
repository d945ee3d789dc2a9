// Attacks that try to leave something behind: what is kept of clients must be bounded, and go with them.

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
];
