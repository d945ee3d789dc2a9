// How much processor time the system lets this process use: containers and services can have less than the machine has. Node reports the
// cores of the machine. Linux keeps the limit in control groups, of version 2 or 1.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The processors that this process may keep busy, for example 1.5; infinity: as many as there are. @param root of the file systems */
export function cpuQuota(root = "/"): number {
	const groups = join(root, "sys/fs/cgroup");
	const own = textOf(join(root, "proc/self/cgroup"));
	const pathOf = (line: RegExp): string => line.exec(own)?.[1] ?? "/";
	return Math.min(
		lowest(pathOf(/^0::(\/.*)$/m), (group) => textOf(join(groups, group, "cpu.max")).split(" ")),
		lowest(pathOf(/^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m), (group) => [
			textOf(join(groups, "cpu", group, "cpu.cfs_quota_us")),
			textOf(join(groups, "cpu", group, "cpu.cfs_period_us")),
		]),
	);
}

// A group has the limits of all groups above it. In a container, its own group is often the only one to be seen, at the root.
function lowest(own: string, read: (group: string) => readonly (string | undefined)[]): number {
	let quota = Number.POSITIVE_INFINITY;
	for (let group = own; ; group = dirname(group)) {
		const [most, period] = read(group);
		const share = Number(most) / Number(period);
		if (share > 0) quota = Math.min(quota, share);
		if (group === "/") return quota;
	}
}

function textOf(path: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return "";
	}
}
