// `xmlsocket bench`: runs a load test, shows its progress, and prints the results. Ctrl-C ends it early, with the results so far. Exit codes:
// 0 all arrived once, in order and within the goal; 1 not so; 2 usage; 3 no connection; 130 ended before there was a result.

import { writeFileSync } from "node:fs";
import { XMLSocketError } from "../../errors/index.ts";
import {
	type BenchMode,
	type BenchProgress,
	type BenchReport,
	benchChart,
	runBench,
	showBenchProgress,
	showBenchReport,
} from "../../tools/bench/index.ts";
import { isScreen } from "../colour.ts";
import { numberOf, readAuthority } from "../open-connection.ts";
import { type OwnDaemon, startOwnDaemon } from "../own-daemon.ts";
import { painter } from "../painter.ts";

/** Flags of the command. */
export interface BenchFlags {
	readonly mode?: string;
	readonly connections?: string;
	readonly rooms?: string;
	readonly room?: string[];
	readonly senders?: string;
	readonly rate?: string;
	readonly outstanding?: string;
	readonly size?: string;
	readonly duration?: string;
	readonly warmUp?: string;
	readonly find?: boolean;
	readonly goalP99?: string;
	readonly connectsPerSecond?: string;
	readonly timeout?: string;
	readonly terminator?: string;
	readonly insecure?: boolean;
	readonly ca?: string;
	readonly origin?: string;
	readonly chart?: string;
	readonly json?: boolean;
}

/** Runs the load test, prints the results, and sets the exit code. */
export async function bench(address: string | undefined, flags: BenchFlags): Promise<void> {
	const interrupted = new AbortController();
	const onInterrupt = (): void => {
		if (interrupted.signal.aborted) process.exit(130);
		interrupted.abort();
	};
	process.on("SIGINT", onInterrupt);
	process.on("SIGTERM", onInterrupt);
	const daemon = address === undefined ? await startDaemon(flags) : undefined;
	const line = new ProgressLine();
	try {
		const report = await runBench(address ?? daemon!.address, {
			mode: flags.mode as BenchMode | "auto" | undefined,
			connections: numbersOf(flags.connections, "--connections"),
			rooms: numbersOf(flags.rooms, "--rooms"),
			roomNames: flags.room,
			senders: numbersOf(flags.senders, "--senders"),
			rate: numbersOf(flags.rate, "--rate"),
			outstanding: numbersOf(flags.outstanding, "--outstanding"),
			sizeBytes: numbersOf(flags.size, "--size"),
			durationMs: msOf(flags.duration, "--duration"),
			warmUpMs: msOf(flags.warmUp, "--warm-up"),
			find: flags.find,
			goalP99Ms: numberOf(flags.goalP99, "--goal-p99"),
			connectsPerSecond: numberOf(flags.connectsPerSecond, "--connects-per-second"),
			timeoutMs: numberOf(flags.timeout, "--timeout"),
			terminator: flags.terminator,
			insecure: flags.insecure,
			ca: flags.ca === undefined ? undefined : readAuthority(flags.ca),
			origin: flags.origin,
			signal: interrupted.signal,
			onProgress(progress) {
				if (progress.kind === "mode" || progress.kind === "step") line.clear();
				print(progress, flags);
				line.show(progress);
			},
		});
		line.clear();
		if (flags.chart !== undefined) write(flags.chart, benchChart(report));
		printReport(report, flags);
		process.exitCode = report.ok ? 0 : 1;
	} catch (error) {
		if (!interrupted.signal.aborted || (error as XMLSocketError).code !== "XMLSOCKET_ABORTED") throw error;
		line.clear();
		process.stderr.write("xmlsocket: The load test was ended before there was a result.\n");
		process.exitCode = 130;
	} finally {
		line.clear();
		await daemon?.stop();
		process.off("SIGINT", onInterrupt);
		process.off("SIGTERM", onInterrupt);
	}
}

/** `serve` allows a few more. */
const USUAL_CONNECTIONS = 9000;
const SPARE_CONNECTIONS = 100;

async function startDaemon({ mode, terminator, connections }: BenchFlags): Promise<OwnDaemon> {
	if (mode === "echo")
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"This package has no echo server: --mode echo needs the address of yours.",
		);
	const most = Math.max(...[numbersOf(connections, "--connections") ?? 0].flat());
	return await startOwnDaemon([
		...(mode === "relay" ? ["--relay"] : []),
		...(terminator === undefined ? [] : ["--terminator", terminator]),
		...(most > USUAL_CONNECTIONS ? ["--max-connections", String(most + SPARE_CONNECTIONS)] : []),
	]);
}

function print(progress: BenchProgress, { json }: BenchFlags): void {
	if (json && progress.kind === "step")
		process.stdout.write(`${JSON.stringify({ event: "step", number: progress.number, ...progress.step })}\n`);
	if (!json && progress.kind === "mode") process.stdout.write(`Mode ${progress.mode}: ${progress.why}\n\n`);
}

function printReport(report: BenchReport, { json, chart }: BenchFlags): void {
	const { steps: _, ...summary } = report;
	if (json) process.stdout.write(`${JSON.stringify({ event: "report", ...summary })}\n`);
	else {
		process.stdout.write(`${showBenchReport(report, painter())}\n`);
		if (chart !== undefined) process.stdout.write(`The chart is in ${chart}.\n`);
	}
}

/** The line on a terminal that says what is going on. */
class ProgressLine {
	readonly #isTerminal = isScreen(process.stderr);
	#isShown = false;

	show(progress: BenchProgress): void {
		const text = this.#isTerminal ? showBenchProgress(progress) : undefined;
		if (text === undefined) return;
		process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
		this.#isShown = true;
	}

	clear(): void {
		if (this.#isShown) process.stderr.write("\r\x1b[K");
		this.#isShown = false;
	}
}

function numbersOf(text: string | undefined, flag: string): number | number[] | undefined {
	if (text === undefined) return undefined;
	const list = text.split(",").map((one) => numberOf(one, flag)!);
	return list.length === 1 ? list[0] : list;
}

function msOf(text: string | undefined, flag: string): number | undefined {
	const seconds = numberOf(text, flag);
	return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

function write(file: string, text: string): void {
	try {
		writeFileSync(file, text);
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_FILE_NOT_WRITTEN",
			`The file ${file} cannot be written: ${(cause as Error).message}.`,
			{
				cause,
			},
		);
	}
}
