export { readDomain } from "./policy-domain.ts";
export { type PolicyOptions, policyFile } from "./policy-file.ts";
export { grantable, type PortRange, showPorts } from "./policy-ports.ts";
export {
	MAX_POLICY_BYTES,
	type PolicyFile,
	type PolicyFinding,
	type PolicyGrant,
	readPolicyFile,
	type SiteControl,
} from "./policy-reader.ts";
export {
	isAskedForPolicy,
	judgeDelivery,
	MASTER_POLICY_PORT,
	mayConnect,
	type PolicyDelivery,
	type PolicyQuestion,
	type PolicyVerdict,
	type ServedPolicy,
} from "./policy-verdict.ts";
