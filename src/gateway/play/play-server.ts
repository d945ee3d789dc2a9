// `play` as a library: one server with the page, the movie, Ruffle, and a gateway to what the movie may reach. It opens no browser
// and prints nothing.

import { createServer, type Logger, noDocuments, type Server } from "../../server/index.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import { type RuffleRoutes, ruffleRoutes } from "../ruffle-package.ts";
import { SiteRoutes } from "../site/site-routes.ts";
import { reachableTargets } from "../site/socket-proxy.ts";
import { EventFeed } from "./event-feed.ts";
import { type Movie, movieOf } from "./movie.ts";
import { PlayRoutes } from "./play-routes.ts";

/** What is played, and how. */
export interface PlayOptions {
	/** Path or http(s) address of a SWF. */
	readonly movie: string;
	/** What it may reach: `[NAME=]HOST:PORT`, as a gateway's targets are written. */
	readonly allow: readonly string[];
	/** FlashVars. */
	readonly parameters: Readonly<Record<string, string>>;
	/** 0: any free one. */
	readonly port: number;
	readonly dialTimeoutMs?: number | undefined;
	/** A configuration file that collects what was asked for and refused. */
	readonly learn?: string | undefined;
	/** Encoding of the targets; the movie speaks UTF-8. */
	readonly encoding?: string | undefined;
	/** The command line, which the page shows with one more target where the movie needs it. */
	readonly command: string;
	/** The folder of the built pages. */
	readonly pages: string;
	/** Default: the package, where it is installed. */
	readonly ruffle?: RuffleRoutes | undefined;
	readonly log: Logger;
}

/** A movie that can be played. */
export interface Play {
	readonly server: Server;
	readonly movie: Movie;
	readonly gateway: Gateway;
	readonly ruffle: RuffleRoutes;
}

/**
 * Makes the server; it listens once its `listen()` is called.
 *
 * @throws XMLSOCKET_MOVIE_UNREADABLE, XMLSOCKET_ADDRESS_INVALID for a target, XMLSOCKET_OPTION_INVALID for an encoding,
 * XMLSOCKET_CONFIG_UNREADABLE for the file of `learn`, XMLSOCKET_PORT_RESERVED
 */
export function createPlay(options: PlayOptions): Play {
	const { allow, parameters, command, pages, dialTimeoutMs, learn, encoding } = options;
	const movie = movieOf(options.movie);
	const feed = new EventFeed(options.log);
	const gateway = createGateway(
		{
			targets: [...allow],
			...(dialTimeoutMs === undefined ? {} : { dialTimeoutMs }),
			...(learn === undefined ? {} : { learn }),
			...(encoding === undefined ? {} : { encoding }),
		},
		{ log: feed },
	);
	const targets = reachableTargets(gateway.targets, allow);
	const ruffle = options.ruffle ?? ruffleRoutes();
	const site = new SiteRoutes({
		folder: undefined,
		inject: false,
		ruffle,
		targets: () => targets,
		reports: true,
		forOtherSites: false,
		log: feed,
	});
	const page = new PlayRoutes({ movie, pages, ruffle, site, targets, parameters, command, feed });
	const server = createServer({
		port: options.port,
		// The page is of this machine's own browser.
		host: "localhost",
		policy: "off",
		application: noDocuments,
		log: feed,
		routes: [gateway, page],
	});
	return { server, movie, gateway, ruffle };
}
