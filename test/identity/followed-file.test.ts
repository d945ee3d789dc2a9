// A token file that is edited while the daemon runs.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { XMLSocketError } from "../../src/errors/index.ts";
import { FollowedFile } from "../../src/identity/followed-file.ts";

let folder: string;
let file: string;
let followed: FollowedFile;
const used: string[] = [];
const reloads: (string | undefined)[] = [];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "followed-"));
	file = join(folder, "tokens");
	writeFileSync(file, "a Ann\n");
	used.length = 0;
	reloads.length = 0;
	followed = new FollowedFile(file, "token file");
	followed.follow({
		use(text) {
			if (text.includes("bad")) throw new Error("bad");
			used.push(text);
		},
		reloaded: (error) => reloads.push((error as XMLSocketError | undefined)?.message),
	});
});
afterEach(() => {
	followed.close();
	rmSync(folder, { recursive: true });
});

it("an editor empties the file before it writes it: nobody loses a token", async () => {
	writeFileSync(file, "");
	followed.reload();
	await new Promise((resolve) => setTimeout(resolve, 100));
	writeFileSync(file, "a Ann\nb Bob\n");
	await vi.waitFor(() => expect(used).toEqual(["a Ann\nb Bob\n"]), 10_000);
	expect(reloads).toEqual([undefined]);
});

it("a file that is replaced by another one is followed, without a signal", async () => {
	const other = join(folder, "new");
	writeFileSync(other, "c Carol\n");
	renameSync(other, file);
	await vi.waitFor(() => expect(used).toEqual(["c Carol\n"]), 20_000);
});

it("a file that is gone, or cannot be used, changes nothing; the next good one does", async () => {
	rmSync(file);
	followed.reload();
	expect(reloads).toEqual([expect.stringContaining("The token file")]);
	writeFileSync(file, "bad");
	followed.reload();
	await vi.waitFor(() => expect(reloads.at(-1)).toBe("bad"), 10_000);
	expect(used).toEqual([]);
	writeFileSync(file, "d Dan\n");
	followed.reload();
	await vi.waitFor(() => expect(used).toEqual(["d Dan\n"]), 10_000);
});
