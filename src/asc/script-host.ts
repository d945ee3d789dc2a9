// The script host as an application of a server: one or several script applications on one port. A client's first document selects one:
// `<connect app="NAME">` by name; any other document, or none in time, selects the first.
// Implements docs/guide/asc.md, "Several applications" and "Documents and calls".

import { hostname } from "node:os";
import type { Application, Handshake, Peer, Session } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { LinkClose } from "../link/index.ts";
import { checkOptions } from "../options/index.ts";
import { type Logger, silentLogger } from "../server/index.ts";
import { readRoot } from "../xml/index.ts";
import type { TraceLine } from "./application-clients.ts";
import { type FoundApplication, findApplication } from "./folder.ts";
import { type AscOptions, ascSchema } from "./options.ts";
import { RemoteApplication, type RemoteClients } from "./remote-application.ts";
import { ScriptApplication } from "./script-application.ts";
import { statusText } from "./status-text.ts";

/** What a script host needs in addition to its options. */
export interface ScriptHostParts {
	/** Default: nothing is logged. */
	readonly log?: Logger | undefined;
	/** Receives the lines of `trace()`. Default: they are dropped. */
	readonly trace?: ((line: TraceLine) => void) | undefined;
	/** The value of `application.server`. Default: `xmlsocket`. */
	readonly server?: string | undefined;
	/**
	 * With several processes: where an application of another process gets its clients; undefined for those of this process. `index` counts
	 * the paths. Default: all are here.
	 */
	readonly elsewhere?: ((index: number) => RemoteClients | undefined) | undefined;
}

/** An application of a script host. */
export interface HostedApplication {
	/** The name that clients ask for. */
	readonly name: string;
	/** Its entry script, absolute. */
	readonly entry: string;
	/** Connected clients. */
	readonly clients: number;
	/** Uncaught exceptions of its scripts. */
	readonly errors: number;
	/** Runs that failed and were restarted. */
	readonly restarts: number;
	/** Adds a client. @param connect its `connect` document, if it sent one */
	enter(peer: Peer, connect: string | undefined, handshake: Handshake): Session;
	/** Once a second. */
	sweep(nowMs: number): void;
	/** Resolves when it sends nothing more. */
	close(): Promise<void>;
}

/**
 * Runs Server-Side ActionScript applications; each is a folder with a `main.asc`, or a script.
 *
 * Rejects with XMLSOCKET_SCRIPT_UNREADABLE, XMLSOCKET_SCRIPT_FAILED, XMLSOCKET_APPLICATION_XML_INVALID, XMLSOCKET_OPTION_UNKNOWN or
 * XMLSOCKET_OPTION_INVALID.
 *
 * @example
 * ```ts
 * const application = await openScriptHost(["applications/chat"], {}, { trace: (line) => console.log(line.text) });
 * const server = await createServer({ port: 9000, application }).listen();
 * ```
 */
export async function openScriptHost(
	paths: readonly string[],
	options: AscOptions = {},
	parts: ScriptHostParts = {},
): Promise<ScriptHost> {
	const settings = checkOptions(ascSchema, options);
	const context = {
		settings,
		log: parts.log ?? silentLogger,
		trace: parts.trace ?? (() => {}),
		server: parts.server ?? "xmlsocket",
		hostname: hostname(),
	};
	const found = paths.map(findApplication);
	checkNames(found);
	const own: ScriptApplication[] = [];
	const applications = found.map((application, index) => {
		const clients = parts.elsewhere?.(index);
		if (clients) return new RemoteApplication(application, clients);
		const script = new ScriptApplication(application, context);
		own.push(script);
		return script;
	});
	const [first] = applications;
	if (!first) throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "There is no application to run.");
	try {
		await Promise.all(own.map((application) => (settings.watch ? application.watch() : application.start())));
	} catch (error) {
		await Promise.all(own.map((application) => application.close()));
		throw error;
	}
	return new ScriptHost([first, ...applications.slice(1)], settings.connectWaitMs);
}

