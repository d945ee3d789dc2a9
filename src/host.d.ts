// The host facilities that `xml/` and `wire/` may use: those that Node and web pages share. Nothing else of either compiles there.

declare class TextEncoder {
	encode(input?: string): Uint8Array<ArrayBuffer>;
	encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
	constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
	readonly encoding: string;
	decode(input?: ArrayBuffer | ArrayBufferView | null, options?: { stream?: boolean }): string;
}

interface HttpResponse {
	readonly ok: boolean;
	readonly status: number;
	arrayBuffer(): Promise<ArrayBuffer>;
}

/** Used by `XML.load`, `XML.send` and `XML.sendAndLoad` alone. */
declare function fetch(
	url: string,
	init?: { method?: string; headers?: Record<string, string> | [string, string][]; body?: string },
): Promise<HttpResponse>;
