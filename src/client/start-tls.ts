// What comes before TLS on a stream: the question, and the server's yes or no. RFC 6120, 5.4.2.

import type { ReceivedDocument, WaitOptions } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Link } from "../link/index.ts";
import type { RequestOptions } from "./requests.ts";

/** How to put TLS below a stream. */
export interface StartTlsOptions extends WaitOptions {
	/** The domain that the certificate must be made out for. Default: the host of the address. */
	readonly domain?: string | undefined;
	/**
	 * How long to wait for the answer, and again for the handshake, in milliseconds. Default: `connectTimeoutMs`. Past it the
	 * connection closes with XMLSOCKET_TLS_FAILED.
	 */
	readonly timeoutMs?: number | undefined;
}

const NAMESPACE = "urn:ietf:params:xml:ns:xmpp-tls";

/** Asks, waits for the answer, and secures the link. Any failure ends the link with XMLSOCKET_TLS_FAILED. */
export async function agreeOnTls(
	link: Link,
	ask: (document: string, options: RequestOptions) => Promise<ReceivedDocument>,
	{ domain, timeoutMs }: { readonly domain: string; readonly timeoutMs: number },
	{ tls }: { readonly tls: { readonly insecure?: boolean | undefined; readonly ca?: string | undefined } },
): Promise<void> {
	let secured: Promise<void> | undefined;
	const match = (document: ReceivedDocument): boolean => {
		const root = document.root;
		if (root?.namespaceURI !== NAMESPACE) return false;
		// At once, and not when the promise has settled: nothing that follows this answer may be read unprotected.
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
