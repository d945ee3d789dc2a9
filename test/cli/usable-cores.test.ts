// `--workers auto` in containers and services whose processor time is limited: files of control groups as real systems write them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { usableCores } from "../../src/cli/usable-cores.ts";

const all = availableParallelism();

describe("the cores that a process can use", () => {
	let root: string;
	beforeEach(() => {
		root = mkdtempSync(join(tmpdir(), "xmlsocket-cores-"));
	});
	afterEach(() => rmSync(root, { recursive: true, force: true }));

	function withFiles(files: Record<string, string>): number {
		for (const [name, content] of Object.entries(files)) {
			mkdirSync(dirname(join(root, name)), { recursive: true });
			writeFileSync(join(root, name), content);
		}
		return usableCores(root);
	}

	it("are those of the machine where nothing limits it, or the files of control groups are absent", () => {
		expect(usableCores(root)).toBe(all);
		expect(withFiles({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n" })).toBe(all);
	});

	it("are one in a container that has half a core or one on a large machine", () => {
		expect(withFiles({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n" })).toBe(1);
		expect(withFiles({ "sys/fs/cgroup/cpu.max": "100000 100000\n" })).toBe(1);
	});

	it("are rounded up: one and a half cores keep two processes busy", () => {
		expect(withFiles({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n" })).toBe(
			Math.min(2, all),
		);
	});

	it("are those of the service, where systemd limits it or the slice above it", () => {
		const group = { "proc/self/cgroup": "0::/system.slice/xmlsocket.service\n" };
		expect(withFiles({ ...group, "sys/fs/cgroup/system.slice/xmlsocket.service/cpu.max": "100000 100000\n" })).toBe(1);
		rmSync(join(root, "sys"), { recursive: true });
		expect(withFiles({ ...group, "sys/fs/cgroup/system.slice/cpu.max": "20000 100000\n" })).toBe(1);
	});

	it("are limited by the older control groups too", () => {
		const group = { "proc/self/cgroup": "9:name=systemd:/\n4:memory:/a\n1:cpu,cpuacct:/docker/a\n" };
		const files = (quota: string) => ({
			...group,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": quota,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
		});
		expect(withFiles(files("100000\n"))).toBe(1);
		expect(withFiles(files("-1\n"))).toBe(all);
	});

	it("are those of the machine where a file says nothing sensible", () => {
		for (const content of ["", "0 100000\n", "many 100000\n", "100000\n"]) {
			expect(withFiles({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": content })).toBe(all);
		}
	});
});
