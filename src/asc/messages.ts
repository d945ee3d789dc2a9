// What the daemon's thread and an application's worker say to each other: lists of small tuples, posted once for each turn of
// the event loop. Documents are text; a client is a number.

/** What a worker is started with. */
export interface WorkerSettings {
	/** The application's folder. */
	readonly folder: string;
	/** The script to begin with. */
	readonly entry: string;
	/** Further folders for `load()`, searched last. */
	readonly libraryPath: readonly string[];
	/** The application's name: that of its folder. */
	readonly name: string;
	/** What `application.hostname` says. */
	readonly hostname: string;
	/** Names and texts of `application.config`. */
	readonly config: Readonly<Record<string, string>>;
	/** What `application.server` says. */
	readonly server: string;
	/** Longest text between two elements or within a tag that an XMLSocket of a stream takes, in characters. */
	readonly maxUnprocessedChars: number;
	/** What the scripts may hold on to, in MiB. */
	readonly heapMiB: number;
	/** Hosts that scripts may load from over HTTP, each for any port or as `host:port`; none: every host. */
	readonly httpHosts: readonly string[];
	/** How long one HTTP request may take, redirects included, in milliseconds. */
	readonly httpTimeoutMs: number;
	/** The longest answer to one, in bytes. */
	readonly maxHttpBytes: number;
	/** Numbers that both sides read, at the places of {@link Watch}. */
	readonly watch: SharedArrayBuffer;
}

/** What stands where in the shared numbers, each of 32 bits; counts go round. */
export const Watch = {
	/** 1 while the worker is within a turn of its event loop. */
	busy: 0,
	/** Calls into the context so far. */
	calls: 1,
	/** The number of what the last call was, as told by a `call` message. */
	callName: 2,
	/** Messages that the worker has taken. */
	received: 3,
	/** Messages of the worker that the daemon's thread has taken. */
	acknowledged: 4,
} as const;
/** How many shared numbers there are. */
export const WATCH_LENGTH = 5;

/** To the worker. */
export type ToWorker =
	/** A client: its number, address, transport, and the `connect` document where it sent one. */
	| readonly ["open", id: number, ip: string, transport: string, connect: string | undefined]
	| readonly ["document", id: number, text: string]
	| readonly ["closed", id: number]
	/** The end: `onAppStop`, then nothing. */
	| readonly ["stop", reason: string];

/** From the worker. */
export type FromWorker =
	/** The entry script has run, and `onAppStart` was called. */
	| readonly ["started"]
	/** The entry script could not be run: what happened, and where. */
	| readonly ["failed", words: string]
	/** What the calls of that number are, in words. */
	| readonly ["call", number: number, words: string]
	/** A client is connected: broadcasts are for it, too. */
	| readonly ["accept", id: number]
	| readonly ["send", id: number, text: string]
	/** One document to all who are connected. */
	| readonly ["broadcast", text: string]
	/** Delivers what was sent to a client, then closes; with words where the client is at fault. */
	| readonly ["end", id: number, words: string | undefined]
	/** A line of `trace()`. */
	| readonly ["trace", text: string, file: string, line: number]
	/** A script's exception that nothing caught. */
	| readonly ["error", words: string, file: string, line: number, column: number]
	| readonly ["log", level: LogLevel, words: string, code: string | undefined]
	/** The scripts hold more than they may. */
	| readonly ["heap"]
	/** The application ends itself. */
	| readonly ["shutdown"]
	/** `onAppStop` has run; nothing follows. */
	| readonly ["stopped"];

/** How loud a line of the log is. */
export type LogLevel = "debug" | "info" | "warn" | "error";
