// One GET over http or https with limits for time, size and redirects. It never throws: it returns a failure as a text for the user of the
// page.

import { type HttpResponse, httpRequest } from "../../transport/index.ts";

/** The limits. */
export interface FetchBounds {
	/** The longest body, in bytes. */
	readonly maxBytes: number;
	/** The time limit for everything, redirects, head and body, in milliseconds. */
	readonly timeoutMs: number;
	/** The number of redirects to follow. */
	readonly redirects: number;
}

/** The body, or the problem. */
export type FetchResult =
	| { readonly body: Buffer; readonly problem?: undefined }
	| { readonly body?: undefined; readonly problem: string };

/** Fetches `address`. @param aborted ends the fetch early, with a problem */
export async function fetchBounded(address: URL, bounds: FetchBounds, aborted?: AbortSignal): Promise<FetchResult> {
	const timeout = AbortSignal.timeout(bounds.timeoutMs);
	const signal = aborted ? AbortSignal.any([timeout, aborted]) : timeout;
	try {
		let at = address;
		for (let hops = 0; ; hops++) {
			const response = await httpRequest(at, { method: "GET", signal });
			const location = response.header("location");
			if (response.status >= 300 && response.status < 400 && location !== undefined) {
				response.body.destroy();
				const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
				if (!next || !/^https?:$/.test(next.protocol))
					return { problem: `${at.href} redirects to "${location}", which is not an http or https address.` };
				if (hops >= bounds.redirects)
					return { problem: `${address.href} redirects more than ${bounds.redirects} times.` };
				at = next;
				continue;
			}
			if (response.status < 200 || response.status >= 300) {
				response.body.destroy();
				return { problem: `${at.host} answered ${response.status} for ${at.href}.` };
			}
			const body = await bounded(response, bounds.maxBytes);
			return body ? { body } : { problem: `${at.href} is longer than ${bounds.maxBytes} bytes, the limit.` };
		}
	} catch (error) {
		if (aborted?.aborted) return { problem: `The request for ${address.href} was aborted.` };
		if (timeout.aborted)
			return { problem: `${address.host} did not deliver ${address.href} within ${bounds.timeoutMs} ms.` };
		return {
			problem: `${address.href} could not be fetched: ${error instanceof Error ? error.message : String(error)}.`,
		};
	}
}

async function bounded(response: HttpResponse, maxBytes: number): Promise<Buffer | undefined> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
		length += chunk.length;
		// The return destroys the rest of the body.
		if (length > maxBytes) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, length);
}
