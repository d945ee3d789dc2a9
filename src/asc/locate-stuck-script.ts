// Finds the line at which a worker is stuck. It asks the worker's debugger, which answers even during an endless loop. A regular
// expression, or a loop without a statement, has no position to stop at; then only the name of the call is known.

import { Session } from "node:inspector";

/** For the debugger's answer: it needs processor time, of which a busy machine gives it little. */
const ANSWER_MS = 3000;
/** For a statement to stop at, after the answer. A regular expression has none, so this is all that it costs. */
const STATEMENT_MS = 1000;
const DISCONNECT_MS = 300;

/** What this file uses of the debugger: two events, and the answers to its own calls. */
type DebuggerEvent =
	| { readonly method: "Debugger.scriptParsed"; readonly params: { readonly scriptId: string; readonly url: string } }
	| { readonly method: "Debugger.paused"; readonly params: { readonly callFrames: readonly Frame[] } }
	| { readonly method?: undefined; readonly id: number };

interface Frame {
	readonly location: { readonly scriptId: string; readonly lineNumber: number };
}

/**
 * The script's position, for example `main.asc:12`, or undefined. The worker stays paused until you call `release`. Call `terminate()`
 * first: a released worker continues to run.
 */
export async function locateStuckScript(threadId: number): Promise<{ place: string | undefined; release: () => void }> {
	const session = new Session();
	session.connect();
	const urls = new Map<string, string>();
	let sessionId: string | undefined;
	let lastId = 0;
	let pauseId = 0;
	const send = (method: string): number => {
		const message = JSON.stringify({ id: ++lastId, method });
		if (sessionId !== undefined) session.post("NodeWorker.sendMessageToWorker", { sessionId, message }, () => {});
		return lastId;
	};
	const place = await new Promise<string | undefined>((resolve) => {
		// If this thread was stalled, what has arrived meanwhile comes first.
		const giveUp = (): void => void setImmediate(() => resolve(undefined));
		let timer = setTimeout(giveUp, ANSWER_MS);
		session.on("NodeWorker.attachedToWorker", ({ params }) => {
			if (!params.workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
			sessionId = params.sessionId;
			send("Debugger.enable");
			pauseId = send("Debugger.pause");
		});
		session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
			const event = JSON.parse(params.message) as DebuggerEvent;
			if (event.method === undefined && event.id === pauseId) {
				clearTimeout(timer);
				timer = setTimeout(giveUp, STATEMENT_MS);
			}
			if (event.method === "Debugger.scriptParsed") urls.set(event.params.scriptId, event.params.url);
			if (event.method !== "Debugger.paused") return;
			clearTimeout(timer);
			for (const { location } of event.params.callFrames) {
				const url = urls.get(location.scriptId) ?? "";
				if (url !== "" && !/^(?:xmlsocket:|node:|file:)/.test(url)) {
					resolve(`${url}:${location.lineNumber + 1}`);
					return;
				}
			}
			resolve(undefined);
		});
		session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, () => {});
	});
	return {
		place,
		release() {
			send("Debugger.resume");
			setTimeout(() => session.disconnect(), DISCONNECT_MS);
		},
	};
}
