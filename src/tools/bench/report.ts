// The results of a load test. Types alone.

/** What the server does with documents. `chat`: rooms of this package; `relay`: others receive them; `echo`: the sender receives them. */
export type BenchMode = "chat" | "relay" | "echo";

/** Latencies in milliseconds, from the time at which a message was to be sent until it arrived at a receiver. */
export interface BenchLatency {
	readonly p50: number;
	readonly p90: number;
	readonly p99: number;
	readonly p999: number;
	readonly max: number;
}

/** A part of a step, about a second. */
export interface BenchSample {
	/** Its end, in seconds from the beginning of the measurement. */
	readonly atSeconds: number;
	readonly messagesPerSecond: number;
	readonly deliveriesPerSecond: number;
	/** Of the messages that arrived in this time; undefined: none did. */
	readonly latencyMs: BenchLatency | undefined;
}

/** The result of one step. */
export interface BenchStep {
	/** Connections that were open at its beginning. */
	readonly connections: number;
	/** Connections that it was to have. */
	readonly wantedConnections: number;
	readonly rooms: number;
	readonly senders: number;
	readonly sizeBytes: number;
	/** The rate that was wanted, in messages a second of all senders together. */
	readonly rate?: number | undefined;
	readonly outstanding?: number | undefined;
	/** How long it was measured. */
	readonly seconds: number;
	/** Messages sent, also during the warm-up. */
	readonly sent: number;
	/** Copies of them that arrived at receivers. */
	readonly delivered: number;
	/** Messages sent a second, as measured. */
	readonly messagesPerSecond: number;
	/** Copies that arrived a second, as measured. */
	readonly deliveriesPerSecond: number;
	/** Receivers of a message, on average. */
	readonly fanOut: number;
	/** undefined: nothing arrived. */
	readonly latencyMs: BenchLatency | undefined;
	/** Copies that never arrived. */
	readonly lost: number;
	/** Copies that were still arriving, or not sent yet, when the step ended: the server is slower than the load. */
	readonly overdue: number;
	/** Copies that arrived after a later message of the same sender. */
	readonly disordered: number;
	/** Copies that arrived a second time. */
	readonly repeated: number;
	/** Copies that arrived in another room than the sender's. */
	readonly misdelivered: number;
	/** Messages that the server refused, by the code of its `<error>`. */
	readonly refused: Readonly<Record<string, number>>;
	/** Connections that ended during the step. */
	readonly disconnected: number;
	/** Why the first of them ended. */
	readonly disconnectReason?: string | undefined;
	/** The share of one core that this program used, 0 to 1. It uses no second one. */
	readonly toolUse: number;
	/** The longest time for which this program itself was held up, by its own work or by others on its machine. It is part of the latencies. */
	readonly toolDelayMs: number;
	/** Pairs of a percentile and its latency in milliseconds, for a chart. */
	readonly percentiles: readonly (readonly [percentile: number, ms: number])[];
	readonly samples: readonly BenchSample[];
	/** Whether everything arrived once, in order, at the wanted rate, and within the goal. */
	readonly ok: boolean;
	/** What it means, in one or two sentences. */
	readonly verdict: string;
}

/** The result of a run. */
export interface BenchReport {
	readonly address: string;
	readonly mode: BenchMode;
	/** Why this mode. */
	readonly why: string;
	readonly steps: readonly BenchStep[];
	/** With `find`: the highest rate that met the goal, in messages a second; 0: none did. */
	readonly foundRate?: number | undefined;
	readonly goalP99Ms?: number | undefined;
	/** Whether a signal ended the run early. */
	readonly interrupted: boolean;
	/** Without `find`: whether each step was good. With `find`: whether a rate was found. */
	readonly ok: boolean;
	/** What it means, in one or two sentences. */
	readonly verdict: string;
}

/** What `onProgress` gets. */
export type BenchProgress =
	| { readonly kind: "mode"; readonly mode: BenchMode; readonly why: string }
	| { readonly kind: "connecting"; readonly open: number; readonly wanted: number }
	| {
			readonly kind: "running";
			readonly step: number;
			/** How many steps there will be; undefined: not known. */
			readonly steps: number | undefined;
			readonly rate?: number | undefined;
			readonly phase: "warm-up" | "measuring" | "waiting";
			readonly seconds: number;
			readonly ofSeconds: number;
			readonly connections: number;
			/** The last part of about a second. */
			readonly sample: BenchSample | undefined;
	  }
	| { readonly kind: "step"; readonly number: number; readonly step: BenchStep };
