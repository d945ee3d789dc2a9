// `--workers auto` in a container or service that may use less processor time than the machine has.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { cpuQuota } from "../../src/cli/cpu-quota.ts";

const V2 = "0::/system.slice/chat.service\n";

it.each<[string, Record<string, string>, number]>([
	["no control groups", {}, Number.POSITIVE_INFINITY],
	["docker run --cpus 1.5", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n" }, 1.5],
	["no limit", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n" }, Number.POSITIVE_INFINITY],
	[
		"CPUQuota=50% of a service, and less for its slice",
		{
			"proc/self/cgroup": V2,
			"sys/fs/cgroup/system.slice/chat.service/cpu.max": "50000 100000\n",
			"sys/fs/cgroup/system.slice/cpu.max": "25000 100000\n",
		},
		0.25,
	],
	[
		"version 1",
		{
			"proc/self/cgroup": "4:cpu,cpuacct:/docker/1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
		},
		2,
	],
	[
		"version 1, of a service",
		{
			"proc/self/cgroup": "5:cpuset:/\n1:cpu,cpuacct:/system.slice/chat.service\n0::/\n",
			"sys/fs/cgroup/cpu/system.slice/chat.service/cpu.cfs_quota_us": "30000\n",
			"sys/fs/cgroup/cpu/system.slice/chat.service/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
		},
		0.3,
	],
	[
		"version 1 without a limit",
		{ "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n" },
		Number.POSITIVE_INFINITY,
	],
	["a file that cannot be understood", { "sys/fs/cgroup/cpu.max": "many\n" }, Number.POSITIVE_INFINITY],
])("%s", (_, files, quota) => {
	const root = mkdtempSync(join(tmpdir(), "quota-"));
	onTestFinished(() => rmSync(root, { recursive: true }));
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
	expect(cpuQuota(root)).toBe(quota);
});
