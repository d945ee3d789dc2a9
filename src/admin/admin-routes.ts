// The admin API on the port's HTTP side: checks the token, finds the path, answers JSON, and writes a line of the log for everything that was
// done.

import type { IncomingMessage, ServerResponse } from "node:http";
import { XMLSocketError } from "../errors/index.ts";
import { type HttpRoutes, type Logger, loggable, type RequestSource, type Server } from "../server/index.ts";
import type { AdminAccess } from "./access.ts";
import type { AdminApi, Deed } from "./api.ts";
import { sendError, sendJson } from "./api-answers.ts";
import { bodyOf, parametersOf } from "./api-requests.ts";
import { EventStream } from "./event-stream.ts";
import type { LiveEvents } from "./live-events.ts";
import type { Questions } from "./questions.ts";
import { fetchParts, newTap, TrafficStream } from "./traffic-stream.ts";

/** Where the API is, below the base path. */
export const API_PATH = "/xmlsocket/admin/api/";
const STREAMS: ReadonlySet<string> = new Set(["events", "traffic"]);
const MAX_STREAMS = 8;
const MEMBERS_PATH = /^rooms\/([^/]+)\/members$/;
const SANCTION_PATH = /^sanctions\/([0-9a-z]{1,32})$/;

/** What the routes use. */
export interface AdminRoutesParts {
	readonly access: AdminAccess;
	readonly api: AdminApi;
	readonly live: LiveEvents;
	readonly questions: Questions;
	readonly server: () => Server;
	readonly log: Logger;
	readonly report: (error: unknown) => void;
	/** The server stops. */
	closed(): void;
}

type Answer = () => Promise<object>;

/** The routes of the API. */
export class AdminRoutes implements HttpRoutes {
	readonly operatorPath = API_PATH;
	readonly #parts: AdminRoutesParts;
	readonly #streams = new Set<EventStream>();

	constructor(parts: AdminRoutesParts) {
		this.#parts = parts;
	}

	async operator(request: IncomingMessage, response: ServerResponse, url: URL, source: RequestSource): Promise<void> {
		try {
			const who = this.#parts.access.check(request, source);
			await this.#answer(request, response, url, source, who);
		} catch (error) {
			// What is left of a body would be taken for the next request.
			if (hasBody(request) && !request.complete) response.setHeader("connection", "close");
			sendError(response, error);
		}
	}

	/** Ends the streams. */
	async drain(): Promise<void> {
		this.#parts.closed();
		for (const stream of this.#streams) stream.end();
	}

	stats(): Record<string, number> {
		return { admin_streams: this.#streams.size };
	}

	async #answer(
		request: IncomingMessage,
		response: ServerResponse,
		url: URL,
		source: RequestSource,
		who: string,
	): Promise<void> {
		const path = url.pathname.slice(API_PATH.length);
		const { method } = request;
		const isRead = method === "GET" || method === "HEAD";
		if (method === "GET" && STREAMS.has(path)) {
			this.#checkMayStream(source);
			if (path === "events") this.#openEvents(request, response);
			else await this.#openTraffic(request, response, url);
			return;
		}
		const reading = this.#reading(path, url);
		const lifted = SANCTION_PATH.exec(path)?.[1];
		const deed = lifted === undefined ? this.#deed(path) : () => this.#parts.api.lift(lifted);
		const doing = lifted === undefined ? "POST" : "DELETE";
		const allowed = [...(reading ? ["GET", "HEAD"] : STREAMS.has(path) ? ["GET"] : []), ...(deed ? [doing] : [])];
		if (allowed.length === 0) {
			throw new XMLSocketError("XMLSOCKET_ADMIN_PATH_UNKNOWN", `The admin API has no path ${loggable(path)}.`);
		}
		if (isRead && reading) sendJson(response, 200, await reading());
		else if (method === doing && deed) {
			const { answer, facts } = await deed(doing === "POST" ? await bodyOf(request) : {}, who);
			this.#parts.log.info({ by: who, remote: loggable(source.address), ...safe(facts) }, "admin");
			sendJson(response, 200, answer);
		} else {
			response.setHeader("allow", [...allowed, "OPTIONS"].join(", "));
			if (method === "OPTIONS") response.writeHead(204).end();
			else throw new XMLSocketError("XMLSOCKET_ADMIN_METHOD", `${path} answers ${allowed.join(", ")} only.`);
		}
	}

	#reading(path: string, url: URL): Answer | undefined {
		const { api } = this.#parts;
		const query = parametersOf(url);
		switch (path) {
			case "status":
				return () => api.status();
			case "rooms":
				return () => api.rooms(query);
			case "members":
				return () => api.members(query);
			case "clients":
				return () => api.clients(query);
			case "sanctions":
				return () => api.sanctions(query);
			case "samples":
				return () => api.samples();
		}
		const room = MEMBERS_PATH.exec(path)?.[1];
		return room === undefined ? undefined : () => api.members({ ...query, room: decoded(room) });
	}

	#deed(path: string): ((body: object, by: string) => Promise<Deed>) | undefined {
		const { api } = this.#parts;
		switch (path) {
			case "say":
				return (body) => api.say(body);
			case "kick":
				return (body) => api.kick(body);
			case "ban":
			case "mute":
				return (body, by) => api.impose(path, body, by);
			case "unban":
				return (body) => api.liftTarget("ban", body);
			case "unmute":
				return (body) => api.liftTarget("mute", body);
			default:
				return undefined;
		}
	}

	#openEvents(request: IncomingMessage, response: ServerResponse): void {
		const { live, access } = this.#parts;
		let remove = (): void => {};
		const stream = this.#open(response, () => remove());
		remove = live.add(stream, () => access.isStillAdmitted(request));
	}

	async #openTraffic(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
		const { access, api, questions, report, server } = this.#parts;
		const target = api.trafficTarget(parametersOf(url));
		const isAdmitted = (): boolean => access.isStillAdmitted(request);
		const tap = newTap();
		// Before the answer begins, so that an unknown client is an error.
		const first = await fetchParts(questions, target, tap);
		if (response.destroyed) return;
		let close = (): void => {};
		const stream = this.#open(response, () => close());
		const traffic = new TrafficStream({ stream, questions, target, tap, isAdmitted });
		close = () => traffic.close();
		traffic.run(first, server().settings).catch(report);
	}

	#checkMayStream({ isReserved }: RequestSource): void {
		if (!isReserved && this.#streams.size < MAX_STREAMS) return;
		throw new XMLSocketError(
			"XMLSOCKET_ADMIN_TOO_MANY_STREAMS",
			isReserved
				? "The server is full, and its reserved places are for short requests."
				: `${MAX_STREAMS} streams of events are open, and that is the limit.`,
		);
	}

	#open(response: ServerResponse, ended: () => void): EventStream {
		const stream = new EventStream(response, () => {
			this.#streams.delete(stream);
			ended();
		});
		this.#streams.add(stream);
		return stream;
	}
}

function hasBody({ headers }: IncomingMessage): boolean {
	return Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new XMLSocketError("XMLSOCKET_NAME_INVALID", "The room's name in the address cannot be read.");
	}
}

function safe(facts: object): object {
	return Object.fromEntries(
		Object.entries(facts).map(([name, value]) => [name, typeof value === "string" ? loggable(value) : value]),
	);
}
