// The `application` object: its events, its methods, and a client's states from `onConnect` to `onDisconnect`. Only a Boolean that
// `onConnect` returns accepts or rejects a client; any other value leaves it pending.
// Implements docs/guide/asc.md, "application".

import { parseVerbatim } from "../../xml/document.ts";
import { callback, guarded, hostFunction } from "./bridge.ts";
import { type ClientFacts, type ClientState, endClient, makeClient, received, sendStatus, stateOf } from "./client.ts";
import { callDocument, type Info, plainDocument, readArguments, rootOf } from "./documents.ts";
import { forgetSubscriber } from "./host-apis.ts";
import { unsupportedMethods } from "./unsupported.ts";
import { registerClass } from "./values.ts";

/** The properties of the application that the host passes at its start. */
export interface ApplicationFacts {
	readonly name: string;
	readonly hostname: string;
	readonly server: string;
	readonly config: Readonly<Record<string, string>>;
}

type Handler = (...values: unknown[]) => unknown;

const states = new Map<number, ClientState>();
const clients: object[] = [];
const accepted = hostFunction("client.accept");
const broadcast = hostFunction("client.broadcast");
const statistics = hostFunction("application.stats");
const shutdown = hostFunction("application.shutdown");
const log = hostFunction("log");
const collectGarbage = hostFunction("application.gc");

/** The object that scripts see; it also holds their handlers. */
export const application: Record<string, unknown> = {};

const methods: Record<string, Handler> = {
	acceptConnection(client: unknown): boolean {
		const state = stateOf(client);
		if (state === undefined || state.phase !== "pending") return false;
		state.phase = "accepted";
		clients.push(state.client);
		accepted(state.id);
		if (state.sentConnect)
			sendStatus(state, {
				level: "status",
				code: "NetConnection.Connect.Success",
				description: "Connection succeeded.",
			});
		guarded(() => event("onConnectAccept", state.client, ...state.connectValues));
		for (const text of state.early.splice(0)) guarded(() => received(state, text));
		return true;
	},
	rejectConnection(client: unknown, why?: unknown): boolean {
		const state = stateOf(client);
		// An accepted client stays: an example of the manual accepts after a check, and continues to its rejectConnection.
		if (state === undefined || state.phase !== "pending") return false;
		reject(state, why);
		return true;
	},
	disconnect(client: unknown): boolean {
		const state = stateOf(client);
		if (state === undefined || state.phase === "ending") return false;
		if (state.phase === "pending") reject(state, undefined);
		else endClient(state);
		return true;
	},
	broadcastMsg(name: unknown, ...values: unknown[]): void {
		broadcast(plainDocument(String(name), values) ?? callDocument(String(name), undefined, values));
	},
	registerClass(name: unknown, made: unknown): boolean {
		return registerClass(String(name), made);
	},
	shutdown(): boolean {
		shutdown();
		return true;
	},
	gc(): void {
		collectGarbage();
	},
	getStats(): object {
		return JSON.parse(statistics() as string) as object;
	},
};

/** Defines the object's methods and properties. */
export function openApplication(facts: ApplicationFacts): void {
	for (const [name, value] of Object.entries({ ...methods, ...unsupportedMethods() }))
		Object.defineProperty(application, name, { value, writable: true, configurable: true });
	// An ordinary object, which scripts can print and ask with hasOwnProperty; `__proto__` in the file is a name like every other.
	const config = {};
	for (const [name, value] of Object.entries(facts.config))
		Object.defineProperty(config, name, { value, writable: true, enumerable: true, configurable: true });
	for (const [name, value] of Object.entries({ clients, ...facts, config }))
		Object.defineProperty(application, name, { value, enumerable: true });
	// Scripts set it for the administration console of Flash Media Server, which this host does not have.
	application.allowDebug = false;
}

/** Calls `application.onStatus`, if it is defined. */
export function applicationStatus(info: object): void {
	const handler = application.onStatus;
	if (typeof handler === "function") handler.call(application, info);
}

/** The numbers of the callbacks that the host calls; it reads them once. */
export const applicationCallbacks: Readonly<Record<string, number>> = {
	start: callback(() => {
		warnOfCase();
		event("onAppStart");
	}),
	/** Returns whether the script refuses to stop. */
	stop: callback(
		(reason) =>
			event("onAppStop", { level: "status", code: "Application.Shutdown", description: String(reason) }) === false,
	),
	open: callback((id, ip, transport, connect) => {
		connected(Number(id), String(ip), String(transport), connect as string | undefined);
	}),
	document: callback((id, text) => {
		const state = states.get(id as number);
		if (state !== undefined) received(state, text as string);
	}),
	closed: callback((id) => {
		const state = states.get(id as number);
		if (state === undefined) return;
		states.delete(state.id);
		forgetSubscriber(state);
		state.phase = "ending";
		const at = clients.indexOf(state.client);
		if (at !== -1) clients.splice(at, 1);
		if (at !== -1) event("onDisconnect", state.client);
	}),
};

const EVENTS = "onAppStart onAppStop onConnect onConnectAccept onConnectReject onDisconnect onStatus".split(" ");

// Names are case-sensitive, as in Flash Media Server; in ActionScript 1 they were not.
function warnOfCase(): void {
	for (const name of Object.keys(application)) {
		const meant = EVENTS.find((each) => each !== name && each.toLowerCase() === name.toLowerCase());
		if (meant !== undefined)
			log("warn", `application.${name} is never called: names are case-sensitive, write application.${meant}`);
	}
}

function event(name: string, ...values: unknown[]): unknown {
	const handler = application[name];
	return typeof handler === "function" ? (handler as Handler).apply(application, values) : undefined;
}

function connected(id: number, ip: string, transport: string, connect: string | undefined): void {
	const root = connect === undefined ? null : rootOf(parseVerbatim(connect));
	const state = makeClient(id, factsOf(ip, transport, root?.attributes ?? {}), connect !== undefined);
	states.set(id, state);
	let values: unknown[];
	try {
		values = root === null ? [] : readArguments(root);
		state.connectValues = values;
	} catch (error) {
		endClient(state, (error as Error).message);
		return;
	}
	if (typeof application.onConnect !== "function") {
		methods.acceptConnection?.(state.client);
		return;
	}
	let verdict: unknown = false;
	try {
		verdict = (application.onConnect as Handler).call(application, state.client, ...values);
	} finally {
		// A handler that throws has not decided. The client is rejected, so that it does not wait without end.
		if (verdict === true) methods.acceptConnection?.(state.client);
		else if (verdict === false) methods.rejectConnection?.(state.client);
	}
}

function factsOf(ip: string, transport: string, attributes: Record<string, unknown>): ClientFacts {
	const text = (name: string): string => (attributes[name] === undefined ? "" : String(attributes[name]));
	const app = text("app") || String(application.name).split("/")[0];
	return {
		ip,
		agent: text("agent") || `XMLSocket ${transport}`,
		referrer: text("referrer"),
		uri: `xmlsocket://${String(application.hostname)}/${app}`,
		protocol: transport,
		secure: transport === "tls",
		virtualKey: "",
	};
}

function reject(state: ClientState, why: unknown): void {
	const info: Info = {
		level: "error",
		code: "NetConnection.Connect.Rejected",
		description: "Connection failed.",
		...(why === undefined ? {} : { application: why }),
	};
	sendStatus(state, info);
	endClient(state);
	guarded(() => event("onConnectReject", state.client, ...state.connectValues));
}
