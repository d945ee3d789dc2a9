// The worker processes of a daemon, seen from outside.

import { readFileSync } from "node:fs";
import type { Daemon } from "./daemon.ts";

/** The process ids of a daemon's workers. */
export function workersOf({ process: { pid } }: Daemon): number[] {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** Whether a process runs. */
export function isRunning(pid: number): boolean {
	try {
		// A process that has ended and that nobody has waited for is a zombie.
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

/** The daemon's numbers, by name with labels. */
export async function metricsOf({ port }: Daemon): Promise<Map<string, number>> {
	const text = await (await fetch(`http://localhost:${port}/metrics`)).text();
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	return new Map(
		lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
	);
}
