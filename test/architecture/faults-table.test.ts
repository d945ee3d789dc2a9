// The tables of faults in docs/reliability.md name only what exists: tests, attacks, faults, options, reasons and metrics.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/errors/codes.ts";
import { wireCode } from "../../src/errors/index.ts";
import { METRICS } from "../../src/server/metric-table.ts";
import { REFUSAL_REASONS } from "../../src/server/refusal-reasons.ts";
import { ATTACKS } from "../attacks/attacks.js";
import { CLUSTER } from "../faults/cluster-faults.js";
import { EMBEDDED } from "../faults/faults.js";
import { WORKER_FAULTS } from "../faults/worker-faults.js";
import { root } from "./import-graph.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const page = read("docs/reliability.md");
const section = page.slice(page.indexOf("## Faults: "), page.indexOf("## How this is tested"));
const rows = section
	.split("\n")
	.filter((line) => line.startsWith("| ") && !/^\| (?:fault|threat|---)/.test(line))
	.map((line) =>
		line
			.split("|")
			.slice(1, -1)
			.map((cell) => cell.trim()),
	);
/** What a column of all rows has between backticks. */
const named = (column: number): string[] =>
	rows.flatMap((cells) => [...(cells[column] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name!));

const OPTIONS = new Set([
	...[...read("docs/options.md").matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key!),
	// Of programs that embed the server.
	...["src/message-log/message-log.ts", "src/cluster/nats/jetstream-log.ts"].flatMap((file) =>
		[...read(file).matchAll(/^\treadonly (dedupeWindowMs|giveUpAfterMs)\?/gm)].map(([, key]) => key!),
	),
]);
const REASONS = new Set<string>([
	...Object.keys(REFUSAL_REASONS),
	...(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]).map(wireCode),
]);
const CAMPAIGNS = new Set([...ATTACKS, ...EMBEDDED, ...CLUSTER, ...WORKER_FAULTS].map(({ name }) => name));

const METRIC_NAMES = new Set(METRICS.map(({ name }) => `xmlsocket_${name}`));
const isMetric = (name: string): boolean => METRIC_NAMES.has(name);

describe("the tables of faults", () => {
	it("have five sections, each row with its five cells", () => {
		expect([...section.matchAll(/^### (.*)$/gm)].map(([, title]) => title)).toEqual([
			"Documents",
			"Connections and resources",
			"History, bus, cluster",
			"Workers",
			"Security",
		]);
		expect(rows.length).toBeGreaterThanOrEqual(50);
		expect(rows.filter((cells) => cells.length !== 5 || cells.includes(""))).toEqual([]);
	});

	it("name options that exist, or say that the limit is fixed", () => {
		expect(named(2).filter((name) => !OPTIONS.has(name))).toEqual([]);
		expect(rows.filter((cells) => !/`|fixed|Node/.test(cells[2]!))).toEqual([]);
	});

	it("name reasons of refusals and metrics that exist", () => {
		expect(named(3).filter((name) => !REASONS.has(name) && !isMetric(name))).toEqual([]);
	});

	it("name tests, attacks and faults that exist, and at least one test in each row", () => {
		const exists = (name: string): boolean =>
			name.startsWith("test/") ? existsSync(join(root, name)) : CAMPAIGNS.has(name);
		expect(named(4).filter((name) => !exists(name))).toEqual([]);
		expect(rows.filter((cells) => !/`test\/[^`]+\.ts`/.test(cells[4]!))).toEqual([]);
	});
});
