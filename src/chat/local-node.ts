// This daemon as its cluster sees it: shows the chat's state to other nodes, and applies to the chat what happens on them.

import type { XMLSocketError } from "../errors/index.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ClusterEvents, LocalState } from "./cluster/cluster-events.ts";
import type { ChatContext } from "./context.ts";
import { type ExitReason, type PrivateMessage, toldDocument } from "./documents.ts";
import type { Reachability } from "./reachability.ts";

/** The state and the events of one chat. */
export class LocalNode implements LocalState, ClusterEvents {
	readonly #chat: ChatContext;
	readonly #reachability: Reachability;

	constructor(chat: ChatContext, reachability: Reachability) {
		this.#chat = chat;
		this.#reachability = reachability;
	}

	// --- LocalState

	person(session: string): ChatClient | undefined {
		return this.#chat.sessions.get(session);
	}

	people(): Iterable<ChatClient> {
		return this.#chat.sessions.values();
	}

	*roomsOf(session: string): Generator<string> {
		const client = this.#chat.sessions.get(session);
		if (client) for (const { name } of this.#chat.rooms.roomsOf(client)) yield name;
	}

	nameHolder(nameKey: string): string | undefined {
		return this.#chat.names.holder(nameKey)?.key.id;
	}

	roomSize(room: string): number {
		return this.#chat.rooms.get(room)?.size ?? 0;
	}

	// --- ClusterEvents

	memberEntered(room: string, name: string): void {
		this.#chat.rooms.get(room)?.announceEnter(name);
	}

	memberRenamed(room: string, name: string, old: string): void {
		this.#chat.rooms.get(room)?.announceRename(name, old);
	}

	memberLeft(room: string, name: string, reason: ExitReason | undefined): void {
		this.#chat.rooms.get(room)?.announceExit(name, reason);
	}

	superseded(session: string): void {
		this.#chat.sessions.get(session)?.supersede(false);
	}

	nameLost(session: string, error: XMLSocketError): void {
		this.#chat.sessions.get(session)?.loseName(error);
	}

	kick(session: string, room: string, by: string): boolean {
		const client = this.#chat.sessions.get(session);
		const here = this.#chat.rooms.get(room);
		if (!client || !here?.has(client)) return false;
		here.exit(client, { reason: "kicked", by });
		return true;
	}

	tell(session: string, sender: string, { from, at, text, id }: PrivateMessage): boolean {
		const { sessions, delivered, clock } = this.#chat;
		const client = sessions.get(session);
		if (!client) return false;
		// A sender that moves to another node and resends is recognised here, where the message was delivered.
		if (id !== undefined && delivered.has(sender, client.nameKey, id, clock.now())) return true;
		client.send(toldDocument(from, at, text, id));
		if (id !== undefined) delivered.add(sender, client.nameKey, id, clock.now());
		return true;
	}

	asked(question: string): Promise<string> {
		return this.#chat.administration.asked(question);
	}

	connectionChanged(connected: boolean): void {
		this.#reachability.changed("bus", connected);
	}
}
