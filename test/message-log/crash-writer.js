// Appends to a log until it is killed: twenty sessions, each with its next message as soon as the last is acknowledged, and each
// beginning with the one that was on its way when the process before was killed. A line on standard output for each message
// before it is sent, and for each acknowledgement.

import { writeSync } from "node:fs";
import { LevelLog } from "../../dist/message-log/level/index.js";

const [folder, sentSoFar] = process.argv.slice(2);
const next = JSON.parse(sentSoFar);
const log = await LevelLog.open(folder, { retention: {} });
writeSync(1, "open\n");
await Promise.all(
	next.map(async (first, session) => {
		for (let at = first; ; at++) {
			writeSync(1, `sent ${session} ${at}\n`);
			const entry = { payload: Buffer.from(`${session}/${at}`), session: `s${session}`, id: `m${at}` };
			const { seq, duplicate } = await log.append("lobby", entry);
			writeSync(1, `acknowledged ${session} ${at} ${seq} ${duplicate}\n`);
		}
	}),
);
