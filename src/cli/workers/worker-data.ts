// What a worker of `serve --workers` gets from the primary process, and what it reports once it listens.

import type { BannerServer, NamedApplication } from "../banner.ts";
import type { ServeSettings } from "../serve-schema.ts";

/** What a worker begins with. */
export interface WorkerData {
	/** The daemon's settings; the limits of all connections are the worker's share. */
	readonly settings: ServeSettings;
	/** How many workers there are. */
	readonly count: number;
	readonly version: string;
	readonly json: boolean;
}

/** What it reports. */
export interface WorkerFacts extends BannerServer {
	readonly applications: readonly NamedApplication[];
}
