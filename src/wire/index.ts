export type { Decoder } from "./decoder.ts";
export { DocumentDecoder, type DocumentDecoderOptions } from "./document-decoder.ts";
export { encodeDocument, refuseNul } from "./document-encoder.ts";
export { MAX_PROXY_HEADER_BYTES, type ProxyHeader, readProxyHeader } from "./proxy-header.ts";
export { isPolicyRequest, POLICY_REQUESTS, type Recognised, recognise, recogniseWithoutHttp } from "./recognise.ts";
export { DEFAULT_UNPROCESSED_CHARS, StreamDecoder, type StreamDecoderOptions } from "./stream-decoder.ts";
export { type TerminatorName, terminatorBytes } from "./terminator.ts";
export { type TextCodec, utf8Codec } from "./text-codec.ts";
