// What one guest can do to a real daemon over HTTP, on this machine's loopback and on one with the MTU of Ethernet.

import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "attacks.js");
const UNSHARE = [...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--net"];
const ETHERNET = "ip link set lo mtu 1500 && ip link set lo up";
const canUnshare = spawnSync("unshare", [...UNSHARE, "sh", "-c", ETHERNET], { stdio: "ignore" }).status === 0;

const networks: [string, readonly string[]][] = [["on loopback", [process.execPath, SCRIPT]]];
if (canUnshare)
	networks.push([
		"at an MTU of 1,500",
		["unshare", ...UNSHARE, "sh", "-c", `${ETHERNET} && exec "$@"`, "sh", process.execPath, SCRIPT],
	]);
else if (process.env.CI === "true")
	throw new Error("Network namespaces cannot be made here; run as root, or install util-linux.");
else
	console.log(
		"Attacks at an MTU of 1,500 are skipped: network namespaces cannot be made here (root and util-linux can).",
	);

function attack(command: readonly string[], name: string): Promise<Record<string, unknown>> {
	return new Promise((resolve, reject) => {
		const [program, ...words] = [...command, name];
		execFile(program!, words, { timeout: 100_000 }, (error, out, err) => {
			if (error) reject(new Error(`${error.message}\n${err}`));
			else resolve(JSON.parse(out) as Record<string, unknown>);
		});
	});
}

/** The daemon goes on, holds nothing of the attack, and stops in order. */
const UNHARMED = { isAlive: true, isServing: true, leaked: 0, code: 0 };

describe.skipIf(process.platform !== "linux").each(networks)("a daemon under attack, %s,", (_, command) => {
	it("answers 416 to ranges whose end is before their start, and goes on", async () => {
		const seen = await attack(command, "bad-ranges");
		expect(seen).toMatchObject({ ...UNHARMED, statuses: ["416", "416", "416", "416", "416"] });
	});

	it("holds few descriptors for thousands of pipelined requests at a limit of 1,024", async () => {
		const seen = await attack(command, "pipelined-requests");
		expect(seen).toMatchObject(UNHARMED);
		expect(seen.most).toBeLessThan(10);
	});

	it("holds nothing of 200 clients that abort after the head of their answer", async () => {
		expect(await attack(command, "aborted-answers")).toMatchObject(UNHARMED);
	});

	it("closes clients that never read their answers, and logs it", async () => {
		expect(await attack(command, "unread-answers")).toMatchObject({ ...UNHARMED, isLogged: true });
	});

	it("closes refused upgrades whose clients send on or never close", async () => {
		expect(await attack(command, "refused-upgrades")).toMatchObject(UNHARMED);
	});

	it("recognises honest clients after it was stopped for 0.9 s", async () => {
		expect(await attack(command, "stall")).toMatchObject({ ...UNHARMED, wrong: 0 });
	});

	it("answers 503 to a request for a page while no descriptor is left", async () => {
		expect(await attack(command, "no-descriptors-left")).toMatchObject({ ...UNHARMED, status: "503" });
	});
});