function checkNames(applications: readonly FoundApplication[]): void {
	const names = new Set<string>();
	for (const { name } of applications) {
		if (names.has(name))
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				`Two applications have the name "${name}"; rename a folder.`,
			);
		names.add(name);
	}
}

/** The applications that a script host runs. */
export class ScriptHost implements Application {
	readonly output = "text";
	/** In the order given; the first serves the clients that name no application. */
	readonly applications: readonly [HostedApplication, ...HostedApplication[]];
	readonly #waiting = new Map<ClientSession, number>();
	readonly #waitMs: number;

	/** @internal use `openScriptHost`. */
	constructor(applications: readonly [HostedApplication, ...HostedApplication[]], waitMs: number) {
		this.applications = applications;
		this.#waitMs = waitMs;
	}

	open(peer: Peer, handshake: Handshake): Session {
		const session = new ClientSession(peer, handshake, this.applications, () => this.#waiting.delete(session));
		this.#waiting.set(session, performance.now());
		return session;
	}

	sweep(): void {
		const now = performance.now();
		for (const [session, sinceMs] of this.#waiting) if (now - sinceMs >= this.#waitMs) session.silent();
		for (const application of this.applications) application.sweep(now);
	}

	/** Stops the applications while their clients are still connected, so that what `onAppStop` sends reaches them. */
	drain(): Promise<void> {
		return this.close();
	}

	async close(): Promise<void> {
		await Promise.all(this.applications.map((application) => application.close()));
	}

	stats(): Record<string, number> {
		let [clients, errors, restarts] = [0, 0, 0];
		for (const application of this.applications) {
			clients += application.clients;
			errors += application.errors;
			restarts += application.restarts;
		}
		return { asc_clients: clients, asc_errors: errors, asc_restarts: restarts };
	}
}

/** One connection, before and after its application is known. */
class ClientSession implements Session {
	readonly #peer: Peer;
	readonly #handshake: Handshake;
	readonly #applications: readonly [HostedApplication, ...HostedApplication[]];
	readonly #settled: () => void;
	#session: Session | undefined = undefined;
	#over = false;

	constructor(
		peer: Peer,
		handshake: Handshake,
		applications: readonly [HostedApplication, ...HostedApplication[]],
		settled: () => void,
	) {
		this.#peer = peer;
		this.#handshake = handshake;
		this.#applications = applications;
		this.#settled = settled;
	}

	get heldBytes(): number {
		return this.#session?.heldBytes ?? 0;
	}

	document(text: string): void {
		if (this.#over) return;
		if (this.#session) this.#session.document(text);
		else this.#first(text);
	}

	/** The client has sent no document in time. */
	silent(): void {
		this.#settled();
		this.#session = this.#applications[0].enter(this.#peer, undefined, this.#handshake);
	}

	closed(close: LinkClose): void {
		this.#over = true;
		this.#settled();
		this.#session?.closed(close);
	}

	#first(text: string): void {
		this.#settled();
		const root = readRoot(text);
		if (root?.name !== "connect") {
			this.#session = this.#applications[0].enter(this.#peer, undefined, this.#handshake);
			this.#session.document(text);
			return;
		}
		// `chat/room1` is an instance in Flash Media Server; here an application has one.
		const wanted = (root.attribute("app") ?? this.#applications[0].name).split("/", 1)[0] as string;
		const application = this.#applications.find(({ name }) => name === wanted);
		if (application) this.#session = application.enter(this.#peer, text, this.#handshake);
		else this.#unknown(wanted);
	}

	#unknown(wanted: string): void {
		this.#over = true;
		const words = `There is no application "${wanted.slice(0, 100)}".`;
		this.#peer.send(statusText("error", "NetConnection.Connect.InvalidApp", words));
		this.#peer.end(new XMLSocketError("XMLSOCKET_APPLICATION_UNKNOWN", words));
	}
}
