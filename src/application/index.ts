export type {
	Application,
	ClientAddress,
	ClientDescription,
	ConnectedClient,
	Health,
	Peer,
	Session,
	TrafficWatcher,
} from "./application.ts";
export { type Handshake, NO_HANDSHAKE, type TlsFacts } from "./handshake.ts";
export { LATENCY_BOUNDS, Latency } from "./latency.ts";
export { type ConnectionLimits, type LinkLimits, linkLimits } from "./link-limits.ts";
export type { ApplicationObserver, MessageDelivered, MessageStored } from "./observer.ts";
export { closeReason, type PeerHost, ServerPeer } from "./server-peer.ts";
