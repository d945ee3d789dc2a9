// What the results mean, in words. A sentence begins with what decides: the tool itself, then losses, then speed.

import type { BenchMode, BenchStep } from "./report.ts";

/** Above this share of its time, this program may be slower than the server. */
export const SATURATED = 0.9;
/** Above this, a delay of this program is worth a sentence, if it matters beside the latencies. */
const NOTABLE_DELAY_MS = 15;
/** A step that sent less than this share of its rate did not keep it, a tenth of a second's messages apart. */
const KEPT = 0.95;
const EDGE_SECONDS = 0.1;

/** The facts of a step without its verdict. */
export type StepFacts = Omit<BenchStep, "ok" | "verdict">;

/** What else the words depend on. */
export interface VerdictContext {
	readonly mode: BenchMode;
	readonly goalP99Ms: number | undefined;
	/** Why there were fewer connections than wanted. */
	readonly shortfall: string | undefined;
	/** The most documents a second that the chat reads from one client. */
	readonly documentsPerSecond: number | undefined;
}

/** Whether a step was good, and what it means. */
export function verdictOf(step: StepFacts, context: VerdictContext): { ok: boolean; verdict: string } {
	const faults = [...connectionFaults(step, context), ...deliveryFaults(step), ...speedFaults(step, context)];
	const ok = faults.length === 0;
	return { ok, verdict: [...(ok ? [summary(step)] : faults), ...notes(step)].join(" ") };
}

function connectionFaults(step: StepFacts, { shortfall }: VerdictContext): string[] {
	const faults: string[] = [];
	if (step.connections < step.wantedConnections) {
		faults.push(
			`Only ${count(step.connections)} of ${count(step.wantedConnections)} connections could be opened: ${withStop(shortfall ?? "the server refused the others")}`,
		);
		if (/ended|reset|ECONNRESET/.test(shortfall ?? "")) faults.push(ADDRESS_LIMITS);
	}
	if (step.disconnected > 0)
		faults.push(
			`${plural(step.disconnected, "connection")} ended during the test: ${withStop(step.disconnectReason ?? "the server ended them")}`,
		);
	if (step.disconnected > 0 && step.sizeBytes > LONG_BYTES)
		faults.push(`Its limit may be shorter than the documents, which have ${count(step.sizeBytes)} bytes.`);
	return faults;
}

/** Many servers accept no longer documents. */
const LONG_BYTES = 8000;
const ADDRESS_LIMITS =
	"It may limit all its connections, or those of one address. Of one address, `xmlsocket serve` allows 64, and 20 new ones a second, unless they come from its own machine: raise --max-connections-per-address and --connects-per-second-per-address for the test.";

function deliveryFaults(step: StepFacts): string[] {
	const faults: string[] = [];
	const total = step.delivered + step.lost + step.overdue;
	for (const [code, messages] of Object.entries(step.refused))
		faults.push(`The server refused ${plural(messages, "message")} (${code}).`);
	if (step.lost > 0) faults.push(`${plural(step.lost, "delivery", "deliveries")} of ${count(total)} never arrived.`);
	if (step.disordered > 0)
		faults.push(
			`${plural(step.disordered, "delivery", "deliveries")} arrived after a later message of the same sender.`,
		);
	if (step.repeated > 0) faults.push(`${plural(step.repeated, "delivery", "deliveries")} arrived twice.`);
	if (step.misdelivered > 0)
		faults.push(
			`${plural(step.misdelivered, "delivery", "deliveries")} arrived at clients that should not receive them.`,
		);
	return faults;
}

function speedFaults(step: StepFacts, { goalP99Ms, documentsPerSecond }: VerdictContext): string[] {
	const { rate, latencyMs } = step;
	const faults: string[] = [];
	const wantedMessages = (rate ?? 0) * (step.seconds * KEPT - EDGE_SECONDS) - 1;
	const isBehind =
		step.overdue > 0 || (step.disconnected === 0 && step.messagesPerSecond * step.seconds < wantedMessages);
	if (isBehind) {
		const due = rate === undefined ? "" : ` of ${count(rate * step.fanOut)}`;
		faults.push(
			`The server did not keep up: it delivered ${count(step.deliveriesPerSecond)}${due} documents a second.`,
		);
		if (step.overdue > 0)
			faults.push(`${plural(step.overdue, "delivery was", "deliveries were")} still to come when the test ended.`);
	}
	const ofSender = (rate ?? 0) / step.senders;
	if (documentsPerSecond !== undefined && ofSender > documentsPerSecond && (isBehind || faults.length > 0))
		faults.push(
			`It reads at most ${count(documentsPerSecond)} documents a second from one client, and each sender has ${count(ofSender)}: use more senders.`,
		);
	if (!latencyMs) faults.push("Nothing arrived.");
	else if (goalP99Ms !== undefined && latencyMs.p99 > goalP99Ms)
		faults.push(`99 % of the deliveries took up to ${ms(latencyMs.p99)}, and the goal is ${ms(goalP99Ms)}.`);
	return faults;
}

