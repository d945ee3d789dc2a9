export type { HeldDocument } from "./held-documents.ts";
export type { InspectedState, LaneCount } from "./inspected-pair.ts";
export { createInspector, type InspectedConnection, type Inspector } from "./inspector.ts";
export { createLivePage, type LivePage, type LivePageOptions } from "./live-page.ts";
export { type BreakPredicate, type InspectOptions, type ListenAddress, parseListenAddress } from "./options.ts";
export { type HintOptions, isTlsHandshake, TrafficHints } from "./traffic-hints.ts";
