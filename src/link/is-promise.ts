// Callbacks that should return nothing may be asynchronous functions: their errors come as rejected promises.

/** Whether a callback returned a promise. */
export function isPromise(result: unknown): result is PromiseLike<unknown> {
	return typeof result === "object" && result !== null && typeof (result as PromiseLike<unknown>).then === "function";
}
