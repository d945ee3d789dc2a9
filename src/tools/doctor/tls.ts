// The hop TLS: whether the port has it, and whether players' browsers trust its certificate.

import { openRaw, type PresentedCertificate, RawConnection, type RawFailure } from "../../transport/index.ts";
import { type Checks, type Finding, hostPort, inMs } from "./diagnosis.ts";
import type { Endpoint } from "./reach.ts";
import type { Settings } from "./settings.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const SOON_DAYS = 14;

/**
 * Checks `tls` and `certificate`. A bad certificate does not stop the later hops, which accept any.
 *
 * @param plain the scheme without TLS, for the hint: `ws://`.
 * @returns whether the port has TLS
 */
export async function checkTls(
	endpoint: Endpoint,
	plain: string,
	settings: Settings,
	checks: Checks,
): Promise<boolean> {
	const { host, address, port } = endpoint;
	const { timeoutMs, signal, ca } = settings;
	const result = await openRaw({ address, port, timeoutMs, signal, tls: { name: host, ca } });
	if (!(result instanceof RawConnection)) {
		const { text, hint } = failureWords(result, hostPort(host, port), plain);
		checks.fail("tls", text, hint);
		checks.skip("certificate", "Without TLS there is no certificate.");
		return false;
	}
	result.destroy();
	checks.pass("tls", `Port ${port} has TLS (${inMs(result.tookMs)}).`);
	checks.add("certificate", judge(result.certificate!, host));
	return true;
}

function failureWords(
	{ code, message, tookMs }: RawFailure,
	where: string,
	plain: string,
): { text: string; hint: string } {
	if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_OVERFLOW/.test(code + message))
		return {
			text: `${where} answers without TLS, but the address asks for TLS.`,
			hint: `Write ${plain} instead, or give the server a certificate.`,
		};
	if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/i.test(code + message))
		return {
			text: `${where} has only a version of TLS that browsers no longer accept (${code}).`,
			hint: "Configure the server for TLS 1.2 or 1.3.",
		};
	if (code === "ETIMEDOUT")
		return {
			text: `${where} accepts the connection, but does not answer the TLS handshake within ${inMs(tookMs)}.`,
			hint: `Probably the server has no TLS: write ${plain} instead, or give the server a certificate.`,
		};
	if (code === "ECONNRESET")
		return {
			text: `${where} ends the connection during the TLS handshake (${code}, ${inMs(tookMs)}).`,
			hint: `Probably the server has no TLS, or no certificate for this name: write ${plain} instead, or check the server's certificate.`,
		};
	return {
		text: `The TLS handshake with ${where} fails: ${message} (${code}).`,
		hint: "Check the TLS configuration of the server.",
	};
}

function judge(certificate: PresentedCertificate, host: string): Finding {
	const { problem, isForName, validFromMs, validToMs, isSelfSigned, issuer, names } = certificate;
	const nowMs = Date.now();
	const isLocal = host === "localhost" || host === "::1" || host.startsWith("127.");
	const bad = (text: string, hint: string): Finding => ({
		ok: false,
		text: `${text} Browsers refuse a WebSocket to it without asking the player.`,
		hint,
	});
	const renew = "Get a certificate from a public authority, for example with certbot or Caddy.";
	if (validToMs < nowMs)
		return bad(
			`The certificate expired on ${day(validToMs)}.`,
			"Renew the certificate, and let the server load the new one.",
		);
	if (validFromMs > nowMs)
		return bad(
			`The certificate is valid only from ${day(validFromMs)}.`,
			"Check the clocks of the server and of this computer.",
		);
	if (isSelfSigned && problem !== undefined && problem !== "ERR_TLS_CERT_ALTNAME_INVALID")
		return bad(
			`The certificate is self-signed (${problem}).`,
			isLocal
				? `For tests on this computer, use an address without TLS: browsers allow ${host} without it.`
				: `${renew} A player who trusts the certificate for a page must do it again for each port.`,
		);
	if (!isForName)
		return bad(
			`The certificate is for ${names.slice(0, 5).join(", ") || "no name"}, not for ${host}.`,
			`Use one of those names in the address, or get a certificate for ${host}.`,
		);
	if (/UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/.test(problem ?? ""))
		return bad(
			`The certificate's issuer, ${issuer || "without a name"}, is not known (${problem}).`,
			"If the certificate is from a public authority, the server does not send the intermediate certificate: configure the full chain (fullchain.pem). Otherwise only computers that trust this authority can connect; --ca FILE checks with it.",
		);
	if (problem !== undefined)
		return bad(
			`The certificate is not trusted (${problem}).`,
			`${renew} With an authority of your own, --ca FILE checks with it.`,
		);
	const days = Math.floor((validToMs - nowMs) / DAY_MS);
	return {
		ok: true,
		text: `The certificate is for ${host} and valid until ${day(validToMs)}.`,
		hint: days < SOON_DAYS ? `It expires in ${days === 1 ? "1 day" : `${days} days`}: check that it is renewed.` : "",
	};
}

function day(ms: number): string {
	return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : "an unknown day";
}
