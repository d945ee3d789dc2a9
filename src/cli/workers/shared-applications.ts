// The applications of `serve --app` and `run` with workers: each runs in one of the workers, the first in the first. The others forward their
// clients to it.

import { type AscOptions, openScriptHost, type ScriptHostParts } from "../../asc/index.ts";
import type { Bus } from "../../cluster/index.ts";
import { ApplicationExchange, type RunApplication } from "../../server/forwarding/application-exchange.ts";
import { documentEncoder } from "../../server/forwarding/document-encoder.ts";
import type { Application, Logger, ServerOptions } from "../../server/index.ts";
import { type ApplicationModule, type FoundModule, openModule } from "../application-module.ts";
import type { NamedApplication } from "../banner.ts";

/** A worker among the others. */
export interface WorkerPlace {
	/** From 1. */
	readonly number: number;
	/** How many there are. */
	readonly count: number;
	readonly bus: Bus;
}

/** What a worker's server runs. */
export interface SharedApplications {
	readonly application: Application<"text"> | Application<"bytes">;
	readonly applications: readonly NamedApplication[];
}

type Output = "text" | "bytes";

/** Opens this worker's part of the applications that `paths` names. Rejects as `openScriptHost`. */
export async function shareScripts(
	paths: readonly string[],
	options: AscOptions,
	parts: ScriptHostParts,
	server: ServerOptions,
	place: WorkerPlace,
	log: Logger,
): Promise<SharedApplications> {
	const exchange = new ApplicationExchange({ bus: place.bus, log, encode: documentEncoder(server) });
	const isOwn = (index: number): boolean => index % place.count === place.number - 1;
	const host = await openScriptHost(paths, options, {
		...parts,
		elsewhere: (index) => (isOwn(index) ? undefined : exchange),
	});
	for (const [index, application] of host.applications.entries()) {
		if (!isOwn(index)) continue;
		exchange.run(application.name, {
			output: "text",
			open: (peer, { first, handshake }) => application.enter(peer, first, handshake),
			stopped: () => application.close(),
		});
	}
	return { application: shared(host, exchange) as Application, applications: host.applications };
}

/** The same for a module, which runs in the first worker. Rejects as `openModule`. */
export async function shareModule(
	found: FoundModule,
	server: ServerOptions,
	place: WorkerPlace,
	log: Logger,
): Promise<SharedApplications> {
	const exchange = new ApplicationExchange({ bus: place.bus, log, encode: documentEncoder(server) });
	const { name } = found;
	if (place.number === 1) {
		const module = await openModule(found);
		const application = shared(module.application as Application<Output>, exchange);
		exchange.run(name, runOf(module, application));
		return { application: application as Application, applications: [module] };
	}
	const facts = await exchange.facts(name);
	const application: Application<Output> = {
		output: facts.output,
		...(facts.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: facts.idleTimeoutMs }),
		open: (peer, handshake) => exchange.enter(peer, { application: name, handshake }, () => {}),
		drain: () => exchange.released(name),
	};
	return { application: shared(application, exchange) as Application, applications: [found] };
}

function runOf({ application }: ApplicationModule, shared: Application<Output>): RunApplication {
	const { output, idleTimeoutMs } = application;
	return {
		output,
		idleTimeoutMs,
		open: (peer, { handshake }) => application.open(peer, handshake),
		stopped: async () => shared.drain?.(0),
	};
}

/** An application with the clients that the exchange adds and takes away. */
function shared(application: Application<Output>, exchange: ApplicationExchange): Application<Output> {
	const { idleTimeoutMs } = application;
	return {
		output: application.output,
		...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
		open: (peer, handshake) => application.open(peer, handshake),
		sweep: (nowMs) => {
			application.sweep?.(nowMs);
			exchange.sweep();
		},
		drain: (retryAfterSeconds) => exchange.stop(() => application.drain?.(retryAfterSeconds)),
		close: async () => {
			try {
				await application.close?.();
			} finally {
				exchange.close();
			}
		},
		health: () => application.health?.() ?? { ready: true, trouble: undefined },
		stats: () => ({ ...application.stats?.(), ...exchange.stats() }),
	};
}
