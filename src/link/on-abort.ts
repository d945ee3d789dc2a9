// Callbacks for an AbortSignal that many calls may share. Each call with a listener of its own would make Node warn of a memory leak
// at the eleventh, so that all of them share one listener for each signal.

const callbacksOf = new WeakMap<AbortSignal, { readonly callbacks: Set<() => void>; readonly listener: () => void }>();

/** Calls `callback` once when `signal`, which is not aborted yet, is aborted. @returns a function that removes the callback. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
	if (!signal) return () => {};
	let known = callbacksOf.get(signal);
	if (!known) {
		const callbacks = new Set<() => void>();
		const listener = (): void => {
			for (const each of [...callbacks]) if (callbacks.delete(each)) each();
		};
		known = { callbacks, listener };
		callbacksOf.set(signal, known);
		signal.addEventListener("abort", listener, { once: true });
	}
	const { callbacks, listener } = known;
	// A function of its own, because one callback may be given twice.
	const entry = (): void => callback();
	callbacks.add(entry);
	return () => {
		callbacks.delete(entry);
		if (callbacks.size > 0) return;
		signal.removeEventListener("abort", listener);
		if (callbacksOf.get(signal)?.callbacks === callbacks) callbacksOf.delete(signal);
	};
}
