// What passes between this page and the server, as typed values: `Incoming` for every document of the chat vocabulary that
// the page understands (docs/chat.md), `Command` for every one that it sends. Words only; no logic and no XML.

import type { Arrival } from "./timeline.ts";

/** A room in the server's list. */
export interface RoomEntry {
	readonly name: string;
	readonly members: number;
	readonly topic: string;
}

/** What the server sent. */
export type Incoming =
	| { readonly is: "welcome"; readonly name: string; readonly session: string; readonly maxDocumentBytes: number }
	| {
			readonly is: "joined";
			readonly room: string;
			readonly stored: boolean;
			readonly log: string | undefined;
			readonly seq: number | undefined;
			readonly members: number;
			readonly names: readonly string[];
	  }
	| { readonly is: "arrival"; readonly room: string; readonly arrival: Arrival }
	| { readonly is: "ack"; readonly id: string; readonly seq: number | undefined }
	| {
			readonly is: "told";
			readonly from: string;
			readonly id: string | undefined;
			readonly text: string;
			readonly at: number;
	  }
	| {
			readonly is: "presence";
			readonly room: string;
			readonly name: string;
			readonly came: boolean;
			readonly members: number | undefined;
			/** Why someone had to go; undefined: by choice. */
			readonly reason: string | undefined;
	  }
	| { readonly is: "count"; readonly room: string; readonly members: number }
	| { readonly is: "topic"; readonly room: string; readonly by: string; readonly text: string }
	| { readonly is: "members"; readonly room: string; readonly members: number; readonly names: readonly string[] }
	| { readonly is: "rooms"; readonly rooms: readonly RoomEntry[] }
	| { readonly is: "page"; readonly room: string; readonly more: boolean; readonly arrivals: readonly Arrival[] }
	| { readonly is: "gap"; readonly room: string; readonly to: number | undefined }
	| { readonly is: "notice"; readonly code: string; readonly text: string }
	| { readonly is: "bye"; readonly reason: string }
	| { readonly is: "error"; readonly code: string; readonly id: string | undefined; readonly text: string }
	| { readonly is: "ping"; readonly id: string | undefined }
	| { readonly is: "unknown"; readonly element: string };

/** What the page sends. An `id` comes back with the refusal, and with the acknowledgement of a message. */
export type Command =
	| {
			readonly do: "hello";
			readonly id: string;
			readonly name: string;
			readonly session: string | undefined;
			readonly token: string | undefined;
	  }
	| {
			readonly do: "join";
			readonly id: string;
			readonly room: string;
			readonly after: number | undefined;
			readonly log: string | undefined;
	  }
	| { readonly do: "leave" | "who"; readonly room: string }
	| { readonly do: "rooms" }
	| { readonly do: "say"; readonly room: string; readonly id: string; readonly text: string }
	| { readonly do: "tell"; readonly to: string; readonly id: string; readonly text: string }
	| {
			readonly do: "history";
			readonly id: string;
			readonly room: string;
			readonly before: number;
			readonly limit: number;
	  }
	| { readonly do: "topic"; readonly room: string; readonly text: string }
	| { readonly do: "pong"; readonly id: string | undefined };

/** How the page stands with the server. */
export type Connection =
	| { readonly is: "connecting" }
	| { readonly is: "open" }
	| { readonly is: "waiting"; readonly attempt: number; readonly retryAt: number }
	| { readonly is: "closed"; readonly why: string };
