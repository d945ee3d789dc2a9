// The bytes of a document for the clients of a server with these options, as its links make them.

import { textCodec } from "../../transport/index.ts";
import { encodeDocument, terminatorBytes } from "../../wire/index.ts";
import { type ServerOptions, serverSettings } from "../options.ts";

/**
 * Makes the function that encodes. It throws XMLSOCKET_NUL_IN_DOCUMENT.
 *
 * @throws the errors of the options.
 */
export function documentEncoder(options: ServerOptions): (text: string) => Uint8Array {
	const { encoding, strictUtf8, terminator } = serverSettings(options);
	const codec = textCodec(encoding, strictUtf8);
	const end = terminatorBytes(terminator);
	return (text) => encodeDocument(text, codec, end);
}
