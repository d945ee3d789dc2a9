import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { countingTests, programTests } from "./test/test-groups.ts";

const alone = countingTests();
const programs = programTests();

export default defineConfig({
	test: {
		testTimeout: 120_000,
		hookTimeout: 120_000,
		// The files that a process runs share their modules: to load them again for each file took a tenth of the processor time.
		isolate: false,
		// Most tests of the long files wait for other programs: four files for two cores; by default one core is left alone.
		maxWorkers: availableParallelism() * 2,
		// How long an outcome may take says nothing on a busy machine; only that it comes.
		expect: { poll: { timeout: 90_000, interval: 20 } },
		coverage: { include: ["src/**/*.ts"] },
		reporters: ["default", "./test/slowest-files.ts"],
		// Vitest runs the projects in the order of their names: the long files first, the short ones fill the gaps at the end.
		projects: [
			{ extends: true, test: { name: "alone", include: alone, isolate: true } },
			{ extends: true, test: { name: "programs", include: programs, exclude: alone } },
			{
				extends: true,
				test: {
					name: "unit",
					include: ["test/**/*.test.ts"],
					exclude: [...alone, ...programs],
				},
			},
		],
	},
});
