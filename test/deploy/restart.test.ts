// A restart while 200 chat clients talk: what docs/guide/deployment.md promises.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startDaemon } from "../end-to-end/daemon.ts";
import { Crowd } from "./crowd.ts";
import { freePort } from "./proxies.ts";

it("SIGTERM and a new process, while 200 clients talk in 20 rooms: all are back, nothing acknowledged is lost, and nothing comes twice", async () => {
	const data = mkdtempSync(join(tmpdir(), "xmlsocket-restart-"));
	onTestFinished(() => rmSync(data, { recursive: true, force: true }));
	const rooms = Array.from({ length: 20 }, (_, n) => `r${n}`);
	const port = await freePort();
	const flags = [
		"--port",
		String(port),
		"--data",
		data,
		"--history",
		"0",
		...rooms.flatMap((room) => ["--room", room]),
	];
	const first = await startDaemon(flags);
	onTestFinished(async () => void (await first.stop("SIGKILL")));
	const crowd = await Crowd.open(`localhost:${port}`, { clients: 200, rooms, pauseMs: 400 });
	onTestFinished(() => crowd.close());
	await crowd.progress(5);
	expect(await first.stop()).toBe(0);
	expect(first.log()).toContain("stopping: clients receive their last documents");
	const second = await startDaemon(flags);
	onTestFinished(async () => void (await second.stop("SIGKILL")));
	await crowd.progress(5);
	expect(await crowd.check()).toBeGreaterThan(300);
	expect(await second.stop()).toBe(0);
});
