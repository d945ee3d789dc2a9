// Fetches the files of a page with limits for time, size and redirects. It never throws: a failure is a result. Certificates are not checked
// here, because the hop `certificate` does that.

import { onAbort } from "../../link/index.ts";
import { type HttpResponse, httpRequest } from "../../transport/index.ts";
import type { Settings } from "./settings.ts";

/** What came of a request. */
export type PageFile =
	| {
			readonly ok: true;
			/** After redirects. */
			readonly url: URL;
			readonly status: number;
			readonly type: string;
			readonly header: (name: string) => string | undefined;
			/** Up to the limit. */
			readonly body: Buffer;
	  }
	| { readonly ok: false; readonly url: URL; readonly problem: string };

const MAX_REDIRECTS = 5;

/** Fetches a file. @param maxBytes the rest of a longer one is not read */
export async function fetchFile(address: URL, settings: Settings, maxBytes: number): Promise<PageFile> {
	// A controller and a timer that this function holds: Node 20 can collect a signal of AbortSignal.timeout that only AbortSignal.any knows.
	const stopped = new AbortController();
	const { signal } = stopped;
	const stop = (): void => stopped.abort();
	const timer = setTimeout(stop, settings.timeoutMs);
	const offAbort = onAbort(settings.signal, stop);
	if (settings.signal.aborted) stop();
	let url = address;
	try {
		for (let hops = 0; ; hops++) {
			const response = await httpRequest(url, {
				method: "GET",
				signal,
				insecure: true,
				address: settings.hosts.get(url.hostname),
				headers: { accept: "text/html,*/*" },
			});
			const location = response.header("location");
			if (response.status >= 300 && response.status < 400 && location !== undefined) {
				response.body.destroy();
				const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
				if (!next || !/^https?:$/.test(next.protocol))
					return { ok: false, url, problem: `it redirects to ${location}` };
				if (hops >= MAX_REDIRECTS) return { ok: false, url, problem: `it redirects more than ${MAX_REDIRECTS} times` };
				url = next;
				continue;
			}
			const body = await upTo(response, maxBytes);
			return {
				ok: true,
				url,
				status: response.status,
				type: response.header("content-type") ?? "",
				header: (name) => response.header(name),
				body,
			};
		}
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		const problem = signal.aborted ? `no answer within ${settings.timeoutMs} ms` : (code ?? message);
		return { ok: false, url, problem };
	} finally {
		clearTimeout(timer);
		offAbort();
	}
}

async function upTo(response: HttpResponse, maxBytes: number): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	// The break destroys the rest of the body.
	for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
		chunks.push(chunk);
		length += chunk.length;
		if (length >= maxBytes) break;
	}
	return Buffer.concat(chunks, length).subarray(0, maxBytes);
}

/** Whether an answer is a page instead of the file that was asked for, as servers with a catch-all rule give. */
export function isPage(file: Extract<PageFile, { ok: true }>): boolean {
	return /text\/html/i.test(file.type) || /^\s*<(?:!doctype|html)/i.test(file.body.toString("latin1", 0, 100));
}
