// A certificate that is renewed on the disk: the ways in which renewal programs replace files.

import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { FollowedFile } from "../../src/identity/followed-file.ts";
import { Certificate } from "../../src/server/certificate.ts";
import { makeCertificate } from "../end-to-end/daemon.ts";

it("is read again after each: written in place, renamed, deleted and written, one symbolic link moved, a folder's link moved", async () => {
	const folder = mkdtempSync(join(tmpdir(), "certificate-"));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const pairs = ["old", "new"].map((name) => {
		mkdirSync(join(folder, name));
		return makeCertificate(join(folder, name));
	});
	const [old, renewed] = pairs as [(typeof pairs)[0], (typeof pairs)[0]];
	const place = (name: string): { cert: string; key: string } => {
		mkdirSync(join(folder, name));
		return { cert: join(folder, name, "tls.crt"), key: join(folder, name, "tls.key") };
	};
	const copies = (at: typeof old): void => {
		copyFileSync(old.cert, at.cert);
		copyFileSync(old.key, at.key);
	};
	const ways: Record<string, { readonly at: typeof old; readonly renew: () => void }> = {};
	for (const name of ["in place", "renamed", "deleted"]) {
		const at = place(name);
		copies(at);
		const renew = (): void => {
			for (const kind of ["cert", "key"] as const) {
				if (name === "deleted") unlinkSync(at[kind]);
				const target = name === "renamed" ? `${at[kind]}.new` : at[kind];
				copyFileSync(renewed[kind], target);
				if (name === "renamed") renameSync(target, at[kind]);
			}
		};
		ways[name] = { at, renew };
	}
	const live = place("live");
	const link = (to: typeof old): void => {
		for (const kind of ["cert", "key"] as const) {
			symlinkSync(to[kind], `${live[kind]}.new`);
			renameSync(`${live[kind]}.new`, live[kind]);
		}
	};
	link(old);
	ways["links of files"] = { at: live, renew: () => link(renewed) };
	const secret = place("secret");
	const data = (to: string): void => {
		symlinkSync(join("..", to), join(folder, "secret", "..data_tmp"));
		renameSync(join(folder, "secret", "..data_tmp"), join(folder, "secret", "..data"));
	};
	for (const [name, from] of [
		["tls.crt", old.cert],
		["tls.key", old.key],
	] as const)
		symlinkSync(join("..data", from.slice(from.lastIndexOf("/") + 1)), join(folder, "secret", name));
	data("old");
	ways["a folder's link"] = { at: secret, renew: () => data("new") };

	const results: Record<string, string> = {};
	for (const [name, { at }] of Object.entries(ways)) {
		const events = {
			reloaded: (error: Error | undefined) => {
				if (!error && certificate.context !== first) results[name] = "read again";
			},
			dates: () => {},
		};
		const certificate = new Certificate(at.cert, at.key, events);
		const first = certificate.context;
		onTestFinished(() => certificate.close());
	}
	// Tokens and keys are followed in their own way.
	const followed = new FollowedFile(secret.cert, "token file");
	followed.follow({
		use: () => {},
		reloaded: (error) => {
			results.tokens = error ? "failed" : "read again";
		},
	});
	onTestFinished(() => followed.close());
	for (const { renew } of Object.values(ways)) renew();
	const all = Object.fromEntries([...Object.keys(ways), "tokens"].map((name) => [name, "read again"]));
	await expect.poll(() => results, { timeout: 15_000 }).toEqual(all);
});
