// The site of `serve` and `gateway`: its folder, Ruffle, and the configuration of the targets that its movies may reach.

import type { Gateway } from "../gateway/index.ts";
import { RUFFLE_INSTALL, ruffleRoutes } from "../gateway/ruffle-package.ts";
import { SiteRoutes } from "../gateway/site/site-routes.ts";
import { type ReachableTarget, reachableTargets } from "../gateway/site/socket-proxy.ts";
import type { Logger } from "../server/index.ts";

/** The options of a site. */
export interface SiteSettings {
	readonly web?: string | undefined;
	readonly inject: boolean;
	readonly origin: readonly string[];
}

/** The routes of a site. */
export interface Site {
	readonly routes: SiteRoutes;
	/** Whether Ruffle is installed. */
	hasRuffle(): boolean;
	/** Warnings for the operator, one line each. */
	warnings(): string[];
}

/**
 * Creates the routes for the configuration script and Ruffle, and for the folder if there is one.
 *
 * @param own the targets that need no gateway; called after the server listens.
 * @throws XMLSOCKET_FOLDER_UNREADABLE
 */
export function makeSite(
	settings: SiteSettings,
	gateway: Gateway | undefined,
	own: () => ReachableTarget[],
	log: Logger,
): Site {
	const ruffle = ruffleRoutes();
	const targets = gateway ? reachableTargets(gateway.targets, gateway.settings.targets) : [];
	const routes = new SiteRoutes({
		folder: settings.web,
		inject: settings.inject,
		ruffle,
		targets: () => [...own(), ...targets],
		reports: gateway?.settings.learn !== undefined,
		forOtherSites: settings.origin.length > 0,
		log,
	});
	return {
		routes,
		hasRuffle: ruffle.installed,
		warnings: () =>
			settings.web !== undefined && settings.inject && !ruffle.installed()
				? [`Ruffle is not installed, so Flash content of the site does not run: ${RUFFLE_INSTALL}`]
				: [],
	};
}
