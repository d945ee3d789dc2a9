// Checks the heap after each full garbage collection, when it holds only what the scripts retain. V8's own limit is higher, because V8 ends
// the whole process when one allocation goes far past its limit; a table that doubles in size must not reach it.

import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** Calls `over` once, when the scripts retain more than `limitMiB`. */
export function watchHeap(limitMiB: number, over: () => void): void {
	const limit = limitMiB * 2 ** 20;
	const observer = new PerformanceObserver((list) => {
		const entries = list.getEntries() as unknown as { readonly detail: { readonly kind: number } }[];
		const full = entries.some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR);
		if (!full || getHeapStatistics().used_heap_size <= limit) return;
		observer.disconnect();
		over();
	});
	observer.observe({ entryTypes: ["gc"] });
}
