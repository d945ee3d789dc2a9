// The worker thread of one application: creates its context, runs its entry script, and delivers the daemon's messages to it. It posts its
// own messages once for each turn of the event loop.

import { parentPort, workerData } from "node:worker_threads";
import { XMLSocketError } from "../../errors/index.ts";
import { readScript, ScriptFolder } from "../folder.ts";
import { type FromWorker, sentCharacters, type ToWorker, Watch, type WorkerSettings } from "../messages.ts";
import type { HostContext, HostFunction } from "./bridge.ts";
import { type ClientsPart, clientsPart } from "./clients.ts";
import { watchHeap } from "./heap-watch.ts";
import { makeParts } from "./parts.ts";
import { Realm } from "./realm.ts";
import { removeFunctionConstructors } from "./remove-constructors.ts";
import { runScript } from "./scripts.ts";

/** The most trace() lines, and the most documents, that the daemon's thread has not yet received. */
const MAX_UNACKNOWLEDGED = 10_000;
const MAX_UNSENT = 100_000;
/** The most characters of documents that it has not yet received. */
const MAX_UNSENT_CHARACTERS = 32 * 1024 * 1024;

removeFunctionConstructors();
const port = parentPort!;
const settings = workerData as WorkerSettings;
const watch = new Int32Array(settings.watch);
const folder = new ScriptFolder(settings.folder, settings.libraryPath);
let outgoing: FromWorker[] = [];
let posted = 0;
let sent = 0;
let turn = false;

const realm = new Realm(watch, {
	turn: beginTurn,
	named: (number, words) => postNow(["call", number, words]),
});

const context: HostContext = {
	call: (callback, what, a, b, c, d) => realm.call(callback, what, a, b, c, d),
	run: (text, file) => runScript((source, shown) => realm.run(source, shown), text, folder.shown(file)),
	folder,
	settings,
	log: (level, words, code) => post(["log", level, words, code]),
	post,
	postNow(message) {
		if (((posted - (watch[Watch.acknowledged] as number)) | 0) > MAX_UNACKNOWLEDGED) return false;
		postNow(message);
		return true;
	},
};

// A turn lasts until setImmediate runs, so that it includes the jobs of promises.
function beginTurn(): void {
	if (turn) return;
	turn = true;
	watch[Watch.busy] = 1;
	setImmediate(() => {
		turn = false;
		watch[Watch.busy] = 0;
		flush();
	});
}

function post(message: FromWorker): void {
	beginTurn();
	const characters = sentCharacters(message);
	if (message[0] === "send" || message[0] === "broadcast") checkOutbox(characters);
	sent = (sent + characters) | 0;
	outgoing.push(message);
}

function checkOutbox(characters: number): void {
	const unacknowledged = (posted + outgoing.length - (watch[Watch.acknowledged] as number)) | 0;
	const unsent = ((sent - (watch[Watch.acknowledgedCharacters] as number)) | 0) + characters;
	if (unacknowledged < MAX_UNSENT && unsent <= MAX_UNSENT_CHARACTERS) return;
	throw new XMLSocketError(
		"XMLSOCKET_OUTBOX_FULL",
		`${unacknowledged} documents of the application wait to be sent, with ${unsent} characters; ${MAX_UNSENT} and ${MAX_UNSENT_CHARACTERS} are the limits.`,
	);
}

function postNow(message: FromWorker): void {
	posted = (posted + 1) | 0;
	port.postMessage([message]);
}

function flush(): void {
	if (outgoing.length === 0) return;
	posted = (posted + outgoing.length) | 0;
	port.postMessage(outgoing);
	outgoing = [];
}

watchHeap(settings.heapMiB, () => postNow(["heap"]));
process.on("unhandledRejection", (error) => realm.rejected(error));

const clients: ClientsPart = clientsPart(context);
const parts = [clients, ...makeParts(context)];
const functions = Object.assign(Object.create(null), ...parts.map((part) => part.functions)) as Record<
	string,
	HostFunction
>;

function take(message: ToWorker): void {
	const { callbacks } = realm;
	switch (message[0]) {
		case "document": {
			const [, id, text] = message;
			clients.document(id, text);
			realm.call(callbacks.document, "a client's document", id, text);
			break;
		}
		case "open": {
			const [, id, ip, transport, connect] = message;
			clients.opened(id);
			realm.call(callbacks.open, "application.onConnect", id, ip, transport, connect);
			break;
		}
		case "closed":
			clients.closed(message[1]);
			realm.call(callbacks.closed, "application.onDisconnect", message[1]);
			break;
		case "stop":
			void stop(message[1], message[2]);
	}
}

async function stop(reason: string, mayRefuse: boolean): Promise<void> {
	const isRefused = realm.call(realm.callbacks.stop, "application.onAppStop", reason);
	if (isRefused === true && mayRefuse) {
		post(["refused"]);
		return;
	}
	for (const id of clients.ids()) {
		clients.closed(id);
		post(["left", id]);
		realm.call(realm.callbacks.closed, "application.onDisconnect", id);
	}
	await Promise.all(parts.map((part) => part.close?.()));
	post(["stopped"]);
}

port.on("message", (messages: ToWorker[]) => {
	for (const message of messages) {
		take(message);
		watch[Watch.received] = (watch[Watch.received] as number) + 1;
	}
});

try {
	realm.open(functions);
	const secure = folder.find("secure.asc");
	if (secure !== undefined) realm.secure(() => context.run(readScript(secure), secure));
	context.run(readScript(settings.entry), settings.entry);
	realm.call(realm.callbacks.start, "application.onAppStart");
	post(["started"]);
} catch (error) {
	post(["failed", failureWords(error)]);
}

// It may be an object of the script, so reading its properties can throw too.
function failureWords(error: unknown): string {
	try {
		const { code, message, stack } = error as { code?: unknown; message?: unknown; stack?: unknown };
		if (code === "XMLSOCKET_SCRIPT_FAILED") return String(message);
		if (code === "XMLSOCKET_SCRIPT_UNREADABLE") return `${placeIn(String(stack))}${String(message)}`;
		return typeof stack === "string" ? (stack.split("\n    at xmlsocket:", 1)[0] as string) : String(error);
	} catch {
		return "the script threw an object that cannot be shown";
	}
}

// The position of the load() call; empty if the entry script itself cannot be read.
function placeIn(stack: string): string {
	const frame = /\n {4}at (?:.*\()?((?!xmlsocket:|node:|file:)[^()\n]+:\d+:\d+)\)?(?=\n|$)/.exec(stack);
	return frame ? `${frame[1]}: ` : "";
}
