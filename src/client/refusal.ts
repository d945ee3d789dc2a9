// A server's refusal as an error: a code that this package knows becomes the `code` of the error, the server's text its message.
// Any other code stays what it is, a string in `details`.

import { codeOfWire, XMLSocketError } from "../errors/index.ts";
import { attribute, textContent, type XMLNode } from "../xml/index.ts";

/**
 * The error of `<error code="name-taken">`: XMLSOCKET_NAME_TAKEN. For a code that this package does not know it is
 * XMLSOCKET_REFUSED. `details.code` is always the server's code as it came, and `details.id` the id of the request.
 */
export function refusal(code: string, text: string, id?: string): XMLSocketError {
	return new XMLSocketError(codeOfWire(code) ?? "XMLSOCKET_REFUSED", text || `The server refused it (${code}).`, {
		details: { code, ...(id === undefined ? {} : { id }) },
	});
}

/** The refusal that an `<error>` element carries. */
export function refusalIn(root: XMLNode): XMLSocketError {
	return refusal(attribute(root, "code") ?? "", textContent(root), attribute(root, "id"));
}
