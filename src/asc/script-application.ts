// One Server-Side ActionScript application: its clients, and its runs, one after the other. When a run fails or is stopped, its clients
// are disconnected and the next run starts after a pause; a reload keeps the clients.
// Implements docs/guide/asc.md, "When a script fails" and "Reload and stop".

import type { Peer, Session } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Logger } from "../server/index.ts";
import { ApplicationClients, type ConnectedClient, type TraceLine } from "./application-clients.ts";
import { type ApplicationXml, readApplicationXml } from "./application-xml.ts";
import type { FoundApplication } from "./folder.ts";
import { HeldClients } from "./held-clients.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import type { AscSettings } from "./options.ts";
import { weightOf } from "./queued-documents.ts";
import { type RunSettings, ScriptWorker } from "./script-worker.ts";
import { watchFolder } from "./watch-folder.ts";

/** What an application needs from the script host. */
export interface ScriptApplicationContext {
	readonly settings: AscSettings;
	readonly log: Logger;
	readonly trace: (line: TraceLine) => void;
	/** The values of `application.server` and `application.hostname`. */
	readonly server: string;
	readonly hostname: string;
}

const STOP_MS = 5000;
const BASE_HEAP_MIB = 16;
const CALM_MS = 60_000;
const MOST_DOUBLINGS = 5;

/** An application whose scripts run in their own thread. */
export class ScriptApplication {
	readonly #found: FoundApplication;
	readonly #context: ScriptApplicationContext;
	readonly #clients: ApplicationClients;
	/** Clients that are ahead of the scripts, or behind with reading. */
	readonly #slowed: HeldClients;
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
	/** Runs that failed and were restarted. */
	restarts = 0;

	/** @throws XMLSOCKET_APPLICATION_XML_INVALID */
	constructor(found: FoundApplication, context: ScriptApplicationContext) {
		this.#found = found;
		this.#context = context;
		this.#xml = readApplicationXml(this.#found.folder);
		this.#clients = new ApplicationClients(this.#found.name, context.log, context.trace);
		this.#slowed = new HeldClients(
			(id) => this.#hasCaughtUp(id),
			(error) => this.#clients.failed(error),
		);
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

	/** Uncaught exceptions of the scripts. */
	get errors(): number {
		return this.#clients.errors;
	}

	get #members(): Map<number, ConnectedClient> {
		return this.#clients.members;
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
				this.reload().catch((error) => this.#clients.failed(error));
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
			this.#clients.refuse(member, "The application has stopped and restarts shortly.");
			return { document() {}, closed() {} };
		}
		// Clients that come and go fill the queue too.
		if (this.#queuedWeight >= 2 * this.#context.settings.maxQueuedDocuments) {
			this.#clients.refuse(member, "The application is busy.");
			return { document() {}, closed() {} };
		}
		this.#members.set(id, member);
		if (this.#state === "idle") this.#run();
		else this.#open(id, member);
		return {
			document: (text) => this.#document(id, member, text),
			closed: () => {
				this.#slowed.delete(id);
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

	// A thread may not start, for example without memory: then the run fails as one that has begun.
	#run(): void {
		try {
			this.#startRun();
		} catch (cause) {
			this.#failed(
				new XMLSocketError("XMLSOCKET_SCRIPT_FAILED", `The application ${this.name} cannot start: ${String(cause)}`, {
					cause,
				}),
			);
		}
	}

	#startRun(): void {
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
					if (this.#worker === worker || this.#stopping === worker) this.#handleMessage(message);
				},
				failed: (error) => {
					if (this.#worker === worker) this.#failed(error);
				},
				threw: (error) => this.#clients.failed(error),
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
		if (member.cut || !this.#hasRoom(id)) return;
		this.#post(["document", id, text]);
		if (this.#state !== "over" && !this.#mayContinue(id, member.peer, 1)) this.#slowed.hold(id, member.peer);
	}

	#hasCaughtUp(id: number): boolean {
		const member = this.#members.get(id);
		return member === undefined || this.#mayContinue(id, member.peer, 2);
	}

	// Whether a client may send its next document: it has less than its share in the queue, divided by `part`, and reads what it is sent.
	#mayContinue(id: number, peer: Peer, part: number): boolean {
		const queued = this.#worker?.queued;
		const limit = this.#context.settings.maxQueuedDocuments;
		if (!queued || queued.weight >= limit || peer.outboxBytes > peer.softOutboxBytes / 8) return false;
		return queued.of(id) < Math.max(1, queued.share(limit) / part);
	}

	// Clients that have reached their share send one more document each, so only many clients with long documents come to twice the limit.
	// Then the client with the most is disconnected; if that is not enough, the sender.
	#hasRoom(sender: number): boolean {
		const limit = this.#context.settings.maxQueuedDocuments;
		const waiting = this.#queuedWeight;
		if (waiting < 2 * limit) return true;
		const busiest = this.#worker?.queued.busiest((id) => this.#members.get(id)?.cut === false) ?? sender;
		const culprit = waiting < 4 * limit ? busiest : sender;
		const member = this.#members.get(culprit);
		if (member) {
			member.cut = true;
			member.peer.destroy(
				new XMLSocketError(
					"XMLSOCKET_APPLICATION_BUSY",
					`${waiting} documents wait for the scripts of ${this.name}, and twice the limit of ${limit} is the most; a long one counts once for each 4096 characters. This client has sent the most of them.`,
					{ details: { application: this.name, limit } },
				),
			);
		}
		return culprit !== sender;
	}

	/** What waits for the scripts: documents, the long ones as several, and clients that come and go. */
	get #queuedWeight(): number {
		return this.#worker?.queued.weight ?? this.#held.reduce((sum, message) => sum + weightOf(message), 0);
	}

	#post(message: ToWorker): void {
		if (this.#worker) this.#worker.post(message);
		else if (this.#state === "between") this.#held.push(message);
	}

	#handleMessage(message: FromWorker): void {
		if (this.#clients.handle(message)) return;
		switch (message[0]) {
			case "started":
				this.#state = "running";
				this.#context.log.debug({ application: this.name }, "the application runs");
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
				this.#shutDown().catch((error) => this.#clients.failed(error));
		}
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

	/** Called once a second. */
	sweep(nowMs: number): void {
		this.#clients.sweep(nowMs);
	}

	#endClients(ids: readonly number[], code: string, description: string): void {
		this.#clients.endAll(ids, code, description);
		this.#held = this.#held.filter(([, id]) => this.#members.has(id as number));
	}
}
