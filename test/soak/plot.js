// A plot of samples over time as SVG: one panel for each quantity, on one time axis. Pure.

const WIDTH = 900;
const PANEL = 150;
const GAP = 46;
const LEFT = 70;
const RIGHT = 20;
const TOP = 50;
const BOTTOM = 46;
const MOST_POINTS = 360;
const COLOURS = ["#1f77b4", "#d62728", "#2ca02c"];

/**
 * @typedef {object} Panel
 * @property {string} title with the unit
 * @property {readonly (readonly [name: string, values: readonly number[]])[]} lines
 */

/**
 * Draws panels below each other.
 *
 * @param {string} title
 * @param {readonly number[]} seconds of each value
 * @param {readonly Panel[]} panels
 * @returns {string}
 */
export function plot(title, seconds, panels) {
	const end = Math.max(1, seconds.at(-1) ?? 1);
	const height = TOP + panels.length * (PANEL + GAP) + BOTTOM - GAP;
	const x = (/** @type {number} */ s) => LEFT + (s / end) * (WIDTH - LEFT - RIGHT);
	const [unit, divisor] = end > 7200 ? ["h", 3600] : end > 180 ? ["min", 60] : ["s", 1];
	const parts = [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
		"<title>xmlsocket serve under the mixed load of npm run soak</title>",
		`<rect width="100%" height="100%" fill="#fff"/>`,
		text(LEFT, 22, title, 'font-size="15"'),
	];
	for (const [at, panel] of panels.entries())
		parts.push(drawPanel(panel, TOP + at * (PANEL + GAP), seconds, x, end, divisor));
	parts.push(text((LEFT + WIDTH - RIGHT) / 2, height - 8, `time (${unit})`, 'text-anchor="middle"'), "</svg>");
	return `${parts.join("\n")}\n`;
}

/**
 * @param {Panel} panel
 * @param {number} top
 * @param {readonly number[]} seconds
 * @param {(s: number) => number} x
 * @param {number} end
 * @param {number} divisor
 */
function drawPanel({ title, lines }, top, seconds, x, end, divisor) {
	const most = Math.max(1e-9, ...lines.flatMap(([, values]) => values));
	const step = niceStep(most / 4);
	const limit = Math.ceil(most / step) * step;
	const y = (/** @type {number} */ value) => top + PANEL - (value / limit) * PANEL;
	const parts = [text(LEFT, top - 8, title, 'font-weight="bold"')];
	for (let value = 0; value <= limit + step / 2; value += step) {
		parts.push(line(LEFT, y(value), WIDTH - RIGHT, y(value), "#ddd"));
		parts.push(text(LEFT - 6, y(value) + 4, Number(value.toPrecision(4)).toLocaleString("en"), 'text-anchor="end"'));
	}
	const every = niceStep(end / divisor / 8) * divisor;
	for (let s = 0; s <= end; s += every) {
		parts.push(line(x(s), top + PANEL, x(s), top + PANEL + 4, "#333"));
		parts.push(
			text(x(s), top + PANEL + 16, Number((s / divisor).toPrecision(4)), 'text-anchor="middle" font-size="10"'),
		);
	}
	parts.push(line(LEFT, top, LEFT, top + PANEL, "#333"), line(LEFT, top + PANEL, WIDTH - RIGHT, top + PANEL, "#333"));
	const skip = Math.ceil(seconds.length / MOST_POINTS);
	for (const [at, [name, values]] of lines.entries()) {
		const colour = COLOURS[at % COLOURS.length];
		const points = values
			.map((_, index) => index)
			.filter((index) => index % skip === 0)
			// The highest of several, so that no peak disappears.
			.map((index) => [seconds[index] ?? 0, Math.max(...values.slice(index, index + skip))])
			.map(([s, value]) => `${x(/** @type {number} */ (s)).toFixed(1)},${y(/** @type {number} */ (value)).toFixed(1)}`);
		parts.push(`<polyline fill="none" stroke="${colour}" stroke-width="1.3" points="${points.join(" ")}"/>`);
		parts.push(
			text(WIDTH - RIGHT - (lines.length - 1 - at) * 130, top - 8, name, `text-anchor="end" fill="${colour}"`),
		);
	}
	return parts.join("\n");
}

/** The next of 1, 2, 5, 10 … @param {number} least */
function niceStep(least) {
	const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
	return power * /** @type {number} */ ([1, 2, 5, 10].find((factor) => factor * power >= least));
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} colour */
function line(x1, y1, x2, y2, colour) {
	return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}"/>`;
}

/** @param {number} x @param {number} y @param {string | number} words @param {string} [more] */
function text(x, y, words, more = "") {
	const escaped = String(words).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
	return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped}</text>`;
}
