// What every page of this project has, measured in the page itself: what an audit of a page would report as a fault.

import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";

/** Smaller controls are hard to hit with a finger. */
const MIN_TARGET_PX = 24;
/** More than this counts as a page that jumps while it loads. */
const MAX_SHIFT = 0.02;

/** Collects what a browser reports as wrong: errors on the console, exceptions, files that did not load. */
export function watchProblems(page: Page): string[] {
	const problems: string[] = [];
	page.on("pageerror", (error) => problems.push(String(error)));
	page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
	page.on(
		"response",
		(response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`),
	);
	return problems;
}

/** Faults of accessibility that axe finds, in both palettes; the player's own parts are not ours. @param where begins each of them @param part the element to check */
export async function axeFaults(page: Page, where: string, part = "body"): Promise<string[]> {
	const faults: string[] = [];
	if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
	for (const colorScheme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme });
		// Only the colours differ.
		const rules = colorScheme === "light" ? "" : ', { runOnly: ["color-contrast"] }';
		const { violations } = await page.evaluate<AxeResults>(
			`axe.run({ include: "${part}", exclude: "ruffle-player" }${rules})`,
		);
		faults.push(...violations.map(({ id, nodes }) => `${where} ${colorScheme}: ${id} ${nodes[0]?.html}`));
	}
	await page.emulateMedia({ colorScheme: null });
	return faults;
}

/**
 * Faults of the page as a whole: its head, controls that are too small, what is wider than the window.
 *
 * @param isNew whether it has just been loaded: then jumps while it loaded count too.
 */
export function pageFaults(page: Page, isNew = false): Promise<string[]> {
	return page.evaluate(
		async ({ minTarget, maxShift, isNew }) => {
			const faults: string[] = [];
			const expect = (what: string, isRight: boolean): void => {
				if (!isRight) faults.push(what);
			};
			const content = (name: string): string =>
				document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
			expect("no title", document.title.trim() !== "");
			expect("no language", document.documentElement.lang === "en");
			expect("no doctype", document.compatMode === "CSS1Compat");
			expect("no description", content("description").length >= 40 && content("description").length <= 160);
			expect(
				"no viewport",
				/width=device-width/.test(content("viewport")) && !/user-scalable|maximum/.test(content("viewport")),
			);
			expect("no color-scheme", content("color-scheme") === "light dark");
			expect("no icon", document.querySelector('link[rel="icon"]') !== null);
			const mains = [...document.querySelectorAll("main")].filter((main) => main.checkVisibility());
			expect("no main", mains.length === 1);
			expect("wider than the window", document.documentElement.scrollWidth <= innerWidth);
			for (const image of document.images)
				expect(`an image without a size: ${image.src}`, image.width > 0 && image.hasAttribute("alt"));
			for (const target of document.querySelectorAll<HTMLElement>(
				"a[href], button, input, select, textarea, summary",
			)) {
				const { width, height } = target.getBoundingClientRect();
				const isInText = getComputedStyle(target).display === "inline";
				if (!target.checkVisibility({ visibilityProperty: true }) || isInText || target.matches(".skip")) continue;
				expect(
					`small: ${target.outerHTML.slice(0, 120)} ${width}x${height}`,
					width >= minTarget && height >= minTarget,
				);
			}
			const shifts = await new Promise<number>((resolve) => {
				let sum = 0;
				const add = (list: PerformanceEntryList): void => {
					for (const entry of list) sum += (entry as unknown as { value: number }).value;
				};
				const observer = new PerformanceObserver((list) => add(list.getEntries()));
				observer.observe({ type: "layout-shift", buffered: true });
				requestAnimationFrame(() =>
					requestAnimationFrame(() => {
						add(observer.takeRecords());
						resolve(sum);
					}),
				);
			});
			expect(`jumps by ${shifts}`, !isNew || shifts <= maxShift);
			return faults;
		},
		{ minTarget: MIN_TARGET_PX, maxShift: MAX_SHIFT, isNew },
	);
}
