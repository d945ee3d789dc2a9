export { diagnose } from "./diagnose.ts";
export type { Diagnosis, DiagnosisCheck } from "./diagnosis.ts";
export { DiagnosisPrinter, type ShowDiagnosisOptions, showDiagnosis } from "./report.ts";
export type { DiagnoseOptions } from "./settings.ts";
