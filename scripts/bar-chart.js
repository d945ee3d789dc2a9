// Draws horizontal bars as SVG that is readable on light and dark pages. Pure.

const WIDTH = 860;
const LABELS = 290;
const NUMBERS = 110;
const BAR = 18;
const STEP = 25;
const HEAD = 44;
const PANEL_HEAD = 34;
const BARS = WIDTH - LABELS - NUMBERS;

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/**
 * @typedef {object} Bar
 * @property {string} label
 * @property {number} value
 * @property {string} shown the value as text
 * @property {boolean} isOwn whether it is emphasized
 */

/**
 * Panels of bars below each other; the longest bar of each panel has the full width.
 *
 * @param {string} title
 * @param {readonly { title: string, bars: readonly Bar[] }[]} panels
 * @returns {string}
 */
export function barChart(title, panels) {
	const parts = [];
	let y = HEAD;
	for (const { title: heading, bars } of panels) {
		const most = Math.max(...bars.map(({ value }) => value));
		parts.push(`<text class="heading" x="0" y="${y + 14}">${escaped(heading)}</text>`);
		y += PANEL_HEAD - 8;
		for (const { label, value, shown, isOwn } of bars) {
			const width = Math.max(1, (value / most) * BARS).toFixed(1);
			parts.push(
				`<text x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${escaped(label)}</text>`,
				`<rect class="${isOwn ? "own" : "peer"}" x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
				`<text x="${(LABELS + Number(width) + 6).toFixed(1)}" y="${y + 13}">${escaped(shown)}</text>`,
			);
			y += STEP;
		}
		y += 12;
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>${escaped(title)}</title>
<style>
text { fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.heading { font-weight: 600 }
.own { fill: #0969da }
.peer { fill: #8c959f }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.own { fill: #4493f8 }
.peer { fill: #768390 }
}
</style>
<text class="title" x="0" y="20">${escaped(title)}</text>
${parts.join("\n")}
</svg>
`;
}
