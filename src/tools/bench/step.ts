// One step of a run: warms up, measures, waits for what is under way, and judges.

import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { LatencyRecord } from "./latency-record.ts";
import { Measurement } from "./measurement.ts";
import { Needle } from "./message.ts";
import type { BenchLoad, BenchSettings } from "./options.ts";
import { pause } from "./pause.ts";
import type { Population } from "./population.ts";
import { messageTemplate, probeDocument } from "./protocol.ts";
import type { BenchMode, BenchProgress, BenchStep } from "./report.ts";
import { Sending } from "./sending.ts";
import { verdictOf } from "./verdict.ts";

const TICK_MS = 250;
const SAMPLE_TICKS = 4;
const SETTLE_POLL_MS = 100;
const ABORTED_SETTLING_MS = 1000;
const DELAY_RESOLUTION_MS = 5;
/** A server may accept longer documents only after a short one: `xmlsocket serve` does. */
const SHORT_BYTES = 4096;
/** How often the time limit for missing documents may pass while others still arrive. */
const MOST_SETTLING = 2;

/** What all steps of a run share. */
export interface StepContext {
	readonly settings: BenchSettings;
	readonly mode: BenchMode;
	readonly receivers: "all" | "others" | "sender";
	readonly tag: string;
	readonly population: Population;
	readonly roomName: (room: number) => string;
	readonly signal: AbortSignal | undefined;
	readonly onProgress: ((progress: BenchProgress) => void) | undefined;
	/** How many steps there will be; undefined: not known. */
	readonly steps: number | undefined;
}

