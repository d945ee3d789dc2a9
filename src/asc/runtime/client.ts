// Client: one connection of the daemon, as a script sees it. The host refers to it by a number. The peer can call the methods that scripts
// add to `Client.prototype`, and none of the class's own methods.
// Implements docs/guide/asc.md, "Client" and "Documents and calls".

import { parseVerbatim } from "../../xml/document.ts";
import { XML, XMLNode } from "../../xml/index.ts";
import { guarded, hostFunction } from "./bridge.ts";
import {
	callDocument,
	type Info,
	plainDocument,
	readArguments,
	readStatus,
	resultDocument,
	rootOf,
	statusDocument,
} from "./documents.ts";
import { sharedObjectDocument } from "./host-apis.ts";

/** The state of a client's connection. */
export type ClientPhase = "pending" | "accepted" | "ending";

/** The runtime's data about a client. */
export interface ClientState {
	readonly id: number;
	readonly client: Client;
	/** Whether it has sent a `connect` document, and so receives a status document about it. */
	readonly sentConnect: boolean;
	phase: ClientPhase;
	/** Documents that arrived while the client was pending, and their total length. */
	readonly early: string[];
	earlyChars: number;
	/** The result objects of pending calls, by the number of the call. */
	readonly results: Map<number, object>;
	lastCall: number;
	/** The limits that the script has set: from the client, to the client. */
	readonly bandwidth: [number, number];
	/** The arguments of `onConnect`, for `onConnectAccept` and `onConnectReject`. */
	connectValues: readonly unknown[];
}

const MAX_EARLY = 100;
const MAX_EARLY_CHARS = 262_144;
const MAX_RESULTS = 1000;

const states = new WeakMap<object, ClientState>();
const send = hostFunction("client.send");
const end = hostFunction("client.end");
const statistics = hostFunction("client.stats");
const log = hostFunction("log");
const logged = new Set<string>();

function logOnce(words: string): void {
	if (logged.has(words)) return;
	logged.add(words);
	log("warn", words);
}

/** The state of a client; undefined for anything else. */
export function stateOf(value: unknown): ClientState | undefined {
	return typeof value === "object" && value !== null ? states.get(value) : undefined;
}

/** One connection. `new Client()` in a script creates an object without a connection. */
export class Client {
	/**
	 * Calls a method of the peer. The answer goes to `onResult` or `onStatus` of the result object.
	 * A client that leaves 1000 calls without an answer is disconnected.
	 * @returns whether the client is connected
	 */
	call(name: unknown, result?: unknown, ...values: unknown[]): boolean {
		const state = stateOf(this);
		if (state === undefined || state.phase === "ending") return false;
		const waits = typeof result === "object" && result !== null;
		if (!waits && result !== undefined && result !== null)
			logOnce(
				`client.call("${String(name)}", …): the second argument is the object for the answer, and the value given there is not sent; write client.call("${String(name)}", null, value)`,
			);
		// The client has to answer, so it is the client that the limit ends, not the script.
		if (waits && state.results.size >= MAX_RESULTS) {
			endClient(state, `it left ${MAX_RESULTS} calls of the application without an answer`);
			return false;
		}
		const id = waits ? ++state.lastCall : undefined;
		const text = (waits ? undefined : plainDocument(String(name), values)) ?? callDocument(String(name), id, values);
		send(state.id, text);
		if (id !== undefined) state.results.set(id, result as object);
		return true;
	}

	/** Sends a document, XML or text, unchanged. An addition to the manual, named after the method of XMLSocket. */
	send(document: unknown): boolean {
		const state = stateOf(this);
		if (state === undefined || state.phase === "ending") return false;
		send(state.id, String(document));
		return true;
	}

	/** The counters of this connection. */
	getStats(): object {
		const state = stateOf(this);
		return state === undefined ? {} : (JSON.parse(statistics(state.id) as string) as object);
	}

