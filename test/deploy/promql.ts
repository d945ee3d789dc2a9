// Finds the metrics of a PromQL query, with the labels that it selects or groups by. It reads tokens, so that a name in a text, a function, a
// keyword, a label or a duration is not taken for a metric.

/** One metric of a query. */
export interface QueriedMetric {
	readonly name: string;
	/** Label matchers: the label, the operator and the value. */
	readonly matchers: readonly (readonly [label: string, operator: string, value: string])[];
}

/** What a query reads. */
export interface Query {
	readonly metrics: readonly QueriedMetric[];
	/** Labels of `by`, `without`, `on`, `ignoring` and of grouping. */
	readonly labels: readonly string[];
}

const TOKEN =
	/\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\[[^\]]*\]|[a-zA-Z_:][\w:]*|[\d.]+(?:e[+-]?\d+)?\w*|=~|!~|!=|==|>=|<=|[=<>+\-*/%^@(){},]/gy;
const KEYWORDS: ReadonlySet<string> = new Set([
	"and",
	"or",
	"unless",
	"atan2",
	"bool",
	"offset",
	"inf",
	"nan",
	"start",
	"end",
]);
const GROUPINGS: ReadonlySet<string> = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);

/** @throws for a text that is no query. */
export function readQuery(text: string): Query {
	const tokens = tokensOf(text);
	const metrics: QueriedMetric[] = [];
	const labels: string[] = [];
	for (let at = 0; at < tokens.length; at++) {
		const token = tokens[at]!;
		if (!/^[a-zA-Z_:]/.test(token) || KEYWORDS.has(token.toLowerCase())) continue;
		if (GROUPINGS.has(token)) {
			if (tokens[at + 1] !== "(") continue;
			for (at += 2; tokens[at] !== ")"; at++) if (tokens[at] !== ",") labels.push(tokens[at]!);
			continue;
		}
		// A function, or an aggregation with its labels before its argument.
		if (tokens[at + 1] === "(" || GROUPINGS.has(tokens[at + 1] ?? "")) continue;
		const matchers: (readonly [string, string, string])[] = [];
		if (tokens[at + 1] === "{") {
			for (at += 2; tokens[at] !== "}"; at++) {
				if (tokens[at] === ",") continue;
				matchers.push([tokens[at]!, tokens[at + 1]!, tokens[at + 2]!.slice(1, -1)]);
				at += 2;
			}
		}
		metrics.push({ name: token, matchers });
	}
	return { metrics, labels };
}

function tokensOf(text: string): string[] {
	const tokens: string[] = [];
	TOKEN.lastIndex = 0;
	while (TOKEN.lastIndex < text.length) {
		const at = TOKEN.lastIndex;
		const [token] = TOKEN.exec(text) ?? [];
		if (token === undefined)
			throw new Error(`Character ${at + 1} of the query is not understood: ${text.slice(at, at + 20)}`);
		if (!/^(?:\s|#)/.test(token)) tokens.push(token);
	}
	return tokens;
}
