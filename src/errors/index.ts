export type { ErrorClass, ErrorCode, ErrorEntry } from "./codes.ts";
export { nearestName } from "./nearest-name.ts";
export { codeOfWire } from "./server-codes.ts";
export { type WireCode, wireCode, XMLSocketError, type XMLSocketErrorOptions } from "./xmlsocket-error.ts";
