import { defineConfig } from "vitest/config";
import { programTests } from "./test/test-groups.ts";

const programs = programTests();

export default defineConfig({
	test: {
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// Many tests wait for other programs, so that each core may have a file; by default one core is left alone.
		maxWorkers: "100%",
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
				},
			},
		],
	},
});
