// The messages between the daemon's thread and an application's worker: lists of small tuples, posted once for each turn of the event
// loop. Documents are text; a client is a number.

/** The settings of a worker at its start. */
export interface WorkerSettings {
	/** The application's folder. */
	readonly folder: string;
	/** The entry script. */
	readonly entry: string;
	/** Further folders for `load()`, searched last. */
	readonly libraryPath: readonly string[];
	/** The application's name, which is its folder's. */
	readonly name: string;
	/** The value of `application.hostname`. */
	readonly hostname: string;
	/** Names and texts of `application.config`. */
	readonly config: Readonly<Record<string, string>>;
	/** The value of `application.server`. */
	readonly server: string;
	/** The longest text between two elements, or within a tag, that an XMLSocket accepts in a stream, in characters. */
	readonly maxUnprocessedChars: number;
	/** How much memory the scripts may retain, in MiB. */
	readonly heapMiB: number;
	/** Hosts that scripts may load from over HTTP, each for any port or as `host:port`; an empty list allows every host. */
	readonly httpHosts: readonly string[];
	/** The time limit of one HTTP request, redirects included, in milliseconds. */
	readonly httpTimeoutMs: number;
	/** The longest HTTP response, in bytes. */
	readonly maxHttpBytes: number;
	/** Numbers that both threads read, at the indexes of {@link Watch}. */
	readonly watch: SharedArrayBuffer;
}

/** The indexes of the shared numbers, 32 bits each; counters wrap around. */
export const Watch = {
	/** 1 while the worker is in a turn of its event loop. */
	busy: 0,
	/** Calls into the context so far. */
	calls: 1,
	/** The number of the last call's name, which a `call` message announced. */
	callName: 2,
	/** Messages that the worker has received. */
	received: 3,
	/** Messages of the worker that the daemon's thread has received. */
	acknowledged: 4,
	/** Characters of the documents in them. */
	acknowledgedCharacters: 5,
} as const;
/** The count of shared numbers. */
export const WATCH_LENGTH = 6;

/** To the worker. */
export type ToWorker =
	/** A new client: its number, address, transport, and its `connect` document if it sent one. */
	| readonly ["open", id: number, ip: string, transport: string, connect: string | undefined]
	| readonly ["document", id: number, text: string]
	| readonly ["closed", id: number]
	/** Stop: run `onAppStop`, then `onDisconnect` for each client, then do nothing more. The script may refuse to stop, or not. */
	| readonly ["stop", reason: string, mayRefuse: boolean];

/** From the worker. */
export type FromWorker =
	/** The entry script has run, and `onAppStart` was called. */
	| readonly ["started"]
	/** The entry script failed: what happened, and where. */
	| readonly ["failed", words: string]
	/** The name of the calls with this number. */
	| readonly ["call", number: number, words: string]
	/** The script accepted a client: it receives broadcasts from now on. */
	| readonly ["accept", id: number]
	/** A client's `onDisconnect` runs while its connection is open: it receives no more broadcasts. */
	| readonly ["left", id: number]
	| readonly ["send", id: number, text: string]
	/** One document for all accepted clients. */
	| readonly ["broadcast", text: string]
	/** Delivers what was sent to a client, then closes its connection; with a reason if the client caused it. */
	| readonly ["end", id: number, words: string | undefined]
	/** A line of `trace()`. */
	| readonly ["trace", text: string, file: string, line: number]
	/** An uncaught exception of a script. */
	| readonly ["error", words: string, file: string, line: number, column: number]
	| readonly ["log", level: LogLevel, words: string, code: string | undefined]
	/** The scripts retain more memory than allowed. */
	| readonly ["heap"]
	/** The application called `shutdown()`. */
	| readonly ["shutdown"]
	/** `onAppStop` and the calls of `onDisconnect` have run; nothing follows. */
	| readonly ["stopped"]
	/** `onAppStop` returned false: the scripts continue. */
	| readonly ["refused"];

/** The level of a log line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The characters of a document for clients; 0 for another message. */
export function sentCharacters(message: FromWorker): number {
	if (message[0] === "send") return message[2].length;
	return message[0] === "broadcast" ? message[1].length : 0;
}
