// The admin API of a daemon: composes its parts. It runs inside the daemon, and asks the other nodes of a cluster through the chat.

import { type AddressBanParts, AddressBans, type ChatAdministration } from "../chat/index.ts";
import type { Bus } from "../cluster/index.ts";
import { addressFormat } from "../server/address-format.ts";
import type { HttpRoutes, Logger, Server } from "../server/index.ts";
import { nodeClock } from "../transport/index.ts";
import { AdminAccess } from "./access.ts";
import { adminPage } from "./admin-page.ts";
import { AdminRoutes } from "./admin-routes.ts";
import { AdminTokens } from "./admin-tokens.ts";
import { AdminApi } from "./api.ts";
import { BusNodes } from "./bus-nodes.ts";
import { LiveEvents } from "./live-events.ts";
import { NodeAnswers } from "./node-answers.ts";
import { NodeMonitor } from "./node-monitor.ts";
import { Questions } from "./questions.ts";
import { RecentLog } from "./recent-log.ts";
import { TrafficTaps } from "./traffic-taps.ts";

/** The bans of addresses for a server that runs no chat. */
export function createAddressBans(parts: Omit<AddressBanParts, "addresses">): AddressBans {
	return new AddressBans({ ...parts, addresses: addressFormat });
}

/** What the admin API of a daemon is made of. */
export interface AdminParts {
	/** The file of its tokens. */
	readonly tokenFile: string;
	/** The server that it is part of, once it exists. */
	readonly server: () => Server;
	/** The chat that the server runs; undefined: it runs another application. */
	readonly chat: ChatAdministration | undefined;
	/** The bans of a server that runs no chat. Default: it has none. */
	readonly bans?: AddressBans | undefined;
	/** Connects the processes of a daemon that runs no chat. Default: this process is the only one. */
	readonly bus?: Bus | undefined;
	readonly log: Logger;
	readonly version: string;
	/** The folder of the admin page; undefined: there is none. */
	readonly pageFolder?: string | undefined;
}

/** The admin API of a daemon. */
export interface Admin {
	readonly routes: HttpRoutes;
	/** The page that uses the API; undefined: there is none. */
	readonly page: HttpRoutes | undefined;
	/** Takes a line of the daemon's log. */
	logged(line: string): void;
}

/**
 * Makes the admin API.
 *
 * @throws XMLSOCKET_CONFIG_UNREADABLE, XMLSOCKET_OPTION_INVALID for the token file.
 */
export function createAdmin({ tokenFile, server, chat, bans, bus, log, version, pageFolder }: AdminParts): Admin {
	const now = (): number => nodeClock.now();
	const access = new AdminAccess(new AdminTokens(tokenFile, log, now), now);
	const monitor = new NodeMonitor({ server, chat, now });
	const recentLog = new RecentLog();
	const wallOffsetMs = Date.now() - now();
	const taps = new TrafficTaps(server, now);
	const report = (error: unknown): void => log.error({ err: error }, "the admin API failed to do something");
	const busNodes = !chat && bus ? new BusNodes(bus, report) : undefined;
	const nodes = chat ?? busNodes;
	const sanctions = chat ?? bans;
	const own = new NodeAnswers({ server, chat, sanctions, nodes, monitor, log: recentLog, taps, wallOffsetMs });
	const questions = new Questions(nodes, own);
	const startedAt = new Date().toISOString();
	const api = new AdminApi(questions, own, { server: chat?.serverName ?? "xmlsocket", version, startedAt });
	const live = new LiveEvents(questions, report);
	const sweep = setInterval(() => {
		access.sweep();
		taps.sweep();
	}, 5000).unref();
	monitor.start();
	const closed = (): void => {
		clearInterval(sweep);
		monitor.stop();
		taps.closeAll();
		busNodes?.close();
	};
	return {
		routes: new AdminRoutes({ access, api, live, questions, server, log, report, closed }),
		page: pageFolder === undefined ? undefined : { request: adminPage(pageFolder, report) },
		logged: (line) => recentLog.add(line),
	};
}