	/** Has no effect, and logs that once. Many scripts call it in onConnect, so an error would reject their clients. */
	setBandwidthLimit(serverToClient?: unknown, clientToServer?: unknown): void {
		const state = stateOf(this);
		// 0 keeps the limit.
		if (state && Number(clientToServer) > 0) state.bandwidth[0] = Number(clientToServer);
		if (state && Number(serverToClient) > 0) state.bandwidth[1] = Number(serverToClient);
		logOnce("client.setBandwidthLimit has no effect here: the daemon has its own limits of rates and sizes");
	}

	/** The limit that the script has set, in bytes per second; 0 without one. @param direction 0: from the client, 1: to it. */
	getBandwidthLimit(direction?: unknown): number {
		return stateOf(this)?.bandwidth[Number(direction) === 1 ? 1 : 0] ?? 0;
	}

	/** Measures nothing, and logs that once. */
	checkBandwidth(): void {
		logOnce("client.checkBandwidth measures nothing here; time the answer to a client.call instead");
	}

	/** Whether the client is connected. */
	ping(): boolean {
		const state = stateOf(this);
		return state !== undefined && state.phase !== "ending";
	}
}

// The class's own methods, which the peer cannot call.
const own = new Set<unknown>(
	Object.getOwnPropertyNames(Client.prototype).map((name) => Reflect.get(Client.prototype, name)),
);
for (const name of Object.getOwnPropertyNames(Client.prototype))
	Object.defineProperty(Client.prototype, name, { writable: true, enumerable: false, configurable: true });

/** The properties of a new connection. */
export interface ClientFacts {
	readonly ip: string;
	readonly agent: string;
	readonly referrer: string;
	readonly uri: string;
	readonly protocol: string;
	/** Whether the connection is encrypted up to this daemon. */
	readonly secure: boolean;
	/** The manual's key of a virtual host, which this daemon does not have: an empty text. */
	readonly virtualKey: string;
}

/** Creates the object of a connection. */
export function makeClient(id: number, facts: ClientFacts, sentConnect: boolean): ClientState {
	const client = new Client();
	for (const [name, value] of Object.entries(facts)) Object.defineProperty(client, name, { value });
	for (const [name, value] of Object.entries({ id: String(id), readAccess: "/", writeAccess: "/" })) {
		// A value on Client.prototype is the default of new clients.
		const set: unknown = name === "id" ? undefined : Reflect.get(Client.prototype, name);
		Object.defineProperty(client, name, { value: set ?? value, writable: true, configurable: true });
	}
	const state: ClientState = {
		id,
		client,
		sentConnect,
		phase: "pending",
		early: [],
		earlyChars: 0,
		results: new Map(),
		lastCall: 0,
		bandwidth: [0, 0],
		connectValues: [],
	};
	states.set(client, state);
	return state;
}

/** Sends a status document. */
export function sendStatus(state: ClientState, info: Info, id?: string): void {
	send(state.id, statusDocument(info, id));
}

/** Delivers what was sent, then closes the connection. */
export function endClient(state: ClientState, words?: string): void {
	if (state.phase === "ending") return;
	state.phase = "ending";
	state.early.length = 0;
	end(state.id, words);
}

/** Handles a document of a client. */
export function received(state: ClientState, text: string): void {
	if (state.phase === "ending") return;
	if (state.phase === "pending") {
		state.earlyChars += text.length;
		if (state.early.push(text) > MAX_EARLY || state.earlyChars > MAX_EARLY_CHARS) {
			const limit = `${MAX_EARLY} documents or ${MAX_EARLY_CHARS} characters`;
			endClient(state, `it sent more than ${limit} before the application accepted it`);
		}
		return;
	}
	const { client } = state;
	const onData = scriptMethod(client, "onData");
	if (onData !== undefined) {
		onData.call(client, text);
		return;
	}
	// The host's own documents are read with all white space, whatever a script has set for its documents.
	const document = XML.prototype.ignoreWhite ? parseVerbatim(text) : new XML(text);
	const root = rootOf(document);
	if (root !== null && answered(state, root)) return;
	if (root?.nodeName === "so" && root.attributes.name !== undefined) sharedObjectDocument(state, root);
	else if (root?.nodeName === "call" && root.attributes.name !== undefined) called(state, root);
	else if (XML.prototype.ignoreWhite) {
		const own = new XML(text);
		plain(state, own, rootOf(own));
	} else plain(state, document, root);
}

