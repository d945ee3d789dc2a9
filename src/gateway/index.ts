// "xmlsocket/gateway": WebSocket to TCP for Flash content in Ruffle, and for OpenFL.

export type { ErrorCode } from "../errors/index.ts";
export { XMLSocketError } from "../errors/index.ts";
export { type AddressClass, addressClass } from "./address-rules.ts";
export type { BridgeTap } from "./bridge.ts";
export { END_WORDS, type EndCause } from "./bridge-end.ts";
export { type Resolver, systemResolver } from "./dial-target.ts";
export { type BridgeObserver, createGateway, Gateway, type GatewayParts } from "./gateway.ts";
export { type GatewayOptions, type GatewaySettings, gatewaySchema, sharedKeys } from "./options.ts";
export { GATEWAY_PATH, parseTarget, type Target } from "./target.ts";
