// One Server-Side ActionScript application: its clients, and its runs, one after the other. When a run fails or is stopped, its clients
// are disconnected and the next run starts after a pause; a reload keeps the clients.
// Implements docs/guide/asc.md, "When a script fails" and "Reload and stop".

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
	/** Empty if the position is unknown. */
	readonly file: string;
	readonly line: number;
	readonly text: string;
}

/** What an application needs from the script host. */
export interface ScriptApplicationContext {
	readonly settings: AscSettings;
	readonly log: Logger;
	readonly trace: (line: TraceLine) => void;
	/** The values of `application.server` and `application.hostname`. */
	readonly server: string;
	readonly hostname: string;
}

interface ConnectedClient {
	readonly peer: Peer;
	readonly connect: string | undefined;
	accepted: boolean;
	/** Whether it was disconnected because its documents filled the queue. */
	cut: boolean;
}

const STOP_MS = 5000;
const BASE_HEAP_MIB = 16;
const CALM_MS = 60_000;
const MOST_DOUBLINGS = 5;

/** An application whose scripts run in their own thread. */
export class ScriptApplication {
	readonly #found: FoundApplication;
	readonly #context: ScriptApplicationContext;
	readonly #members = new Map<number, ConnectedClient>();
	#xml: ApplicationXml;
	#worker: ScriptWorker | undefined;
	/** The run that executes its `onAppStop`. */
	#stopping: ScriptWorker | undefined;
	/** `between`: one run has ended, and clients wait for the next; `idle`: the next client starts a run; `paused`: a run failed. */
	#state: "starting" | "running" | "between" | "idle" | "paused" | "over" = "idle";
	#held: ToWorker[] = [];
	#lastId = 0;
	#failures = 0;
	#startedMs = 0;
	#pause: NodeJS.Timeout | undefined;
	#unwatch: (() => void) | undefined;
	#stop: Promise<boolean> | undefined;
	#closing: Promise<void> | undefined;
	#waiting: { resolve: () => void; reject: (error: XMLSocketError) => void } | undefined;
	/** Uncaught exceptions of the scripts. */
	errors = 0;
	/** Runs that failed and were restarted. */
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

	/** Connected clients. */
	get clients(): number {
		return this.#members.size;
	}

