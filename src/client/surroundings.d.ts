// What this room needs of Node and pages beyond what all portable rooms share:
// the way to give an attempt up.

declare class AbortController {
	readonly signal: AbortSignal;
	abort(reason?: unknown): void;
}
