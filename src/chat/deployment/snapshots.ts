// A node as it is now, in pieces that fit a message of the bus.

import type { Chat } from "../chat.ts";
import type { ChatSession } from "../chat-session.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { PersonRow, Snapshot } from "./messages.ts";

const PIECE_CHARACTERS = 128 * 1024;

/** At least one piece. */
export function snapshots(
	chat: Chat,
	feeds: Iterable<LiveFeed>,
	row: (session: ChatSession) => PersonRow,
): readonly Snapshot[] {
	const pieces: { people: unknown[]; topics: unknown[]; sanctions: unknown[]; sent: unknown[] }[] = [];
	let characters = PIECE_CHARACTERS;
	const add = (list: "people" | "topics" | "sanctions" | "sent", entry: unknown): void => {
		if (characters >= PIECE_CHARACTERS) {
			pieces.push({ people: [], topics: [], sanctions: [], sent: [] });
			characters = 0;
		}
		pieces.at(-1)![list].push(entry);
		characters += JSON.stringify(entry).length;
	};
	for (const session of chat.sessions.values()) {
		add("people", [...row(session), Array.from(chat.hub.roomsOf(session), ({ name }) => name)]);
	}
	for (const { name, topic } of chat.hub.rooms()) if (topic) add("topics", [name, topic.by, topic.text]);
	const nowMs = chat.nowMs();
	for (const [kind, sanctions] of [
		["ban", chat.bans],
		["mute", chat.mutes],
	] as const) {
		for (const [room, who, seconds] of sanctions.entries(nowMs)) add("sanctions", [kind, room, who, seconds]);
	}
	for (const { room, opening, sent } of feeds) if (sent > 0) add("sent", [room.name, opening, sent]);
	if (pieces.length === 0) pieces.push({ people: [], topics: [], sanctions: [], sent: [] });
	return pieces as unknown as readonly Snapshot[];
}