	/** Starts the first run. Rejects with XMLSOCKET_SCRIPT_FAILED if the entry script fails. */
	start(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#run();
		});
	}

	/** Starts the first run, and a new run after each change of a file. A run that cannot start waits for the next change. */
	async watch(): Promise<void> {
		const { log } = this.#context;
		const application = this.name;
		this.#unwatch = watchFolder(this.folder, {
			changed: (files) => {
				log.info({ application, files }, "files have changed: the application restarts");
				void this.reload();
			},
			failed: (words) =>
				log.error({ application, code: "XMLSOCKET_SCRIPT_FAILED" }, `${words} The application does not restart.`),
		});
		try {
			await this.start();
		} catch (error) {
			const { code, message } = error as XMLSocketError;
			log.error({ application, code }, `${message} It starts when a file changes.`);
		}
	}

	/** Adds a client. @param connect its `connect` document, if it sent one */
	enter(peer: Peer, connect: string | undefined): Session {
		const id = ++this.#lastId;
		const member: ConnectedClient = { peer, connect, accepted: false, cut: false };
		if (this.#state === "paused" || this.#state === "over") {
			this.#refuse(member, "The application has stopped and restarts shortly.");
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

	/** Restarts the scripts and keeps the clients: `onConnect` runs again for each of them. */
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

	/** Runs `onAppStop` and `onDisconnect` for each client, then ends the clients and the application. */
	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		this.#state = "over";
		this.#unwatch?.();
		clearTimeout(this.#pause);
		await this.#stop; // of shutdown() or a reload
		await this.#stopRun("The server stops.");
		this.#endClients([...this.#members.keys()], "NetConnection.Connect.AppShutdown", "The server is shutting down.");
	}

	/** Returns false if the scripts may refuse to stop and have; then they continue. */
	#stopRun(reason: string, mayRefuse = false): Promise<boolean> {
		this.#stop = this.#stopWorker(reason, mayRefuse);
		return this.#stop;
	}

	async #stopWorker(reason: string, mayRefuse: boolean): Promise<boolean> {
		const old = this.#worker;
		this.#worker = undefined;
		this.#stopping = old;
		const isStopped = (await old?.stop(reason, STOP_MS, mayRefuse)) ?? true;
		this.#stopping = undefined;
		if (!isStopped) this.#worker = old;
		return isStopped;
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
		if (member.cut) return;
		const waiting = this.#worker?.waiting ?? this.#held.length;
		const limit = this.#context.settings.maxQueuedDocuments;
		if (waiting < limit || this.#makeRoom(id, waiting, limit)) this.#post(["document", id, text]);
	}

	// The queue is full. Disconnects the client with the most documents in it, and returns whether that of `sender` may still be added:
	// those of disconnected clients no longer count, up to twice the limit.
	#makeRoom(sender: number, waiting: number, limit: number): boolean {
		const { documents, busiest } = this.#worker?.queued.summary((id) => this.#members.get(id)?.cut === false) ?? {
			documents: limit,
			busiest: sender,
		};
		if (documents < limit && waiting < 2 * limit) return true;
		const culprit = waiting < 2 * limit && busiest !== 0 ? busiest : sender;
		const member = this.#members.get(culprit);
		if (member) {
			member.cut = true;
			member.peer.destroy(
				new XMLSocketError(
					"XMLSOCKET_APPLICATION_BUSY",
					`${waiting} documents wait for the scripts of ${this.name}, and ${limit} is the limit. This client has sent the most of them.`,
					{ details: { application: this.name, limit } },
				),
			);
		}
		return culprit !== sender;
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
			case "left": {
				const member = this.#members.get(message[1]);
				if (member) member.accepted = false;
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
					`a script threw an exception: ${loggable(words)}`,
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

	// The worker has checked for zero bytes. A server with another terminator refuses that terminator here, after the script's call.
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
				// Logs the reason once.
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
		const { log } = this.#context;
		this.#state = "between";
		const clients = [...this.#members.keys()];
		// First onAppStop, which may still send to the clients, or refuse.
		const isStopped = await this.#stopRun("The application has called shutdown().", true);
		if (!isStopped && (this.#state as string) !== "over") {
			log.info(
				{ application: this.name },
				"the application called shutdown(), and its onAppStop refused: it continues",
			);
			this.#continue(new Set(clients));
			return;
		}
		log.info({ application: this.name }, "the application called shutdown(); the next client starts it");
		this.#endClients(clients, "NetConnection.Connect.AppShutdown", "The application is shutting down.");
		if ((this.#state as string) === "over") return;
		this.#state = "idle";
		if (this.#members.size > 0) this.#run();
	}

	// What has arrived while onAppStop ran goes to the same run.
	#continue(known: ReadonlySet<number>): void {
		this.#state = "running";
		for (const [id, member] of this.#members) if (!known.has(id)) this.#open(id, member);
		for (const message of this.#held.splice(0)) this.#post(message);
	}

	// The run failed. Its clients depend on state that is lost, so they are disconnected and can connect again.
	#failed(error: XMLSocketError): void {
		const { log, settings } = this.#context;
		const waiting = this.#waiting;
		this.#waiting = undefined;
		this.#worker = undefined;
		this.#state = "paused";
		this.#held = [];
		this.#endClients([...this.#members.keys()], "NetConnection.Connect.AppShutdown", "The application has stopped.");
		if (waiting) {
			waiting.reject(error);
			return;
		}
		if (performance.now() - this.#startedMs > CALM_MS) this.#failures = 0;
		const pauseMs = settings.scriptRestartMs * 2 ** Math.min(this.#failures++, MOST_DOUBLINGS);
		this.restarts++;
		log.error(
			{ application: this.name, code: error.code, ...error.details },
			`${error.message} It restarts in ${pauseMs} ms.`,
		);
		this.#pause = setTimeout(() => this.#run(), pauseMs);
	}

	#endClients(ids: readonly number[], code: string, description: string): void {
		for (const id of ids) {
			const member = this.#members.get(id);
			if (!member) continue;
			this.#members.delete(id);
			if (member.connect !== undefined) member.peer.send(statusText("error", code, description));
			member.peer.end();
		}
		this.#held = this.#held.filter(([, id]) => this.#members.has(id as number));
	}

	#refuse({ peer, connect }: ConnectedClient, description: string): void {
		if (connect !== undefined) peer.send(statusText("error", "NetConnection.Connect.Failed", description));
		peer.end();
	}
}
