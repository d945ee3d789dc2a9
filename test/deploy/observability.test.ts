// The dashboard, the alerts and the list of metrics, compared with the metrics pages of running daemons.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { MemoryExchange } from "../../src/cluster/memory-bus.ts";
import { ERROR_CODES, type ErrorCode } from "../../src/errors/codes.ts";
import { wireCode } from "../../src/errors/index.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { createChat, createRelay, createServer } from "../../src/server/index.ts";
import { METRICS } from "../../src/server/metric-table.ts";
import { REFUSAL_REASONS } from "../../src/server/refusal-reasons.ts";
import { startDaemon } from "../end-to-end/daemon.ts";
import { findProgram } from "../peer-programs.js";
import { type QueriedMetric, type Query, readQuery } from "./promql.ts";

const root = join(import.meta.dirname, "../..");
const promtool = findProgram(["promtool"], "prometheus");
const dashboard = JSON.parse(readFileSync(join(root, "deploy/grafana/xmlsocket.json"), "utf8"));
const alertsFile = join(root, "deploy/prometheus/alerts.yml");
const alerts = parse(readFileSync(alertsFile, "utf8")).groups.flatMap(
	({ rules }: { rules: { alert: string; expr: string }[] }) => rules,
) as { readonly alert: string; readonly expr: string; readonly annotations: Record<string, string> }[];
const panels = (dashboard.panels as { title: string; targets?: { expr: string }[] }[]).flatMap(
	({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr: expr.replaceAll("$__rate_interval", "5m") })),
);
const queries: readonly (readonly [where: string, expr: string])[] = [
	...panels.map(({ title, expr }) => [`dashboard: ${title}`, expr] as const),
	...alerts.map(({ alert, expr }) => [alert, expr] as const),
];

/** The metrics pages of a daemon of each kind. */
let pages = "";
const closing: (() => unknown)[] = [];

beforeAll(async () => {
	const folder = mkdtempSync(join(tmpdir(), "metrics-"));
	closing.push(() => rmSync(folder, { recursive: true }));
	const workers = await startDaemon(["--memory", "--workers", "2", "--target", "game=localhost:9339"]);
	closing.push(() => workers.stop());
	writeFileSync(join(folder, "main.asc"), "application.onConnect = function () { return true; };");
	const scripts = await startDaemon(["--workers", "2", "--app", join(folder, "main.asc")]);
	closing.push(() => scripts.stop());
	const bus = new MemoryExchange().join();
	const options = { port: 0 };
	const servers = [
		createServer({
			...options,
			application: createChat({}, { bus }),
			routes: [await createGateway({ targets: [] } as never)],
		}),
		createServer({ ...options, application: createRelay() }),
		createServer(options),
	];
	for (const server of servers) {
		await server.listen();
		closing.push(() => server.close({ graceMs: 0 }));
	}
	const texts = servers.map(async (server) => (await server.metrics.page()).body);
	for (const { port } of [workers, scripts])
		texts.push(fetch(`http://localhost:${port}/metrics`).then((response) => response.text()));
	pages = (await Promise.all(texts)).join("\n");
});
afterAll(async () => {
	for (const close of closing.reverse()) await close();
});

