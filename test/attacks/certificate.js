// A certificate of its own for targets with TLS.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { canRun } from "../faults/processes.js";

/** Why there can be none, where that is so. */
export function noCertificate() {
	return canRun("openssl", "version") ? undefined : "openssl is missing";
}

/** The flags of a target with TLS. @param {string} folder */
export function certificateFlags(folder) {
	const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
	const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
	const words = ["req", "-x509", ...kind, "-subj", "/CN=localhost", "-keyout", key, "-out", certificate];
	execFileSync("openssl", words, { stdio: "ignore" });
	return ["--tls-cert", certificate, "--tls-key", key];
}
