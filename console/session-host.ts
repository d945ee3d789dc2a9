// What the session of the chat page needs of the page around it, and the state of its connection.

import type { Chat, ChatClientOptions } from "../src/browser/index.ts";
import type { Place } from "./place.ts";
import type { Saved } from "./saved-chat.ts";

/** The state of the connection. */
export type Connection =
	| { readonly is: "connecting" }
	| { readonly is: "open" }
	| { readonly is: "waiting"; readonly retryAt: number }
	| { readonly is: "closed"; readonly why: string };

/** What the session needs of the page around it. */
export interface SessionHost {
	/** Opens a chat with the page's server. */
	open(options: ChatClientOptions): Promise<Chat>;
	/** Keeps `saved` for a reload; undefined: forget it. */
	save(saved: Saved | undefined): void;
	/** Something that is shown has changed. */
	changed(): void;
	/** A message for the user came in a place that the user does not look at. */
	alert(place: Place, from: string, text: string): void;
	/** Shows a text that belongs to no line of a room. */
	announce(words: string, kind: "error" | "note"): void;
	/** Runs `run` in a moment. */
	later(run: () => void): void;
	/** Unique for this page and every other one, at most 64 characters. */
	newId(): string;
	/** Milliseconds since 1970. */
	now(): number;
	/** Whether the reader looks at the page. */
	isWatched(): boolean;
}
