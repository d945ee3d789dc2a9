import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { startDaemon } from "../end-to-end/daemon.ts";

/** Resident memory of a process, in bytes, and its open descriptors. */
function use(pid: number): { rss: number; descriptors: number } {
	const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
	return { rss: pages * 4096, descriptors: readdirSync(`/proc/${pid}/fd`).length };
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
		// V8's young generation grows by leaps of its own where it may.
		const daemon = await startDaemon(["--log-level", "warn"], { NODE_OPTIONS: "--max-semi-space-size=2" });
		const pid = daemon.process.pid!;
		const before = use(pid);
		const growth: number[] = [];
		for (let third = 0; third < 3; third++) {
			const { rss } = use(pid);
			await visits(daemon.port, 5000);
			growth.push(use(pid).rss - rss);
		}
		await expect.poll(() => use(pid).descriptors).toBeLessThanOrEqual(before.descriptors);
		// The first third fills pools and compiles code. A leak of one connection's objects, a kilobyte at least, would add 5 MB in
		// each of the others; garbage adds that in one and not in the next.
		expect(Math.min(...growth.slice(1))).toBeLessThan(5_000_000);
		expect(await daemon.stop()).toBe(0);
	}, 120_000);
});
