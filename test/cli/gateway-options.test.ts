// The gateway is a server of its own kind: each option of the server is an option of `gateway` too, or listed here with the reason.

import { expect, test } from "vitest";
import { gatewayCommandSchema } from "../../src/cli/gateway-schema.ts";
import { serverSchema } from "../../src/server/index.ts";

/** Options without a meaning for a port that accepts HTTP and WebSocket alone, and passes bytes on without reading documents. */
const OF_DOCUMENTS = [
	...["strictUtf8", "terminator", "documentsPerSecond", "documentBurst"],
	...["maxFirstDocumentBytes", "firstDocumentTimeoutMs", "documentTimeoutMs", "idleTimeoutMs"],
	...["maxOutboxBytes", "softOutboxBytes", "slowReaderGraceMs"],
];
/** Pages in Ruffle request no policy file, and a port for HTTP does not need to wait for a silent client. */
const OF_XMLSOCKET = ["policy", "policyPort", "sniff", "firstBytesTimeoutMs"];
/** The gateway serves no chat page. */
const OF_THE_PAGE = ["embed"];

test("gateway has every option of the server, except those of documents and of policy files", () => {
	const leftOut = [...OF_DOCUMENTS, ...OF_XMLSOCKET, ...OF_THE_PAGE];
	const own = Object.keys(gatewayCommandSchema.entries);
	const missing = Object.keys(serverSchema.entries).filter((key) => !own.includes(key) && !leftOut.includes(key));
	expect(missing).toEqual([]);
	for (const key of leftOut) expect(own).not.toContain(key);
});
