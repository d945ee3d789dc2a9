// Attacks on the log, on tokens, and on the counters: what is refused must leave a trace, and no more than that.

import { TOKEN_DAEMON } from "./targets.js";
import { upgradeRequest } from "./web-socket.js";

/** In a few seconds from one address. More would let a program search. */
const MOST_GUESSES = 500;

/** Something of each kind that is refused. @param {import("./toolkit.js").Line} line @param {number} number */
async function beRefused(line, number) {
	const kinds = [
		"<a <b>\0".repeat(20),
		"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n",
		upgradeRequest("127.0.0.1", "/nowhere"),
		upgradeRequest("127.0.0.1", "/socket", { Origin: "https://evil.example" }),
		"x".repeat(20_000),
		"PUT / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET / HTTP/1.1\r\nBad Header\r\n\r\n",
		'<say room="none">\x1b[31m\u202e</say>\0',
	];
	await line.write(kinds[number % kinds.length] ?? "");
	await line.endsWithin(100);
}

/** Guesses, and counts what is answered. @param {import("./toolkit.js").Attacker} a @param {import("./toolkit.js").Line} line @param {number} everyMs */
async function guess(a, line, everyMs) {
	line.socket.on("data", (bytes) => {
		for (let at = bytes.indexOf("<error"); at !== -1; at = bytes.indexOf("<error", at + 1)) a.count("guesses");
	});
	await line.flood((turn) => `<hello name="ann" token="guess-${turn}"/>\0`, everyMs);
}

/** @type {readonly import("./attacks.js").Written[]} */
export const FLOODS = [
	{
		name: "log-flood",
		what: "refusals of every kind, as many as there can be",
		run: (a) => a.crowd(64, beRefused, { again: true }),
	},
	{
		name: "log-flood-unread",
		what: "the same while nobody reads the daemon's standard error",
		start: { errors: "unread" },
		run: (a) => a.crowd(64, beRefused, { again: true }),
	},
	{
		name: "log-injection",
		what: "names, rooms, paths and headers with line ends and control characters",
		run: (a) =>
			a.crowd(
				32,
				async (line, number) => {
					const bad = '\r\n{"level":50,"msg":"forged"}\x1b[2J\u202e';
					if (number % 2 === 0)
						await line.write(
							`GET /${encodeURIComponent(bad)} HTTP/1.1\r\nHost: localhost\r\nOrigin: ${bad.replaceAll(/[\r\n]/g, " ")}\r\n\r\n`,
						);
					else await line.write(`<hello name="${bad.replaceAll('"', "&quot;")}"/>\0<a ${bad}\0`.repeat(15));
					await line.endsWithin(100);
				},
				{ again: true },
			),
	},
	{
		name: "token-guesses",
		what: "guesses of tokens, as many as there can be, from one address: they are counted and slowed",
		from: "one",
		target: TOKEN_DAEMON,
		traced: true,
		async run(a) {
			await a.crowd(8, (line) => guess(a, line, 0), { again: true, paceMs: 10 });
			const answered = a.counts.guesses ?? 0;
			if (answered > MOST_GUESSES) a.finding(`${answered} guesses of tokens from one address were answered`);
		},
	},
	{
		name: "token-guesses-many-addresses",
		what: "guesses of tokens from many addresses",
		from: "many",
		target: TOKEN_DAEMON,
		traced: true,
		run: (a) => a.crowd(100, (line) => guess(a, line, 5), { again: true, paceMs: 10 }),
	},
	{
		name: "token-operator-words",
		what: "kick, ban and mute without a token where tokens are asked for",
		target: TOKEN_DAEMON,
		run: (a) =>
			a.crowd(
				16,
				(line) =>
					line.flood(
						'<join room="lobby"/>\0<kick room="lobby" name="honest-1"/>\0<ban room="lobby" name="honest-2"/>\0',
					),
				{ again: true, paceMs: 10 },
			),
	},
];
