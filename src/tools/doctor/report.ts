// Prints a diagnosis for people: a line for each hop, then one sentence about what is wrong first. Hops that were not checked for one reason
// share a line.

import type { Paint } from "../policy-report.ts";
import type { Diagnosis, DiagnosisCheck } from "./diagnosis.ts";

/** How to print. */
export interface ShowDiagnosisOptions {
	/** Default: no colours. */
	readonly paint?: Paint | undefined;
	/** The columns of the terminal, where lines are broken between words; at least 40. Default: lines are not broken. */
	readonly width?: number | undefined;
}

/** The names of hops as people read them. Others are their id, with spaces. */
const NAMES: Readonly<Record<string, string>> = {
	ipv4: "IPv4",
	ipv6: "IPv6",
	tls: "TLS",
	websocket: "WebSocket",
	origin: "Origin",
	csp: "CSP",
	ruffle: "Ruffle",
};
const NAME_COLUMNS = 18;
const STATE_COLUMNS = 13;
const INDENT = " ".repeat(NAME_COLUMNS + STATE_COLUMNS);
const MIN_WIDTH = 40;

/** Prints checks as they come. */
export class DiagnosisPrinter {
	readonly #write: (text: string) => void;
	readonly #paint: Paint;
	readonly #width: number;
	/** Hops that were not checked, with the same text. */
	#skipped: DiagnosisCheck[] = [];

	/** @param write gets whole lines, with their line breaks */
	constructor(write: (text: string) => void, { paint, width }: ShowDiagnosisOptions = {}) {
		this.#write = write;
		this.#paint = paint ?? ((_, text) => text);
		this.#width = width === undefined ? Number.POSITIVE_INFINITY : Math.max(MIN_WIDTH, width);
	}

	/** The next check. */
	check(check: DiagnosisCheck): void {
		if (check.ok !== null || check.text !== this.#skipped[0]?.text) this.#flush();
		if (check.ok === null) {
			this.#skipped.push(check);
			return;
		}
		const { ok, text, hint } = check;
		if (!ok) this.#line(nameOf(check), "failed", "bad", text);
		else if (hint === "") this.#line(nameOf(check), "ok", "good", text);
		else this.#line(nameOf(check), "ok, but", "warn", text);
		if (hint !== "") this.#write(this.#wrapped(`${INDENT}${this.#paint("dim", "→")} `, 2, hint));
	}

	/** All checks are there: an empty line, then what is wrong first and what to do, or that nothing is. */
	end({ checks }: Diagnosis): void {
		this.#flush();
		const [first, ...others] = checks.filter(({ ok }) => ok === false);
		const notes = checks.filter(({ ok, hint }) => ok === true && hint !== "");
		const listed = (some: readonly DiagnosisCheck[]): string => some.map(nameOf).join(", ");
		let verdict: string;
		if (first) {
			const more = others.length === 0 ? "" : ` Then look at: ${listed(others)}.`;
			verdict = `First problem: ${nameOf(first)}. ${first.text} ${first.hint}${more}`;
		} else if (notes.length === 0) verdict = "Everything that was checked works.";
		else
			verdict = `Everything that was checked works. Read the hint${notes.length === 1 ? "" : "s"} at: ${listed(notes)}.`;
		const lines = this.#wrapped("", -INDENT.length, verdict);
		const end = lines.search(/[.:]/) + 1;
		this.#write(`\n${this.#paint(first ? "bad" : "good", lines.slice(0, end))}${lines.slice(end)}`);
	}

	#flush(): void {
		const [first] = this.#skipped;
		if (!first) return;
		const names = this.#skipped.map(nameOf).join(", ");
		this.#skipped = [];
		// More names than the column holds are part of the text.
		if (names.length < NAME_COLUMNS) this.#line(names, "not checked", "dim", first.text);
		else this.#line("", "not checked", "dim", `${names}: ${first.text}`);
	}

	#line(name: string, state: string, style: "good" | "bad" | "warn" | "dim", text: string): void {
		const start = `${name.padEnd(NAME_COLUMNS)}${this.#paint(style, state)}${" ".repeat(STATE_COLUMNS - state.length)}`;
		this.#write(this.#wrapped(start, 0, text));
	}

	/** The words after `start`, whose columns are those of the indentation and `more`; in lines that fit. */
	#wrapped(start: string, more: number, text: string): string {
		const columns = Math.max(20, this.#width - INDENT.length - more);
		const lines = [""];
		for (const word of text.split(" ")) {
			const line = lines.at(-1)!;
			if (line !== "" && line.length + 1 + word.length > columns) lines.push(word);
			else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
		}
		return `${start}${lines.join(`\n${" ".repeat(INDENT.length + more)}`)}\n`;
	}
}

/** A diagnosis as lines of text: all checks, an empty line, and what is wrong first. */
export function showDiagnosis(diagnosis: Diagnosis, options?: ShowDiagnosisOptions): string {
	let all = "";
	const printer = new DiagnosisPrinter((text) => {
		all += text;
	}, options);
	for (const check of diagnosis.checks) printer.check(check);
	printer.end(diagnosis);
	return all;
}

function nameOf({ id }: DiagnosisCheck): string {
	const [, proxy = "", name = id, number] = /^(proxy-(?!url))?(.*?)(?:-(\d+))?$/.exec(id) ?? [];
	return `${proxy === "" ? "" : "proxy "}${NAMES[name] ?? name.replaceAll("-", " ")}${number === undefined ? "" : ` (${number})`}`;
}
