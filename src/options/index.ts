export { checkOptions, described, type OptionsSchema } from "./check-options.ts";
export { bytes, count, documentLimits, milliseconds, rateLimits, readerLimits } from "./connection-limits.ts";
