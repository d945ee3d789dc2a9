// The growth of a value over time by Theil and Sen: the median of the slopes between all pairs of points, which a few peaks do not
// move. Sen's interval from Kendall's variance states the confidence. Pure.

const Z_95 = 1.96;
const MINUTE_S = 60;

/** @typedef {{ s: number, value: number }} Point seconds and a value */

/**
 * The smallest value of each minute: what remains after a garbage collection, without the peaks between two.
 *
 * @param {readonly Point[]} points
 * @returns {Point[]}
 */
export function minuteMinima(points) {
	/** @type {Map<number, Point>} */
	const minima = new Map();
	for (const point of points) {
		const minute = Math.floor(point.s / MINUTE_S);
		const least = minima.get(minute);
		if (!least || point.value < least.value) minima.set(minute, point);
	}
	return [...minima.values()];
}

/**
 * Growth in per cent of the median an hour.
 *
 * @param {readonly Point[]} points at least 3
 * @returns {{ slope: number, low: number, high: number, median: number, points: number } | undefined} the slope and its 95 % interval
 */
export function growth(points) {
	if (points.length < 3) return undefined;
	/** @type {number[]} */
	const slopes = [];
	for (const [at, from] of points.entries()) {
		for (const to of points.slice(at + 1)) {
			if (to.s !== from.s) slopes.push(((to.value - from.value) / (to.s - from.s)) * 3600);
		}
	}
	slopes.sort((a, b) => a - b);
	const n = points.length;
	const half = (Z_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / 2;
	const middle = (slopes.length - 1) / 2;
	const at = (/** @type {number} */ index) =>
		/** @type {number} */ (slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(index)))]);
	const median = medianOf(points.map(({ value }) => value));
	const percent = (/** @type {number} */ slope) => (slope / median) * 100;
	return {
		slope: percent(medianOf(slopes)),
		low: percent(at(middle - half)),
		high: percent(at(middle + half)),
		median,
		points: n,
	};
}

/** @param {readonly number[]} values */
function medianOf(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const low = /** @type {number} */ (sorted[(sorted.length - 1) >> 1]);
	const high = /** @type {number} */ (sorted[sorted.length >> 1]);
	return (low + high) / 2;
}
