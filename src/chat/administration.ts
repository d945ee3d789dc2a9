// What the operator's tools need of a chat: its rooms and members, announcements, removals, and questions between the nodes of a
// cluster. The chat implements it; `admin/` makes commands and a web API of it. It checks no permission.

import type { Latency } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { ChatContext, ChatCounts } from "./context.ts";
import { checkedName, nameKey } from "./names.ts";
import type { RoomKind } from "./rooms/chat-room.ts";
import type { Sanction, SanctionKind } from "./sanctions/sanction.ts";
import type { SanctionOrder } from "./sanctions/sanction-order.ts";

/** A room as this node knows it. */
export interface RoomFacts {
	readonly name: string;
	readonly kind: RoomKind;
	/** On all nodes. */
	readonly members: number;
	/** Empty: none. */
	readonly topic: string;
	/** Messages that this node has sent to it since it was opened here. */
	readonly posted: number;
	/** The number of its newest message; undefined in a live room, and where it is open on other nodes alone. */
	readonly lastSeq: number | undefined;
}

/** A member of a room that is connected to this node. */
export interface MemberFacts {
	readonly name: string;
	/** The id of its connection. */
	readonly connection: string;
}

/** A ban or a mute that comes through the tools of the operator. */
export type OperatorOrder = Omit<SanctionOrder, "peer" | "isFromServer">;
/** Which bans or mutes end: the one with an id, or those for a target in a room. */
export type LiftOrder = { readonly id: string } | Pick<SanctionOrder, "kind" | "room" | "target">;

/** Bans and mutes for the tools of the operator. */
export interface SanctionAdministration {
	/**
	 * Bans or mutes at all nodes. Nobody of those that it is for need be connected.
	 *
	 * Rejects as `Moderation.impose`, and with XMLSOCKET_ADMIN_NOT_APPLICABLE for what the application cannot do.
	 *
	 * @returns its id, once it is stored.
	 */
	impose(order: OperatorOrder): Promise<string>;
	/** Ends bans or mutes. Settles once that is stored. @returns those that were ended. */
	lift(which: LiftOrder): Promise<Sanction[]>;
	/** The bans and mutes that hold, oldest first. Default of the kind: both, bans first. */
	sanctions(filter: {
		readonly kind?: SanctionKind | undefined;
		readonly room?: string | undefined;
	}): Iterable<Sanction>;
}

/** Answers a question of another node. */
export type QuestionAnswerer = (question: string) => Promise<string>;

/** A chat for its operator. */
export class ChatAdministration implements SanctionAdministration {
	readonly #chat: ChatContext;
	#answerer: QuestionAnswerer | undefined = undefined;

	constructor(chat: ChatContext) {
		this.#chat = chat;
	}

	/** The name that announcements come from. */
	get serverName(): string {
		return this.#chat.settings.serverName;
	}

	/** What the chat counts. */
	get counts(): Readonly<ChatCounts> {
		return this.#chat.counts;
	}

	/** How long messages of clients of this node took to their commit. */
	get commitTime(): Latency {
		return this.#chat.commitTime;
	}

	/** Clients of this node. */
	get clients(): number {
		return this.#chat.sessions.size;
	}

