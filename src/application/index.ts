export type { Application, Health, Peer, Session } from "./application.ts";
export { type Handshake, NO_HANDSHAKE, type TlsFacts } from "./handshake.ts";
export { type ConnectionLimits, type LinkLimits, linkLimits } from "./link-limits.ts";
export { closeReason, type PeerHost, ServerPeer } from "./server-peer.ts";
