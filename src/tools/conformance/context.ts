// What a case works with: connections to the server, which are closed after the case, and the facts that the run has found out.

import { dial } from "../../transport/dial.ts";
import type { DialTarget } from "../../transport/index.ts";
import type { Activity } from "./activity.ts";
import { CaseFailed, CaseSkipped, type ConformanceProfile, END } from "./case.ts";
import { TestClient } from "./client.ts";
import { PROFILE_RULES } from "./profiles.ts";
import { Route } from "./route.ts";

/** How to reach the server. */
export interface ServerUnderTest {
	readonly target: DialTarget;
	readonly insecure: boolean;
	readonly ca: string | undefined;
	readonly origin: string | undefined;
}

/** What holds for a whole run. */
export interface RunFacts {
	readonly server: ServerUnderTest;
	readonly activity: Activity;
	readonly timeoutMs: number;
	/** Begins every tag of this run. */
	readonly tag: string;
	readonly profile: ConformanceProfile;
	/** The longest document that the server says it accepts, in bytes; undefined: it says nothing. */
	readonly maxDocumentBytes: number | undefined;
	/** The answer to a policy request on this port, without its zero byte; undefined: none. */
	readonly policy: Buffer | undefined;
}

/** This time goes by the clock, so it is longer than that of documents: a machine that is busy must not fail a server. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Opens one connection. Rejects as `dial` does. */
export async function openClient(server: ServerUnderTest, activity: Activity): Promise<TestClient> {
	const { target, insecure, ca, origin } = server;
	await activity.connectTurn();
	return new TestClient(
		await dial(target, { timeoutMs: CONNECT_TIMEOUT_MS, signal: activity.signal, insecure, ca, origin }),
		activity,
	);
}

/** Ends connections in order, and waits a little for the server's end before it destroys them. */
export async function closeClients(clients: readonly TestClient[], activity: Activity): Promise<void> {
	for (const client of clients) client.finish();
	try {
		const all = await activity.until(() => clients.every(({ closed }) => closed), activity.lingerMs);
		// A server that keeps its direction open does so each time.
		if (!all) activity.lingerMs = SHORT_LINGER_MS;
	} finally {
		for (const client of clients) client.destroy();
	}
}

const SHORT_LINGER_MS = 40;
const ATTEMPTS = 3;

/** The surroundings of one case. */
export class CaseContext {
	readonly facts: RunFacts;
	readonly activity: Activity;
	readonly timeoutMs: number;
	readonly #clients: TestClient[] = [];
	static #routes = 0;

	constructor(facts: RunFacts) {
		this.facts = facts;
		this.activity = facts.activity;
		this.timeoutMs = facts.timeoutMs;
	}

	/** Opens a connection. @throws CaseFailed */
	async connect(): Promise<TestClient> {
		this.activity.checkAborted();
		try {
			const client = await openClient(this.facts.server, this.activity);
			this.#clients.push(client);
			return client;
		} catch (error) {
			this.activity.checkAborted();
			throw new CaseFailed(
				{ sent: "a new connection", expected: "the server accepts it", got: (error as Error).message },
				false,
			);
		}
	}

	/**
	 * Opens a sender and a receiver that are ready. A server that ends new connections at once may limit them, so this tries again, more slowly.
	 *
	 * @throws CaseFailed, and CaseSkipped if the server ends each
	 */
	async route(): Promise<Route> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await this.routeOnce();
			} catch (error) {
				if (!(error instanceof CaseFailed) || !error.got.startsWith(END)) throw error;
				if (attempt === ATTEMPTS)
					throw new CaseSkipped("The server ended new connections before their first document. It may limit them.");
			}
			await this.activity.slowDown();
		}
	}

	/** As `route`, with one attempt. @throws CaseFailed */
	async routeOnce(): Promise<Route> {
		const { profile, tag, timeoutMs, activity } = this.facts;
		if (profile === "policy") throw new CaseSkipped("A policy server passes on no documents.");
		const rules = PROFILE_RULES[profile];
		const receiver = await this.connect();
		const sender = rules.isShared ? await this.connect() : receiver;
		const room = `conformance-${tag}`;
		const route = new Route({
			sender,
			receiver,
			tag: `${tag}-${++CaseContext.#routes}-`,
			room,
			timeoutMs,
			activity,
			rules,
		});
		await rules.ready(route, activity);
		return route;
	}

	/** Closes every connection that the case opened. */
	async closeAll(): Promise<void> {
		await closeClients(this.#clients.splice(0), this.activity);
	}
}
