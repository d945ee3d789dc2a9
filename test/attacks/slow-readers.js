// Those who ask for output, or sit where there is some, and do not read it: they are cut, and they alone.

const HISTORY = '<history room="lobby" limit="100"/>\0';

/** @type {readonly import("./attacks.js").Written[]} */
export const SLOW_READERS = [
	{
		name: "deaf-in-the-rooms",
		what: "400 members of both rooms who read nothing, while others speak much",
		weakened: true,
		async run(a) {
			const deaf = a.crowd(
				400,
				async (line) => {
					await line.write('<join room="lobby"/>\0<join room="arena"/>\0');
					await line.hold();
				},
				{ deaf: true },
			);
			const speaker = a.crowd(1, async (line) => {
				await line.enter(["arena"]);
				await line.flood(`<say room="arena">${"d".repeat(4000)}</say>\0`, 5);
			});
			await Promise.all([deaf, speaker]);
		},
	},
	{
		name: "slow-trickle-readers",
		what: "200 members who read a little each second: always behind, never silent",
		async run(a) {
			const slow = a.crowd(
				200,
				async (line) => {
					await line.write('<join room="lobby"/>\0<join room="arena"/>\0');
					while (line.open && !a.over) {
						await a.sleep(500);
						line.socket.read(2000);
					}
				},
				{ deaf: true },
			);
			const speaker = a.crowd(1, async (line) => {
				await line.enter(["arena"]);
				await line.flood(`<say room="arena">${"d".repeat(4000)}</say>\0`, 5);
			});
			await Promise.all([slow, speaker]);
		},
	},
	{
		name: "requests-without-reading",
		what: "every request that has an answer, by 100 members who read none",
		run: (a) =>
			a.crowd(
				100,
				async (line) => {
					await line.flood(
						`<join room="lobby"/>\0<who room="lobby"/>\0<rooms/>\0${HISTORY}<ping/>\0<hello name="!"/>\0`.repeat(10),
					);
				},
				{ again: true, deaf: true, paceMs: 20 },
			),
	},
	{
		name: "deaf-then-reading",
		what: "members who ask for much, read nothing for a while, and then all of it",
		run: (a) =>
			a.crowd(
				64,
				async (line) => {
					await line.write(`<join room="lobby"/>\0${HISTORY.repeat(20)}`);
					await a.sleep(1000);
					line.listen();
					await line.endsWithin(1000);
				},
				{ again: true, deaf: true },
			),
	},
	{
		name: "deaf-and-half-closed",
		what: "members who ask for much, end their side, and read nothing",
		run: (a) =>
			a.crowd(
				200,
				async (line) => {
					await line.write(`<join room="lobby"/>\0${HISTORY.repeat(20)}`);
					line.socket.end();
					await line.hold();
				},
				{ deaf: true, halfOpen: true },
			),
	},
];
