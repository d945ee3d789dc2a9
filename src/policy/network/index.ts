export { type FetchPolicyOptions, fetchPolicy, type PolicyFetch } from "./policy-fetch.ts";
export { answerPolicy, POLICY_TIMEOUT_MS, ServedPolicyFile } from "./served-policy-file.ts";
