import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		testTimeout: 20_000,
		// Many tests wait for other programs, so that each core may have a file; by default one core is left alone.
		maxWorkers: "100%",
		hookTimeout: 30_000,
		coverage: { include: ["src/**/*.ts"] },
	},
});
