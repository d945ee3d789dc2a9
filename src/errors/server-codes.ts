// The codes that a server may send in a document: `name-taken` for XMLSOCKET_NAME_TAKEN. A client checks a received code against
// this list. A page that only connects needs no more than the names, so the texts stay in codes.ts.

import type { ErrorCode } from "./codes.ts";

// Every code of the classes `peer` and `limit`, and the three others that a daemon sends; a test compares it with the table. One text,
// because a page's bundle contains it.
const SERVER_CODES =
	"application-busy application-refused application-unknown attribute-invalid banned doctype-refused " +
	"document-not-json document-timeout document-too-large elements-refused filter-failed http-too-large " +
	"idle internal invalid-encoding kicked login-refused login-unavailable memory-ceiling " +
	"message-refused muted name-invalid name-taken name-too-long name-unknown not-operator " +
	"not-well-formed not-xml outbox-full refused room-not-allowed room-not-joined room-not-stored " +
	"room-private room-unknown sanction-unknown script-limit script-out-of-memory script-stopped " +
	"sending-too-fast session-in-use session-resumed shared-object-refused slow-mode slow-reader " +
	"state-full target-not-allowed token-expired token-invalid token-too-early token-used too-deep " +
	"too-many-attributes too-many-bad-documents too-many-frames too-many-guesses too-many-nodes " +
	"too-many-pending too-many-rooms too-many-sanctions topic-too-long unavailable unread-output utf16 " +
	"websocket-invalid";

/** The code of this package for a code in a document; undefined for a code that this version does not know. */
export function codeOfWire(wire: string): ErrorCode | undefined {
	if (!SERVER_CODES.split(" ").includes(wire)) return undefined;
	return `XMLSOCKET_${wire.toUpperCase().replaceAll("-", "_")}` as ErrorCode;
}
