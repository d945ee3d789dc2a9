// Connects the classes that need the host to its parts: XMLSocket, LoadVars, SharedObject, File, and the loading methods of XML. Also
// connects clients to shared objects.

import { XML, type XMLNode } from "../../xml/index.ts";
import { loadingMembers } from "../../xml/loading.ts";
import { installMembers } from "../../xml/node.ts";
import type { Transfer } from "../../xml/transfer.ts";
import { callback, guarded, hostFunction } from "./bridge.ts";
import type { ClientState } from "./client.ts";
import { type FileBridge, makeFile } from "./file.ts";
import { type HttpBridge, makeTransfer } from "./http.ts";
import { makeLoadVars } from "./load-vars.ts";
import { type SharedObjectBridge, SharedObjects } from "./shared-object.ts";
import { type SharedObjectClient, SharedObjectDocuments } from "./shared-object-documents.ts";
import { makeXMLSocket, type SocketBridge } from "./xml-socket.ts";

const objects = storedObjects();
const transfer = httpTransfer();
installMembers(XML.prototype, loadingMembers(transfer));

let fileFailed: (info: object) => void = () => {};

/** Sets what a failure of the class File is reported to. */
export function reportFileFailuresTo(report: (info: object) => void): void {
	fileFailed = report;
}

/** The classes, by their names. */
export const hostApiClasses: Readonly<Record<string, unknown>> = {
	XMLSocket: xmlSocket(),
	LoadVars: makeLoadVars(transfer),
	SharedObject: objects.SharedObject,
	File: file(),
};

const documents = new SharedObjectDocuments(objects, (error) => {
	guarded(() => {
		throw error;
	});
});
const followers = new WeakMap<ClientState, SharedObjectClient>();
const send = hostFunction("client.send");

/** Handles a client's `<so>` document. */
export function sharedObjectDocument(state: ClientState, root: XMLNode): void {
	documents.document(subscriberOf(state), root);
}

/** Removes a disconnected client from all shared objects. */
export function forgetSubscriber(state: ClientState): void {
	const follower = followers.get(state);
	if (follower) documents.forget(follower);
}

function subscriberOf(state: ClientState): SharedObjectClient {
	let follower = followers.get(state);
	if (!follower) {
		const client = state.client as { readAccess?: unknown; writeAccess?: unknown };
		follower = {
			send(text) {
				if (state.phase !== "ending") send(state.id, text);
			},
			// Read each time, because a script may change them.
			get readAccess() {
				return client.readAccess;
			},
			get writeAccess() {
				return client.writeAccess;
			},
		};
		followers.set(state, follower);
	}
	return follower;
}

function httpTransfer(): Transfer {
	const requests = makeTransfer(part<HttpBridge>("http", ["request"]));
	hostFunction("http.listen")(
		callback((id, loaded, total) => void requests.progress(id as number, loaded as number, total as number)),
		callback(
			(id, status, bytes, text) =>
				void requests.answered(id as number, status as number, bytes as number, text as string | undefined),
		),
	);
	return requests.transfer;
}

function xmlSocket(): unknown {
	const maxUnprocessedChars = hostFunction("socket.maxUnprocessedChars")() as number;
	const sockets = makeXMLSocket(part<SocketBridge>("socket", ["connect", "send", "close"]), maxUnprocessedChars);
	hostFunction("socket.listen")(
		callback((id, success) => void sockets.connected(id as number, success as boolean)),
		callback((id, text) => void sockets.data(id as number, text as string)),
		callback((id) => void sockets.closed(id as number)),
		callback((id) => sockets.maxUnprocessedChars(id as number)),
	);
	return sockets.XMLSocket;
}

function storedObjects(): SharedObjects {
	const log = hostFunction("log");
	const objects = new SharedObjects(
		part<SharedObjectBridge>("object", ["load", "store", "remove", "commitSoon"]),
		(words) => void log("warn", words),
	);
	hostFunction("object.listen")(callback(() => void objects.commit()));
	return objects;
}

function file(): unknown {
	return makeFile(
		part<FileBridge>("file", [
			"failure",
			...(["open", "close", "read", "readLine", "readRest", "write", "flush", "position", "seek", "isAtEnd"] as const),
			...(["stat", "list", "makeFolder", "remove", "rename", "copy"] as const),
		]),
		(info) => void guarded(() => fileFailed(info)),
	);
}

/** The functions of one part of the host. */
function part<Bridge>(name: string, members: readonly (keyof Bridge & string)[]): Bridge {
	return Object.fromEntries(members.map((member) => [member, hostFunction(`${name}.${member}`)])) as Bridge;
}
