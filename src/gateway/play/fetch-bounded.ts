// One GET over http or https with an end to its time, its size and its redirects. It throws nothing: what went wrong comes back in
// words for the person who looks at the page.

/** The bounds. */
export interface FetchBounds {
	/** Longest body, in bytes. */
	readonly maxBytes: number;
	/** For all of it: redirects, head and body. */
	readonly timeoutMs: number;
	/** How many redirects are followed. */
	readonly redirects: number;
}

/** The body, or what went wrong. */
export type FetchResult =
	| { readonly body: Buffer; readonly problem?: undefined }
	| { readonly body?: undefined; readonly problem: string };

/** Fetches `address`. */
export async function fetchBounded(address: URL, bounds: FetchBounds): Promise<FetchResult> {
	const signal = AbortSignal.timeout(bounds.timeoutMs);
	try {
		let at = address;
		for (let hops = 0; ; hops++) {
			const response = await fetch(at, { signal, redirect: "manual" });
			const location = response.headers.get("location");
			if (response.status >= 300 && response.status < 400 && location !== null) {
				await response.body?.cancel();
				const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
				if (!next || !/^https?:$/.test(next.protocol))
					return { problem: `${at.href} leads to "${location}", which is no http or https address.` };
				if (hops >= bounds.redirects)
					return { problem: `${address.href} leads elsewhere more than ${bounds.redirects} times.` };
				at = next;
				continue;
			}
			if (!response.ok) {
				await response.body?.cancel();
				return { problem: `${at.host} answered ${response.status} for ${at.href}.` };
			}
			const body = await bounded(response, bounds.maxBytes);
			return body ? { body } : { problem: `${at.href} is longer than ${bounds.maxBytes} bytes, the limit.` };
		}
	} catch (error) {
		if (signal.aborted)
			return { problem: `${address.host} did not deliver ${address.href} within ${bounds.timeoutMs} ms.` };
		const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
		return {
			problem: `${address.href} could not be fetched: ${cause instanceof Error ? cause.message : String(cause)}.`,
		};
	}
}

async function bounded(response: Response, maxBytes: number): Promise<Buffer | undefined> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of response.body ?? []) {
		length += chunk.length;
		// Leaving the loop cancels the rest.
		if (length > maxBytes) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, length);
}
