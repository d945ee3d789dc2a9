// The few words that come before TLS on a stream: the question, and the server's yes or no. RFC 6120, 5.4.2.

import { XMLSocketError } from "../errors/index.ts";
import type { Link } from "../link/index.ts";
import type { Incoming } from "./incoming.ts";
import type { RequestOptions } from "./requests.ts";

/** How to put TLS below a stream. */
export interface StartTlsOptions {
	/** What the certificate must be made out for: the domain of the address. Default: the host that was dialled. */
	readonly domain?: string;
	/** For the answer, and again for the handshake. Default: `connectTimeoutMs`. */
	readonly timeoutMs?: number;
}

const NAMESPACE = "urn:ietf:params:xml:ns:xmpp-tls";

/** Asks, waits for the answer, and secures the link. Whatever goes wrong ends the link with XMLSOCKET_TLS_FAILED. */
export async function agreeOnTls(
	link: Link,
	ask: (document: string, options: RequestOptions) => Promise<Incoming>,
	{ domain, timeoutMs }: Required<StartTlsOptions>,
	{ tls }: { readonly tls: { readonly insecure?: boolean | undefined; readonly ca?: string | undefined } },
): Promise<void> {
	let secured: Promise<void> | undefined;
	const match = (document: Incoming): boolean => {
		const root = document.xml.firstChild;
		if (root?.namespaceURI !== NAMESPACE) return false;
		// At once, and not when the promise has settled: behind this answer nothing may be read that is not protected.
		if (root.localName === "proceed") secured = link.secure({ serverName: domain, timeoutMs, ...tls });
		// Its failure is awaited below; that must not count as unhandled until then.
		secured?.catch(() => {});
		return true;
	};
	try {
		const answer = ask(`<starttls xmlns="${NAMESPACE}"/>`, { match, timeoutMs });
		link.hold();
		await answer;
		if (!secured) throw new XMLSocketError("XMLSOCKET_TLS_FAILED", "The server refuses to use TLS.");
		await secured;
	} catch (error) {
		const failure =
			error instanceof XMLSocketError && error.code === "XMLSOCKET_TLS_FAILED"
				? error
				: new XMLSocketError("XMLSOCKET_TLS_FAILED", `The server did not agree to TLS: ${(error as Error).message}`, {
						cause: error,
					});
		link.destroy(failure);
		throw failure;
	}
}
