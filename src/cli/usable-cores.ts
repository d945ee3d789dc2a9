// How many cores this process can use. Node counts the cores that it is allowed to run on; a container's or a service's limit on processor
// time (docker run --cpus, limits.cpu of Kubernetes, CPUQuota= of systemd) is a file of the control group, which Node 20 does not read.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/**
 * The cores that this process can use, at least 1: those that it is allowed to run on, or fewer where a control group limits its
 * processor time; a part of a core counts as one.
 *
 * @param root where the system's files are. Default `/`.
 */
export function usableCores(root = "/"): number {
	const quotas = groupFolders(root).map((folder) => quotaOf(folder));
	return Math.max(1, Math.ceil(Math.min(availableParallelism(), ...quotas)));
}

// The limits of all groups above a process hold for it. In a container its own group is the root of what it sees.
function groupFolders(root: string): string[] {
	const folders: string[] = [];
	for (const line of (contentOf(join(root, "proc/self/cgroup")) ?? "").split("\n")) {
		const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
		if (controllers === undefined || path === undefined) continue;
		if (controllers !== "" && !controllers.split(",").includes("cpu")) continue;
		const mount = join(root, "sys/fs/cgroup", controllers);
		const steps = path.split("/").filter((step) => step !== "" && step !== "..");
		for (let depth = 0; depth <= steps.length; depth++) folders.push(join(mount, ...steps.slice(0, depth)));
	}
	return folders;
}

function quotaOf(folder: string): number {
	const [quota, period] = contentOf(join(folder, "cpu.max"))?.trim().split(" ") ?? [
		contentOf(join(folder, "cpu.cfs_quota_us")),
		contentOf(join(folder, "cpu.cfs_period_us")),
	];
	const cores = Number(quota) / Number(period);
	return cores > 0 ? cores : Number.POSITIVE_INFINITY;
}

function contentOf(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
}
