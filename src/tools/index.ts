// "xmlsocket/tools": the tools of the command line as library functions.

export { type FetchPolicyOptions, fetchPolicy, type PolicyFetch } from "../policy/network/index.ts";
export { type CheckPolicyOptions, checkPolicy, type PolicyPlace, type PolicyReport } from "./policy.ts";
export { type PolicyAddress, parsePolicyAddress, parsePolicySource } from "./policy-address.ts";
export { type Paint, showPolicyReport } from "./policy-report.ts";
