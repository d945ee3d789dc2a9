export { checkOptions, described, type OptionsSchema } from "./check-options.ts";