	/** The rooms of all nodes; those that are open here first. */
	*rooms(): Generator<RoomFacts> {
		for (const { name, kind, size } of this.#chat.rooms.list()) yield this.#factsOf(name, kind, size);
	}

	/** A room of any node. */
	room(name: string): RoomFacts | undefined {
		const here = this.#chat.rooms.get(name);
		if (here) return this.#factsOf(name, here.kind, here.total);
		const members = this.#chat.cluster.count(name);
		return members === 0 ? undefined : this.#factsOf(name, this.#chat.rooms.kindOf(name), members);
	}

	/** The members of a room that are connected to this node. */
	*members(room: string): Generator<MemberFacts> {
		for (const { name, peer } of this.#chat.rooms.get(room)?.members() ?? []) yield { name, connection: peer.id };
	}

	/** Whether a room is open at this node, so that `say` reaches all of its members. */
	isOpen(room: string): boolean {
		return this.#chat.rooms.get(room) !== undefined;
	}

	/** A node that a room is open at; undefined where it is open nowhere. */
	nodeOf(room: string): string | undefined {
		if (this.isOpen(room)) return this.#chat.cluster.node;
		for (const { node } of this.#chat.cluster.members(room)) return node;
		return undefined;
	}

	/**
	 * Sends a text from the server to a room that is open at this node.
	 *
	 * @returns its number in a stored room. Rejects with XMLSOCKET_ROOM_UNKNOWN, XMLSOCKET_DOCUMENT_TOO_LARGE, XMLSOCKET_UNAVAILABLE.
	 */
	async say(room: string, text: string): Promise<number | undefined> {
		const here = this.#chat.rooms.get(room);
		if (!here) throw unknownRoom(room);
		return await here.announce(text);
	}

	/**
	 * Removes a person who is connected to this node from a room.
	 *
	 * @param connection the id of the connection, or
	 * @param name the name of the person.
	 * @returns whether the person was in it.
	 */
	kick(room: string, { connection, name }: { readonly connection?: string; readonly name?: string }): boolean {
		const here = this.#chat.rooms.get(room);
		if (!here) return false;
		const key = name === undefined ? undefined : nameKey(name);
		for (const member of here.members()) {
			if (connection === undefined ? member.nameKey !== key : member.peer.id !== connection) continue;
			here.exit(member, { reason: "kicked", by: this.serverName });
			return true;
		}
		return false;
	}

	impose(order: OperatorOrder): Promise<string> {
		return this.#chat.moderation.impose({ ...order, isFromServer: true });
	}

	lift(which: LiftOrder): Promise<Sanction[]> {
		return this.#chat.moderation.lift(which);
	}

	sanctions(filter: Parameters<SanctionAdministration["sanctions"]>[0]): Iterable<Sanction> {
		return this.#chat.moderation.inForce(filter);
	}

	/** The session of a client of this node. @param connection the id of the connection */
	sessionOf(connection: string): string | undefined {
		for (const { peer, key } of this.#chat.sessions.values()) if (peer.id === connection) return key.id;
		return undefined;
	}

	// --- the nodes of a cluster

	/** This node; `local` where the daemon runs alone. */
	get node(): string {
		return this.#chat.cluster.node;
	}

	/** The other nodes that run. */
	nodes(): string[] {
		return [...this.#chat.cluster.nodes()];
	}

	/** Asks another node. Rejects with XMLSOCKET_UNAVAILABLE where it does not answer within 3 s. */
	ask(node: string, question: string): Promise<string> {
		return this.#chat.cluster.ask(node, question);
	}

	/** Answers the questions of other nodes from here on. Without it they get an empty answer. */
	answerWith(answerer: QuestionAnswerer): void {
		this.#answerer = answerer;
	}

	/** A question of another node. */
	async asked(question: string): Promise<string> {
		return (await this.#answerer?.(question)) ?? "";
	}

	#factsOf(name: string, kind: RoomKind, members: number): RoomFacts {
		const here = this.#chat.rooms.get(name);
		const topic = (here ? here.topic : this.#chat.states.topicOf(name))?.text ?? "";
		return { name, kind, members, topic, posted: here?.posted ?? 0, lastSeq: here?.lastSeq };
	}
}

/** The name of a room, in NFC. @throws XMLSOCKET_NAME_INVALID */
export function checkedRoomName(text: string): string {
	return checkedName(text, "room");
}

/** The name of a person, in NFC. @throws XMLSOCKET_NAME_INVALID */
export function checkedPersonName(text: string): string {
	return checkedName(text, "name");
}

function unknownRoom(room: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ROOM_UNKNOWN", `There is no room "${room}".`);
}
