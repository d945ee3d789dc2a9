// One Server-Side ActionScript application: its clients, and the runs of its scripts one after the other. A run that is stopped or out
// of memory takes its clients with it and the next begins after a pause; a reload keeps them.
// Implements docs/guide/asc.md, "Life".

import type { Peer, Session } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { type Logger, loggable } from "../server/index.ts";
import { type ApplicationXml, readApplicationXml } from "./application-xml.ts";
import { type FoundApplication, findApplication } from "./folder.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import type { AscSettings } from "./options.ts";
import { type RunSettings, ScriptWorker } from "./script-worker.ts";
import { statusText } from "./status-text.ts";
import { watchFolder } from "./watch-folder.ts";

/** A line of `trace()`. */
export interface TraceLine {
	readonly application: string;
	/** Empty where the place is not known. */
	readonly file: string;
	readonly line: number;
	readonly text: string;
}

/** What an application is given. */
export interface ScriptApplicationContext {
	readonly settings: AscSettings;
	readonly log: Logger;
	readonly trace: (line: TraceLine) => void;
	/** What `application.server` and `application.hostname` say. */
	readonly server: string;
	readonly hostname: string;
}

interface ConnectedClient {
	readonly peer: Peer;
	readonly connect: string | undefined;
	accepted: boolean;
}

const STOP_MS = 5000;
const BASE_HEAP_MIB = 16;
const CALM_MS = 60_000;
const MOST_DOUBLINGS = 5;

/** An application whose scripts run in a thread of their own. */
export class ScriptApplication {
	readonly #found: FoundApplication;
	readonly #context: ScriptApplicationContext;
	readonly #members = new Map<number, ConnectedClient>();
	#xml: ApplicationXml;
	#worker: ScriptWorker | undefined;
	/** The run that is at its `onAppStop`. */
	#stopping: ScriptWorker | undefined;
	/** `between`: no run, and clients wait for the next; `idle`: the next client starts it; `paused`: it failed. */
	#state: "starting" | "running" | "between" | "idle" | "paused" | "over" = "idle";
	#held: ToWorker[] = [];
	#lastId = 0;
	#failures = 0;
	#startedMs = 0;
	#pause: NodeJS.Timeout | undefined;
	#unwatch: (() => void) | undefined;
	#waiting: { resolve: () => void; reject: (error: XMLSocketError) => void } | undefined;
	/** Uncaught exceptions of its scripts. */
	errors = 0;
	/** Runs that ended by themselves. */
	restarts = 0;

	/** @throws XMLSOCKET_SCRIPT_UNREADABLE, XMLSOCKET_APPLICATION_XML_INVALID */
	constructor(path: string, context: ScriptApplicationContext) {
		this.#found = findApplication(path);
		this.#context = context;
		this.#xml = readApplicationXml(this.#found.folder);
	}

	/** The name that clients ask for. */
	get name(): string {
		return this.#found.name;
	}

	/** Its folder, absolute. */
	get folder(): string {
		return this.#found.folder;
	}

	/** Its entry script, absolute. */
	get entry(): string {
		return this.#found.entry;
	}

	/** Clients that are here now. */
	get clients(): number {
		return this.#members.size;
	}

