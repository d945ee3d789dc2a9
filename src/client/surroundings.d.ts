// What this room needs of Node and pages beyond what all portable rooms share: the way to give an attempt up, and two names
// that occur in the type declarations of valibot and nowhere here.

declare class AbortController {
	readonly signal: AbortSignal;
	abort(reason?: unknown): void;
}

interface Blob {
	readonly size: number;
	readonly type: string;
}

interface File extends Blob {
	readonly name: string;
}
