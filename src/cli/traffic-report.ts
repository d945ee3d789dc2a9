// What a command does with the events of traffic: masks and records them, prints those that were asked for, and counts them all for the end.

import { XMLSocketError } from "../errors/index.ts";
import { isTlsHandshake } from "../tools/inspect/index.ts";
import { openRecordingWriter, type RecordingWriter } from "../tools/recording/index.ts";
import { showEvent } from "../tools/show-event.ts";
import {
	type CaptureInfo,
	createMask,
	type Decoded,
	decodeDocument,
	type ExactDecode,
	exactDecode,
	type Filter,
	type Mask,
	parseFilter,
	recordingHeader,
	recordingLine,
	type TrafficEvent,
	TrafficStatistics,
} from "../tools/traffic/index.ts";
import { textCodec } from "../transport/index.ts";
import { hasColour } from "./colour.ts";
import { hintOf } from "./failure.ts";
import { TrafficScreen } from "./traffic-screen.ts";
import { summaryText } from "./traffic-summary.ts";

/** The flags about what is shown and kept. */
export interface TrafficReportFlags {
	readonly filter?: string;
	readonly direction?: string;
	readonly mask?: readonly string[];
	readonly record?: string;
	readonly json?: boolean;
	readonly terminator: string;
	readonly encoding: string;
}

/** How long the last lines may take to be read. */
const FLUSH_MS = 500;

/** The traffic of one capture. */
export class TrafficReport {
	/** Called with each event that is not left out, before the filter. */
	onShown: (event: TrafficEvent, decoded: Decoded | undefined) => void = () => {};
	readonly #flags: TrafficReportFlags;
	readonly #decode: ExactDecode;
	readonly #filter: Filter | undefined;
	readonly #mask: Mask;
	readonly #statistics = new TrafficStatistics();
	readonly #screen: TrafficScreen;
	/** The codes whose hints were printed. */
	readonly #hinted = new Set<string>();
	/** Connections without a document yet, and those whose documents are TLS. */
	readonly #fresh = new Set<number>();
	readonly #unreadable = new Set<number>();
	/** What came before `begin`. */
	#early: TrafficEvent[] | undefined = [];
	#recording: RecordingWriter | undefined = undefined;
	#startedMs = 0;

	/** @throws XMLSOCKET_OPTION_INVALID, XMLSOCKET_FILTER_INVALID */
	constructor(flags: TrafficReportFlags) {
		this.#flags = flags;
		if (flags.direction !== undefined && flags.direction !== "client" && flags.direction !== "server")
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				`--direction must be client or server, but is "${flags.direction}".`,
			);
		const codec = textCodec(flags.encoding);
		this.#decode = exactDecode(codec);
		this.#filter = flags.filter === undefined ? undefined : parseFilter(flags.filter);
		this.#mask = createMask(flags.mask ?? [], { encode: (name) => codec.encode(name) });
		this.#screen = new TrafficScreen({
			stream: process.stdout,
			show: (event) => this.#show(event),
			leftOut: (event) => this.#statistics.add(event, this.#decoded(event)),
			gap: (events) => this.#gap(events),
		});
	}

	/** Begins to print, and to record. @throws XMLSOCKET_RECORDING_EXISTS, XMLSOCKET_RECORDING_FAILED */
	async begin(info: CaptureInfo): Promise<void> {
		this.#startedMs = info.startedMs;
		if (this.#flags.record !== undefined)
			this.#recording = await openRecordingWriter(this.#flags.record, info, {
				onError: ({ message }) => void process.stderr.write(`xmlsocket: ${message}\n`),
			});
		if (this.#flags.json) this.#screen.note(recordingHeader(info));
		const early = this.#early ?? [];
		this.#early = undefined;
		for (const event of early) this.add(event);
	}

	/** Takes an event. It never waits. */
	add(event: TrafficEvent): void {
		if (this.#early) this.#early.push(event);
		else {
			const masked = this.#mask.active ? this.#mask.apply(event) : event;
			this.#recording?.write(masked);
			this.#screen.add(masked);
		}
	}

	/** Prints what waits and the statistics, and closes the recording. */
	async end(): Promise<void> {
		const recording = this.#recording;
		await recording?.close();
		await this.#screen.flush(FLUSH_MS);
		const kept =
			recording === undefined
				? {}
				: {
						recording: { path: String(this.#flags.record), events: recording.recorded, missing: recording.notRecorded },
					};
		const text = summaryText(this.#statistics.summary(), { leftOut: this.#screen.leftOut, ...kept });
		await new Promise<void>((resolve) => {
			setTimeout(resolve, FLUSH_MS);
			process.stderr.write(text, () => resolve());
		});
	}

	#show(event: TrafficEvent): string | undefined {
		const decoded = this.#decoded(event);
		this.#statistics.add(event, decoded);
		if (this.#isUnreadable(event)) return undefined;
		this.onShown(event, decoded);
		if (!this.#isWanted(event, decoded)) return undefined;
		if (this.#flags.json) return recordingLine(event, this.#decode);
		const isTerminal = process.stdout.isTTY === true;
		const line = showEvent(event, decoded, {
			pretty: isTerminal,
			colour: hasColour(process.stdout),
			startedMs: this.#startedMs,
			...(isTerminal ? { width: process.stdout.columns } : {}),
		});
		const hint = event.kind === "error" ? this.#hintFor(event.code) : undefined;
		return hint === undefined ? line : `${line}\n    ${hint}`;
	}

	#decoded(event: TrafficEvent): Decoded | undefined {
		return event.kind === "document" || event.kind === "policy" ? decodeDocument(event.bytes, this.#decode) : undefined;
	}

	// TLS that passes unread would show as noise. It is recorded and counted.
	#isUnreadable(event: TrafficEvent): boolean {
		if (this.#flags.json || (event.kind === "close" && event.direction !== undefined)) return false;
		if (event.kind === "close") this.#fresh.delete(event.connection);
		if (event.kind === "close") this.#unreadable.delete(event.connection);
		if (event.kind === "open") this.#fresh.add(event.connection);
		if (event.kind !== "document") return false;
		if (this.#unreadable.has(event.connection)) return true;
		if (this.#fresh.delete(event.connection) && event.direction === "client" && isTlsHandshake(event.bytes))
			this.#unreadable.add(event.connection);
		return false;
	}

	// A failure is the answer to "why do I see nothing?", so no filter hides it.
	#isWanted(event: TrafficEvent, decoded: Decoded | undefined): boolean {
		if (event.kind === "error") return true;
		const { direction } = this.#flags;
		if (
			direction !== undefined &&
			"direction" in event &&
			event.direction !== undefined &&
			event.direction !== direction
		)
			return false;
		return this.#filter === undefined || this.#filter.matches(event, decoded);
	}

	#gap(events: number): string {
		if (this.#flags.json) return JSON.stringify({ kind: "gap", events });
		return `… ${events} ${events === 1 ? "line is" : "lines are"} not shown: this terminal or program reads too slowly. The traffic went on.`;
	}

	#hintFor(code: string): string | undefined {
		if (this.#hinted.has(code)) return undefined;
		this.#hinted.add(code);
		return hintOf(code);
	}
}
