// What this folder uses of Node and pages beyond host-runtime.d.ts: the class that ends an attempt to connect.

declare class AbortController {
	readonly signal: AbortSignal;
	abort(reason?: unknown): void;
}