	/** Begins the first run. Rejects with XMLSOCKET_SCRIPT_FAILED where the entry script does. */
	start(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#run();
		});
	}

	/** Begins the first run, and another whenever a file has changed; a run that cannot start waits for the next change. */
	async watch(): Promise<void> {
		const { log } = this.#context;
		const application = this.name;
		this.#unwatch = watchFolder(this.folder, {
			changed: (files) => {
				log.info({ application, files }, "files have changed: the application runs again");
				void this.reload();
			},
			failed: (words) =>
				log.error({ application, code: "XMLSOCKET_SCRIPT_FAILED" }, `${words} The application does not run again.`),
		});
		try {
			await this.start();
		} catch (error) {
			const { code, message } = error as XMLSocketError;
			log.error({ application, code }, `${message} It is started when a file changes.`);
		}
	}

	/** A client comes in. @param connect its `connect` document, where it sent one */
	enter(peer: Peer, connect: string | undefined): Session {
		const id = ++this.#lastId;
		const member: ConnectedClient = { peer, connect, accepted: false };
		if (this.#state === "paused" || this.#state === "over") {
			this.#refuse(member, "The application has stopped and is started again shortly.");
			return { document() {}, closed() {} };
		}
		this.#members.set(id, member);
		if (this.#state === "idle") this.#run();
		else this.#open(id, member);
		return {
			document: (text) => this.#document(id, member, text),
			closed: () => {
				if (this.#members.delete(id)) this.#post(["closed", id]);
			},
		};
	}

	/** Runs the scripts again, with the clients that are here: `onConnect` sees each of them again. */
	async reload(): Promise<void> {
		if (this.#state === "over" || this.#state === "between") return;
		clearTimeout(this.#pause);
		this.#state = "between";
		await this.#stopRun("The scripts have changed.");
		if ((this.#state as string) === "over") return;
		for (const member of this.#members.values()) member.accepted = false;
		this.#failures = 0;
		try {
			this.#xml = readApplicationXml(this.folder);
		} catch (error) {
			this.#context.log.error({ application: this.name }, (error as Error).message);
		}
		this.#run();
	}

	/** `onAppStop`, then the end. */
	async close(): Promise<void> {
		this.#state = "over";
		this.#unwatch?.();
		clearTimeout(this.#pause);
		await this.#stopRun("The server stops.");
	}

	async #stopRun(reason: string): Promise<void> {
		const old = this.#worker;
		this.#worker = undefined;
		this.#stopping = old;
		await old?.stop(reason, STOP_MS);
		this.#stopping = undefined;
	}

	#run(): void {
		const { settings } = this.#context;
		const { runtimeSizeKiB, maxTimeOutSeconds } = this.#xml;
		this.#state = "starting";
		this.#startedMs = performance.now();
		const worker = new ScriptWorker(
			this.#workerSettings(),
			{
				timeoutMs: maxTimeOutSeconds === undefined ? settings.scriptTimeoutMs : maxTimeOutSeconds * 1000,
				heapMiB:
					runtimeSizeKiB === undefined ? settings.scriptHeapMiB : BASE_HEAP_MIB + Math.ceil(runtimeSizeKiB / 1024),
			},
			{
				message: (message) => {
					if (this.#worker === worker || this.#stopping === worker) this.#handleMessages(message);
				},
				failed: (error) => {
					if (this.#worker === worker) this.#failed(error);
				},
			},
		);
		this.#worker = worker;
		for (const [id, member] of this.#members) this.#open(id, member);
		const held = this.#held;
		this.#held = [];
		for (const message of held) worker.post(message);
	}

	#workerSettings(): RunSettings {
		const { libraryPath, config, maxUnprocessedChars } = this.#xml;
		const { server, hostname, settings } = this.#context;
		const { folder, entry, name } = this.#found;
		return {
			folder,
			entry,
			name,
			libraryPath,
			config,
			server,
			hostname,
			maxUnprocessedChars: maxUnprocessedChars ?? 4096,
			httpHosts: settings.httpHosts,
			httpTimeoutMs: settings.httpTimeoutMs,
			maxHttpBytes: settings.maxHttpBytes,
		};
	}

	#open(id: number, { peer, connect }: ConnectedClient): void {
		this.#worker?.post(["open", id, peer.remoteAddress, peer.transport, connect]);
	}

	#document(id: number, member: ConnectedClient, text: string): void {
		const waiting = this.#worker?.waiting ?? this.#held.length;
		const limit = this.#context.settings.maxQueuedDocuments;
		if (waiting < limit) this.#post(["document", id, text]);
		else
			member.peer.destroy(
				new XMLSocketError(
					"XMLSOCKET_APPLICATION_BUSY",
					`${waiting} documents wait for the scripts of ${this.name}, and ${limit} is the limit.`,
					{ details: { application: this.name, limit } },
				),
			);
	}

	#post(message: ToWorker): void {
		if (this.#worker) this.#worker.post(message);
		else if (this.#state === "between") this.#held.push(message);
	}

	#handleMessages(message: FromWorker): void {
		const { log, trace } = this.#context;
		switch (message[0]) {
			case "send":
				this.#send(this.#members.get(message[1])?.peer, message[2]);
				break;
			case "broadcast":
				this.#broadcast(message[1]);
				break;
			case "accept": {
				const member = this.#members.get(message[1]);
				if (member) member.accepted = true;
				break;
			}
			case "end":
				this.#end(message[1], message[2]);
				break;
			case "trace":
				trace({ application: this.name, text: message[1], file: message[2], line: message[3] });
				break;
			case "error": {
				const [, words, file, line, column] = message;
				this.errors++;
				log.error(
					{ application: this.name, ...(file === "" ? {} : { at: `${file}:${line}:${column}` }) },
					`a script failed: ${loggable(words)}`,
				);
				break;
			}
			case "log":
				log[message[1]]({ application: this.name, ...(message[3] ? { code: message[3] } : {}) }, loggable(message[2]));
				break;
			case "started":
				this.#state = "running";
				log.debug({ application: this.name }, "the application runs");
				this.#waiting?.resolve();
				this.#waiting = undefined;
				break;
			case "failed":
				void this.#worker?.stop("", 0);
				this.#failed(
					new XMLSocketError("XMLSOCKET_SCRIPT_FAILED", `The application ${this.name} cannot start. ${message[1]}`),
				);
				break;
			case "shutdown":
				void this.#shutDown();
		}
	}

	// The worker has looked for zero bytes; a server with another terminator refuses that one, too, and the script has moved on.
	#send(peer: Peer | undefined, text: string): void {
		try {
			peer?.send(text);
		} catch (error) {
			const { code, message } = error as XMLSocketError;
			this.#context.log.warn({ application: this.name, code }, `a document was not sent: ${message}`);
		}
	}

	#broadcast(text: string): void {
		let bytes: Uint8Array | undefined;
		for (const { peer, accepted } of this.#members.values()) {
			if (!accepted) continue;
			try {
				bytes ??= peer.encode(text);
			} catch {
				// Says why, once.
				this.#send(peer, text);
				return;
			}
			peer.sendEncoded(bytes);
		}
	}

	#end(id: number, words: string | undefined): void {
		const member = this.#members.get(id);
		if (!member) return;
		member.accepted = false;
		member.peer.end(
			words === undefined
				? undefined
				: new XMLSocketError("XMLSOCKET_APPLICATION_REFUSED", `The application ${this.name} ended a client: ${words}.`),
		);
	}

	async #shutDown(): Promise<void> {
		if (this.#state !== "running") {
			this.#context.log.warn({ application: this.name }, "shutdown() is ignored while the application starts or stops");
			return;
		}
		this.#context.log.info({ application: this.name }, "the application shuts itself down; the next client starts it");
		this.#state = "between";
		this.#endAll("NetConnection.Connect.AppShutdown", "The application is shutting down.");
		await this.#stopRun("The application has called shutdown().");
		if ((this.#state as string) === "over") return;
		this.#state = "idle";
		if (this.#members.size > 0) this.#run();
	}

	// The run is over and was not asked to be. Its clients hold a state that is gone: they are ended, and come again.
	#failed(error: XMLSocketError): void {
		const { log, settings } = this.#context;
		const waiting = this.#waiting;
		this.#waiting = undefined;
		this.#worker = undefined;
		this.#state = "paused";
		this.#endAll("NetConnection.Connect.AppShutdown", "The application has stopped.");
		if (waiting) {
			waiting.reject(error);
			return;
		}
		if (performance.now() - this.#startedMs > CALM_MS) this.#failures = 0;
		const pauseMs = settings.scriptRestartMs * 2 ** Math.min(this.#failures++, MOST_DOUBLINGS);
		this.restarts++;
		log.error(
			{ application: this.name, code: error.code, ...error.details },
			`${error.message} It is started again in ${pauseMs} ms.`,
		);
		this.#pause = setTimeout(() => this.#run(), pauseMs);
	}

	#endAll(code: string, description: string): void {
		const members = [...this.#members.values()];
		this.#members.clear();
		this.#held = [];
		for (const member of members) {
			if (member.connect !== undefined) member.peer.send(statusText("error", code, description));
			member.peer.end();
		}
	}

	#refuse({ peer, connect }: ConnectedClient, description: string): void {
		if (connect !== undefined) peer.send(statusText("error", "NetConnection.Connect.Failed", description));
		peer.end();
	}
}
