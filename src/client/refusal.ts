// A server's refusal as an error: a code that this package knows becomes the `code` of the error, the server's text its message.
// Any other code stays what it is, a string in `details`.

import { codeOfWire, XMLSocketError } from "../errors/index.ts";
import { attribute, textContent, type XMLNode } from "../xml/index.ts";

/**
 * The error of `<error code="name-taken">`: XMLSOCKET_NAME_TAKEN. For a code that this package does not know it is
 * XMLSOCKET_REFUSED. `details.code` is always the server's code as it came, `details.id` the id of the request, and
 * `details.retryAfterSeconds` the time to wait, where the server names one.
 */
export function refusal(code: string, text: string, id?: string, retryAfterSeconds?: number): XMLSocketError {
	return new XMLSocketError(codeOfWire(code) ?? "XMLSOCKET_REFUSED", text || `The server refused it (${code}).`, {
		details: {
			code,
			...(id === undefined ? {} : { id }),
			...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
		},
	});
}

/** The refusal that an `<error>` element carries. */
export function refusalIn(root: XMLNode): XMLSocketError {
	const seconds = Number(attribute(root, "retry-after") || Number.NaN);
	const retryAfterSeconds = Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : undefined;
	return refusal(attribute(root, "code") ?? "", textContent(root), attribute(root, "id"), retryAfterSeconds);
}
