import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { programTests } from "./test/test-groups.ts";

const programs = programTests();

export default defineConfig({
	test: {
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// Tests with other programs wait most of the time, so that one file more than there are cores keeps all cores busy.
		maxWorkers: availableParallelism() + 1,
		// How long an outcome may take says nothing on a busy machine; only that it comes.
		expect: { poll: { timeout: 30_000, interval: 20 } },
		coverage: { include: ["src/**/*.ts"] },
		reporters: ["default", "./test/slowest-files.ts"],
		// Vitest runs the projects in the order of their names: the long files first, the short ones fill the gaps at the end.
		projects: [
			{ extends: true, test: { name: "programs", include: programs } },
			{
				extends: true,
				test: {
					name: "unit",
					include: ["test/**/*.test.ts"],
					exclude: programs,
					// A process for each file would take a third of this group's time; test/unit-setup.ts gives each file its own modules.
					isolate: false,
					setupFiles: ["test/unit-setup.ts"],
				},
			},
		],
	},
});
