// Used login tokens are remembered: within a process, by all processes of a daemon and its next run, and by all daemons of a cluster.

import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MemoryExchange } from "../../src/cluster/memory-bus.ts";
import { NameTable } from "../../src/cluster/workers/name-table.ts";
import { LeaseLedger, type LoginLedger, MemoryLedger, openFolderLedger } from "../../src/identity/index.ts";

const END = (): number => Date.now() + 60_000;
const race = (ledgers: readonly LoginLedger[], id: string): Promise<boolean[]> =>
	Promise.all(ledgers.map((ledger) => ledger.claim(id, END())));

it("two processes of one folder: one gets the token, and after a restart nobody does", async () => {
	const folder = mkdtempSync(join(tmpdir(), "logins-"));
	try {
		const processes = [await openFolderLedger(folder), await openFolderLedger(folder)];
		expect((await race([...processes, ...processes], "ab")).filter(Boolean)).toHaveLength(1);
		for (const ledger of processes) await ledger.close();
		const restarted = await openFolderLedger(folder);
		expect(await restarted.claim("ab", END())).toBe(false);
		expect(await restarted.claim("cd", END())).toBe(true);
		// What is older than a token can be is deleted.
		const before = Date.now() / 1000 - 661;
		utimesSync(join(folder, "ab"), before, before);
		await restarted.close();
		await (await openFolderLedger(folder)).close();
		expect(readdirSync(folder)).toEqual(["cd"]);
		rmSync(folder, { recursive: true });
		await expect(restarted.claim("ef", END())).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

it("two daemons of a cluster: one gets the token, and names are not in its way", async () => {
	const exchange = new MemoryExchange();
	const daemons = [exchange.join(), exchange.join()].map(({ leases }) => new LeaseLedger(leases));
	expect((await race(daemons, "ab")).filter(Boolean)).toHaveLength(1);
	expect(await daemons[1]!.claim("ab", END())).toBe(false);
	for (const daemon of daemons) await daemon.close();
});

it("a worker that ends does not free the tokens that were used there", async () => {
	const table = new NameTable();
	const leases = {
		acquire: async (key: string, holder: string) => table.acquire(key, holder, undefined),
		release: async (key: string, holder: string) => table.release(key, holder),
	};
	const [first, second] = [new LeaseLedger(leases), new LeaseLedger(leases)];
	expect(await first.claim("ab", END())).toBe(true);
	table.releaseAll("n1");
	expect(await second.claim("ab", END())).toBe(false);
	await first.close();
	await second.close();
});

it("more than 100,000 used tokens are not remembered: logins wait until some have expired", async () => {
	let nowMs = 0;
	const ledger = new MemoryLedger(() => nowMs);
	for (let i = 0; i < 100_000; i++) await ledger.claim(String(i), 60_000);
	await expect(ledger.claim("more", 60_000)).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
	expect(await ledger.claim("7", 60_000)).toBe(false);
	nowMs = 60_000;
	expect(await ledger.claim("more", 120_000)).toBe(true);
});
