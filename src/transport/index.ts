export { type AcceptedKind, type AcceptOptions, accept } from "./accept.ts";
export { type DialOptions, type DialTarget, dial } from "./dial.ts";
export { type Listener, type ListenOptions, listen } from "./listen.ts";
export { memoryPair } from "./memory.ts";
export { nodeClock } from "./node-clock.ts";
export { SocketTransport } from "./socket.ts";
export { nodeUtf8, type Transcoder, textCodec, transcoder } from "./text-codec.ts";
export { WebSocketAcceptor, type WebSocketFrames, WebSocketTransport } from "./websocket.ts";