function summary(step: StepFacts): string {
	const { latencyMs } = step;
	const room = step.rooms > 1 ? ` in ${count(step.rooms)} rooms` : "";
	return `The server carried ${plural(step.connections, "connection")}${room} with ${count(step.messagesPerSecond)} messages a second, which are ${count(step.deliveriesPerSecond)} deliveries: 99 % arrived within ${ms(latencyMs?.p99 ?? 0)}, the slowest after ${ms(latencyMs?.max ?? 0)}, all of them once and in order.`;
}

function notes({ toolUse, toolDelayMs, latencyMs }: StepFacts): string[] {
	if (!latencyMs) return [];
	if (toolUse >= SATURATED)
		return [
			`This tool was busy ${Math.round(toolUse * 100)} % of the time, so it may have been slower than the server: run it on another machine, or use fewer connections in a room.`,
		];
	return toolDelayMs >= NOTABLE_DELAY_MS && toolDelayMs > latencyMs.p99 / 2
		? [
				`This tool itself was held up for up to ${ms(toolDelayMs)}, which is part of the latencies: its machine was busy.`,
			]
		: [];
}

/** Whether a run was good, and what it means. @param stopped why it could not go on */
export function runVerdict(
	steps: readonly BenchStep[],
	run: {
		readonly foundRate: number | undefined;
		readonly goalP99Ms: number | undefined;
		readonly stopped: string | undefined;
	},
): { ok: boolean; verdict: string } {
	const { foundRate, goalP99Ms = 0, stopped } = run;
	const { ok, verdict } = foundRate === undefined ? listVerdict(steps) : searchVerdict(steps, foundRate, goalP99Ms);
	if (stopped === undefined) return { ok, verdict };
	return { ok: false, verdict: `${verdict} After that the test could not go on. ${withStop(stopped)}` };
}

function listVerdict(steps: readonly BenchStep[]): { ok: boolean; verdict: string } {
	const at = steps.findIndex(({ ok }) => !ok);
	const shown = steps.at(at)!;
	const which = at < 0 ? "All steps were good. The last: " : `Step ${at + 1} is the first that failed. `;
	return { ok: at < 0, verdict: (steps.length === 1 ? "" : which) + shown.verdict };
}

function searchVerdict(
	steps: readonly BenchStep[],
	foundRate: number,
	goalP99Ms: number,
): { ok: boolean; verdict: string } {
	const best = steps.findLast(({ rate, ok }) => rate === foundRate && ok);
	const failed = steps
		.filter(({ rate = 0, ok, toolUse }) => rate > foundRate && (!ok || toolUse >= SATURATED))
		.sort((a, b) => (a.rate ?? 0) - (b.rate ?? 0));
	const why = failed[0] ? ` At ${count(failed[0].rate ?? 0)}: ${failed[0].verdict}` : "";
	const within = `${ms(goalP99Ms)} for 99 % of the deliveries`;
	if (!best) return { ok: false, verdict: `No rate met the goal of ${within}.${why}` };
	const rates = `${count(foundRate)} messages a second, which are ${count(best.deliveriesPerSecond)} deliveries`;
	return { ok: true, verdict: `The highest rate that meets the goal of ${within} is about ${rates}.${why}` };
}

/** A time for people. */
export function ms(value: number): string {
	if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
	const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
	return `${value.toFixed(digits)} ms`;
}

/** A number for people. */
export function count(value: number): string {
	return (value >= 10 ? Math.round(value) : Number(value.toFixed(1))).toLocaleString("en");
}

/** A number and its word. */
export function plural(value: number, one: string, many = `${one}s`): string {
	return `${count(value)} ${value === 1 ? one : many}`;
}

function withStop(text: string): string {
	return /[.>]$/.test(text) ? text : `${text}.`;
}
