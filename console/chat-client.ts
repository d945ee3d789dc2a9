// The border to the server: one XMLSocket connection over the page's WebSocket. Documents become the events of `events.ts`
// here and commands become documents; nothing else of the page knows XML or the connection. What it does not understand
// it calls unknown. Vocabulary: docs/chat.md.

import { connect, element, type XMLNode } from "../src/browser/index.ts";
import type { Command, Connection, Incoming, RoomEntry } from "./events.ts";
import type { Arrival } from "./timeline.ts";

/** Who takes what a connection brings. */
export interface ChatListener {
	/** The connection's state has changed. */
	connection(state: Connection): void;
	/** A document came. */
	receive(incoming: Incoming): void;
}

/** A running client. */
export interface ChatClient {
	/** Sends at once; what cannot leave now is dropped, because the session sends again what matters. */
	send(command: Command): void;
	/** Ends the connection for good. */
	close(): void;
}

/** The page asks for the rooms twice in this time, so a server that is silent for longer is gone. */
const SILENCE_MS = 150_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Text of an application's document that is shown. */
const MAX_SOURCE = 500;

/** Connects to `address` and stays connected, whatever happens, until `close`. */
export function startChat(address: string, listener: ChatListener): ChatClient {
	const controller = new AbortController();
	const { signal } = controller;
	let chat: Awaited<ReturnType<typeof connect>> | undefined;
	listener.connection({ is: "connecting" });
	void run();

	async function run(): Promise<void> {
		try {
			chat = await connect(address, {
				reconnect: { retryFirst: true },
				signal,
				connectTimeoutMs: CONNECT_TIMEOUT_MS,
				idleTimeoutMs: SILENCE_MS,
			});
			chat.on("status", (status) => {
				if (signal.aborted) return;
				if (status.type === "connected") listener.connection({ is: "open" });
				else if (status.type === "reconnecting") {
					listener.connection({ is: "waiting", attempt: status.attempt, retryAt: Date.now() + status.delayMs });
				}
			});
			listener.connection({ is: "open" });
			for await (const document of chat) listener.receive(readDocument(document.xml.firstChild));
		} catch (error) {
			if (!signal.aborted) listener.connection({ is: "closed", why: String(error) });
		}
	}

	return {
		send(command) {
			if (chat?.status.type === "connected") chat.send(writeDocument(command));
		},
		close: () => controller.abort(),
	};
}

/** A command as a document; an attribute without a value is left out. */
export function writeDocument(command: Command): XMLNode {
	switch (command.do) {
		case "hello":
			return element("hello", { name: command.name, session: command.session, token: command.token, id: command.id });
		case "join":
			return element("join", { room: command.room, after: command.after, log: command.log, id: command.id });
		case "say":
			return element("say", { room: command.room, id: command.id }, command.text);
		case "tell":
			return element("tell", { to: command.to, id: command.id }, command.text);
		case "history":
			return element("history", {
				room: command.room,
				before: command.before,
				limit: command.limit,
				id: command.id,
			});
		case "topic":
			return element("topic", { room: command.room }, command.text);
		case "leave":
		case "who":
			return element(command.do, { room: command.room });
		case "rooms":
			return element("rooms");
		case "pong":
			return element("pong", { id: command.id });
	}
}

/** A document's root element as an event. */
export function readDocument(root: XMLNode | null): Incoming {
	const name = root?.nodeName ?? "";
	if (root === null) return { is: "unknown", element: name };
	const room = text(root, "room") ?? "";
	switch (name) {
		case "welcome": {
			const limits = children(root, "limits")[0];
			return {
				is: "welcome",
				name: text(root, "name") ?? "",
				session: text(root, "session") ?? "",
				maxDocumentBytes: (limits && count(limits, "document")) ?? 65_536,
			};
		}
		case "joined":
			return {
				is: "joined",
				room,
				stored: text(root, "kind") === "stored",
				log: text(root, "log"),
				seq: count(root, "seq"),
				members: count(root, "members") ?? 0,
				names: names(root),
			};
		case "said":
		case "sent":
			return { is: "arrival", room, arrival: readArrival(root) };
		case "ack":
			return { is: "ack", id: text(root, "id") ?? "", seq: count(root, "seq") };
		case "told":
			return {
				is: "told",
				from: text(root, "from") ?? "",
				id: text(root, "id"),
				text: content(root),
				at: time(root),
			};
		case "enter":
		case "exit":
			return {
				is: "presence",
				room,
				name: text(root, "name") ?? "",
				came: name === "enter",
				members: count(root, "members"),
				reason: text(root, "reason"),
			};
		case "count":
			return { is: "count", room, members: count(root, "members") ?? 0 };
		case "topic":
			return { is: "topic", room, by: text(root, "by") ?? "", text: content(root) };
		case "members": {
			const found = names(root);
			return { is: "members", room, members: count(root, "members") ?? found.length, names: found };
		}
		case "rooms":
			return { is: "rooms", rooms: children(root, "room").map(readRoom) };
		case "page": {
			const arrivals = [...children(root, "said"), ...children(root, "sent")].map(readArrival);
			arrivals.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
			return { is: "page", room, more: text(root, "more") === "true", arrivals };
		}
		case "gap":
			return { is: "gap", room, to: count(root, "to") };
		case "notice":
			return { is: "notice", code: text(root, "code") ?? "", text: content(root) };
		case "bye":
			return { is: "bye", reason: text(root, "reason") ?? "" };
		case "error":
			return {
				is: "error",
				code: text(root, "code") ?? "",
				id: text(root, "id"),
				text: content(root),
			};
		case "ping":
			return { is: "ping", id: text(root, "id") };
		default:
			return { is: "unknown", element: name };
	}
}

function readArrival(node: XMLNode): Arrival {
	const message = node.nodeName === "said";
	return {
		kind: message ? "message" : "document",
		from: text(node, "from") ?? "",
		text: message ? content(node) : node.childNodes.join("").slice(0, MAX_SOURCE),
		at: time(node),
		seq: count(node, "seq"),
		prev: count(node, "prev"),
		id: text(node, "id"),
	};
}

function readRoom(node: XMLNode): RoomEntry {
	return {
		name: text(node, "name") ?? "",
		members: count(node, "members") ?? 0,
		topic: content(node) || (text(node, "topic") ?? ""),
	};
}

function names(node: XMLNode): string[] {
	return children(node, "member").map((member) => text(member, "name") ?? "");
}

function children(node: XMLNode, name: string): XMLNode[] {
	return node.childNodes.filter((child) => child.nodeName === name);
}

function content(node: XMLNode): string {
	return node.childNodes.map((child) => child.nodeValue ?? "").join("");
}

function text(node: XMLNode, name: string): string | undefined {
	return Object.hasOwn(node.attributes, name) ? String(node.attributes[name]) : undefined;
}

function count(node: XMLNode, name: string): number | undefined {
	const value = Number(text(node, name) || Number.NaN);
	return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function time(node: XMLNode): number {
	const at = Date.parse(text(node, "at") ?? "");
	return Number.isNaN(at) ? Date.now() : at;
}