// `<call name="…">`: the arguments are values. A call with an id gets an answer.
function called(state: ClientState, root: XMLNode): void {
	const name = String(root.attributes.name);
	const id = root.attributes.id === undefined ? undefined : String(root.attributes.id);
	const method = callableMethod(state.client, name);
	if (method === undefined) {
		unknown(state, name, id);
		return;
	}
	let values: unknown[];
	try {
		values = readArguments(root);
	} catch (error) {
		failed(state, (error as Error).message, id);
		return;
	}
	if (id === undefined) {
		method.apply(state.client, values);
		return;
	}
	let done = false;
	try {
		const value = method.apply(state.client, values);
		send(state.id, resultDocument(id, value));
		done = true;
	} finally {
		if (!done) failed(state, `${name} failed.`, id);
	}
}

// Any other document: its root names the method, the document is the argument, and returned XML is the answer.
function plain(state: ClientState, document: XML, root: XMLNode | null): void {
	const { client } = state;
	const name = root?.nodeName ?? "";
	const method = (root === null ? undefined : callableMethod(client, name)) ?? scriptMethod(client, "onXML");
	if (method === undefined) {
		if (root === null) failed(state, `The document is not well-formed XML (status ${document.status}).`, undefined);
		else unknown(state, name, undefined);
		return;
	}
	const value = method.call(client, document);
	if (value instanceof XMLNode) send(state.id, value.toString());
}

function answered(state: ClientState, root: XMLNode): boolean {
	if (state.results.size === 0 || (root.nodeName !== "result" && root.nodeName !== "status")) return false;
	const id = Number(root.attributes.id);
	const result = state.results.get(id) as { onResult?: unknown; onStatus?: unknown } | undefined;
	if (result === undefined) return false;
	state.results.delete(id);
	if (root.nodeName === "status") {
		if (typeof result.onStatus === "function") result.onStatus(readStatus(root));
		return true;
	}
	let values: unknown[];
	try {
		values = readArguments(root);
	} catch (error) {
		failed(state, (error as Error).message, undefined);
		return true;
	}
	if (typeof result.onResult === "function") result.onResult(values[0]);
	return true;
}

function unknown(state: ClientState, name: string, id: string | undefined): void {
	if (name === "connect")
		failed(state, "The client is already connected: <connect> must be the first document, and arrive in time.", id);
	else failed(state, `Method not found (${name.slice(0, 100)}).`, id);
}

function failed(state: ClientState, description: string, id: string | undefined): void {
	log("debug", `client ${state.id}: ${description}`);
	sendStatus(state, { level: "error", code: "NetConnection.Call.Failed", description }, id);
}

// biome-ignore lint/complexity/noBannedTypes: any callable value that a script has set.
type Method = Function;

const NOT_CALLABLE = new Set(["constructor", "onData", "onXML", "onConnect"]);

// What the peer can call: functions of scripts, on the client itself or on its prototypes below Object's.
function callableMethod(client: Client, name: string): Method | undefined {
	if (NOT_CALLABLE.has(name) || name.startsWith("__")) return undefined;
	const found = scriptMethod(client, name);
	if (found !== undefined) return found;
	const resolve = scriptMethod(client, "__resolve");
	const resolved: unknown = resolve === undefined ? undefined : guarded(() => resolve.call(client, name));
	return typeof resolved === "function" ? resolved : undefined;
}

function scriptMethod(client: Client, name: string): Method | undefined {
	for (
		let holder: object | null = client;
		holder !== null && holder !== Object.prototype;
		holder = Object.getPrototypeOf(holder) as object | null
	) {
		if (!Object.hasOwn(holder, name)) continue;
		const value: unknown = Reflect.get(holder, name, client);
		return typeof value === "function" && !own.has(value) ? value : undefined;
	}
	return undefined;
}
