// Where a worker stands that does not come back: its debugger is asked, which also answers from within an endless loop. A match of a
// regular expression, and a loop without a statement in it, have no place to stop at, so that only the call is known then.

import { Session } from "node:inspector";

const WAIT_MS = 300;

/** The two of the debugger's events that matter here. */
type Said =
	| { readonly method: "Debugger.scriptParsed"; readonly params: { readonly scriptId: string; readonly url: string } }
	| { readonly method: "Debugger.paused"; readonly params: { readonly callFrames: readonly Frame[] } }
	| { readonly method?: undefined };

interface Frame {
	readonly location: { readonly scriptId: string; readonly lineNumber: number };
}

/**
 * The script's place, as `main.asc:12`, or undefined. The worker stays stopped until `release` is called, which is after
 * `terminate()`: let go before, it would run on.
 */
export async function locateStuckScript(threadId: number): Promise<{ place: string | undefined; release: () => void }> {
	const session = new Session();
	session.connect();
	const urls = new Map<string, string>();
	let sessionId: string | undefined;
	let lastId = 0;
	const send = (method: string): void => {
		const message = JSON.stringify({ id: ++lastId, method });
		if (sessionId !== undefined) session.post("NodeWorker.sendMessageToWorker", { sessionId, message }, () => {});
	};
	const place = await new Promise<string | undefined>((resolve) => {
		const timer = setTimeout(() => resolve(undefined), WAIT_MS);
		session.on("NodeWorker.attachedToWorker", ({ params }) => {
			if (!params.workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
			sessionId = params.sessionId;
			send("Debugger.enable");
			send("Debugger.pause");
		});
		session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
			const said = JSON.parse(params.message) as Said;
			if (said.method === "Debugger.scriptParsed") urls.set(said.params.scriptId, said.params.url);
			if (said.method !== "Debugger.paused") return;
			clearTimeout(timer);
			for (const { location } of said.params.callFrames) {
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
			setTimeout(() => session.disconnect(), WAIT_MS);
		},
	};
}
