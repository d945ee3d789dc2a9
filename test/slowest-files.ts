// A reporter for vitest that prints the ten slowest test files of a run, with their seconds. It prints nothing for a run of few files.

import type { Reporter, TestModule } from "vitest/node";

const SHOWN = 10;

/** Seconds from the start of a file's worker to the end of its tests. */
function secondsOf(file: TestModule): number {
	const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } = file.diagnostic();
	return (environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration) / 1000;
}

/** The reporter; vitest.config.ts names this file. */
export default class SlowestFiles implements Reporter {
	onTestRunEnd(files: readonly TestModule[]): void {
		if (files.length <= SHOWN) return;
		const slowest = files
			.map((file) => ({ file, seconds: secondsOf(file) }))
			.sort((a, b) => b.seconds - a.seconds)
			.slice(0, SHOWN);
		console.log(`\nThe ${SHOWN} slowest of ${files.length} files:`);
		for (const { file, seconds } of slowest)
			console.log(`${seconds.toFixed(1).padStart(7)} s  ${file.relativeModuleId} (${file.project.name})`);
	}
}
