export type { ConnectionClose, ConnectionState, DocumentConnection, DocumentEvents } from "./document-connection.ts";
export { DOCUMENT_EVENTS } from "./document-connection.ts";
export type { InboxLimits } from "./inbox.ts";
export { Listeners } from "./listeners.ts";
export { ReadQueue } from "./read-queue.ts";
export { ReceivedDocument } from "./received-document.ts";
export { documentText, type Sendable } from "./sendable.ts";
export { abortedError, checkCallOptions, LONGEST_WAIT_MS, refuseAborted, type WaitOptions, waitFor } from "./wait.ts";
