import { afterEach, expect, it } from "vitest";
import { scripts, startScripts, stopAll } from "./support.ts";

afterEach(stopAll);

it("a script sees the language and the classes that docs/guide/asc.md names", async () => {
	const { traced, traces } = await startScripts([`${scripts}/language`]);
	const last = await traced("done ");
	const lines = traces.map(({ text }) => text);
	expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([last.text]);
	expect(last.text).toBe(`done ${lines.length - 1}`);
	expect(lines.length).toBeGreaterThan(15);
});
