// The classes of Flash Media Server for media, RTMP and SOAP, which this host does not implement. They exist so that a script that only
// names them runs; the first use throws an error that names an alternative. `new NetConnection()` is allowed, because scripts make one
// while they load: its `connect` fails as that of an unreachable server does.

import { hostFunction } from "./bridge.ts";

/** What a class is for, and its members by their names. */
interface Unsupported {
	readonly words: string;
	readonly members: string;
	readonly statics?: string;
}

const RTMP = "there is no RTMP here; another server is reached with XMLSocket, XML.load or LoadVars";
const SOAP = "there is no SOAP here; a service is reached with XML.sendAndLoad, its envelope as XML";

const CLASSES: Readonly<Record<string, Unsupported>> = {
	Stream: {
		words:
			"there are no streams of audio, video or data here; documents go to clients with client.call and application.broadcastMsg",
		members: "clear flush play record send setBufferTime setVirtualPath",
		statics: "get length size destroy flush getOnMetaData",
	},
	SOAPCall: { words: SOAP, members: "" },
	SOAPFault: { words: SOAP, members: "" },
	WebService: { words: SOAP, members: "" },
	Log: { words: "it is the log of a WebService, and there is no SOAP here; use trace()", members: "" },
};

/** The methods of `application` for media and RTMP. */
const METHODS: Readonly<Record<string, string>> = {
	clearStreams: "there are no recorded streams here",
	registerProxy: "there is no RTMP here; call the other server yourself with XMLSocket, XML.load or LoadVars",
	redirectConnection: "there is no RTMP here; tell the client where to go with client.call, then disconnect it",
	clearSharedObjects: "call clear() on each object, SharedObject.get(name)",
};

const log = hostFunction("log");

/** Those methods, by their names; each throws an error with an alternative. */
export function unsupportedMethods(): Record<string, () => never> {
	return Object.fromEntries(
		Object.entries(METHODS).map(([name, words]) => [name, () => refuse(`application.${name}`, words)]),
	);
}

function refuse(name: string, words: string): never {
	const error = new Error(`${name} is not supported: ${words}.`);
	(error as Error & { code?: string }).code = "XMLSOCKET_SCRIPT_UNSUPPORTED";
	throw error;
}

/** The classes, by their names. */
export function unsupportedClasses(): Record<string, unknown> {
	const classes: Record<string, unknown> = { NetConnection };
	for (const [name, { words, members, statics }] of Object.entries(CLASSES)) {
		const made = class {
			constructor() {
				refuse(name, words);
			}
		};
		Object.defineProperty(made, "name", { value: name });
		const add = (target: object, path: string, names: string): void => {
			for (const method of names.split(" ").filter((each) => each !== "")) {
				const value = (): never => refuse(`${path}.${method}`, words);
				Object.defineProperty(target, method, { value, writable: true, configurable: true });
			}
		};
		add(made, name, statics ?? "");
		add(made.prototype, name, members);
		classes[name] = made;
	}
	return classes;
}

// Later, because scripts set the handler behind the call. What it throws is reported, as for every rejected promise.
function notify(target: unknown, info: object): void {
	if (typeof target !== "object" || target === null) return;
	void Promise.resolve().then(() => {
		const { onStatus } = target as { onStatus?: unknown };
		if (typeof onStatus === "function") onStatus.call(target, info);
	});
}

/** A connection to another server, which is never made. */
class NetConnection {
	get isConnected(): boolean {
		return false;
	}

	get uri(): string {
		return "";
	}

	/** Fails: returns false, logs why, and calls `onStatus`, as for a server that cannot be reached. */
	connect(uri?: unknown): boolean {
		const description = `NetConnection.connect is not supported: ${RTMP}.`;
		log("warn", description);
		notify(this, { level: "error", code: "NetConnection.Connect.Failed", description, details: String(uri) });
		return false;
	}

	/** Fails, because nothing is connected: returns false, and calls `onStatus` of the result object. */
	call(name?: unknown, result?: unknown): boolean {
		const description = `NetConnection.call is not supported: ${RTMP}.`;
		notify(result, { level: "error", code: "NetConnection.Call.Failed", description, details: String(name) });
		return false;
	}

	/** Has no effect. */
	addHeader(): void {}

	/** Has no effect. */
	close(): void {}
}
