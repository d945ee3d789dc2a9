import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		testTimeout: 60_000,
		// Many tests wait for other programs, so that each core may have a file; by default one core is left alone.
		maxWorkers: "100%",
		hookTimeout: 60_000,
		// How long an outcome may take says nothing on a busy machine; only that it comes.
		expect: { poll: { timeout: 30_000, interval: 20 } },
		coverage: { include: ["src/**/*.ts"] },
	},
});
