// A recording that answers clients: each connection plays one recorded connection. TCP, TLS and WebSocket clients on one port; policy requests are
// answered with a policy file for this port. docs/guide/replay.md.

import { XMLSocketError } from "../../errors/index.ts";
import { createServer, type Server } from "../../server/index.ts";
import { type LoadedRecording, loadRecording } from "./load-recording.ts";
import { ReplayApplication } from "./replay-application.ts";
import type { ReplayServerOptions, ReplayServerReport } from "./replay-server-options.ts";

/** A server that answers from a recording, see {@link createReplayServer}. */
export interface ReplayServer extends AsyncDisposable {
	/** Reads the recording if it is a file, and opens the port. Rejects as `Server.listen` does, and as `readRecording`. */
	listen(): Promise<this>;
	/** The port, once listening; 0 before. */
	readonly port: number;
	/** The addresses bound, once listening. */
	readonly addresses: readonly string[];
	/** The recorded connections that carried documents. */
	readonly recordedConnections: number;
	/** What has happened so far. */
	report(): ReplayServerReport;
	/** The server below. Undefined before `listen()`. */
	readonly server: Server | undefined;
	/** Closes all connections and the port. */
	close(): Promise<void>;
}

/**
 * Makes a server that answers clients from a recording. It listens once `listen()` is called.
 *
 * @param recording a file, or the recording itself.
 * @throws XMLSOCKET_REPLAY_RULES_INVALID, XMLSOCKET_FILTER_INVALID, XMLSOCKET_OPTION_INVALID. `listen()` rejects with
 * XMLSOCKET_RECORDING_INVALID, XMLSOCKET_RECORDING_EMPTY or XMLSOCKET_RECORDING_TOO_LARGE.
 *
 * @example
 * ```ts
 * await using server = await createReplayServer("session.ndjson", { port: 0, speed: 0 }).listen();
 * await playMyClient(`localhost:${server.port}`);
 * assert.deepEqual(server.report().problems, []);
 * ```
 */
export function createReplayServer(
	recording: string | LoadedRecording,
	options: ReplayServerOptions = {},
): ReplayServer {
	return new RecordedServer(recording, options);
}

class RecordedServer implements ReplayServer {
	server: Server | undefined = undefined;
	recordedConnections = 0;
	readonly #recording: string | LoadedRecording;
	readonly #options: ReplayServerOptions;
	#application: ReplayApplication | undefined = undefined;

	constructor(recording: string | LoadedRecording, options: ReplayServerOptions) {
		this.#recording = recording;
		this.#options = options;
		checkSpeed(options.speed);
	}

	get port(): number {
		return this.server?.port ?? 0;
	}

	get addresses(): readonly string[] {
		return this.server?.addresses ?? [];
	}

	report(): ReplayServerReport {
		return this.#application?.summary() ?? { connections: 0, matched: 0, unmatched: 0, problems: [], refused: 0 };
	}

	async listen(): Promise<this> {
		const recording = typeof this.#recording === "string" ? await loadRecording(this.#recording) : this.#recording;
		const application = new ReplayApplication(recording, this.#options);
		this.#application = application;
		this.recordedConnections = application.size;
		const { port, host, origin, policy, tlsCert, tlsKey } = this.#options;
		const given = { port, host, origin, policy, tlsCert, tlsKey };
		const server = createServer({
			origin: PAGES_OF_THIS_MACHINE,
			...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
			...LIMITS,
			encoding: recording.info.encoding,
			terminator: terminatorName(recording.info.terminator),
			metrics: "off",
			application,
		});
		this.server = await server.listen();
		return this;
	}

	async close(): Promise<void> {
		await this.server?.close({ graceMs: 0 });
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}
}

/** As for the gateway: pages on any port of this machine. */
const PAGES_OF_THIS_MACHINE = ["http://localhost:*", "http://127.0.0.1:*"];
/** A recorded server is the user's own, so its limits are those of the machine. */
const LIMITS = {
	maxDocumentBytes: 64 * 1024 * 1024,
	maxFirstDocumentBytes: 64 * 1024 * 1024,
	maxOutboxBytes: 1 << 30,
	softOutboxBytes: 1 << 30,
	documentsPerSecond: 1_000_000,
	documentBurst: 1_000_000,
	connectsPerSecondPerAddress: 10_000,
	maxConnectionsPerAddress: 10_000,
	firstBytesTimeoutMs: 100,
} as const;

/** Checks the option `speed`. @throws XMLSOCKET_OPTION_INVALID */
export function checkSpeed(speed: number | undefined): void {
	if (speed === undefined || (Number.isFinite(speed) && speed >= 0 && speed <= 1e9)) return;
	throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `The option speed must be a number from 0, but is ${speed}.`);
}

function terminatorName(bytes: Uint8Array): string {
	const hex = Buffer.from(bytes).toString("hex");
	return hex === "00" ? "nul" : hex;
}
