// Where a worker stands that does not come back: its debugger is asked, which also answers from within an endless loop. A match of a
// regular expression, and a loop without a statement in it, have no place to stop at, so that only the call is known then.

import { Session } from "node:inspector";

const WAIT_MS = 300;

interface Frame {
	readonly url: string;
	readonly location: { readonly lineNumber: number; readonly columnNumber: number };
}

/**
 * The script's place, as `main.asc:12`, or undefined. The worker stays stopped until `release` is called, which is after
 * `terminate()`: let go before, it would run on.
 */
export async function stoppedAt(threadId: number): Promise<{ place: string | undefined; release: () => void }> {
	const session = new Session();
	session.connect();
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
			const message = JSON.parse(params.message) as { method?: string; params?: { callFrames: Frame[] } };
			if (message.method !== "Debugger.paused") return;
			clearTimeout(timer);
			const frame = message.params?.callFrames.find(
				({ url }) => url !== "" && !/^(?:xmlsocket:|node:|file:)/.test(url),
			);
			resolve(frame && `${frame.url}:${frame.location.lineNumber + 1}`);
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
