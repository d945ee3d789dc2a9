// The classes of Flash Media Server that stand for media and RTMP, and those for SOAP. They are there, so that a script that only
// names them runs, and the first use says what to do instead.

const WORDS: Readonly<Record<string, string>> = {
	Stream:
		"there are no streams of audio, video or data here; documents go to clients with client.call and application.broadcastMsg",
	NetConnection: "there is no RTMP here; another server is reached with XMLSocket, XML.load or LoadVars",
	SOAPCall: "there is no SOAP here; a service is reached with XML.sendAndLoad, its envelope as XML",
	WebService: "there is no SOAP here; a service is reached with XML.sendAndLoad, its envelope as XML",
};

/** The classes, by their names. */
export function unsupportedClasses(): Record<string, unknown> {
	const classes: Record<string, unknown> = {};
	for (const [name, words] of Object.entries(WORDS)) {
		const refuse = (): never => {
			const error = new Error(`${name} is not supported: ${words}.`);
			(error as Error & { code?: string }).code = "XMLSOCKET_SCRIPT_UNSUPPORTED";
			throw error;
		};
		const made = class {
			constructor() {
				refuse();
			}
		};
		Object.defineProperty(made, "name", { value: name });
		if (name === "Stream") Object.defineProperty(made, "get", { value: refuse, writable: true, configurable: true });
		classes[name] = made;
	}
	return classes;
}