/** Runs a step with the clients of the population. Resolves with undefined if it was aborted before there was a result. */
export async function runStep(context: StepContext, load: BenchLoad, number: number): Promise<BenchStep | undefined> {
	const { settings, population, mode, signal } = context;
	const { clients } = population;
	const needle = new Needle(context.tag, number);
	const rooms = mode === "chat" ? load.rooms : 1;
	const senderCount = Math.min(load.senders, clients.length);
	const originMs = performance.now();
	const nowUs = (): number => Math.round((performance.now() - originMs) * 1000);
	const templates = Array.from({ length: rooms }, (_, room) =>
		messageTemplate(mode, context.roomName(room), number, load.sizeBytes, needle, settings.terminator),
	);
	const sendersOfRoom = new Array<number>(rooms).fill(0);
	const sending: Sending = new Sending({
		clients,
		places: clients.slice(0, senderCount).map(({ room }) => ({
			room,
			// With echo each client is the only sender that it receives.
			place: mode === "echo" ? 0 : sendersOfRoom[room]!++,
			template: templates[room]!,
		})),
		rate: load.rate,
		outstanding: load.outstanding,
		first:
			mode === "relay" && load.sizeBytes > SHORT_BYTES
				? Buffer.concat([Buffer.from(probeDocument(context.tag)), settings.terminator])
				: undefined,
		nowUs,
	});
	const latencies = new LatencyRecord();
	const measurement = new Measurement({
		needle,
		clients,
		rooms,
		senders: sending.senders,
		receivers: context.receivers,
		hasErrors: mode === "chat",
		latencies,
		nowUs,
		onReturned: load.outstanding === undefined ? undefined : (sender) => sending.returned(sender),
		onDrained: (client) => sending.drained(client),
	});
	const fanOut = average(sending.senders.map((sender) => measurement.receiversOf(sender)));
	const report = (phase: "warm-up" | "measuring" | "waiting", seconds: number, ofSeconds: number): void =>
		context.onProgress?.({
			kind: "running",
			step: number,
			steps: context.steps,
			rate: load.rate,
			phase,
			seconds,
			ofSeconds,
			connections: clients.length - measurement.disconnected,
			sample: latencies.samples.at(-1),
		});

	sending.begin();
	const isOver = (): boolean => signal?.aborted === true || measurement.disconnected === clients.length;
	for (let leftMs = settings.warmUpMs; leftMs > 0 && !isOver(); leftMs -= TICK_MS) {
		report("warm-up", (settings.warmUpMs - leftMs) / 1000, settings.warmUpMs / 1000);
		await pause(Math.min(TICK_MS, leftMs), signal);
	}
	const fromUs = nowUs();
	measurement.fromUs = fromUs;
	measurement.recent = 0;
	sending.recent = 0;
	const loopBefore = performance.eventLoopUtilization();
	const cpuBefore = process.cpuUsage();
	const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
	delays.enable();
	const counts = await measure();
	delays.disable();
	const { utilization } = performance.eventLoopUtilization(loopBefore);
	const cpu = process.cpuUsage(cpuBefore);
	const toolDelayMs = Math.max(0, delays.max / 1e6 - DELAY_RESOLUTION_MS);
	const seconds = Math.max(0.001, (measurement.untilUs - fromUs) / 1e6);
	// The first counts time without a processor too, the second that of Node's other threads.
	const toolUse = Math.min(utilization, (cpu.user + cpu.system) / 1e6 / seconds);
	const isQuiet = await settle();
	const missing = measurement.missing();
	const unsent = sending.unsent * fanOut;
	for (const client of clients) client.detach();
	if (signal?.aborted && seconds * 1000 < TICK_MS / 2) return undefined;
	const latencyMs = latencies.latency();
	const facts = {
		connections: clients.length,
		wantedConnections: load.connections,
		rooms,
		senders: senderCount,
		sizeBytes: load.sizeBytes,
		rate: load.rate,
		outstanding: load.outstanding,
		seconds,
		sent: sending.sent,
		delivered: measurement.delivered,
		messagesPerSecond: counts.messages / seconds,
		deliveriesPerSecond: counts.deliveries / seconds,
		fanOut,
		latencyMs,
		lost: isQuiet ? missing : 0,
		overdue: Math.round(unsent) + (isQuiet ? 0 : missing),
		disordered: measurement.disordered,
		repeated: measurement.repeated,
		misdelivered: measurement.misdelivered,
		refused: measurement.refused,
		disconnected: measurement.disconnected,
		disconnectReason: measurement.disconnectReason,
		toolUse,
		toolDelayMs,
		percentiles: latencies.percentiles(),
		samples: latencies.samples,
	};
	return {
		...facts,
		...verdictOf(facts, {
			mode,
			goalP99Ms: settings.goalP99Ms,
			shortfall: population.shortfall,
			documentsPerSecond: population.documentsPerSecond,
		}),
	};

	async function measure(): Promise<{ messages: number; deliveries: number }> {
		const total = { messages: 0, deliveries: 0 };
		let sampleUs = fromUs;
		const endSample = (): void => {
			const atUs = nowUs();
			const elapsed = (atUs - sampleUs) / 1e6;
			total.messages += sending.recent;
			total.deliveries += measurement.recent;
			latencies.endSample((atUs - fromUs) / 1e6, sending.recent / elapsed, measurement.recent / elapsed);
			sending.recent = 0;
			measurement.recent = 0;
			sampleUs = atUs;
		};
		for (let tick = 1; ; tick++) {
			const leftMs = settings.durationMs - (nowUs() - fromUs) / 1000;
			if (leftMs <= 0 || isOver()) break;
			await pause(Math.min(TICK_MS, leftMs), signal);
			if (tick % SAMPLE_TICKS === 0) endSample();
			report("measuring", (nowUs() - fromUs) / 1e6, settings.durationMs / 1000);
		}
		measurement.untilUs = nowUs();
		// Messages that this tool itself has sent late are part of the load.
		sending.stop();
		if (measurement.untilUs - sampleUs > (TICK_MS * 1000) / 2 || latencies.samples.length === 0) endSample();
		else {
			total.messages += sending.recent;
			total.deliveries += measurement.recent;
		}
		return total;
	}

	// Returns whether nothing more arrives. A run that was aborted waits for a moment only. It counts turns of the event loop, not the clock:
	// when this process gets no processor for a while, documents that have arrived meanwhile are not lost.
	async function settle(): Promise<boolean> {
		let delivered = measurement.delivered;
		let quietMs = 0;
		for (let waitedMs = 0; ; waitedMs += SETTLE_POLL_MS) {
			if (measurement.missing() === 0 && sending.unsent === 0) return true;
			if (quietMs >= settings.timeoutMs) return true;
			if (waitedMs >= settings.timeoutMs * MOST_SETTLING) return false;
			if (signal?.aborted && waitedMs >= ABORTED_SETTLING_MS) return false;
			report("waiting", waitedMs / 1000, settings.timeoutMs / 1000);
			await pause(SETTLE_POLL_MS, undefined);
			await new Promise((resolve) => setImmediate(resolve));
			quietMs = measurement.delivered === delivered ? quietMs + SETTLE_POLL_MS : 0;
			delivered = measurement.delivered;
		}
	}
}

function average(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
