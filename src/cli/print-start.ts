// What `serve` prints once the daemon listens: the banner, or one JSON object.

import { resolve } from "node:path";
import type { Gateway } from "../gateway/index.ts";
import { type BannerServer, banner, firstPage, type NamedApplication } from "./banner.ts";
import { brokers, hasFolder } from "./room-storage.ts";
import type { ServeSettings } from "./serve-schema.ts";
import type { ShownStart } from "./server-process.ts";
import type { Site } from "./site.ts";

/** A daemon that listens, as far as it is printed. */
export interface StartedDaemon {
	readonly server: BannerServer;
	readonly gateway: Gateway | undefined;
	readonly site: Site;
	readonly applications: readonly NamedApplication[];
	/** Processes that serve clients. */
	readonly workers: number;
}

/** How it is printed. */
export interface StartFacts {
	readonly json: boolean;
	readonly version: string;
	/** When the start began, monotonic milliseconds. */
	readonly begun: number;
}

/** Prints the start of a daemon. @returns what the keys of its terminal show; undefined with --json */
export function printStart(
	daemon: StartedDaemon,
	settings: ServeSettings,
	{ json, version, begun }: StartFacts,
): ShownStart {
	const { server, gateway, site, applications, workers } = daemon;
	if (json) {
		const facts = {
			event: "listening",
			version,
			port: server.port,
			addresses: server.addresses,
			tls: server.secure,
			policy: server.policyText ?? null,
			policyPort: server.policyPort ?? null,
			data: hasFolder(settings) ? resolve(settings.data) : null,
			nats: brokers(settings).length > 0,
			targets: gateway?.targets.map(({ name, host, port, path }) => ({ name, host, port, path })) ?? [],
			applications: applications.map(({ name, entry }) => ({ name, entry })),
			workers,
		};
		process.stdout.write(`${JSON.stringify(facts)}\n`);
		return undefined;
	}
	const tookMs = performance.now() - begun;
	const show = (): string => banner(server, gateway, applications, site, settings, version, tookMs, workers);
	process.stdout.write(show());
	return { show, page: firstPage(server, settings) };
}
