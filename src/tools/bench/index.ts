export { benchChart } from "./chart.ts";
export type { BenchOptions } from "./options.ts";
export type { BenchLatency, BenchMode, BenchProgress, BenchReport, BenchSample, BenchStep } from "./report.ts";
export { runBench } from "./run.ts";
export { showBenchProgress, showBenchReport } from "./show.ts";
