// `diagnose`: finds out what the address is, runs the checks of its hops, and bounds the time of all of them. docs/guide/doctor.md.

import { parseAddress } from "../../client/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { onAbort } from "../../link/index.ts";
import { parsePolicyAddress } from "../policy-address.ts";
import { Checks, type Diagnosis } from "./diagnosis.ts";
import { diagnosePage } from "./page.ts";
import { diagnoseRaw, type RawPlace } from "./raw-server.ts";
import { type DiagnoseOptions, type Settings, settingsOf, totalMsOf } from "./settings.ts";
import { diagnoseWebSocket } from "./web-socket-server.ts";

type Subject =
	| { readonly kind: "page"; readonly url: URL }
	| { readonly kind: "websocket"; readonly url: URL }
	| { readonly kind: "raw"; readonly place: RawPlace };

/**
 * Checks every hop between a player and a server, in the order of the path: name, both families of addresses, TCP, TLS, policy file,
 * WebSocket and Origin, frames, documents; for a page also its Ruffle configuration.
 *
 * Hops that cannot be judged because an earlier one failed are "not checked" (`ok: null`). A server that cannot be reached is a result,
 * not an error. Without `send`, a server receives nothing but connections, a policy request, a TLS handshake or a WebSocket handshake.
 * Each step takes at most `timeoutMs`, all of them `totalMs`; every connection is closed at the end.
 *
 * Rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_OPTION_INVALID, and XMLSOCKET_ABORTED if `signal` is aborted.
 *
 * @example
 * ```ts
 * const { ok, checks } = await diagnose({ address: "game.example:9000", send: "<ping/>" });
 * console.log(ok, checks.find((check) => check.ok === false)?.hint);
 * ```
 */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
	const subject = subjectOf(options.address);
	const stopped = new AbortController();
	const settings = settingsOf(options, stopped.signal);
	const checks = new Checks(stopped.signal, options.onCheck);
	const totalMs = totalMsOf(options);
	const aborted = (): XMLSocketError =>
		new XMLSocketError("XMLSOCKET_ABORTED", "The diagnosis was aborted.", { cause: options.signal?.reason });
	if (options.signal?.aborted) throw aborted();
	const offAbort = onAbort(options.signal, () => stopped.abort());
	const timer = setTimeout(() => stopped.abort(), totalMs);
	try {
		await run(subject, settings, checks);
	} finally {
		clearTimeout(timer);
		offAbort();
	}
	if (options.signal?.aborted) throw aborted();
	return checks.diagnosis();
}

async function run(subject: Subject, settings: Settings, checks: Checks): Promise<void> {
	if (subject.kind === "page") await diagnosePage(subject.url, settings, checks);
	else if (subject.kind === "raw") await diagnoseRaw(subject.place, settings, checks);
	else await diagnoseWebSocket(subject.url, settings.origin?.origin, settings, checks);
}

function subjectOf(address: string): Subject {
	if (/^https?:\/\//i.test(address)) {
		if (!URL.canParse(address)) throw invalid(address, "it is not a valid address of a page");
		return { kind: "page", url: new URL(address) };
	}
	if (/^wss?:\/\//i.test(address)) {
		const { protocol, host, port, path } = parseAddress(address);
		return {
			kind: "websocket",
			url: new URL(`${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`),
		};
	}
	if (/\.swf$/i.test(address))
		throw invalid(
			address,
			"it is a movie. Give the address of the page that shows it, or play it with `xmlsocket play`",
		);
	if (/^[^/:]+(?::\d+)?\/./.test(address))
		throw invalid(address, `it has a path. For a page write http://${address}, for a WebSocket ws://${address}`);
	const { host, port } = parsePolicyAddress(address);
	if (port === undefined)
		throw invalid(address, `the port is missing, for example ${host}:9000. For a page write http://${host}/`);
	return { kind: "raw", place: { host, port, secure: /^xmlsockets:/i.test(address) } };
}

function invalid(address: string, why: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ADDRESS_INVALID", `"${address}" cannot be checked: ${why}.`);
}
