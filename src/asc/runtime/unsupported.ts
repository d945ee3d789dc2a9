// The classes of Flash Media Server for media, RTMP and SOAP, which this host does not implement. They exist so that a script that only
// names them runs; the first use throws an error that names an alternative.

const WORDS: Readonly<Record<string, string>> = {
	Stream:
		"there are no streams of audio, video or data here; documents go to clients with client.call and application.broadcastMsg",
	NetConnection: "there is no RTMP here; another server is reached with XMLSocket, XML.load or LoadVars",
	SOAPCall: "there is no SOAP here; a service is reached with XML.sendAndLoad, its envelope as XML",
	WebService: "there is no SOAP here; a service is reached with XML.sendAndLoad, its envelope as XML",
};

/** The static methods of Stream. */
const STREAM_STATICS = ["get", "length", "size", "destroy", "flush", "getOnMetaData"];

/** The methods of `application` for media and RTMP. */
const METHODS: Readonly<Record<string, string>> = {
	clearStreams: "there are no recorded streams here",
	registerProxy: "there is no RTMP here; call the other server yourself with XMLSocket, XML.load or LoadVars",
	redirectConnection: "there is no RTMP here; tell the client where to go with client.call, then disconnect it",
	clearSharedObjects: "call clear() on each object, SharedObject.get(name)",
};

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
	const classes: Record<string, unknown> = {};
	for (const [name, words] of Object.entries(WORDS)) {
		const made = class {
			constructor() {
				refuse(name, words);
			}
		};
		Object.defineProperty(made, "name", { value: name });
		if (name === "Stream") {
			for (const method of STREAM_STATICS) {
				const value = (): never => refuse(`Stream.${method}`, words);
				Object.defineProperty(made, method, { value, writable: true, configurable: true });
			}
		}
		classes[name] = made;
	}
	return classes;
}
