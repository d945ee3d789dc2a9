// What 15,000 clients leave behind in a daemon once they are gone. It judges live objects after a garbage collection: resident memory
// also holds garbage, and how much of it differs between releases of Node.

import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";

const PROBE = pathToFileURL(join(import.meta.dirname, "live-objects.js")).href;
const CLIENTS = 5000;
/** A leak keeps at least one object of a connection, which is more than this. */
const LEAK_BYTES = 100;

interface Use {
	/** The heap and what it holds outside, without garbage. */
	readonly bytes: number;
	/** Sockets, timers and the like. */
	readonly resources: number;
	readonly descriptors: number;
}

async function use(daemon: Daemon): Promise<Use> {
	const reports = (): string[] => daemon.log().match(/^live objects: .*\n/gm) ?? [];
	const before = reports().length;
	daemon.process.kill("SIGUSR2");
	await expect.poll(() => reports().length).toBe(before + 1);
	const { bytes, resources } = JSON.parse(reports().at(-1)!.slice("live objects: ".length)) as Use;
	return { bytes, resources, descriptors: readdirSync(`/proc/${daemon.process.pid}/fd`).length };
}

async function visits(port: number, count: number): Promise<void> {
	let started = 0;
	const worker = async (): Promise<void> => {
		while (started++ < count) {
			await new Promise<void>((resolve, reject) => {
				const socket = connect({ port, host: "127.0.0.1" });
				socket.on("error", reject);
				socket.on("data", () => socket.destroy());
				socket.on("close", () => resolve());
				socket.write('<join room="churn" after="-1"/>\0');
			});
		}
	};
	await Promise.all(Array.from({ length: 20 }, worker));
}

describe.skipIf(process.platform !== "linux")("15,000 connects and disconnects", () => {
	it("leave no handle behind, and memory does not go on growing", async () => {
		const daemon = await startDaemon(["--log-level", "warn"], { NODE_OPTIONS: `--import=${PROBE}` });
		const first = await use(daemon);
		const levels: number[] = [];
		for (let third = 0; third < 3; third++) {
			await visits(daemon.port, CLIENTS);
			await expect.poll(async () => (await use(daemon)).resources).toBeLessThanOrEqual(first.resources);
			const { bytes, descriptors } = await use(daemon);
			expect(descriptors).toBeLessThanOrEqual(first.descriptors);
			levels.push(bytes);
		}
		console.log(`live bytes after each third: ${levels.map((bytes) => bytes - first.bytes).join(", ")}`);
		// The first third fills pools and compiles code.
		expect(levels[2]! - levels[0]!).toBeLessThan(2 * CLIENTS * LEAK_BYTES);
		expect(await daemon.stop()).toBe(0);
	});
});
