// Looks at the heap after each full garbage collection, when what is left is what the scripts hold on to. V8's own limit stands higher:
// it ends the whole process where one allocation goes far past it, so that a table which doubles must not come near it.

import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** Calls `over` once, when more than `limitMiB` are held. */
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
