// Reads requests of the admin API: the parameters of an address, and a body of JSON.

import type { IncomingMessage } from "node:http";
import { XMLSocketError } from "../errors/index.ts";

const MAX_BODY_BYTES = 64 * 1024;
const NUMBERS: ReadonlySet<string> = new Set(["limit"]);

/** The parameters of a request's address. The first one of a name counts. */
export function parametersOf(url: URL): Record<string, string | number> {
	const parameters: Record<string, string | number> = {};
	for (const [name, value] of url.searchParams) {
		// An empty field of a form.
		if (value === "" || Object.hasOwn(parameters, name)) continue;
		const isNumber = NUMBERS.has(name) && /^\d{1,9}$/.test(value);
		Object.defineProperty(parameters, name, { value: isNumber ? Number(value) : value, enumerable: true });
	}
	return parameters;
}

/** The object in a request's body. Rejects with XMLSOCKET_OPTION_INVALID where it is none, or has more than 64 KiB. */
export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
	const body = await bytesOf(request);
	try {
		const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	} catch {
		// It is answered below.
	}
	throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "The body is not a JSON object in UTF-8.");
}

// What is too much is read and dropped, because a client that still sends would not read the answer.
function bytesOf(request: IncomingMessage): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let bytes = 0;
		request.on("data", (chunk: Buffer) => {
			bytes += chunk.length;
			if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
			else chunks.length = 0;
		});
		request.on("end", () => {
			if (bytes <= MAX_BODY_BYTES) {
				resolve(Buffer.concat(chunks));
				return;
			}
			const words = `The body has more than ${MAX_BODY_BYTES} bytes.`;
			reject(new XMLSocketError("XMLSOCKET_DOCUMENT_TOO_LARGE", words, { details: { limitBytes: MAX_BODY_BYTES } }));
		});
		request.on("close", () => {
			reject(new XMLSocketError("XMLSOCKET_OPTION_INVALID", "The body did not arrive."));
		});
	});
}
