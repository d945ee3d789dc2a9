// What survives a reload of the page: the name, the session, the open rooms, and the private conversations, which no server keeps. It goes
// into the storage of the tab, within a bound, and is removed when the user signs out.

import type { Places } from "./places.ts";

const STORAGE_KEY = "xmlsocket-chat";
/** The newest messages of a conversation, and the characters of all conversations, that are kept. */
const MAX_LINES = 50;
const MAX_TEXT = 100_000;

/** A message of a conversation. */
interface SavedLine {
	readonly from: string;
	readonly text: string;
	readonly at: number;
	readonly own: boolean;
}

/** A private conversation. */
interface SavedConversation {
	readonly name: string;
	readonly lines: readonly SavedLine[];
}

/** What survives a reload of the page. */
export interface Saved {
	readonly name: string;
	readonly session: string;
	readonly token?: string | undefined;
	readonly rooms: readonly string[];
	readonly conversations?: readonly SavedConversation[] | undefined;
	/** The key of the active place. */
	readonly active?: string | undefined;
}

/** The conversations to keep: the newest ones, as far as they fit. */
export function savedConversations(places: Places): SavedConversation[] {
	const conversations: SavedConversation[] = [];
	let space = MAX_TEXT;
	for (const { name, timeline } of places.conversations.reverse()) {
		const lines: SavedLine[] = [];
		for (const { kind, state, from, text, at, own } of timeline.lines.slice(-MAX_LINES).reverse()) {
			if (kind !== "message" || state !== "sent") continue;
			space -= text.length;
			if (space < 0) break;
			lines.unshift({ from, text, at, own });
		}
		conversations.unshift({ name, lines });
		if (space < 0) break;
	}
	return conversations;
}

/** Opens the conversations that were kept. */
export function openSaved({ conversations = [] }: Saved, places: Places): void {
	for (const { name, lines } of conversations) {
		const { timeline } = places.openConversation(name, undefined);
		for (const line of lines) {
			timeline.take({ ...line, kind: "said", seq: undefined, prev: undefined, id: undefined });
		}
	}
}

/** Keeps `saved` in the storage of the tab; undefined: forgets it. */
export function keep(saved: Saved | undefined): void {
	try {
		if (saved) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(saved));
		else sessionStorage.removeItem(STORAGE_KEY);
	} catch {
		// If the storage is disabled or full, a reload starts at the sign-in form.
	}
}

/** What the storage of the tab has. */
export function restore(): Saved | undefined {
	try {
		return readSaved(JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null"));
	} catch {
		return undefined;
	}
}

/** A value from a storage, as far as it has the right form. */
export function readSaved(value: unknown): Saved | undefined {
	if (typeof value !== "object" || value === null) return undefined;
	const { name, session, token, rooms, conversations, active } = value as Record<string, unknown>;
	if (typeof name !== "string" || typeof session !== "string" || !Array.isArray(rooms)) return undefined;
	return {
		name,
		session,
		token: typeof token === "string" ? token : undefined,
		rooms: rooms.filter((entry) => typeof entry === "string"),
		conversations: (Array.isArray(conversations) ? conversations : []).filter(isConversation),
		active: typeof active === "string" ? active : undefined,
	};
}

function isConversation(value: unknown): value is SavedConversation {
	const { name, lines } = Object(value) as Record<string, unknown>;
	return typeof name === "string" && Array.isArray(lines) && lines.every(isLine);
}

function isLine(value: unknown): value is SavedLine {
	const { from, text, at, own } = Object(value) as Record<string, unknown>;
	return typeof from === "string" && typeof text === "string" && Number.isFinite(at) && typeof own === "boolean";
}
