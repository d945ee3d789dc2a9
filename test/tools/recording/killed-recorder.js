// Records events as fast as it can until it is killed. It prints the number of an event after it is in the file.

import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { openRecordingWriter } from "../../../dist/tools/index.js";

const info = { startedMs: 0, terminator: Uint8Array.of(0), encoding: "utf-8" };
const writer = await openRecordingWriter(process.argv[2], info);
for (let number = 0; ; number++) {
	const bytes = Buffer.from(`<event number="${number}" text="${"x".repeat(number % 5000)}"/>`);
	writer.write({ kind: "document", connection: 1, time: number, direction: "client", ending: "terminated", bytes });
	if (number % 50 !== 0) continue;
	await setImmediate();
	writeSync(1, `${writer.recorded}\n`);
}
