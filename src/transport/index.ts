export { type AcceptedKind, type AcceptOptions, type AcceptStage, accept } from "./accept.ts";
export { closeWithin, deadline } from "./deadline.ts";
export { dial } from "./dial.ts";
export { attempt, type DialOptions, type DialTarget } from "./dial-socket.ts";
export { type HttpRequest, type HttpResponse, httpRequest } from "./http-request.ts";
export { InheritedPorts } from "./inherited-ports.ts";
export { type Listener, type ListenOptions, listen } from "./listen.ts";
export { addressesOf, type NameAddress, remoteAddressOf, resolveName } from "./loopback.ts";
export { memoryPair } from "./memory.ts";
export { nodeClock } from "./node-clock.ts";
export { nodeUtf8 } from "./node-utf8.ts";
export { toPageForm } from "./page-form.ts";
export {
	openRaw,
	type PresentedCertificate,
	RawConnection,
	type RawConnectionOptions,
	type RawFailure,
} from "./raw-connection.ts";
export { SocketTransport } from "./socket.ts";
export { declaredEncoding, type Transcoder, textCodec, transcoder } from "./text-codec.ts";
export { traced } from "./traced.ts";
export { MessageAcceptor, type UpgradeRequest } from "./websocket/message-acceptor.ts";
export { type DialMessagesOptions, dialMessages, UpgradeRefused } from "./websocket/message-dial.ts";
export { WebSocketAcceptor } from "./websocket/websocket-acceptor.ts";
export { type MessageEvents, WebSocketMessages } from "./websocket/websocket-messages.ts";
export { type WebSocketFrames, WebSocketTransport } from "./websocket/websocket-transport.ts";
