// What the rooms that run in a page as well as in Node (`link/`, `client/`, `rooms/`, `chat/` …) may use beyond `host.d.ts`.

declare function queueMicrotask(callback: () => void): void;
declare function setTimeout(callback: () => void, delayMs?: number): unknown;
declare function clearTimeout(timer: unknown): void;

declare class AbortController {
	readonly signal: AbortSignal;
	abort(reason?: unknown): void;
}

interface AbortSignal {
	readonly aborted: boolean;
	readonly reason: unknown;
	addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
	removeEventListener(type: "abort", listener: () => void): void;
}

declare const performance: { now(): number };
declare const crypto: { getRandomValues<T extends Uint8Array>(array: T): T; randomUUID(): string };
declare const console: { error(...data: unknown[]): void };
