export type { ConformanceCase, ConformanceFailure, ConformanceProfile } from "./case.ts";
export { CONFORMANCE_CASES } from "./cases/index.ts";
export { conformanceJUnit, showConformanceResult, showConformanceSummary } from "./report.ts";
export {
	type ConformanceOptions,
	type ConformanceProgress,
	type ConformanceReport,
	type ConformanceResult,
	runConformance,
} from "./run.ts";
