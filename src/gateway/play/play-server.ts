// `play` as a library: one server with the page, the movie, Ruffle, and a gateway to the targets of the movie. It opens no browser and
// prints nothing.

import { createServer, type Logger, noDocuments, type Server } from "../../server/index.ts";
import type { CaptureInfo, TrafficEvent } from "../../tools/traffic/index.ts";
import { TrafficFeed } from "../../traffic-feed/index.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import { type RuffleRoutes, ruffleRoutes } from "../ruffle-package.ts";
import { SiteRoutes } from "../site/site-routes.ts";
import { type ReachableTarget, reachableTargets } from "../site/socket-proxy.ts";
import { EventFeed } from "./event-feed.ts";
import { type Movie, movieOf } from "./movie.ts";
import { MovieTraffic } from "./movie-traffic.ts";
import { PlayRoutes } from "./play-routes.ts";

/** The options of `createPlay`. */
export interface PlayOptions {
	/** The path or the http(s) address of a SWF. */
	readonly movie: string;
	/** The targets that the movie may reach: `[NAME=]HOST:PORT`, as for a gateway. */
	readonly allow: readonly string[];
	/** FlashVars. */
	readonly parameters: Readonly<Record<string, string>>;
	/** 0: any free port. */
	readonly port: number;
	readonly dialTimeoutMs?: number | undefined;
	/** A configuration file that records refused targets. */
	readonly learn?: string | undefined;
	/** The encoding of the targets; the movie uses UTF-8. */
	readonly encoding?: string | undefined;
	/** The command line, which the page shows with one more target if the movie needs it. */
	readonly command: string;
	/** The folder of the built pages. */
	readonly pages: string;
	/** Default: the installed package. */
	readonly ruffle?: RuffleRoutes | undefined;
	/** Called for each event of the movie's sockets, in order. Default: only the page shows them. */
	readonly onEvent?: ((event: TrafficEvent) => void) | undefined;
	readonly log: Logger;
}

/** A server that plays a movie. */
export interface Play {
	readonly server: Server;
	readonly movie: Movie;
	readonly gateway: Gateway;
	readonly ruffle: RuffleRoutes;
	/** What is true of all events. */
	readonly info: CaptureInfo;
}

/**
 * Creates the server. Call its `listen()` to start it.
 *
 * @throws XMLSOCKET_MOVIE_UNREADABLE, XMLSOCKET_TARGET_INVALID for a target, XMLSOCKET_OPTION_INVALID for an encoding,
 * XMLSOCKET_CONFIG_UNREADABLE for the file of `learn`, XMLSOCKET_PORT_RESERVED
 */
export function createPlay(options: PlayOptions): Play {
	const { allow, parameters, command, pages, dialTimeoutMs, learn, encoding } = options;
	const movie = movieOf(options.movie);
	const feed = new EventFeed(options.log);
	const traffic = new MovieTraffic((event) => {
		trafficFeed.add(event);
		options.onEvent?.(event);
	});
	const gateway = createGateway(
		{
			targets: [...allow],
			...(dialTimeoutMs === undefined ? {} : { dialTimeoutMs }),
			...(learn === undefined ? {} : { learn }),
			...(encoding === undefined ? {} : { encoding }),
		},
		{ log: feed, observe: traffic.observe },
	);
	const targets = (): ReachableTarget[] => reachableTargets(gateway.targets, gateway.targetTexts);
	const trafficFeed = new TrafficFeed({
		info: traffic.info,
		allow: (target) => {
			const { name } = gateway.allow(target);
			feed.info({ target: name }, "the user of the page allowed a target");
		},
	});
	const ruffle = options.ruffle ?? ruffleRoutes();
	const site = new SiteRoutes({
		folder: undefined,
		inject: false,
		ruffle,
		targets,
		reports: true,
		forOtherSites: false,
		log: feed,
	});
	const page = new PlayRoutes({ movie, pages, ruffle, site, targets, parameters, command, feed, trafficFeed });
	const server = createServer({
		port: options.port,
		// Only this machine's browser needs the page.
		host: "localhost",
		policy: "off",
		application: noDocuments,
		log: feed,
		routes: [gateway, page],
	});
	return { server, movie, gateway, ruffle, info: traffic.info };
}
