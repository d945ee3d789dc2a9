// Runs a load test: finds out what the server does with documents, opens the connections, and measures step after step.
// docs/guide/bench.md.

import { randomBytes } from "node:crypto";
import { parseAddress, type Target } from "../../client/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { Activity } from "../conformance/activity.ts";
import type { TestClient } from "../conformance/client.ts";
import { closeClients, openClient, type ServerUnderTest } from "../conformance/context.ts";
import { detectForwarding } from "../conformance/detect.ts";
import { RateSearch } from "./find-rate.ts";
import { Needle } from "./message.ts";
import { type BenchLoad, type BenchOptions, type BenchSettings, benchSettings } from "./options.ts";
import { Population } from "./population.ts";
import { messageTemplate } from "./protocol.ts";
import type { BenchMode, BenchReport, BenchStep } from "./report.ts";
import { runStep, type StepContext } from "./step.ts";
import { runVerdict, SATURATED } from "./verdict.ts";

const ATTEMPTS = 3;
/** A relay may count a silent connection as a client only after some time. */
const DETECT_MS = 2000;
const TAG_LENGTH = 8;
const CHAT = "The server sends the <welcome> of a chat.";

/**
 * Measures a server of your own under load: latency, throughput, and whether each document arrives once and in order. Any XMLSocket server will
 * do that passes documents on or returns them. In the chat, the connections enter rooms of their own.
 *
 * Rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_PORT_RESERVED, XMLSOCKET_OPTION_INVALID, XMLSOCKET_OPTION_UNKNOWN,
 * XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT, XMLSOCKET_PROFILE_UNKNOWN (no document came back) and XMLSOCKET_ABORTED (before there was a
 * result). A server that fails is part of the report.
 *
 * @example
 * ```ts
 * const report = await runBench("localhost:9000", { connections: 500, rooms: 10, rate: 250 });
 * console.log(report.verdict, report.steps[0]?.latencyMs?.p99);
 * ```
 */
export async function runBench(address: string, options: BenchOptions = {}): Promise<BenchReport> {
	const target = parseAddress(address);
	const settings = benchSettings(options);
	const { signal, onProgress } = options;
	const tag = randomBytes(5).toString("hex").slice(0, TAG_LENGTH);
	const server = { target, insecure: settings.insecure, ca: settings.ca, origin: settings.origin };
	const found = await detectMode(server, settings, tag, signal);
	onProgress?.({ kind: "mode", mode: found.mode, why: found.why });
	if (found.mode !== "chat" && (options.rooms !== undefined || options.roomNames !== undefined))
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `Rooms need mode chat, and the mode is ${found.mode}.`);
	if (found.mode === "relay" && settings.loads.some(({ connections }) => connections < 2))
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"A relay needs 2 connections, because other clients receive what one sends.",
		);
	const roomName = (room: number): string => settings.roomNames?.[room] ?? `bench-${tag}-${room + 1}`;
	for (const { rooms, sizeBytes } of settings.loads)
		for (const room of settings.roomNames ?? [roomName(rooms - 1)])
			messageTemplate(found.mode, room, 1, sizeBytes, new Needle(tag, 1), settings.terminator);
	const population = new Population({
		...settings,
		target,
		dial: { ...server, timeoutMs: settings.timeoutMs, signal },
		mode: found.mode,
		returns: found.isReturned,
		tag,
		roomName,
		onOpen: (open, wanted) => onProgress?.({ kind: "connecting", open, wanted }),
	});
	const context: StepContext = {
		settings,
		mode: found.mode,
		receivers: found.mode === "echo" ? "sender" : found.isReturned ? "all" : "others",
		tag,
		population,
		roomName,
		signal,
		onProgress,
		steps: settings.find ? undefined : settings.loads.length,
	};
	const steps: BenchStep[] = [];
	let stopped: string | undefined;
	// Resolves with undefined where the run cannot go on.
	const measure = async (load: BenchLoad): Promise<BenchStep | undefined> => {
		try {
			await population.resize(load.connections, found.mode === "chat" ? load.rooms : 1);
		} catch (error) {
			// What was measured before is still a result, above all if the server did not survive it.
			if (steps.length === 0 || !(error instanceof XMLSocketError)) throw error;
			if (error.code !== "XMLSOCKET_ABORTED") stopped = error.message;
			return undefined;
		}
		const step = await runStep(context, load, steps.length + 1);
		if (step) {
			steps.push(step);
			onProgress?.({ kind: "step", number: steps.length, step });
		}
		return step;
	};
	try {
		const foundRate = settings.find
			? await search(settings, measure, signal)
			: await measureAll(settings, measure, signal);
		if (steps.length === 0)
			throw new XMLSocketError("XMLSOCKET_ABORTED", "The load test was aborted before there was a result.");
		const { mode, why } = found;
		const { goalP99Ms } = settings;
		const base = { address, mode, why, steps, goalP99Ms, foundRate, interrupted: signal?.aborted === true };
		return { ...base, ...runVerdict(steps, { foundRate, goalP99Ms, stopped }) };
	} finally {
		await population.close();
	}
}

type Measure = (load: BenchLoad) => Promise<BenchStep | undefined>;

async function measureAll(
	settings: BenchSettings,
	measure: Measure,
	signal: AbortSignal | undefined,
): Promise<undefined> {
	for (const load of settings.loads) if (signal?.aborted || !(await measure(load))) break;
}

async function search(settings: BenchSettings, measure: Measure, signal: AbortSignal | undefined): Promise<number> {
	const [load] = settings.loads;
	const rates = new RateSearch(load!.rate!);
	while (rates.next !== undefined && !signal?.aborted) {
		const step = await measure({ ...load!, rate: rates.next });
		if (!step || step.connections < step.wantedConnections) break;
		const isBroken = step.lost + step.overdue + step.disconnected + step.misdelivered > 0;
		// Above this tool's own limit, a result would not be the server's.
		const isOwnLimit = step.toolUse >= SATURATED;
		rates.add(step.ok && !isOwnLimit, isBroken || isOwnLimit);
	}
	return rates.best;
}

interface FoundMode {
	readonly mode: BenchMode;
	readonly why: string;
	readonly isReturned: boolean;
}

async function detectMode(
	server: ServerUnderTest & { readonly target: Target },
	settings: BenchSettings,
	tag: string,
	signal: AbortSignal | undefined,
): Promise<FoundMode> {
	const activity = new Activity(signal);
	const open: TestClient[] = [];
	const connect = async (): Promise<TestClient> => {
		const client = await openClient(server, activity);
		open.push(client);
		return client;
	};
	const given = settings.mode === "auto" ? undefined : settings.mode;
	const { terminator } = settings;
	const timeoutMs = Math.max(settings.timeoutMs, DETECT_MS);
	try {
		const found = await detectForwarding({ connect, given, tag, timeoutMs, attempts: ATTEMPTS, terminator }, activity);
		const { profile, why, isReturned } = found;
		if (given === "chat" || (profile && (given ?? profile) === profile))
			return { mode: profile ?? "chat", why: given ? "You chose it." : profile === "chat" ? CHAT : why, isReturned };
		throw new XMLSocketError(
			"XMLSOCKET_PROFILE_UNKNOWN",
			profile
				? `The mode is to be ${given}, but it is ${profile}: ${why}`
				: `The server neither returns a document to its sender nor passes it on to another client, so there is nothing to measure. It sent: ${why || "nothing"}.`,
		);
	} finally {
		await closeClients(open, activity);
	}
}