/** The metrics of the pages with their types. */
const typesOnPages = (): Map<string, string> =>
	new Map([...pages.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
const isOnPages = ({ name }: Pick<QueriedMetric, "name">): boolean => {
	const types = typesOnPages();
	return types.has(name) || types.get(name.replace(/_(?:bucket|sum|count)$/, "")) === "histogram";
};

describe("the metrics", () => {
	it("of the pages are those of the table, with their types, and no others", () => {
		const own = [...typesOnPages()].filter(([name]) => name.startsWith("xmlsocket_"));
		expect(own.sort()).toEqual(METRICS.map(({ name, type }) => [`xmlsocket_${name}`, type]).sort());
	});

	it("are listed in docs/operating.md with the words of the table", () => {
		const page = readFileSync(join(root, "docs/operating.md"), "utf8");
		const rows = [...page.matchAll(/^\| `xmlsocket_([^`{]+)(?:\{(\w+)\})?` \| (\w+) \| (.*) \|$/gm)].map(
			([, name, label, type, help]) => [name, label, type, help],
		);
		expect(rows).toEqual(METRICS.map(({ name, label, type, help }) => [name, label, type, help]));
	});

	it("that the documentation names exist", () => {
		const files = ["docs", "docs/guide"].flatMap((folder) =>
			readdirSync(join(root, folder)).flatMap((file) => (file.endsWith(".md") ? [`${folder}/${file}`] : [])),
		);
		const names = files.flatMap((file) =>
			[...readFileSync(join(root, file), "utf8").matchAll(/`(xmlsocket_[a-z_]+)/g)].map(([, name]) => ({
				file,
				name: name!,
			})),
		);
		expect(names.length).toBeGreaterThan(METRICS.length);
		expect(names.filter(({ name }) => !isOnPages({ name }))).toEqual([]);
	});

	it.skipIf(!promtool)("make a page that Prometheus reads", () => {
		const folder = mkdtempSync(join(tmpdir(), "page-"));
		try {
			// promtool's advice about other packages' names is no error.
			execFileSync(
				"sh",
				["-c", `${promtool} check metrics >/dev/null 2>lint || grep -q . lint && ! grep -i "error while" lint`],
				{
					cwd: folder,
					input: pages.slice(pages.lastIndexOf("# HELP process_cpu_user_seconds_total")),
				},
			);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

describe("each query", () => {
	it.each(queries)("%s: reads metrics that a daemon has, by labels that they have", (where, expr) => {
		const { metrics, labels }: Query = readQuery(expr);
		expect(metrics.length).toBeGreaterThan(0);
		const allowed = new Set(["job", "instance", "le"]);
		for (const metric of metrics) {
			if (metric.name === "up") continue;
			expect(isOnPages(metric), metric.name).toBe(true);
			const info = METRICS.find(({ name }) => `xmlsocket_${name}` === metric.name);
			if (info?.label) allowed.add(info.label);
			for (const [label, operator, value] of metric.matchers) {
				expect(allowed, `${label} of ${metric.name}`).toContain(label);
				if (label === "reason") expect(reasonsFor(operator, value).filter(([, found]) => !found)).toEqual([]);
				// A series that begins with the first event has not risen yet: the alert for it would miss that one.
				if (label === "reason" && />\s*0$/.test(expr) && !where.startsWith("dashboard")) {
					for (const reason of value.split("|")) expect(pages).toContain(`${metric.name}{reason="${reason}"} 0`);
				}
				// A counter that is not asked for its rise says nothing.
				if (info?.type === "counter") expect(expr).toMatch(new RegExp(`(?:rate|increase)\\(${metric.name}`));
			}
		}
		for (const label of labels) expect(allowed, label).toContain(label);
	});

	it("is read by tokens: names in texts, functions, keywords and durations are no metrics", () => {
		const text = `sum by (a, b) (rate(m_1{x="m_2 {", y=~'z'}[5m] offset 1h)) / on (c) group_left () n:o > bool 1e3 unless up # m_3`;
		const { metrics, labels } = readQuery(text);
		expect(metrics.map(({ name }) => name)).toEqual(["m_1", "n:o", "up"]);
		expect(metrics[0]!.matchers).toEqual([
			["x", "=", "m_2 {"],
			["y", "=~", "z"],
		]);
		expect(labels).toEqual(["a", "b", "c"]);
		expect(() => readQuery("rate(x[5m]) § 1")).toThrow("Character 13");
	});
});

/** The alternatives of a matcher of reasons, and whether one that exists is among them. */
function reasonsFor(operator: string, value: string): (readonly [string, boolean])[] {
	const known = [...Object.keys(REFUSAL_REASONS), ...(Object.keys(ERROR_CODES) as ErrorCode[]).map(wireCode)];
	const parts = operator.endsWith("~") ? value.split("|") : [value];
	return parts.map((part) => [part, known.some((reason) => new RegExp(`^(?:${part})$`).test(reason))] as const);
}

describe("the alerts", () => {
	it("each have a reason, a summary and what to do", () => {
		const text = readFileSync(alertsFile, "utf8");
		for (const { alert, annotations } of alerts) {
			expect(text, alert).toMatch(
				new RegExp(`\\n      # [^\\n]{20,}\\n(?:      # [^\\n]*\\n)?      - alert: ${alert}\\n`),
			);
			expect(annotations.summary, alert).toMatch(/\{\{ \$labels\.instance \}\}/);
			expect(annotations.description!.length, alert).toBeGreaterThan(30);
		}
		expect(alerts.length).toBeGreaterThan(12);
	});

	it.skipIf(!promtool)("are rules that Prometheus accepts, and so are the queries of the dashboard", () => {
		expect(execFileSync(promtool!, ["check", "rules", alertsFile], { encoding: "utf8" })).toContain("SUCCESS");
		const folder = mkdtempSync(join(tmpdir(), "rules-"));
		try {
			const file = join(folder, "rules.yml");
			const rules = panels.map(({ expr }, at) => ({
				record: `panel:${at}`,
				expr: expr.replace(/\$(?:job|instance)/g, ".*"),
			}));
			writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
			expect(execFileSync(promtool!, ["check", "rules", file], { encoding: "utf8" })).toContain("SUCCESS");
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it.skipIf(!promtool)("fire where they should, and not before", () => {
		const output = execFileSync(promtool!, ["test", "rules", join(import.meta.dirname, "alerts.test.yml")], {
			encoding: "utf8",
		});
		expect(output).toContain("SUCCESS");
	});
});
