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

describe.skipIf(process.platform !== "linux")("10,000 connects and disconnects", () => {
	it("leave no handle behind, and memory does not go on growing", async () => {
		const daemon = await startDaemon(["--log-level", "warn"]);
		const pid = daemon.process.pid!;
		const before = use(pid);
		await visits(daemon.port, 5000);
		const middle = use(pid);
		await visits(daemon.port, 5000);
		await expect.poll(() => use(pid).descriptors, { timeout: 5000 }).toBeLessThanOrEqual(before.descriptors);
		// The first half fills pools and compiles code; a leak of one connection's objects would add at least 5 MB in the second.
		expect(use(pid).rss - middle.rss).toBeLessThan(16 * 1024 * 1024);
		expect(await daemon.stop()).toBe(0);
	}, 60_000);
});
