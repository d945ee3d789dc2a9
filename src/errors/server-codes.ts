// The codes that a server may send in a document: `name-taken` for XMLSOCKET_NAME_TAKEN. A client checks a received code against
// this list. A page that only connects needs no more than the names, so the texts stay in codes.ts.

import type { ErrorCode } from "./codes.ts";

/** Every code of the classes `peer` and `limit`, and the two others that a daemon sends; a test compares it with the table. */
const SERVER_CODES: ReadonlySet<ErrorCode> = /* @__PURE__ */ new Set([
	"XMLSOCKET_APPLICATION_BUSY",
	"XMLSOCKET_APPLICATION_REFUSED",
	"XMLSOCKET_APPLICATION_UNKNOWN",
	"XMLSOCKET_ATTRIBUTE_INVALID",
	"XMLSOCKET_BANNED",
	"XMLSOCKET_DOCTYPE_REFUSED",
	"XMLSOCKET_DOCUMENT_NOT_JSON",
	"XMLSOCKET_DOCUMENT_TIMEOUT",
	"XMLSOCKET_DOCUMENT_TOO_LARGE",
	"XMLSOCKET_ELEMENTS_REFUSED",
	"XMLSOCKET_HTTP_TOO_LARGE",
	"XMLSOCKET_IDLE",
	"XMLSOCKET_INTERNAL",
	"XMLSOCKET_INVALID_ENCODING",
	"XMLSOCKET_KICKED",
	"XMLSOCKET_MUTED",
	"XMLSOCKET_NAME_INVALID",
	"XMLSOCKET_NAME_TAKEN",
	"XMLSOCKET_NAME_TOO_LONG",
	"XMLSOCKET_NAME_UNKNOWN",
	"XMLSOCKET_NOT_OPERATOR",
	"XMLSOCKET_NOT_WELL_FORMED",
	"XMLSOCKET_NOT_XML",
	"XMLSOCKET_OUTBOX_FULL",
	"XMLSOCKET_REFUSED",
	"XMLSOCKET_ROOM_NOT_JOINED",
	"XMLSOCKET_ROOM_NOT_STORED",
	"XMLSOCKET_ROOM_UNKNOWN",
	"XMLSOCKET_SCRIPT_LIMIT",
	"XMLSOCKET_SCRIPT_OUT_OF_MEMORY",
	"XMLSOCKET_SCRIPT_STOPPED",
	"XMLSOCKET_SESSION_IN_USE",
	"XMLSOCKET_SESSION_RESUMED",
	"XMLSOCKET_SHARED_OBJECT_REFUSED",
	"XMLSOCKET_SLOW_READER",
	"XMLSOCKET_TARGET_NOT_ALLOWED",
	"XMLSOCKET_TOKEN_INVALID",
	"XMLSOCKET_TOO_DEEP",
	"XMLSOCKET_TOO_MANY_ATTRIBUTES",
	"XMLSOCKET_TOO_MANY_BAD_DOCUMENTS",
	"XMLSOCKET_TOO_MANY_NODES",
	"XMLSOCKET_TOO_MANY_PENDING",
	"XMLSOCKET_TOO_MANY_ROOMS",
	"XMLSOCKET_TOO_MANY_SANCTIONS",
	"XMLSOCKET_UNAVAILABLE",
	"XMLSOCKET_UNREAD_OUTPUT",
	"XMLSOCKET_UTF16",
] as const satisfies readonly ErrorCode[]);

/** The code of this package for a code in a document; undefined for a code that this version does not know. */
export function codeOfWire(wire: string): ErrorCode | undefined {
	const code = `XMLSOCKET_${wire.toUpperCase().replaceAll("-", "_")}`;
	return isServerCode(code) ? code : undefined;
}

function isServerCode(code: string): code is ErrorCode {
	return (SERVER_CODES as ReadonlySet<string>).has(code);
}
