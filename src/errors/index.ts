export type { ErrorClass, ErrorCode, ErrorEntry } from "./codes.ts";
export { wireCode, XMLSocketError, type XMLSocketErrorOptions } from "./xmlsocket-error.ts";
